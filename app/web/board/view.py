"""A plan as a person reads it: rounds, who sits where, who waits, and how meetings are shared out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from app.services.agenda import BREAK
from app.services.halls import Hall
from app.services.texts import fold
from models.event import InterpreterPublic, ParticipantPublic, PlacePublic, RoundPublic
from models.plan import MeetingRead, PlanRead

MANY_PLACES = 24
MANY_ROUNDS = 9
"""From so many on the board is drawn small, unless asked otherwise."""
DAYS_SHOWN = 4
"""For so many people found, their whole day is told above the board."""


@dataclass(frozen=True)
class Look:
    """What of the board is looked at, as the address says it."""

    words: str = ""
    side: str = ""
    track: str = ""
    round: int | None = None
    zoom: str = ""
    only: bool = False
    """Leave out the places at which nothing is found."""

    @property
    def narrowed(self) -> bool:
        """Whether some meetings are to stand out."""
        return bool(self.words or self.side or self.track)


@dataclass(frozen=True)
class Cell:
    """A place in a round; free when nobody meets there. `found` is None when nothing is looked for."""

    place: int | None
    label: str
    meeting: MeetingRead | None
    found: bool | None = None
    open: bool = True


@dataclass(frozen=True)
class Column:
    """A round with its places in their order, and the participants who pause."""

    round: RoundPublic
    cells: Sequence[Cell]
    meetings: int
    pausing: list[ParticipantPublic]
    gap: tuple[datetime, datetime] | None = None
    """The break before it, from the end of the round before."""


@dataclass(frozen=True)
class Share:
    """How many participants have a number of meetings, and who."""

    meetings: int
    participants: int
    of_most: float
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Day:
    """Somebody's meetings in the order of the day."""

    person: ParticipantPublic
    meetings: list[MeetingRead]


@dataclass(frozen=True)
class Board:
    """The whole board."""

    columns: list[Column]
    places: Sequence[PlacePublic]
    size: str
    found: int
    days: list[Day] = field(default_factory=list)


def board(plan: PlanRead, hall: Hall, look: Look) -> Board:
    """The plan round by round, with what is looked for marked."""
    who = _wanted(hall.people, look)
    by_round: dict[int, list[MeetingRead]] = {r.index: [] for r in hall.rounds}
    for meeting in plan.meetings:
        by_round.setdefault(meeting.round, []).append(meeting)
    shown = [r for r in hall.rounds if look.round in (None, r.index)]
    columns = [_column(r, by_round[r.index], hall, who) for r in shown]
    columns = [
        replace(c, gap=_gap(a.round, c.round)) if a else c for a, c in zip([None, *columns], columns, strict=False)
    ]
    found = sum(1 for c in columns for cell in c.cells if cell.found)
    places: Sequence[PlacePublic] = hall.places
    if look.only and found:
        wanted = {cell.place for c in columns for cell in c.cells if cell.found}
        places = [p for p in places if p.index in wanted]
        columns = [replace(c, cells=[cell for cell in c.cells if cell.place in wanted]) for c in columns]
    return Board(columns, places, _size(len(columns), look, len(hall.places)), found, _days(plan, hall, look))


def _wanted(people: Sequence[ParticipantPublic], look: Look) -> list[set[int]] | None:
    """For each thing asked, the participants it names; a meeting stands out when it has one of each."""
    if not look.narrowed:
        return None
    asked = []
    if look.words:
        words = fold(look.words)
        asked.append({p.actor_id for p in people if words in fold(p.name)})
    if look.side:
        asked.append({p.actor_id for p in people if p.side == look.side})
    if look.track:
        asked.append({p.actor_id for p in people if look.track in p.tracks})
    return asked


def _size(rounds: int, look: Look, places: int) -> str:
    """How much room a column needs: it decides from which width on the rounds stand side by side."""
    small = look.zoom == "compact" or (not look.zoom and (rounds >= MANY_ROUNDS or places > MANY_PLACES))
    number = "few" if rounds <= 4 else "some" if rounds <= 8 else "many" if rounds <= 12 else "lots"
    tight = " tight" if look.zoom == "compact" or rounds >= MANY_ROUNDS else ""
    return f"compact {number}{tight}" if small else number


def _column(slot: RoundPublic, meetings: Sequence[MeetingRead], hall: Hall, who: list[set[int]] | None) -> Column:
    at = {m.place: m for m in meetings}
    cells = [_cell(p, at.get(p.index), slot, who) for p in hall.places]
    known = {p.index for p in hall.places}
    cells += [Cell(None, "", m, _matches(m, who)) for m in meetings if m.place not in known]
    busy = {m.a for m in meetings} | {m.b for m in meetings}
    there = (p for p in hall.people if p.available is None or slot.index in p.available)
    return Column(slot, cells, len(meetings), [p for p in there if p.actor_id not in busy])


def _gap(before: RoundPublic, after: RoundPublic) -> tuple[datetime, datetime] | None:
    end = before.starts_at + timedelta(minutes=before.minutes)
    return (end, after.starts_at) if after.starts_at - end >= BREAK else None


def _cell(place: PlacePublic, meeting: MeetingRead | None, slot: RoundPublic, who: list[set[int]] | None) -> Cell:
    opened = place.available is None or slot.index in place.available
    return Cell(place.index, place.label, meeting, _matches(meeting, who), opened)


def _matches(meeting: MeetingRead | None, who: list[set[int]] | None) -> bool | None:
    if who is None or meeting is None:
        return None
    return all(meeting.a in wanted or meeting.b in wanted for wanted in who)


def _days(plan: PlanRead, hall: Hall, look: Look) -> list[Day]:
    if not look.words:
        return []
    words = fold(look.words)
    people = [p for p in hall.people if words in fold(p.name)]
    if len(people) > DAYS_SHOWN:
        return []
    return [Day(p, [m for m in plan.meetings if p.actor_id in (m.a, m.b)]) for p in people]


def shares(plan: PlanRead, people: Sequence[ParticipantPublic]) -> list[Share]:
    """The distribution of meetings, from the fewest anybody has to the most."""
    held = held_by(plan)
    names: dict[int, list[str]] = {}
    for person in people:
        names.setdefault(held[person.actor_id], []).append(person.name)
    if not names:
        return []
    most = max(map(len, names.values()))
    told = ((n, tuple(names.get(n, ()))) for n in range(min(names), max(names) + 1))
    return [Share(n, len(who), len(who) / most, who) for n, who in told]


def held_by(plan: PlanRead) -> Counter[int]:
    """How many meetings each participant has."""
    return Counter(actor for m in plan.meetings for actor in (m.a, m.b))


def interpreter_names(interpreters: Sequence[InterpreterPublic]) -> dict[str, str]:
    """What a plan's cells call each interpreter: a number people count from 1, and between which languages."""
    return {str(i.index): f"{i.index + 1} ({', '.join(i.languages)})" for i in interpreters}


def busy_rounds(plan: PlanRead, pair: tuple[int, int], hall: Hall) -> Mapping[int, list[str]]:
    """For each round, who of the two cannot sit elsewhere then: they meet somebody, or are not there."""
    found: dict[int, list[str]] = {r.index: [] for r in hall.rounds}
    for person in hall.people:
        if person.actor_id not in pair:
            continue
        taken = Counter(m.round for m in plan.meetings if person.actor_id in (m.a, m.b) and {m.a, m.b} != set(pair))
        for when, names in found.items():
            away = person.available is not None and when not in person.available
            if away or taken[when] >= person.parallel:
                names.append(person.name)
    return found
