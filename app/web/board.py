"""A plan as a person reads it: rounds, who sits where, who waits, and how meetings are shared out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.event import InterpreterPublic, ParticipantPublic, PlacePublic, RoundPublic
from models.plan import MeetingPublic, PlanPublic


@dataclass(frozen=True)
class Cell:
    """A place in a round; free when nobody meets there."""

    label: str
    meeting: MeetingPublic | None


@dataclass(frozen=True)
class Column:
    """A round with its places in their order, and the participants who pause."""

    round: RoundPublic
    cells: list[Cell]
    meetings: int
    pausing: list[ParticipantPublic]


@dataclass(frozen=True)
class Share:
    """How many participants have a number of meetings."""

    meetings: int
    participants: int
    of_most: float


def columns(
    plan: PlanPublic,
    rounds: Sequence[RoundPublic],
    places: Sequence[PlacePublic],
    people: Sequence[ParticipantPublic],
) -> list[Column]:
    """The plan round by round. Meetings without a place, or at a place since removed, come last."""
    by_round: dict[int, list[MeetingPublic]] = {r.index: [] for r in rounds}
    for meeting in plan.meetings:
        by_round.setdefault(meeting.round, []).append(meeting)
    used = [p for p in places if any(m.place == p.index for m in plan.meetings)]
    return [_column(r, by_round[r.index], used, people) for r in rounds]


def _column(
    slot: RoundPublic,
    meetings: Sequence[MeetingPublic],
    places: Sequence[PlacePublic],
    people: Sequence[ParticipantPublic],
) -> Column:
    at = {m.place: m for m in meetings}
    cells = [Cell(p.label, at.get(p.index)) for p in places]
    known = {p.index for p in places}
    cells += [Cell("", m) for m in meetings if m.place not in known]
    busy = {m.a for m in meetings} | {m.b for m in meetings}
    pausing = [p for p in people if p.actor_id not in busy and (p.available is None or slot.index in p.available)]
    return Column(slot, cells, len(meetings), pausing)


def shares(plan: PlanPublic, people: Sequence[ParticipantPublic]) -> list[Share]:
    """The distribution of meetings, from the fewest anybody has to the most."""
    held = Counter(actor for m in plan.meetings for actor in (m.a, m.b))
    counts = Counter(held[p.actor_id] for p in people)
    if not counts:
        return []
    most = max(counts.values())
    return [Share(n, counts[n], counts[n] / most) for n in range(min(counts), max(counts) + 1)]


def interpreter_names(interpreters: Sequence[InterpreterPublic]) -> dict[str, str]:
    """What a plan's cells call each interpreter: a number people count from 1, and between which languages."""
    return {str(i.index): f"{i.index + 1} ({', '.join(i.languages)})" for i in interpreters}


def unmet(certificate: dict[str, Any], people: Sequence[ParticipantPublic]) -> list[dict[str, Any]]:
    """Who stays below the floor, by name, with the cause."""
    names = {str(p.actor_id): p.name for p in people}
    told = certificate.get("unmet", [])
    return [dict(u) | {"name": names.get(str(u["participant"]), u["participant"])} for u in told]
