"""Fewer breaks and idle rounds without changing who meets whom: annealing over Kempe swaps.

A move gives one meeting of somebody who waits another round; whatever stands there moves the other way along the
two-round component, so nobody is ever in two places and no mask is broken. Value of a plan: breaks first, idle rounds
second.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp

from matching.pairing.rounds import Colouring, Graph, bits
from matching.pairing.stop import Stop

BREAK = 6.0  # idle rounds that a break weighs while searching; plans are compared breaks first


@dataclass(frozen=True, slots=True)
class Rules:
    """What must not move, and what must hold besides the graph: owner of each seat, order, fairness."""

    owner: Sequence[int]
    pinned: frozenset[int] = frozenset()
    precedences: tuple[tuple[int, int], ...] = ()
    fairness: int | None = None


@dataclass(frozen=True, slots=True)
class Tries:
    """How long the search runs."""

    moves: int = 20_000
    warm: float = 3.0
    cool: float = 0.15


def holes(busy: int) -> tuple[int, int]:
    """Breaks and idle rounds in a bit set of busy rounds."""
    if not busy:
        return 0, 0
    starts = busy & ~(busy << 1)
    span = busy.bit_length() - (busy & -busy).bit_length() + 1
    return starts.bit_count() - 1, span - busy.bit_count()


@dataclass(eq=False)
class IdleSearch:
    """A colouring and the waiting it means; `run` lowers it in place of `best`."""

    graph: Graph
    rules: Rules
    rounds: list[int]
    seed: int
    state: Colouring = field(init=False)
    seats_of: dict[int, list[int]] = field(init=False)
    best: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.state = Colouring(self.graph, self.seed)
        for e, t in enumerate(self.rounds):
            if t >= 0:
                self.state.put(e, t)
        self.seats_of = {}
        for seat, owner in enumerate(self.rules.owner):
            self.seats_of.setdefault(owner, []).append(seat)
        self.edges_of: dict[int, list[int]] = {owner: [] for owner in self.seats_of}
        for e, edge in enumerate(self.graph.edges):
            for seat in edge:
                self.edges_of[self.rules.owner[seat]].append(e)
        self.later: dict[int, list[tuple[int, int]]] = {}
        for first, second in self.rules.precedences:
            self.later.setdefault(first, []).append((first, second))
            self.later.setdefault(second, []).append((first, second))
        self.waits = {owner: holes(self.busy(owner)) for owner in self.seats_of}
        self.best = list(self.state.colour)

    def busy(self, owner: int) -> int:
        """Rounds in which the participant has a meeting."""
        mask = 0
        for seat in self.seats_of[owner]:
            mask |= self.graph.seats[seat] & ~self.state.free[seat]
        return mask

    def total(self) -> tuple[int, int]:
        """Breaks and idle rounds of everybody."""
        return sum(b for b, _ in self.waits.values()), sum(i for _, i in self.waits.values())

    def run(self, stop: Stop, tries: Tries) -> tuple[int, int]:
        """Anneal; leaves the best rounds in `best` and returns their breaks and idle rounds."""
        breaks, idle = best = self.total()
        random = self.state.random
        waiting = [o for o, (_, i) in self.waits.items() if i]
        for step in range(tries.moves):
            if step % 200 == 0:
                waiting = [o for o, (_, i) in self.waits.items() if i]
                if not waiting or stop(-float(best[0])):
                    break
            heat = tries.warm * (tries.cool / tries.warm) ** (step / tries.moves)
            owner = random.choice(waiting)
            e = random.choice(self.edges_of[owner])
            old = self._move(e, self._target(owner, e))
            if old is None:
                continue
            chain, a, b = old
            fresh = self._waits(chain)
            more = sum(n[0] - self.waits[o][0] for o, n in fresh.items())
            longer = sum(n[1] - self.waits[o][1] for o, n in fresh.items())
            cost = BREAK * more + longer
            if (cost > 0 and random.random() >= exp(-cost / heat)) or not self._keeps(chain, fresh):
                self._flip(chain, a, b)
                continue
            self.waits.update(fresh)
            breaks, idle = breaks + more, idle + longer
            if (breaks, idle) < best:
                best, self.best = (breaks, idle), list(self.state.colour)
        return best

    def _target(self, owner: int, e: int) -> int:
        """A round for e inside or beside the busy rounds of its owner; -1 when there is none."""
        busy = self.busy(owner)
        near = (busy << 1 | busy >> 1 | self._gaps(busy)) & self.graph.masks[e] & ~(1 << max(0, self.state.colour[e]))
        options = list(bits(near))
        return self.state.random.choice(options) if options else -1

    @staticmethod
    def _gaps(busy: int) -> int:
        low = (busy & -busy).bit_length() - 1
        return ((1 << busy.bit_length()) - 1) >> low << low & ~busy if busy else 0

    def _move(self, e: int, b: int) -> tuple[list[int], int, int] | None:
        """Swap the a/b component of e when every rule of the graph allows it."""
        a = self.state.colour[e]
        if b < 0 or a < 0 or a == b:
            return None
        chain = self._component(e, a, b)
        if chain is None:
            return None
        from_a = sum(1 for f in chain if self.state.colour[f] == a)
        shift = 2 * from_a - len(chain)
        count, capacity = self.state.count, self.graph.capacity
        if count[b] + shift > capacity[b] or count[a] - shift > capacity[a]:
            return None
        self._flip(chain, a, b)
        return chain, a, b

    def _component(self, e: int, a: int, b: int) -> list[int] | None:
        """Edges joined to e through rounds a and b; None if one of them may not change over."""
        state, graph, pinned = self.state, self.graph, self.rules.pinned
        found, todo = {e}, [e]
        while todo:
            f = todo.pop()
            other = b if state.colour[f] == a else a
            if f in pinned or not graph.masks[f] >> other & 1:
                return None
            for seat in graph.edges[f]:
                g = state.at[seat][other]
                if g >= 0 and g not in found:
                    found.add(g)
                    todo.append(g)
        return sorted(found)

    def _flip(self, chain: list[int], a: int, b: int) -> None:
        old = [self.state.colour[f] for f in chain]
        for f in chain:
            self.state.take(f)
        for f, t in zip(chain, old, strict=True):
            self.state.put(f, b if t == a else a)

    def _waits(self, chain: list[int]) -> dict[int, tuple[int, int]]:
        owners = {self.rules.owner[seat] for f in chain for seat in self.graph.edges[f]}
        return {owner: holes(self.busy(owner)) for owner in owners}

    def _keeps(self, chain: list[int], fresh: dict[int, tuple[int, int]]) -> bool:
        """Order and fairness after a move."""
        colour = self.state.colour
        for f in chain:
            if any(colour[x] >= colour[y] for x, y in self.later.get(f, ())):
                return False
        if self.rules.fairness is None or not any(fresh[o][0] != self.waits[o][0] for o in fresh):
            return True
        breaks = [fresh.get(o, wait)[0] for o, wait in self.waits.items()]
        return max(breaks) - min(breaks) <= self.rules.fairness
