"""The desk's list: a row a participant, with where they are to be next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.services.attendance import AWAY
from app.services.seats import Seat
from app.services.texts import fold
from app.web.day.frame import DayFrame
from models.day import AttendancePublic
from models.event import RoundPublic


@dataclass(frozen=True)
class Upcoming:
    """Somebody's next meeting."""

    round: RoundPublic
    place: str
    other: str


@dataclass(frozen=True)
class Row:
    """A participant on the desk's list."""

    person: AttendancePublic
    next: Upcoming | None
    late_until: RoundPublic | None
    overdue: bool
    """Late, and the round they said has begun."""


@dataclass(frozen=True)
class Filter:
    """What of the list is looked at, as the address says it."""

    words: str = ""
    side: str = ""
    state: str = ""

    def shows(self, person: AttendancePublic) -> bool:
        """Whether a participant is on the list: every word somewhere in the name, at the side, in the state."""
        name = fold(f"{person.name} {person.pseudonym or ''}")
        said = all(word in name for word in fold(self.words).split())
        return said and self.side in {"", person.side} and self.state in {"", person.state}


def desk_rows(frame: DayFrame, people: Iterable[AttendancePublic]) -> list[Row]:
    """The rows of these participants."""
    seats: dict[int, list[Seat]] = {}
    for seat in frame.seats:
        if seat.round not in frame.losses.rounds:
            for actor_id in (seat.a, seat.b):
                seats.setdefault(actor_id, []).append(seat)
    rounds = {r.index: r for r in frame.rounds}
    return [_row(frame, rounds, person, _next(person, seats.get(person.actor_id, ()))) for person in people]


def _next(person: AttendancePublic, seats: Sequence[Seat]) -> Seat | None:
    """The first meeting they can still be at."""
    first = person.round if person.state == "late" and person.round is not None else 0
    held = (seat for seat in seats if seat.round >= first)
    if person.state in AWAY:
        held = (seat for seat in held if person.round is not None and seat.round < person.round)
    return next(held, None)


def _row(frame: DayFrame, rounds: dict[int, RoundPublic], person: AttendancePublic, seat: Seat | None) -> Row:
    slot = rounds.get(person.round) if person.round is not None else None
    overdue = person.state == "late" and slot is not None and slot.starts_at <= frame.now
    if seat is None or seat.round not in rounds:
        return Row(person, None, slot, overdue)
    other = seat.other(person.actor_id)
    place = frame.labels.get(seat.place, "") if seat.place is not None else ""
    return Row(person, Upcoming(rounds[seat.round], place, frame.names.get(other, f"actor {other}")), slot, overdue)


def sides_of(people: Sequence[AttendancePublic]) -> list[str]:
    """The sides there are, by name."""
    return sorted({p.side for p in people})
