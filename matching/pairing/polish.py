"""Better plans near a plan: free a few rounds and fill them again in the best way (a small exact program, HiGHS).

Only pairs whose reduced profit under the selection's prices is near zero or better can stand in an optimal plan, so
they are the candidates. The rounds to free are those in which a pair that the selection wanted, but that got no round,
could be seated from either end (large neighbourhood search, Shaw 1998).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import numpy as np
from numpy.typing import NDArray

from matching.pairing.meets import Meets
from matching.pairing.model import Ints, Mask, Matrix, Model
from matching.pairing.plan import owners_of
from matching.pairing.select import BMatching, Ones, open_solver
from matching.pairing.stop import Progress, ProgressHook, Stop

Placed = dict[tuple[int, int], int]  # (seat, seat) with s < t -> round
PENALTY = 100.0  # worth of a meeting below a floor, above any utility
MUST = 10 * PENALTY


@dataclass(eq=False)
class Draft:
    """Meetings between seats with their rounds, and those that may not be touched."""

    model: Model
    meets: Meets
    placed: Placed
    pinned: set[tuple[int, int]]
    floors: Matrix

    def open_rounds(self, edge: tuple[int, int]) -> int:
        """Rounds the meeting may have, as a bit set: a pinned one only its own, a locked pair only that of its lock."""
        if edge in self.pinned:
            return 1 << self.placed[edge]
        locked = self.model.locked.get(owners_of(self.model, edge))
        return self.meets.rounds(*edge) & (-1 if locked is None else 1 << locked)


@dataclass(frozen=True, slots=True)
class Search:
    """What the search may use and whom it tells."""

    stop: Stop
    seed: int
    on_progress: ProgressHook
    bound: float
    enough: float  # the utility at which it may end


class Pool:
    """Candidate meetings between seats as arrays, and the round each has now (-1 = none)."""

    def __init__(self, draft: Draft, lp: BMatching, per_person: int) -> None:
        model = draft.model
        must = set(model.must)
        wanted = dict.fromkeys([*(owners_of(model, e) for e in draft.placed), *_profitable(lp, per_person), *must])
        rows: list[tuple[int, int, int]] = []
        masks: list[int] = []
        for pair_id, (i, j) in enumerate(wanted):
            for s in model.seats_by_owner[i]:
                for t in model.seats_by_owner[j]:
                    edge = (s, t) if s < t else (t, s)
                    rows.append((*edge, pair_id))
                    masks.append(draft.open_rounds(edge))
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        owner = np.array([seat.owner for seat in model.seats], dtype=np.int64)
        self.model, self.n_rounds = model, model.problem.rounds
        self.edges = [(int(s), int(t)) for s, t in table[:, :2]]
        self.s, self.t, self.pair = table.T
        self.a, self.b = owner[self.s], owner[self.t]
        self.weight = model.weight[self.a, self.b]
        self.open = np.array([[mask >> r & 1 for r in range(self.n_rounds)] for mask in masks], dtype=bool)
        self.open = self.open.reshape(len(rows), self.n_rounds)
        self.pinned = np.array([e in draft.pinned for e in self.edges], dtype=bool)
        self.when = np.array([draft.placed.get(e, -1) for e in self.edges], dtype=np.int64)
        low, high = np.minimum(self.a, self.b), np.maximum(self.a, self.b)
        keys = list(zip(low.tolist(), high.tolist(), strict=True))
        self.must = np.array([key in must for key in keys], dtype=bool)
        self.profit = self.weight - lp.duals[self.a] - lp.duals[self.b] - max(0.0, float(lp.duals[model.n]))
        self.floors = draft.floors

    def degrees(self, chosen: Mask) -> Matrix:
        """Meetings of each participant among the chosen candidates."""
        n = self.model.n
        ends = np.concatenate([self.a[chosen], self.b[chosen]])
        return np.bincount(ends, minlength=n).astype(float)

    def utility(self) -> float:
        """Sum of the weights of the meetings."""
        return float(self.weight[self.when >= 0].sum())

    def score(self) -> float:
        """Utility less a penalty larger than any gain for each meeting missing below a floor or a must."""
        placed = self.when >= 0
        short = float(np.maximum(self.floors - self.degrees(placed), 0).sum())
        missing = len(self.model.must) - int(self.must[placed].sum())
        return self.utility() - PENALTY * short - MUST * missing


def _profitable(lp: BMatching, per_person: int) -> Iterator[tuple[int, int]]:
    """The best pairs of each participant by reduced profit; those that need an interpreter are left out."""
    n = lp.model.n
    keep = min(n - 1, per_person)
    if keep < 1:
        return
    plain = lp.model.allowed if lp.model.interpreted is None else lp.model.allowed & ~lp.model.interpreted
    for i in range(n):
        profit = np.where(plain[i], lp.profit(slice(i, i + 1))[0], -np.inf)
        for j in np.argpartition(-profit, keep - 1)[:keep].tolist():
            if profit[j] > -np.inf:
                yield (i, j) if i < j else (j, i)


@dataclass(frozen=True, eq=False)
class _Part:
    """The freed rounds as a program: a variable for each (candidate, round) that could stand there."""

    candidate: Ints
    round: Ints
    degree: Matrix
    room: Ints


def _free(pool: Pool, rounds: list[int], deepest: float) -> tuple[Mask, _Part]:
    """What leaves the plan when these rounds are freed, and what could stand there instead."""
    freed = np.isin(pool.when, rounds) & ~pool.pinned
    standing = (pool.when >= 0) & ~freed
    met = np.zeros(int(pool.pair.max(initial=-1)) + 1, dtype=bool)
    met[pool.pair[standing]] = True
    busy = np.zeros((len(pool.model.seats), pool.n_rounds), dtype=bool)
    busy[pool.s[standing], pool.when[standing]] = True
    busy[pool.t[standing], pool.when[standing]] = True
    worth = ~met[pool.pair] & ((pool.profit >= deepest) | freed | pool.must)
    found, where = [], []
    for r in rounds:
        fits = np.flatnonzero(worth & pool.open[:, r] & ~busy[pool.s, r] & ~busy[pool.t, r])
        found.append(fits)
        where.append(np.full(len(fits), r))
    room = pool.model.capacity - np.bincount(pool.when[standing], minlength=pool.n_rounds)
    return freed, _Part(np.concatenate(found), np.concatenate(where), pool.degrees(standing), room)


def _fill(pool: Pool, part: _Part, bonus: Matrix, time_limit: float) -> Mask | None:
    """Solve the program; bool per variable, None when no solution was found in time."""
    import highspy

    model, c, r = pool.model, part.candidate, part.round
    count = len(c)
    seats = np.concatenate([pool.s[c] * pool.n_rounds + r, pool.t[c] * pool.n_rounds + r])
    seat_rows, seat_of = np.unique(seats, return_inverse=True)
    pair_rows, pair_of = np.unique(pool.pair[c], return_inverse=True)
    people, person_of = np.unique(np.concatenate([pool.a[c], pool.b[c]]), return_inverse=True)
    at_pair = len(seat_rows)
    at_round = at_pair + len(pair_rows)
    at_person = at_round + pool.n_rounds
    rows = at_person + len(people)
    places = (seat_of[:count], seat_of[count:], at_pair + pair_of, at_round + r)
    index = np.stack((*places, at_person + person_of[:count], at_person + person_of[count:]), axis=1)
    floor = np.maximum(0, pool.floors[people] - part.degree[people])
    upper = np.ones(rows)
    upper[at_round:at_person] = part.room
    upper[at_person:] = np.maximum(floor, model.high[people] - part.degree[people])
    lower = np.full(rows, -highspy.kHighsInf)
    lower[at_person:] = floor
    solver = open_solver()
    Ones.rows(solver, lower, upper)
    Ones.add(solver, -bonus, index.astype(np.int32))
    solver.changeColsIntegrality(count, np.arange(count, dtype=np.int32), np.full(count, highspy.HighsVarType.kInteger))
    slack = (np.flatnonzero(floor > 0) + at_person).astype(np.int32)
    if len(slack):
        Ones.add(solver, np.full(len(slack), PENALTY), slack[:, None], most=1e4)
    solver.setOptionValue("time_limit", max(0.02, time_limit))
    solver.setOptionValue("mip_rel_gap", 1e-7)
    solver.run()
    values: NDArray[np.float64] = np.array(solver.getSolution().col_value)
    if len(values) < count or solver.getInfo().primal_solution_status != 2:
        return None
    taken: Mask = values[:count] > 0.5
    return taken


@dataclass(eq=False)
class Polish:
    """The search over a pool: frees rounds, fills them, keeps what is no worse."""

    pool: Pool
    wanted: list[tuple[int, int]]  # pairs of participants that the selection chose
    search: Search
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.search.seed)
        self.noise = np.random.default_rng(self.search.seed)

    def refill(self, rounds: list[int]) -> bool:
        """Fill these rounds anew. True when the score rose; equal scores are taken up but do not count."""
        pool = self.pool
        before = pool.score()
        depth = -max(0.02, min(0.6, 1.01 * (self.search.bound - pool.utility())))
        freed, part = _free(pool, rounds, depth)
        if not len(part.candidate):
            return False
        noise = 1e-6 * self.noise.random(len(part.candidate))
        value = pool.weight[part.candidate] + MUST * pool.must[part.candidate] + noise
        taken = _fill(pool, part, value, min(self.search.stop.remaining(), 6.0))
        if taken is None:
            return False
        old = pool.when.copy()
        pool.when[freed] = -1
        pool.when[part.candidate[taken]] = part.round[taken]
        after = pool.score()
        if after < before - 1e-9:
            pool.when[:] = old
        return after > before + 1e-7

    def groups(self, size: int) -> Iterator[list[int]]:
        """Rounds to free: first each alone, then groups around the pairs that were wanted and have no round."""
        every = list(range(self.pool.n_rounds))
        yield from ([t] for t in every)
        while True:
            group = self._around_missing() or self.random.sample(every, min(len(every), size))
            spare = [t for t in every if t not in group]
            self.random.shuffle(spare)
            yield (group + spare)[: min(len(every), size)]

    def _around_missing(self) -> list[int]:
        pool = self.pool
        placed = pool.when >= 0
        met = set(zip(pool.a[placed].tolist(), pool.b[placed].tolist(), strict=True))
        missing = [p for p in self.wanted if p not in met and p[::-1] not in met]
        if not missing:
            return []
        found = []
        for who in self.random.choice(missing):
            mine = placed & ((pool.a == who) | (pool.b == who))
            free = np.setdiff1d(np.flatnonzero(pool.model.presence[who]), pool.when[mine]).tolist()
            if free:
                found.append(self.random.choice(free))
        return list(dict.fromkeys(found))

    def run(self) -> None:
        """Refill until the bound is met, the stop says so, or nothing has helped for long."""
        search, pool = self.search, self.pool
        size, stale = 2, 0
        for step, group in enumerate(self.groups(size)):
            score = pool.score()
            if score >= search.enough - 1e-6 * max(1.0, search.bound) or search.stop(score):
                return
            stale = 0 if self.refill(group) else stale + 1
            if stale > 40 + 3 * pool.n_rounds:
                return
            best = pool.utility()
            search.on_progress(
                Progress("polish", best, search.bound, (search.bound - best) / max(search.bound, 1e-12), step)
            )


def improve(draft: Draft, lp: BMatching, wanted: list[tuple[int, int]], search: Search) -> None:
    """Raise the score of a draft in place."""
    score = sum(float(draft.model.weight[owners_of(draft.model, e)]) for e in draft.placed)
    if score >= search.enough - 1e-6 * max(1.0, search.bound) and not _short(draft):
        return
    pool = Pool(draft, lp, max(12, 3 * int(draft.model.high.max(initial=1))))
    if not len(pool.edges):
        return
    Polish(pool, wanted, search).run()
    draft.placed.clear()
    draft.placed.update({pool.edges[k]: int(pool.when[k]) for k in np.flatnonzero(pool.when >= 0)})


def _short(draft: Draft) -> bool:
    met = {owners_of(draft.model, e) for e in draft.placed}
    degree = np.zeros(draft.model.n)
    for i, j in met:
        degree[i] += 1
        degree[j] += 1
    return bool((degree < draft.floors).any()) or any(pair not in met for pair in draft.model.must)
