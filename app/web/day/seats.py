"""Who sits where: a round, a place, an interpreter or a person, as lines that can be read out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from app.services.seats import Seat
from app.web.day.frame import DayFrame, side_of
from models.event import InterpreterPublic, ParticipantPublic, RoundPublic

When = Literal["over", "now", "to come"]


@dataclass(frozen=True)
class Sitting:
    """Somebody at a table: who, for whom, and what they speak."""

    actor_id: int
    name: str
    side: str
    delegate: str | None = None
    languages: Sequence[str] = ()
    away: bool = False


@dataclass(frozen=True)
class Line:
    """A round as one place, person or interpreter has it; nobody sits there when `pair` is empty."""

    round: RoundPublic
    when: When
    cancelled: bool
    place: str = ""
    pair: Sequence[Sitting] = ()
    common: Sequence[str] = ()
    interpreter: str | None = None


@dataclass(frozen=True)
class Hall:
    """A frame with what people speak, read once for a view."""

    frame: DayFrame
    people: dict[int, ParticipantPublic]

    @classmethod
    def of(cls, frame: DayFrame, people: Iterable[ParticipantPublic]) -> "Hall":
        """Number the people."""
        return cls(frame, {p.actor_id: p for p in people})

    def sitting(self, seat: Seat, actor_id: int) -> Sitting:
        """One of the two at a table."""
        person, name = self.people.get(actor_id), self.frame.names.get(actor_id, f"actor {actor_id}")
        delegate = seat.delegate(actor_id)
        states = {p.actor_id: p.state for p in self.frame.people}
        return Sitting(
            actor_id,
            name,
            side_of(self.frame.people, actor_id),
            delegate,
            _spoken(person, delegate),
            states.get(actor_id) in {"absent", "gone"} and seat.round >= self.frame.here.first_open - 1,
        )


def when(frame: DayFrame, slot: RoundPublic) -> When:
    """Whether a round is over, runs, or is to come."""
    if slot.index >= frame.here.first_open:
        return "to come"
    running = frame.here.phase == "round" and frame.here.current is not None
    return "now" if running and frame.here.current is not None and frame.here.current.index == slot.index else "over"


def lines(hall: Hall, seats: Sequence[Seat]) -> list[Line]:
    """Every round, with the meeting of these seats that falls into it."""
    by_round = {seat.round: seat for seat in seats}
    return [_line(hall, slot, by_round.get(slot.index)) for slot in hall.frame.rounds]


def round_lines(hall: Hall, slot: RoundPublic, seats: Sequence[Seat]) -> list[Line]:
    """One round, a line a place that is used."""
    return [_line(hall, slot, seat) for seat in seats if seat.round == slot.index]


def person_lines(frame: DayFrame, seats: Sequence[Seat], actor_id: int) -> list[Line]:
    """Every round of one participant: where they are, and whom they meet."""
    hall = Hall(frame, {})
    held = [s for s in seats if actor_id in (s.a, s.b)]
    told = []
    for slot in frame.rounds:
        meets: list[Seat | None] = [s for s in held if s.round == slot.index]
        for seat in meets or [None]:
            line = _line(hall, slot, seat)
            pair = tuple(s for s in line.pair if s.actor_id != actor_id)
            told.append(Line(line.round, line.when, line.cancelled, line.place, pair, (), line.interpreter))
    return told


def _line(hall: Hall, slot: RoundPublic, seat: Seat | None) -> Line:
    frame = hall.frame
    cancelled = slot.index in frame.losses.rounds
    if seat is None:
        return Line(slot, when(frame, slot), cancelled)
    pair = tuple(hall.sitting(seat, actor_id) for actor_id in (seat.a, seat.b))
    spoken = [set(s.languages) for s in pair]
    common = sorted(spoken[0] & spoken[1])
    place = frame.labels.get(seat.place, "") if seat.place is not None else ""
    return Line(slot, when(frame, slot), cancelled, place, pair, common, seat.interpreter)


def _spoken(person: ParticipantPublic | None, delegate: str | None) -> Sequence[str]:
    if person is None:
        return ()
    own = next((d.languages for d in person.delegates if d.id == delegate), [])
    return own or person.languages


def interpreter_name(interpreters: Sequence[InterpreterPublic], index: str | None) -> InterpreterPublic | None:
    """The interpreter a plan names."""
    return next((x for x in interpreters if str(x.index) == index), None)
