"""Better plans near a plan: free some rounds and fill them again in the best way (a small exact program).

Only pairs whose reduced profit under the selection's prices is near zero or better can stand in an optimal plan, so
they are the candidates; the others are priced out by the bound.
"""

from dataclasses import dataclass
from random import Random

import numpy as np

from matching.pairing.meets import Meets
from matching.pairing.model import Matrix, Model
from matching.pairing.select import BMatching, _open_solver
from matching.pairing.stop import Progress, ProgressHook, Stop

Placed = dict[tuple[int, int], int]  # (seat, seat) with s < t -> round


@dataclass(eq=False)
class Draft:
    """Meetings between seats with their rounds, and those that may not be touched."""

    model: Model
    meets: Meets
    placed: Placed
    pinned: set[tuple[int, int]]
    floors: Matrix

    def degrees(self) -> Matrix:
        """Meetings of each participant."""
        degree = np.zeros(self.model.n)
        for s, t in self.placed:
            degree[self.model.seats[s].owner] += 1
            degree[self.model.seats[t].owner] += 1
        return degree

    def owners(self, edge: tuple[int, int]) -> tuple[int, int]:
        """The two participants of a meeting, lower position first."""
        a, b = (self.model.seats[x].owner for x in edge)
        return (a, b) if a < b else (b, a)

    def utility(self) -> float:
        """Sum of the weights of the meetings."""
        return float(sum(self.model.weight[self.owners(e)] for e in self.placed))

    def score(self) -> float:
        """Utility less a penalty larger than any gain for each meeting missing below a floor or a must."""
        short = float(np.maximum(self.floors - self.degrees(), 0).sum())
        met = {self.owners(e) for e in self.placed}
        return self.utility() - PENALTY * short - 10 * PENALTY * sum(1 for m in self.model.must if m not in met)


PENALTY = 100.0


def candidates(lp: BMatching, per_person: int) -> list[tuple[int, int]]:
    """Pairs worth a place in a plan: the best by reduced profit for each participant (i < j)."""
    n = lp.model.n
    y, z = lp.duals[:n], max(0.0, float(lp.duals[n]))
    keep = min(n - 1, per_person)
    found: set[tuple[int, int]] = set()
    if keep < 1:
        return []
    plain = lp.model.allowed if lp.model.interpreted is None else lp.model.allowed & ~lp.model.interpreted
    for i in range(n):
        profit = np.where(plain[i], lp.weight[i] - y[i] - y - z, -np.inf)
        best = np.argpartition(-profit, keep - 1)[:keep]
        found.update((min(i, int(j)), max(i, int(j))) for j in best if profit[j] > -np.inf)
    return sorted(found)


def refill(draft: Draft, pairs: list[tuple[int, int]], rounds: list[int], time_limit: float) -> bool:
    """Fill these rounds anew in the best way, everything else standing. True when the score rose."""
    before = draft.score()
    program = _Program(draft, pairs, rounds)
    fresh = program.solve(time_limit)
    if fresh is None:
        return False
    kept = dict(draft.placed)
    for edge in program.freed:
        del draft.placed[edge]
    draft.placed.update(fresh)
    if draft.score() <= before + 1e-9:
        draft.placed.clear()
        draft.placed.update(kept)
        return False
    return True


