"""What rounds and places can hold, by arithmetic alone, before anything is known of who comes but how many."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Frame:
    """The frame of an event: people by side, rounds, places, and how many meetings each may and should have."""

    sides: Mapping[str, int]
    rounds: int
    places: int
    floor: int = 0
    cap: int | None = None
    cross_side_only: bool = True

    @property
    def people(self) -> int:
        """Everybody."""
        return sum(self.sides.values())

    @property
    def others(self) -> dict[str, int]:
        """How many somebody of each side may meet."""
        return {side: self.people - (n if self.cross_side_only else 1) for side, n in self.sides.items()}

    def most(self, side: str) -> int:
        """How many meetings one of this side can have at most."""
        return min(self.rounds, self.others[side], self.rounds if self.cap is None else self.cap)


@dataclass(frozen=True)
class Capacity:
    """What the frame holds. Exact for two sides, and for one where everybody meets everybody; else an upper bound.

    `at_once`: pairs that could sit at the same time; `meetings`: in all; `each`: what everybody can be promised;
    `rounds_needed` and `places_needed`: for the floor asked for, the other kept as it is (None: none is enough).
    """

    people: int
    at_once: int
    meetings: int
    each: int
    rounds_needed: int | None
    places_needed: int | None
    exact: bool


def capacity(frame: Frame) -> Capacity:
    """Count. For two sides of n and m, a set of meetings with at most r each fits into r rounds of equal size
    (König's edge colouring, balanced: de Werra 1971), so the bounds are reached.
    """
    at_once = _at_once(frame)
    each = max((f for f in range(1, frame.rounds + 1) if _holds(frame, f, frame.rounds, frame.places)), default=0)
    return Capacity(
        people=frame.people,
        at_once=at_once,
        meetings=min(frame.rounds * min(at_once, frame.places), _most_meetings(frame)),
        each=each,
        rounds_needed=_rounds_needed(frame),
        places_needed=_places_needed(frame, at_once),
        exact=frame.cross_side_only and len([n for n in frame.sides.values() if n]) == 2,
    )


def _at_once(frame: Frame) -> int:
    if not frame.cross_side_only:
        return frame.people // 2
    largest = max(frame.sides.values(), default=0)
    return min(frame.people // 2, frame.people - largest)


def _most_meetings(frame: Frame) -> int:
    """Each meeting takes one from either end, and no side can meet more than the others have to give."""
    ends = {side: n * frame.most(side) for side, n in frame.sides.items() if n}
    whole = sum(ends.values()) // 2
    if not frame.cross_side_only:
        return whole
    return min([whole, *(sum(ends.values()) - own for own in ends.values())])


def _wanted(frame: Frame, floor: int) -> int:
    """Meetings it takes that everybody has so many."""
    if not frame.cross_side_only:
        return -(-frame.people * floor // 2)
    return max(-(-frame.people * floor // 2), max(frame.sides.values(), default=0) * floor)


def _holds(frame: Frame, floor: int, rounds: int, places: int) -> bool:
    """Whether everybody can have `floor` meetings."""
    lengthened = Frame(frame.sides, rounds, places, floor, frame.cap, frame.cross_side_only)
    present = [side for side, n in frame.sides.items() if n]
    if not present or any(lengthened.most(side) < floor for side in present):
        return False
    wanted = _wanted(frame, floor)
    return wanted <= _most_meetings(lengthened) and wanted <= rounds * min(places, _at_once(frame))


def _rounds_needed(frame: Frame) -> int | None:
    tried = range(max(frame.floor, 1), max(200, frame.rounds) + 1)
    return next((r for r in tried if _holds(frame, frame.floor, r, frame.places)), None)


def _places_needed(frame: Frame, at_once: int) -> int | None:
    return next((p for p in range(1, at_once + 1) if _holds(frame, frame.floor, frame.rounds, p)), None)
