"""Meetings into rounds: list edge colouring by Kempe chains, then ejections.

Seats are nodes, chosen pairs are edges, rounds are colours; an edge may take the rounds in its mask and a round holds
at most `capacity` edges. Without gaps and with two sides every selection can be coloured (König 1916; balanced classes:
de Werra 1971). With gaps this is list colouring, NP-hard (Even, Itai & Shamir 1976): chains that would break a mask are
refused, and what is left is tried by ejecting others under a tabu rule (PartialCol, Blöchliger & Zufferey 2008).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain as chain_iter
from random import Random

from matching.pairing.stop import Stop

Edge = tuple[int, int]
PINNED = 1e6  # weight of what is never given up for the utility of others: musts and locks twice that, then slots


def bits(mask: int) -> Iterator[int]:
    """Positions of the set bits, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@dataclass(frozen=True, slots=True)
class Graph:
    """Edges between seats with the rounds each may take; `weight` says which to keep when not all fit."""

    edges: list[Edge]
    masks: list[int]
    weight: list[float]
    seats: list[int]
    capacity: list[int]


class Colouring:
    """A partial assignment of edges to rounds that always keeps every rule."""

    def __init__(self, graph: Graph, seed: int) -> None:
        self.graph = graph
        self.rounds = len(graph.capacity)
        self.colour = [-1] * len(graph.edges)
        self.at = [[-1] * self.rounds for _ in graph.seats]
        self.free = list(graph.seats)
        self.count = [0] * self.rounds
        self.roomy = sum(1 << t for t, c in enumerate(graph.capacity) if c > 0)
        self.random = Random(seed)

    def put(self, e: int, t: int) -> None:
        """Give edge e the round t; both seats must be free then."""
        u, v = self.graph.edges[e]
        self.colour[e] = t
        self.at[u][t] = self.at[v][t] = e
        self.free[u] &= ~(1 << t)
        self.free[v] &= ~(1 << t)
        self.count[t] += 1
        if self.count[t] >= self.graph.capacity[t]:
            self.roomy &= ~(1 << t)

    def fits(self, e: int, t: int) -> bool:
        """Whether both seats are free in round t and it has room."""
        u, v = self.graph.edges[e]
        return bool(self.graph.masks[e] & self.free[u] & self.free[v] & self.roomy & 1 << t)

    def take(self, e: int) -> None:
        """Take edge e out of its round."""
        u, v = self.graph.edges[e]
        t = self.colour[e]
        self.colour[e] = -1
        self.at[u][t] = self.at[v][t] = -1
        self.free[u] |= 1 << t
        self.free[v] |= 1 << t
        self.count[t] -= 1
        if self.count[t] < self.graph.capacity[t]:
            self.roomy |= 1 << t

    def insert(self, e: int) -> bool:
        """Give e a round, moving others along Kempe chains where that keeps every rule."""
        u, v = self.graph.edges[e]
        both = self.graph.masks[e] & self.free[u] & self.free[v]
        now = both & self.roomy
        if now:
            self.put(e, self._emptiest(now))
            return True
        if both and self._make_room(e, both):
            return True
        return self._by_chain(e, u, v) or self._by_chain(e, v, u)

    def _emptiest(self, mask: int) -> int:
        capacity, count = self.graph.capacity, self.count
        return max(bits(mask), key=lambda t: capacity[t] - count[t])

    def _make_room(self, e: int, both: int) -> bool:
        """Every round that suits e is full: move one meeting of such a round to a round with room."""
        for a in bits(both):
            for b in bits(self.roomy):
                for f in self._in_round(a):
                    chain = self._chain_of_ends(f, a, b)
                    if chain is not None:
                        self._swap(chain, a, b)
                        self.put(e, a)
                        return True
        return False

    def _in_round(self, t: int) -> list[int]:
        return list(dict.fromkeys(row[t] for row in self.at if row[t] >= 0))

    def _chain_of_ends(self, f: int, a: int, b: int) -> list[int] | None:
        """The a/b path that starts with f at a seat without b, if it has one more a than b and may be swapped."""
        for start in self.graph.edges[f]:
            if self.at[start][b] < 0:
                chain = self._trace(start, a, b, -1)
                return chain if chain is not None and len(chain) % 2 == 1 else None
        return None

    def _trace(self, start: int, a: int, b: int, avoid: int) -> list[int] | None:
        """Edges of the alternating path from `start` beginning with round a; None if it may not be swapped.

        `avoid` is a seat the path must not reach: swapping would take the round it was to keep free.
        """
        chain: list[int] = []
        node, colour, other = start, a, b
        edges, masks = self.graph.edges, self.graph.masks
        while True:
            f = self.at[node][colour]
            if f < 0:
                return chain
            if not masks[f] >> other & 1:
                return None
            chain.append(f)
            u, v = edges[f]
            node = v if node == u else u
            if node == avoid:
                return None
            colour, other = other, colour

    def _swap(self, chain: list[int], a: int, b: int) -> None:
        old = [self.colour[f] for f in chain]
        for f in chain:
            self.take(f)
        for f, t in zip(chain, old, strict=True):
            self.put(f, b if t == a else a)

    def _by_chain(self, e: int, u: int, v: int) -> bool:
        """u has round a free, v has round b free: swap a and b along the path from v, then e takes a."""
        for chain, a, b in self._chains(e, u, v):
            self._swap(chain, a, b)
            self.put(e, a)
            return True
        return False

    def _chains(self, e: int, u: int, v: int) -> Iterator[tuple[list[int], int, int]]:
        capacity, count = self.graph.capacity, self.count
        for a in bits(self.graph.masks[e] & self.free[u]):
            for b in bits(self.free[v]):
                if a == b:
                    continue
                chain = self._trace(v, a, b, u)
                if chain is None:
                    continue
                odd = len(chain) % 2  # an odd path moves one meeting from a to b
                if count[a] + 1 - odd <= capacity[a] and count[b] + odd <= capacity[b]:
                    yield chain, a, b

    def insert_gently(self, e: int, home: dict[int, int], most: int) -> int | None:
        """Give e a round while at most so many edges leave their `home` round; how many did, None = no round found."""
        u, v = self.graph.edges[e]
        now = self.graph.masks[e] & self.free[u] & self.free[v] & self.roomy
        if now:
            self.put(e, self._emptiest(now))
            return 0
        best: tuple[int, list[int], int, int] | None = None
        for chain, a, b in chain_iter(self._chains(e, u, v), self._chains(e, v, u)):
            cost = sum(1 for f in chain if home.get(f) == self.colour[f])
            if cost <= most and (best is None or cost < best[0]):
                best = (cost, chain, a, b)
                if cost == 0:
                    break
        if best is None:
            return None
        self._swap(best[1], best[2], best[3])
        self.put(e, best[2])
        return best[0]

    def eject(self, e: int, tabu: dict[tuple[int, int], int], now: int) -> list[int] | None:
        """Force e into the round that costs least weight in ejected edges; None when every round is tabu."""
        u, v = self.graph.edges[e]
        best: tuple[float, int, list[int]] | None = None
        for t in bits(self.graph.masks[e]):
            if tabu.get((e, t), -1) > now:
                continue
            out = [f for f in {self.at[u][t], self.at[v][t]} if f >= 0]
            if self.count[t] - len(out) >= self.graph.capacity[t]:
                spare = self._lightest(t)
                if spare is None:
                    continue
                out.append(spare)
            cost = sum(self.graph.weight[f] for f in out) + 1e-3 * self.random.random()
            if best is None or cost < best[0]:
                best = (cost, t, out)
        if best is None:
            return None
        _, t, out = best
        for f in out:
            self.take(f)
            tabu[f, t] = now + 8 + self.random.randrange(10)
        self.put(e, t)
        return out

    def _lightest(self, t: int) -> int | None:
        inside = self._in_round(t)
        sample = self.random.sample(inside, min(6, len(inside)))
        return min(sample, key=lambda f: self.graph.weight[f], default=None)