class _Program:
    """Variables: a candidate pair of seats in one of the freed rounds."""

    def __init__(self, draft: Draft, pairs: list[tuple[int, int]], rounds: list[int]) -> None:
        model = draft.model
        self.draft, self.rounds = draft, rounds
        inside = set(rounds)
        self.freed = {e: t for e, t in draft.placed.items() if t in inside and e not in draft.pinned}
        standing = [e for e in draft.placed if e not in self.freed]
        met = {draft.owners(e) for e in standing}
        self.degree = np.zeros(model.n)
        busy = [0] * len(model.seats)
        self.room = {t: int(model.capacity[t]) for t in rounds}
        for e in standing:
            for seat in e:
                self.degree[model.seats[seat].owner] += 1
                busy[seat] |= 1 << draft.placed[e]
            if draft.placed[e] in inside:
                self.room[draft.placed[e]] -= 1
        window = sum(1 << t for t in rounds)
        missing = [m for m in model.must if m not in met]
        wanted = dict.fromkeys([*pairs, *(draft.owners(e) for e in self.freed), *missing])
        self.variables = []
        for i, j in wanted:
            if (i, j) in met:
                continue
            for s in model.seats_by_owner[i]:
                for t in model.seats_by_owner[j]:
                    mask = draft.meets.rounds(s, t) & window & ~busy[s] & ~busy[t]
                    self.variables += [(i, j, s, t, r) for r in rounds if mask >> r & 1]

    def solve(self, time_limit: float) -> Placed | None:
        """The best filling, or None when the program found none in time."""
        import highspy

        if not self.variables:
            return None
        model, draft = self.draft.model, self.draft
        i, j, s, t, r = np.array(self.variables, dtype=np.int64).T
        n_rounds = model.problem.rounds
        count = len(i)
        seat_key = np.concatenate([s * n_rounds + r, t * n_rounds + r])
        seat_rows, seat_of = np.unique(seat_key, return_inverse=True)
        pair_rows, pair_of = np.unique(i * model.n + j, return_inverse=True)
        people, person_of = np.unique(np.concatenate([i, j]), return_inverse=True)
        base_pair = len(seat_rows)
        base_round = base_pair + len(pair_rows)
        base_person = base_round + n_rounds
        total = base_person + len(people)
        index = np.stack(
            [
                seat_of[:count],
                seat_of[count:],
                base_pair + pair_of,
                base_round + r,
                base_person + person_of[:count],
                base_person + person_of[count:],
            ],
            axis=1,
        ).astype(np.int32)
        upper = np.ones(total)
        upper[base_round:base_person] = [self.room.get(x, 0) for x in range(n_rounds)]
        upper[base_person:] = np.maximum(0, model.high[people] - self.degree[people])
        lower = np.full(total, -highspy.kHighsInf)
        floor = np.maximum(0, draft.floors[people] - self.degree[people])
        lower[base_person:] = floor
        upper[base_person:] = np.maximum(upper[base_person:], floor)
        must = set(model.must)
        bonus = np.array([10 * PENALTY if (a, b) in must else 0.0 for a, b in zip(i.tolist(), j.tolist(), strict=True)])
        solver = _open_solver()
        solver.addRows(
            total, lower, upper, 0, np.zeros(total, dtype=np.int32), np.zeros(0, dtype=np.int32), np.zeros(0)
        )
        solver.addCols(
            count,
            -model.weight[i, j] - bonus,
            np.zeros(count),
            np.ones(count),
            6 * count,
            np.arange(0, 6 * count, 6, dtype=np.int32),
            index.ravel(),
            np.ones(6 * count),
        )
        solver.changeColsIntegrality(
            count, np.arange(count, dtype=np.int32), np.full(count, highspy.HighsVarType.kInteger)
        )
        slack = np.flatnonzero(floor > 0).astype(np.int32) + base_person
        extra = len(slack)
        if extra:
            solver.addCols(
                extra,
                np.full(extra, PENALTY),
                np.zeros(extra),
                np.full(extra, 1e4),
                extra,
                np.arange(extra, dtype=np.int32),
                slack,
                np.ones(extra),
            )
        solver.setOptionValue("time_limit", max(0.05, time_limit))
        solver.setOptionValue("mip_rel_gap", 1e-6)
        solver.run()
        values = np.array(solver.getSolution().col_value)
        if len(values) < count or solver.getInfo().primal_solution_status != 2:
            return None
        taken = np.flatnonzero(values[:count] > 0.5)
        return {(min(int(s[k]), int(t[k])), max(int(s[k]), int(t[k]))): int(r[k]) for k in taken}


@dataclass(frozen=True, slots=True)
class Search:
    """What the search may use and whom it tells."""

    stop: Stop
    seed: int
    on_progress: ProgressHook
    bound: float


def improve(draft: Draft, lp: BMatching, search: Search) -> None:
    """Raise the score in place: each round alone first, then two at a time, until the bound, the stop or no gain."""
    rounds = list(range(draft.model.problem.rounds))
    generator = Random(search.seed)
    pairs = candidates(lp, max(12, 3 * int(draft.model.high.max(initial=1))))
    stale, size, step = 0, 1, 0
    queue = list(rounds)
    while not _done(draft, search):
        if not queue:
            stale += 1
            if stale > 3:
                return
            size = min(2, len(rounds))
            queue = list(rounds)
            generator.shuffle(queue)
        group = [queue.pop() for _ in range(min(size, len(queue)))]
        if refill(draft, pairs, group, min(search.stop.remaining(), 5.0)):
            stale = 0
        step += 1
        best = draft.utility()
        search.on_progress(
            Progress("polish", best, search.bound, (search.bound - best) / max(search.bound, 1e-12), step)
        )


def _done(draft: Draft, search: Search) -> bool:
    score = draft.score()
    return score >= search.bound - 1e-6 * max(1.0, search.bound) or search.stop(score)
