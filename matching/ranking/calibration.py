"""From merit to probability: "would a knowledgeable matchmaker arrange this meeting?"

The shipped numbers (`data/calibration.json`) are plain; `bench/ranking_calibrate.py DIR` makes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matching.ranking.weights import PACKAGE_DATA


@dataclass(frozen=True, slots=True)
class Calibration:
    """The numbers that give a score its meaning, for one encoder and its neutral space.

    `softness` is the sharpness of the soft max over passages; `floor`..`ceiling` is the range of neutral similarity
    spread over 0..1, `twin_floor`..`twin_ceiling` that of likeness less usefulness; `typical` holds each part's mean;
    `hub_mean` is the mean hubness over `hub_neighbours` best merits; the probability is
    most / (1 + exp(-(slope · merit + offset))); `threshold` is the probability under which nothing is suggested.

    `words_slope`, `words_offset` and `words_threshold` stand for the three where a need alone asks (`for_words`): with
    so little known of the asker merits differ less, and mean less.

    `most` is as sure as judged pairs allow: beyond the best pair that a matchmaker judged the curve is a guess, and
    however well texts meet, some meetings fail for reasons that no text tells.
    """

    model: str
    softness: float
    floor: float
    ceiling: float
    twin_floor: float
    twin_ceiling: float
    typical: Mapping[str, float]
    hub_neighbours: int
    hub_mean: float
    slope: float
    offset: float
    words_slope: float
    words_offset: float
    words_threshold: float
    most: float
    threshold: float

    def __post_init__(self) -> None:
        if (
            self.softness <= 0
            or self.ceiling <= self.floor
            or self.twin_ceiling <= self.twin_floor
            or min(self.slope, self.words_slope) <= 0
            or self.hub_neighbours < 1
        ):
            raise ValueError("a calibration needs softness, slope and hub_neighbours above 0 and floor < ceiling")
        if not 0 < self.most <= 1:
            raise ValueError(f"most must be above 0 and at most 1, not {self.most}")
        for threshold in (self.threshold, self.words_threshold):
            if not 0 <= threshold <= 1:
                raise ValueError(f"threshold must be between 0 and 1, not {threshold}")

    @classmethod
    def default(cls) -> Calibration:
        """The shipped calibration."""
        return _default()

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Calibration:
        """A calibration from plain numbers, as `to_dict` gives them."""
        return cls(**table)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, ready for JSON."""
        return asdict(self)

    def for_words(self) -> Calibration:
        """The calibration for a question that is less than a profile: free words, a need alone."""
        return replace(self, slope=self.words_slope, offset=self.words_offset, threshold=self.words_threshold)

    def to_unit(self, similarity: NDArray[Any]) -> NDArray[Any]:
        """Neutral similarity to 0..1, linear between floor and ceiling; NaN stays NaN."""
        return np.asarray(np.clip((similarity - self.floor) / (self.ceiling - self.floor), 0.0, 1.0))

    def to_probability(self, merit: NDArray[Any]) -> NDArray[np.float64]:
        """Merit (hub-corrected) to a probability, elementwise and strictly increasing."""
        return self.from_exponent(self.slope * np.asarray(merit, dtype=np.float64) + self.offset)

    def from_exponent(self, exponent: NDArray[Any]) -> NDArray[np.float64]:
        """What slope and offset make of a merit to a probability, elementwise."""
        return np.asarray(self.most / (1.0 + np.exp(-np.clip(exponent, -40.0, 40.0))))


def fit_logistic(merits: ArrayLike, worthy: ArrayLike, strength: float = 1.0, most: float = 1.0) -> tuple[float, float]:
    """Slope and offset of P(worthy | merit), by L2-regularised logistic regression (Platt scaling) on scaled merits.

    `merits` (n,), `worthy` (n,) of 0/1; probabilities run up to `most`. ValueError when only one class is present.
    """
    from scipy.optimize import minimize  # slow import

    x = np.asarray(merits, dtype=np.float64)
    y = np.asarray(worthy, dtype=np.float64)
    if len(set(y.tolist())) < 2:
        raise ValueError("calibration needs pairs a matchmaker would arrange and pairs he would not")
    spread = float(x.std()) or 1.0
    scaled = (x - x.mean()) / spread

    def cost(line: NDArray[np.float64]) -> float:
        p = np.clip(most / (1 + np.exp(-(line[0] * scaled + line[1]))), 1e-12, 1 - 1e-12)
        return float(strength * line[0] ** 2 / 2 - (y * np.log(p) + (1 - y) * np.log(1 - p)).sum())

    steepness, height = minimize(cost, np.array([1.0, 0.0]), method="BFGS").x
    slope = float(steepness) / spread
    return slope, float(height) - slope * float(x.mean())


def surest(merits: ArrayLike, worthy: ArrayLike) -> float:
    """How sure one may be of the best: Laplace's rule of succession over those above the first that was not worthy."""
    order = np.argsort(-np.asarray(merits, dtype=np.float64), kind="stable")
    wrong = np.flatnonzero(~np.asarray(worthy, dtype=bool)[order])
    right = int(wrong[0]) if len(wrong) else len(order)
    return (right + 1) / (right + 2)


def expected_calibration_error(probabilities: ArrayLike, worthy: ArrayLike, bins: int = 10) -> float:
    """Mean |confidence − frequency| over equal-width bins, weighted by their size (Naeini et al., 2015)."""
    p = np.asarray(probabilities, dtype=np.float64)
    y = np.asarray(worthy, dtype=np.float64)
    if len(p) == 0:
        return 0.0
    bin_of = np.minimum((p * bins).astype(int), bins - 1)
    gaps = [abs(p[bin_of == b].sum() - y[bin_of == b].sum()) for b in range(bins)]
    return float(sum(gaps) / len(p))


def best_threshold(probabilities: Sequence[float], worthy: Sequence[bool]) -> float:
    """The probability that best parts the worthy from the others, by F1; of equally good ones the lowest."""
    order = np.argsort(np.asarray(probabilities), kind="stable")[::-1]
    p, y = np.asarray(probabilities)[order], np.asarray(worthy, dtype=float)[order]
    hits = np.cumsum(y)
    f1 = 2 * hits / (np.arange(1, len(y) + 1) + y.sum())
    f1[:-1][p[:-1] == p[1:]] = 0.0  # no threshold parts what is equally probable
    best = int(np.flatnonzero(f1 == f1.max())[-1])
    return float(p[best])


@cache
def _default() -> Calibration:
    return Calibration.from_dict(json.loads((PACKAGE_DATA / "calibration.json").read_text(encoding="utf-8")))
