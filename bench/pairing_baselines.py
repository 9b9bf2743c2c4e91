"""What others do, for comparison: one round after the other, each filled as well as it can be (two sides)."""

from typing import Any

import numpy as np

from matching.pairing import Meeting, Plan, Problem
from matching.pairing.model import build_model


def per_round(problem: Problem, method: str) -> tuple[Plan, float]:
    """Rounds in order; people below the floor first (a bonus), pairs that met are out. Places limit each round.

    `assignment` uses scipy's linear_sum_assignment, `blossom` rustworkx's maximum weight matching.
    """
    model = build_model(problem)
    weight, allowed = model.weight, model.allowed.copy()
    degree = np.zeros(model.n, dtype=np.int64)
    meetings, total = [], 0.0
    for t in range(problem.rounds):
        free = model.presence[:, t] & (degree < model.high)
        bonus = np.where(degree < model.low, 1.0, 0.0)
        value = np.where(allowed & free[:, None] & free[None, :], weight + bonus[:, None] + bonus[None, :] + 1e-6, 0.0)
        pairs = _assignment(problem, value) if method == "assignment" else _blossom(value)
        pairs = sorted(pairs, key=lambda p: -value[p])[: int(model.capacity[t])]
        for place, (i, j) in enumerate(pairs):
            allowed[i, j] = allowed[j, i] = False
            degree[[i, j]] += 1
            total += float(weight[i, j])
            names = problem.participants[i].id, problem.participants[j].id
            meetings.append(Meeting(*names, t, problem.places[place].id))
    return Plan(tuple(meetings)), total


def _assignment(problem: Problem, value: Any) -> list[tuple[int, int]]:
    from scipy.optimize import linear_sum_assignment

    sides = [p.side for p in problem.participants]
    one = [k for k, side in enumerate(sides) if side == sides[0]]
    other = [k for k, side in enumerate(sides) if side != sides[0]]
    rows, columns = linear_sum_assignment(value[np.ix_(one, other)], maximize=True)
    pairs = [(one[r], other[c]) for r, c in zip(rows, columns, strict=True)]
    return [p for p in pairs if value[p] > 0]


def _blossom(value: Any) -> list[tuple[int, int]]:
    import rustworkx

    graph = rustworkx.PyGraph()
    graph.add_nodes_from(range(len(value)))
    rows, columns = np.nonzero(np.triu(value, 1))
    graph.add_edges_from([(int(i), int(j), int(1e6 * value[i, j])) for i, j in zip(rows, columns, strict=True)])
    return [tuple(sorted(p)) for p in rustworkx.max_weight_matching(graph, weight_fn=int)]
