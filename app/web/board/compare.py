"""What changes from one plan to another, person by person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.web.board.view import Share
from models.event import ParticipantPublic, PlacePublic, RoundPublic
from models.plan import PlanDiff, PlanPublic, PlanRead


@dataclass(frozen=True)
class Spot:
    """When and where; a round or a place that is no longer there is None or empty."""

    index: int
    round: RoundPublic | None
    place: str


@dataclass(frozen=True)
class Change:
    """One line in somebody's agenda: `before` and `after` are both set when the meeting only moves."""

    other: str
    before: Spot | None
    after: Spot | None


@dataclass
class Person:
    """Somebody whose agenda changes, in the order of the day."""

    id: int
    name: str
    side: str
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True)
class Agenda:
    """Rounds, places and people by their numbers."""

    rounds: Mapping[int, RoundPublic]
    places: Mapping[int, str]
    people: Mapping[int, ParticipantPublic]

    @classmethod
    def of(
        cls, rounds: Iterable[RoundPublic], places: Iterable[PlacePublic], people: Iterable[ParticipantPublic]
    ) -> "Agenda":
        """Number them."""
        return cls({r.index: r for r in rounds}, {p.index: p.label for p in places}, {p.actor_id: p for p in people})

    def spot(self, meeting: Mapping[str, Any]) -> Spot:
        """When and where a meeting is."""
        index = int(meeting["round"])
        place = "" if meeting.get("place") is None else self.places.get(int(meeting["place"]), "")
        return Spot(index, self.rounds.get(index), place)


def changes(diff: PlanDiff, agenda: Agenda, plans: Sequence[PlanRead | PlanPublic]) -> list[Person]:
    """Everybody whose agenda changes, by name, with what changes."""
    names = {actor: name for plan in plans for m in plan.meetings for actor, name in ((m.a, m.a_name), (m.b, m.b_name))}
    found: dict[int, Person] = {}
    for before, after in _pairs(diff):
        meeting = before or after or {}
        ends = int(meeting["a"]), int(meeting["b"])
        for one, other in (ends, ends[::-1]):
            known = agenda.people.get(one)
            person = found.setdefault(one, Person(one, names.get(one, str(one)), known.side if known else ""))
            spots = (agenda.spot(m) if m else None for m in (before, after))
            person.changes.append(Change(names.get(other, str(other)), *spots))
    for person in found.values():
        person.changes.sort(key=lambda c: ((c.after or c.before or _NOWHEN).index, c.other))
    return sorted(found.values(), key=lambda person: (person.name.casefold(), person.id))


@dataclass(frozen=True)
class Both:
    """How many participants have a number of meetings in each of two plans, and each as a share of the most."""

    meetings: int
    counts: tuple[int, int]
    of_most: tuple[float, float]


def beside(before: Sequence[Share], after: Sequence[Share]) -> list[Both]:
    """Two distributions on one scale, from the fewest meetings anybody has in either to the most."""
    told = [{s.meetings: s.participants for s in plan} for plan in (before, after)]
    numbers = [n for plan in told for n in plan]
    most = max((count for plan in told for count in plan.values()), default=0) or 1
    found = []
    for n in range(min(numbers), max(numbers) + 1) if numbers else ():
        one, other = (plan.get(n, 0) for plan in told)
        found.append(Both(n, (one, other), (one / most, other / most)))
    return found


def short(plan: PlanRead, people: Sequence[ParticipantPublic]) -> list[tuple[str, str]]:
    """Who has fewer meetings than asked for in a plan, or none, by name, each with the cause."""
    names = {p.actor_id: p.name for p in people}
    told = [*plan.certificate.get("unmet", []), *plan.certificate.get("unmatched", [])]
    causes = {int(u["participant"]): str(u["cause"]) for u in reversed(told)}
    return sorted((names.get(i, str(i)), cause) for i, cause in causes.items())


_NOWHEN = Spot(0, None, "")


def _pairs(diff: PlanDiff) -> list[tuple[dict[str, Any] | None, dict[str, Any] | None]]:
    return [
        *((m, None) for m in diff.removed),
        *((None, m) for m in diff.added),
        *((move.before, move.after) for move in diff.moved),
    ]
