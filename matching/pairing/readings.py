"""Which request each meeting answers, where a pair asked for more than one; `check` alone uses it.

A plan names pairs and rounds, not requests. It keeps the rules if *some* reading of it does, so a reading that breaks
none is looked for, one group of requests after the other: those of one pair, and those an order binds to each other.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice, permutations, product

from matching.pairing.problem import Problem

Couple = frozenset[str]
Reading = dict[int, int]  # request -> round
Group = list[list[int]]  # requests, those of one pair together
_STEPS = 20_000  # of the search for a reading that breaks nothing, in one group
_LOOKED_AT = 1_000  # readings where that search finds none; the one that breaks least is told


def read_requests(problem: Problem, held: dict[Couple, list[int]]) -> Reading:
    """A round for each request that was answered, so that nothing is broken where that is possible.

    `held` has the rounds in which each pair meets.
    """
    requests: defaultdict[Couple, list[int]] = defaultdict(list)
    for k, r in enumerate(problem.requested):
        requests[frozenset((r.a, r.b))].append(k)
    when = {k: t for pair, asked in requests.items() for k, t in zip(asked, held[pair], strict=False)}
    search = _Search(problem, when)
    if any(search.faults(k) for k in when):
        for group in _groups(problem, [ks for pair, ks in requests.items() if len(ks) == len(held[pair]) > 1]):
            search.read(group)
    return when


def _groups(problem: Problem, pairs: Group) -> Iterator[Group]:
    """Pairs with the requests that an order binds to theirs."""
    pair_of = {k: p for p, ks in enumerate(pairs) for k in ks}
    bound: defaultdict[int, list[int]] = defaultdict(list)
    for first, later in problem.precedences:
        if first in pair_of and later in pair_of:
            bound[pair_of[first]].append(pair_of[later])
            bound[pair_of[later]].append(pair_of[first])
    seen: set[int] = set()
    for start in range(len(pairs)):
        todo, found = [start], []
        while todo:
            p = todo.pop()
            if p not in seen:
                seen.add(p)
                found.append(pairs[p])
                todo += bound[p]
        if found:
            yield found


class _Search:
    """A reading that is bettered group by group."""

    def __init__(self, problem: Problem, when: Reading) -> None:
        self.requested = problem.requested
        self.fixed = dict(problem.fixed)
        self.orders: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for first, later in problem.precedences:
            self.orders[first].append((first, later))
            self.orders[later].append((first, later))
        self.when = when

    def faults(self, k: int) -> int:
        """What the round of request k breaks, beside the rounds of the others that have one."""
        t, when, wanted = self.when[k], self.when, self.requested[k].rounds
        own = (wanted is not None and t not in wanted) + (self.fixed.get(k, t) != t)
        return own + sum(1 for x, y in self.orders[k] if x in when and y in when and when[x] >= when[y])

    def read(self, group: Group) -> None:
        """Rounds for the requests of the group that break nothing, or as little as in the readings looked at."""
        held = [sorted(self.when.pop(k) for k in ks) for ks in group]
        if not self._faultless(group, [list(rounds) for rounds in held]):
            most = max(1, min(_LOOKED_AT, _STEPS // sum(map(len, group))))
            best = min(islice(self._readings(group, held, most), most), key=self._broken)
            self.when |= best

    def _readings(self, group: Group, held: list[list[int]], most: int) -> Iterator[Reading]:
        orders = [list(islice(permutations(rounds), most)) for rounds in held]
        for chosen in product(*orders):
            yield {k: t for ks, order in zip(group, chosen, strict=True) for k, t in zip(ks, order, strict=True)}

    def _broken(self, found: Reading) -> int:
        self.when |= found
        return sum(self.faults(k) for k in found)

    def _faultless(self, group: Group, free: list[list[int]]) -> bool:
        """Give the group rounds of which none breaks anything: request by request, with a way back."""
        pair_of = {k: p for p, ks in enumerate(group) for k in ks}

        def choices(k: int) -> list[int]:
            found = []
            for t in dict.fromkeys(free[pair_of[k]]):
                self.when[k] = t
                if not self.faults(k):
                    found.append(t)
            self.when.pop(k)
            return found

        order = sorted(pair_of, key=lambda k: (len(choices(k)), k))
        trail = [iter(choices(order[0]))]
        for _ in range(max(_STEPS, 20 * len(order))):
            k = order[len(trail) - 1]
            if k in self.when:
                free[pair_of[k]].append(self.when.pop(k))
            t = next(trail[-1], None)
            if t is None:
                trail.pop()
                if not trail:
                    return False
                continue
            self.when[k] = t
            free[pair_of[k]].remove(t)
            if len(trail) == len(order):
                return True
            trail.append(iter(choices(order[len(trail)])))
        for k in order:
            self.when.pop(k, None)
        return False
