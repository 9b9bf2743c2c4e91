"""Hub correction: who is close to everybody is nobody's best answer.

Cross-domain similarity local scaling (CSLS; Conneau et al., "Word translation without parallel data", 2018) over the
actor × actor matrix of merits. Each actor stores one number, the mean of its k best merits across the border, so that
the corrected score of a pair needs nothing of the pool it is ranked in and stays symmetric.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.ranking.affinity import pair_table
from matching.ranking.parts import Scoring, merit_matrix, or_zero, part_matrices
from matching.ranking.profile import Pool, Profile
from matching.ranking.weights import Weights

Matrix = NDArray[Any]
_BLOCK = 512


def measure_hubness(
    profiles: Sequence[Profile],
    among: Sequence[Profile] | Pool | None = None,
    scoring: Scoring | None = None,
    *,
    beside: Sequence[NDArray[np.float64]] | None = None,
) -> NDArray[np.float64]:
    """Mean of each actor's k best merits with actors of other sides, (n,), to be stored with the actor.

    `among` is whom they might meet (default: each other); where the whole would be too many, `beside` holds each
    actor's best merits with all others (`glance.best_merits`). Measured with the default weights whatever an event's
    own are, and without history, so that it can be stored.
    With fewer than k candidates the missing ones count as typical (merit 0).
    """
    base = scoring or Scoring()
    scoring = Scoring(Weights.default(), base.calibration, base.affinity)
    pool = among if isinstance(among, Pool) else Pool.from_profiles(profiles if among is None else among)
    pieces = []
    for start in range(0, len(profiles), _BLOCK):
        best = _best_merits(Pool.from_profiles(profiles[start : start + _BLOCK]), pool, scoring)
        if beside is not None:
            best = [np.concatenate(both) for both in zip(best, beside[start : start + _BLOCK], strict=True)]
        pieces += [_mean_best(merits, scoring.calibration.hub_neighbours) for merits in best]
    return np.array(pieces, dtype=np.float64)


def correct_hubs(merit: Matrix, a: NDArray[np.float64], b: NDArray[np.float64], scoring: Scoring) -> Matrix:
    """Merit less half the sum of both actors' surplus hubness; an unmeasured actor counts as typical.

    Surplus over what: see `typical_hubness`.
    """
    level = typical_hubness(scoring)
    surplus = np.add.outer(or_zero(a - level), or_zero(b - level))
    return np.asarray(merit - scoring.weights.hub * surplus / 2)


def typical_hubness(scoring: Scoring) -> float:
    """Half-way between the shipped mean hubness and that of the corpus (`Scoring.hub_level`), where it is known.

    In a fuller corpus everybody's best merits are higher. Partly there are more good partners, which must not lower
    scores; partly there are more lucky likenesses, which must not raise them. Nothing at hand tells which, so each
    explanation counts a half.
    """
    shipped = scoring.calibration.hub_mean
    return shipped if scoring.hub_level is None else (shipped + scoring.hub_level) / 2


def cross_side(a: Pool, b: Pool) -> NDArray[np.bool_]:
    """Which pairs stand on different sides, (n, m); nobody meets himself."""
    sides = pair_table(a.columns["side"], b.columns["side"], lambda x, y: float(x != y)) > 0
    for ident, row in a.row_of.items() if len(a) < len(b) else ():
        if ident in b.row_of:
            sides[row, b.row_of[ident]] = False
    for ident, column in b.row_of.items() if len(a) >= len(b) else ():
        if ident in a.row_of:
            sides[a.row_of[ident], column] = False
    return np.asarray(sides, dtype=bool)


def _best_merits(a: Pool, b: Pool, scoring: Scoring) -> list[NDArray[np.float64]]:
    merit = merit_matrix(part_matrices(a, b, scoring), scoring.weights, scoring.calibration)
    merit = np.where(cross_side(a, b), merit, -np.inf)
    best = np.sort(merit, axis=1)[:, ::-1][:, : scoring.calibration.hub_neighbours]
    return [row[np.isfinite(row)] for row in best]


def _mean_best(merits: NDArray[np.float64], k: int) -> float:
    return float(np.sort(merits)[::-1][:k].sum() / k)
