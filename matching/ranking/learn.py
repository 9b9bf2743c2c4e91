"""Weights learned from what people judged: a proposal, never a change.

Logistic regression on the parts of judged pairs, every weight drawn towards its default on the log scale (so none
turns negative or runs away on few data), the strength of the pull chosen beforehand. Who is judged is no random choice
(people meet whom they were suggested), so the level and the spread of the probabilities are fitted beside the weights,
for the defaults too, and thrown away: weights learn which parts matter, not how often people say yes. The proposal says
how it does on judgements it has not seen; an organiser accepts it or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.ranking.hubs import typical_hubness
from matching.ranking.parts import Scoring, merit_matrix, part_matrices
from matching.ranking.profile import Pool, Profile
from matching.ranking.weights import Weights

LEARNED = ("exchange", "profile", "theme", "kind", "language", "distance", "size", "twin")
FEWEST = 30


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """Two actors and whether meeting was, or would have been, worth it. `fold` keeps what belongs together together."""

    a: Profile
    b: Profile
    worthy: bool
    fold: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """New weights and their worth: mean log-loss on held-out folds, of the defaults and of weights learned without.

    Both with level and spread fitted on the other folds: saying the share of yes to everybody gives 0.69 at most.
    """

    weights: Weights
    judgements: int
    loss_default: float
    loss_learned: float

    @property
    def is_better(self) -> bool:
        """Whether the learned weights told unseen judgements better than the defaults."""
        return self.loss_learned < self.loss_default


def propose_weights(judgements: Sequence[Judgement], scoring: Scoring | None = None, pull: float = 3.0) -> Proposal:
    """Learn weights from judgements. ValueError with fewer than 30, with one answer only, or with a single fold.

    `pull` is the penalty on squared log-ratios to the default weights, in judgements.
    """
    scoring = scoring or Scoring()
    worthy = np.array([judgement.worthy for judgement in judgements], dtype=np.float64)
    folds = np.array([judgement.fold for judgement in judgements])
    if len(judgements) < FEWEST or len(set(worthy.tolist())) < 2 or len(set(folds.tolist())) < 2:
        raise ValueError(f"learning needs {FEWEST} judgements or more, of both answers and from two folds or more")
    pairs = _Pairs.of(judgements, scoring)
    losses = []
    for fold in sorted(set(folds.tolist())):
        seen = folds != fold
        fits = [_fit(pairs, worthy, seen, scoring, strength) for strength in (None, pull)]
        losses.append((~seen).sum() * np.array([pairs.loss(fit, worthy, ~seen, scoring) for fit in fits]))
    default, learned_loss = np.sum(losses, axis=0) / len(judgements)
    weights = _fit(pairs, worthy, np.ones(len(worthy), dtype=bool), scoring, pull).weights
    rounded = {name: round(value, 3) for name, value in weights.to_dict().items()}
    return Proposal(
        Weights.from_dict(rounded), len(judgements), round(float(default), 4), round(float(learned_loss), 4)
    )


@dataclass(frozen=True, slots=True)
class _Fit:
    """Weights, and how their probabilities are spread and lifted for those who were judged."""

    weights: Weights
    spread: float = 1.0
    lift: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """The parts and hubness of judged pairs, each (pairs,)."""

    parts: Mapping[str, NDArray[Any]]
    hubness_a: NDArray[np.float64]
    hubness_b: NDArray[np.float64]

    @classmethod
    def of(cls, judgements: Sequence[Judgement], scoring: Scoring) -> _Pairs:
        rows: list[dict[str, float]] = []
        for judgement in judgements:
            a, b = (Pool.from_profiles([x], np.float64) for x in (judgement.a, judgement.b))
            rows.append({name: float(m[0, 0]) for name, m in part_matrices(a, b, scoring).items()})
        hubs = [
            np.array([np.nan if actor.hubness is None else actor.hubness for actor in side])
            for side in ([j.a for j in judgements], [j.b for j in judgements])
        ]
        return cls({name: np.array([row[name] for row in rows]) for name in rows[0]}, *hubs)

    def loss(self, fit: _Fit, worthy: NDArray[Any], chosen: NDArray[np.bool_], scoring: Scoring) -> float:
        """Mean log-loss of the probabilities on the chosen pairs."""
        calibration = scoring.calibration
        usual = calibration.slope * self._merit(fit.weights, scoring)[chosen] + calibration.offset
        p = np.clip(calibration.from_exponent(fit.spread * usual + fit.lift), 1e-6, 1 - 1e-6)
        return float(-np.mean(worthy[chosen] * np.log(p) + (1 - worthy[chosen]) * np.log(1 - p)))

    def _merit(self, weights: Weights, scoring: Scoring) -> NDArray[np.float64]:
        level = typical_hubness(scoring)
        surplus = np.nan_to_num(self.hubness_a - level) + np.nan_to_num(self.hubness_b - level)
        return np.asarray(merit_matrix(self.parts, weights, scoring.calibration) - weights.hub * surplus / 2)


def _fit(pairs: _Pairs, worthy: NDArray[Any], seen: NDArray[np.bool_], scoring: Scoring, pull: float | None) -> _Fit:
    """Spread and lift for the seen pairs and, unless `pull` is None, weights too."""
    from scipy.optimize import minimize

    names = [name for name in LEARNED if getattr(scoring.weights, name) > 0] if pull is not None else []

    def fit_at(x: NDArray[np.float64]) -> _Fit:
        changed = {n: getattr(scoring.weights, n) * float(np.exp(v)) for n, v in zip(names, x[2:], strict=True)}
        return _Fit(replace(scoring.weights, **changed), float(x[0]), float(x[1]))

    def cost(x: NDArray[np.float64]) -> float:
        drawn = (pull or 0.0) * float(np.square(x[2:]).sum()) / int(seen.sum())
        return pairs.loss(fit_at(x), worthy, seen, scoring) + drawn

    start = np.concatenate([[1.0, 0.0], np.zeros(len(names))])
    bounds = [(0.0, 4.0), (-20.0, 20.0), *[(-2.0, 2.0)] * len(names)]
    return fit_at(minimize(cost, start, method="L-BFGS-B", bounds=bounds).x)
