"""Meetings without a common language: an interpreter and a round for each, before the others are placed.

They are few and bound to few people, so they are settled first: best pairs first, each by an augmenting path over the
(interpreter, round) slots. Each such meeting takes one interpreter for one round and no more, so the place-rounds of
interpreters are the interpreted meetings; a pair with a common language never takes one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matching.pairing.meets import Meets
from matching.pairing.rounds import bits

Slot = tuple[int, int]  # interpreter, round


@dataclass(frozen=True, slots=True)
class Waiting:
    """Pairs of seats, those of them to be served in the order to try them, and the rounds each may have at all."""

    edges: Sequence[tuple[int, int]]
    order: Sequence[int]
    within: Sequence[int]


def pin(meets: Meets, waiting: Waiting, busy: dict[int, int]) -> dict[int, Slot]:
    """An (interpreter, round) slot for as many of the edges as fit, tried in the given order.

    `busy[seat]` holds rounds already taken at a seat. Two edges of one seat never share a round.
    """
    desk = _Desk(meets, waiting, busy)
    for e in waiting.order:
        desk.place(e, 2)
    return desk.slot_of


class _Desk:
    """Who serves which edge in which round."""

    def __init__(self, meets: Meets, waiting: Waiting, busy: dict[int, int]) -> None:
        self.edges = edges = waiting.edges
        self.interpreters = range(len(meets.model.problem.interpreters))
        self.options = {
            e: [meets.interpreted_rounds(*edges[e], k) & waiting.within[e] for k in self.interpreters]
            for e in waiting.order
        }
        self.holder: dict[Slot, int] = {}
        self.slot_of: dict[int, Slot] = {}
        self.taken = dict(busy)

    def place(self, e: int, depth: int) -> bool:
        """Find a slot for e, moving up to `depth` others in turn."""
        slots = list(self._slots(e))
        for slot in slots:
            if slot not in self.holder:
                self._hold(e, slot)
                return True
        return depth > 0 and any(self._displace(e, slot, depth) for slot in slots)

    def _slots(self, e: int) -> Iterator[Slot]:
        s, t = self.edges[e]
        free = ~self.taken.get(s, 0) & ~self.taken.get(t, 0)
        for k in self.interpreters:
            for r in bits(self.options[e][k] & free):
                yield (k, r)

    def _displace(self, e: int, slot: Slot, depth: int) -> bool:
        other = self.holder[slot]
        self._drop(other)
        self._hold(e, slot)
        if self.place(other, depth - 1):
            return True
        self._drop(e)
        self._hold(other, slot)
        return False

    def _hold(self, e: int, slot: Slot) -> None:
        self.holder[slot] = e
        self.slot_of[e] = slot
        for seat in self.edges[e]:
            self.taken[seat] = self.taken.get(seat, 0) | 1 << slot[1]

    def _drop(self, e: int) -> None:
        slot = self.slot_of.pop(e)
        del self.holder[slot]
        for seat in self.edges[e]:
            self.taken[seat] &= ~(1 << slot[1])