def colour_around(graph: Graph, seed: int, start: dict[int, int], budget: int) -> list[int]:
    """Rounds for new edges while those in `start` keep theirs, but for at most `budget` that make room along chains.

    Heavier edges come first; what finds no round is left out (-1).
    """
    state = Colouring(graph, seed)
    for e, t in start.items():
        if state.fits(e, t):  # two meetings of one participant may have been dealt to the same seat
            state.put(e, t)
    start = {e: t for e, t in start.items() if state.colour[e] == t}
    order = sorted((e for e in range(len(graph.edges)) if e not in start), key=lambda e: (-graph.weight[e], e))
    left = [e for e in order if state.insert_gently(e, start, 0) is None]
    for most in (0, 1, 2):
        for e in left:
            if most <= budget:
                budget -= state.insert_gently(e, start, most) or 0
        left = [e for e in left if state.colour[e] < 0]
    return state.colour


def colour(graph: Graph, seed: int, stop: Stop, tries: int = 4000) -> list[int]:
    """A round for each edge, -1 where none was found; the weight left out is kept as small as the tries allow."""
    state = Colouring(graph, seed)
    weight = graph.weight
    order = sorted(range(len(graph.edges)), key=lambda e: (-(weight[e] // PINNED), graph.masks[e].bit_count(), e))
    left = [e for e in order if graph.masks[e] and not state.insert(e)]
    best, best_cost = list(state.colour), sum(weight[e] for e in left)
    tabu: dict[tuple[int, int], int] = {}
    for step in range(tries):
        if not left or (step % 50 == 0 and stop(-best_cost)):
            break
        e = left.pop(state.random.randrange(len(left)))
        if not state.insert(e):
            out = state.eject(e, tabu, step)
            left += [e] if out is None else [f for f in out if not state.insert(f)]
        cost = sum(weight[x] for x in left)
        if cost < best_cost:
            best, best_cost = list(state.colour), cost
    return best
