"""Who meets whom: the b-matching linear program, priced over every pair.

    max Σ w_ij x_ij   low_i ≤ Σ_j x_ij ≤ high_i,  Σ x ≤ places,  Σ interpreted x ≤ interpreters' rounds,
  0 ≤ x ≤ 1,  x = 1 for musts and locks

Columns are generated: the program starts with each participant's best pairs, and its duals price *all* pairs until
none would enter (Gilmore & Gomory 1961). With two sides, and interpreters enough, the matrix is that of a flow, so a
vertex is integral and the value is exact. The bound is computed from the duals over the full matrix (weak duality), so
it holds whatever the solver's tolerance. Rounds are ignored here, which only raises the bound.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from matching.pairing.model import Ints, Mask, Matrix, Model, round_mask

_EPS = 1e-9


@dataclass(eq=False)
class Columns:
    """The pairs in the linear program so far."""

    n: int
    first: list[int] = field(default_factory=list)
    second: list[int] = field(default_factory=list)
    inside: Mask = field(init=False)

    def __post_init__(self) -> None:
        self.inside = np.zeros((self.n, self.n), dtype=bool)

    def add(self, first: Ints, second: Ints) -> tuple[Ints, Ints]:
        """Take up pairs not yet inside; returns the new ones."""
        low, high = np.minimum(first, second), np.maximum(first, second)
        keys = np.unique(low * self.n + high)
        low, high = keys // self.n, keys % self.n
        fresh = ~self.inside[low, high]
        low, high = low[fresh], high[fresh]
        self.inside[low, high] = self.inside[high, low] = True
        self.first.extend(low.tolist())
        self.second.extend(high.tolist())
        return low, high


class BMatching:
    """The linear program over the participants of a model, with columns added as the duals ask for them."""

    def __init__(self, model: Model, weight: Matrix | None = None, high: Ints | None = None) -> None:
        self.model = model
        self.high = model.high if high is None else np.minimum(model.high, high)
        self.weight = model.weight if weight is None else weight
        self.total = round_total(model)
        self.help = interpreter_rounds(model)
        self.columns = Columns(model.n)
        self.solver = open_solver()
        self.must = np.zeros((model.n, model.n), dtype=bool)
        for i, j in model.must:
            self.must[i, j] = self.must[j, i] = True
        self.allowed = model.allowed | self.must
        self._add_rows()
        self._start_columns()

    def _add_rows(self) -> None:
        self.low = np.zeros(self.model.n)
        Ones.rows(
            self.solver,
            np.append(self.low, [-np.inf, -np.inf]),
            np.append(self.high.astype(float), [float(self.total), float(self.help)]),
        )

    def _start_columns(self) -> None:
        n = self.model.n
        must = np.argwhere(np.triu(self.must, 1))
        self.add_pairs(must[:, 0], must[:, 1])
        keep = min(n - 1, int(3 * max(1, self.high.max(initial=1))))
        if n < 2 or keep < 1:
            return
        firsts, seconds = [], []
        for i in range(n):
            score = np.where(self.allowed[i], self.weight[i], -1.0)
            best = np.argpartition(-score, keep - 1)[:keep]
            best = best[score[best] >= 0]
            firsts.append(np.full(len(best), i))
            seconds.append(best)
        self.add_pairs(np.concatenate(firsts), np.concatenate(seconds))

    def add_pairs(self, first: Ints, second: Ints) -> int:
        """Add columns for pairs; musts enter fixed at 1."""
        first, second = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
        apart = self.model.interpreted
        if apart is None:
            return self._add_columns(first, second, [self.model.n])
        served = apart[first, second]
        plain = self._add_columns(first[~served], second[~served], [self.model.n])
        return plain + self._add_columns(first[served], second[served], [self.model.n, self.model.n + 1])

    def _add_columns(self, first: Ints, second: Ints, totals: list[int]) -> int:
        first, second = self.columns.add(first, second)
        count = len(first)
        if count:
            index = np.stack((first, second, *(np.full(count, row) for row in totals)), axis=1).astype(np.int32)
            least = self.must[first, second].astype(float)
            Ones.add(self.solver, -self.weight[first, second], index, least=least)
        return count

    def profit(self, block: slice) -> Matrix:
        """What pairs of these participants with all others earn above the prices of both, the place and the help."""
        n = self.model.n
        profit: Matrix = self.weight[block] - self.duals[block, None] - self.duals[None, :n] - self.duals[n]
        if self.model.interpreted is not None:
            profit -= self.duals[n + 1] * self.model.interpreted[block]
        return profit

    def set_floors(self, low: Ints) -> None:
        """Ask for at least `low[i]` pairs with i."""
        n = self.model.n
        self.low = low.astype(float)
        rows = np.arange(n, dtype=np.int32)
        self.solver.changeRowsBounds(n, rows, self.low, np.maximum(self.high, low).astype(float))

    def prefer(self, pairs: Ints, bonus: float) -> None:
        """Make these pairs (int[k, 2]) worth more by `bonus`; the bound is then one on the raised utility."""
        self.weight = self.weight.copy()
        self.weight[pairs[:, 0], pairs[:, 1]] += bonus
        self.weight[pairs[:, 1], pairs[:, 0]] += bonus
        self.add_pairs(pairs[:, 0], pairs[:, 1])
        cost = -self.weight[self.columns.first, self.columns.second]
        self.solver.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)

    def solve(self) -> bool:
        """Solve over every pair; False when no selection keeps the floors and the musts."""
        while True:
            if not self.columns.first and not self._add_for_feasibility():
                self.duals, self.values = np.zeros(self.model.n + 2), np.zeros(0)
                return not self.low.any()
            self.solver.run()
            if not self._is_optimal():
                if not self._add_for_feasibility():
                    return False
                continue
            self.duals = -np.array(self.solver.getSolution().row_dual)
            if not self._price():
                self.values = np.array(self.solver.getSolution().col_value)
                return True

    def _is_optimal(self) -> bool:
        return bool(self.solver.getModelStatus().name == "kOptimal")

    def _add_for_feasibility(self) -> bool:
        """The columns so far cannot keep the floors: add every allowed pair of those with a floor."""
        wanted = np.flatnonzero(self.low > 0)
        rows, partners = np.nonzero(self.allowed[wanted])
        return self.add_pairs(wanted[rows], partners) > 0

    def _price(self) -> int:
        """Add the pairs whose reduced profit is positive, best first; 0 when there are none."""
        n = self.model.n
        rich_i, rich_j, profits = [], [], []
        for start in range(0, n, 256):
            block = slice(start, min(n, start + 256))
            profit = self.profit(block)
            good = self.allowed[block] & ~self.columns.inside[block] & (profit > _EPS)
            rows, cols = np.nonzero(good)
            rich_i.append(rows + start)
            rich_j.append(cols)
            profits.append(profit[rows, cols])
        first, second, profit = np.concatenate(rich_i), np.concatenate(rich_j), np.concatenate(profits)
        most = 20 * n + 100
        if len(first) > most:
            best = np.argpartition(-profit, most)[:most]
            first, second = first[best], second[best]
        return self.add_pairs(first, second)

    def bound(self) -> float:
        """An upper bound on the utility of every selection, from the duals over all pairs (weak duality)."""
        n = self.model.n
        y = self.duals[:n]
        self.duals[n:] = np.maximum(0.0, self.duals[n:])
        high = np.maximum(self.high, self.low)
        total = float(np.where(y > 0, y * high, y * self.low).sum())
        total += float(self.duals[n] * self.total + self.duals[n + 1] * self.help)
        for start in range(0, n, 256):
            block = slice(start, min(n, start + 256))
            profit = self.profit(block)
            later = np.arange(n)[None, :] > np.arange(n)[block, None]
            must = self.must[block] & later
            total += float(profit[self.allowed[block] & later & ~must & (profit > 0)].sum())
            total += float(profit[must].sum())
        return total

    def chosen(self) -> tuple[list[tuple[int, int]], bool]:
        """The pairs at 1, and whether no pair is fractional. Fractional pairs are settled by a small MIP."""
        first = np.array(self.columns.first, dtype=np.int64)
        second = np.array(self.columns.second, dtype=np.int64)
        fractional = (self.values > 1e-6) & (self.values < 1 - 1e-6)
        if fractional.any():
            self.values = settle(self, first, second, fractional)
        taken = self.values > 0.5
        return list(zip(first[taken].tolist(), second[taken].tolist(), strict=True)), not fractional.any()


def round_total(model: Model) -> int:
    """Most meetings of the event: per round, places and half the people who may meet."""
    total = 0
    sides = [p.side for p in model.problem.participants]
    names = {side: k for k, side in enumerate(dict.fromkeys(sides))}
    owner = np.array([names[sides[seat.owner]] for seat in model.seats], dtype=np.int64)
    for t in range(model.problem.rounds):
        present = np.bincount(owner[model.open[:, t]], minlength=1) if len(owner) else np.zeros(1, dtype=int)
        people = int(present.sum())
        most = people // 2
        if model.problem.cross_side_only:
            most = min(most, people - int(present.max(initial=0)))
        total += min(most, int(model.capacity[t]))
    return total


def interpreter_rounds(model: Model) -> int:
    """Most interpreted meetings of the event: the rounds of all interpreters, where a place is open."""
    problem, opened = model.problem, model.capacity > 0
    return sum(int((round_mask(x.available, problem.rounds) & opened).sum()) for x in problem.interpreters)


def settle(lp: BMatching, first: Ints, second: Ints, fractional: Mask) -> Matrix:
    """Round a fractional vertex: free the pairs around the fractional ones, keep the others, solve the small MIP."""
    import highspy

    n = lp.model.n
    apart = lp.model.interpreted
    served = np.zeros(len(first)) if apart is None else apart[first, second].astype(float)
    prices = lp.duals[first] + lp.duals[second] + lp.duals[n] + served * lp.duals[n + 1]
    profit = lp.weight[first, second] - prices
    free = _free_pairs(lp, first, second, fractional, profit)
    fixed = (lp.values > 0.5) & ~free
    used = np.bincount(np.concatenate([first[fixed], second[fixed]]), minlength=n)
    small = open_solver()
    lower = np.append(np.maximum(0, lp.low - used), [-np.inf, -np.inf])
    totals = [lp.total - int(fixed.sum()), lp.help - int(served[fixed].sum())]
    upper = np.append(np.maximum(lp.high, lp.low) - used, totals)
    Ones.rows(small, lower, upper)
    where = np.flatnonzero(free)
    count = len(where)
    order = np.argsort(served[where], kind="stable")
    where = where[order]
    for help_row in (False, True):
        part = where[served[where] == help_row]
        rows = (first[part], second[part], *(np.full(len(part), n + k) for k in range(1 + help_row)))
        if len(part):
            Ones.add(small, -lp.weight[first[part], second[part]], np.stack(rows, axis=1).astype(np.int32))
    small.changeColsIntegrality(count, np.arange(count, dtype=np.int32), np.full(count, highspy.HighsVarType.kInteger))
    small.setOptionValue("time_limit", 10.0)
    small.setOptionValue("mip_rel_gap", 1e-6)
    small.run()
    values: Matrix = fixed.astype(float)
    solution = np.array(small.getSolution().col_value)
    if len(solution) == count and small.getInfo().primal_solution_status == 2:  # else there is no vertex to trust
        values[where] = np.round(solution)
    return values


def _free_pairs(lp: BMatching, first: Ints, second: Ints, fractional: Mask, profit: Matrix) -> Mask:
    """Which pairs the small MIP decides: those nearly worth their price around the fractional ones, musts excepted."""
    near = np.zeros(lp.model.n, dtype=bool)
    near[first[fractional]] = near[second[fractional]] = True
    for _ in range(2):
        tight = (np.abs(profit) < 0.02) & (near[first] | near[second])
        near[first[tight]] = near[second[tight]] = True
    free = fractional | ((np.abs(profit) < 0.05) & (near[first] & near[second]))
    return free & ~lp.must[first, second]


class Ones:
    """Rows and columns for HiGHS from arrays: every column has ones in the rows named in its line of `index`."""

    @staticmethod
    def rows(solver: Any, lower: Matrix, upper: Matrix) -> None:
        """Empty rows with these bounds."""
        nothing = np.zeros(0, dtype=np.int32)
        solver.addRows(len(lower), lower, upper, 0, np.zeros(len(lower), dtype=np.int32), nothing, np.zeros(0))

    @staticmethod
    def add(solver: Any, cost: Matrix, index: Any, least: Matrix | float = 0.0, most: float = 1.0) -> None:
        """Columns within [least, most]; `index` is int32[count, width]."""
        count, width = index.shape
        starts = np.arange(0, width * count, width, dtype=np.int32)
        low, high = np.broadcast_to(least, count).astype(float), np.full(count, most)
        solver.addCols(count, cost, low, high, width * count, starts, index.ravel(), np.ones(width * count))


def open_solver() -> Any:
    import highspy

    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    return solver
