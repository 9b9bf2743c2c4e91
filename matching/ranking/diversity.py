"""A list of unlike partners: maximal marginal relevance (Carbonell and Goldstein, 1998)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.ranking.profile import Pool


def spread_choice(
    ranked: Sequence[int], probability: NDArray[np.float64], pool: Pool, k: int, diversity: float
) -> list[int]:
    """The k places to show, best first.

    `diversity` 0 keeps the ranking; 1 looks only at being unlike those already chosen.

    The likeness of two candidates is the cosine of their mean passage vectors, at least 0.
    """
    if diversity == 0 or len(ranked) < 2:
        return list(ranked[:k])
    likeness = _likeness(pool)
    left = list(ranked)
    chosen = [left.pop(0)]
    while left and len(chosen) < k:
        gains = [(1 - diversity) * probability[place] - diversity * likeness[place, chosen].max() for place in left]
        chosen.append(left.pop(int(np.argmax(np.round(gains, 9)))))
    return chosen


def share_never_suggested(suggested: Sequence[Sequence[Any]], everybody: Sequence[Any]) -> float:
    """The share of actors that stand on nobody's list; 0 when there is nobody."""
    seen = {actor for answer in suggested for actor in answer}
    return sum(actor not in seen for actor in everybody) / len(everybody) if everybody else 0.0


def _likeness(pool: Pool) -> NDArray[Any]:
    centres = np.nan_to_num(pool.centres)
    return np.asarray(np.clip(centres @ centres.T, 0.0, 1.0))
