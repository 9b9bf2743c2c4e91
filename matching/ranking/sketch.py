"""One vector an actor, whose inner product with a question's vector comes close to the merit of the pair.

Ranking a hundred thousand actors exactly for every question is too slow. Most of the merit is linear in the mean
passages of each facet: exchange and profile closeness are sums of products of facets, and hubness is a number of the
actor's own. So a single maximum-inner-product search (HNSW; Malkov and Yashunin, 2018) finds those who may come first,
and the exact ranking decides among them. What is left out (soft maximum, twins, facts) is why hundreds are fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.ranking.calibration import Calibration
from matching.ranking.parts import Scoring, part_matrices
from matching.ranking.profile import FACETS, Pool, Profile
from matching.ranking.weights import Weights

Floats = NDArray[np.float32]


def sketch_dim(dim: int) -> int:
    """Length of a sketch of vectors of length `dim`: a block a facet, and one number for hubness."""
    return len(FACETS) * dim + 1


def actor_sketch(profile: Profile, dim: int) -> Floats:
    """What is stored of an actor, (3·dim + 1,): the mean vector of its needs, offers and profile, and its hubness."""
    blocks = [_mean(profile, facet, dim) for facet in FACETS]
    hubness = 0.0 if profile.hubness is None else profile.hubness
    return np.concatenate([*blocks, [np.float32(hubness)]]).astype(np.float32)


def question_sketch(profile: Profile, dim: int, weights: Weights, calibration: Calibration) -> Floats:
    """What a question searches with, (3·dim + 1,): its product with an actor's sketch grows with the pair's merit.

    Needs look for offers and offers for needs, half the exchange's weight each, or all of it where the question has
    only one of them; every facet looks for the profile text, and the question as a whole for the actor as a whole.
    """
    mine = {facet: _mean(profile, facet, dim) for facet in FACETS}
    need, offer, told = mine["need"], mine["offer"], mine["profile"]
    known = sum(bool(np.any(mine[facet])) for facet in ("need", "offer"))
    exchange = weights.exchange / max(known, 1)
    facet_weight = weights.profile * 2 / 3 / 5
    whole = _unit(need + offer + told) * weights.profile / 3 / _TYPICAL_NORM
    looks_for = {
        "need": exchange * offer + facet_weight * told + whole,
        "offer": exchange * need + facet_weight * told + whole,
        "profile": facet_weight * (need + offer + told) + whole,
    }
    scale = calibration.ceiling - calibration.floor
    hub = -weights.hub * (weights.exchange + weights.profile) / 2 * scale
    return np.concatenate([*(looks_for[facet] for facet in FACETS), [np.float32(hub)]]).astype(np.float32)


def estimate_merit(
    question: Profile, others: Sequence[Profile], sketches: Floats, dim: int, scoring: Scoring
) -> NDArray[np.float64]:
    """The merit of each pair on a common scale, (n,), from sketches (n, 3·dim + 1) and facts; passages are not needed.

    To what the search went by this adds the facts of the pair and takes off what makes twins.
    """
    weights, calibration = scoring.weights, scoring.calibration
    scale = calibration.ceiling - calibration.floor
    merit = sketches @ question_sketch(question, dim, weights, calibration)
    parts = part_matrices(Pool.from_profiles([question]), Pool.from_profiles(others), scoring)
    for fact in ("theme", "kind", "language", "distance"):
        merit = merit + getattr(weights, fact) * scale * np.nan_to_num(parts[fact][0])
    mine = [_mean(question, facet, dim) for facet in FACETS]
    theirs = [sketches[:, k * dim : (k + 1) * dim] for k in range(len(FACETS))]
    alike = sum(block @ own for block, own in zip(theirs, mine, strict=True)) / len(FACETS)
    need, offer = FACETS.index("need"), FACETS.index("offer")
    exchange = (theirs[need] @ mine[offer] + theirs[offer] @ mine[need]) / 2
    step = calibration.twin_ceiling - calibration.twin_floor
    twin = np.clip((alike - exchange - calibration.twin_floor) / step, 0, 1)
    return np.asarray(merit - weights.twin * scale * twin, dtype=np.float64)


_TYPICAL_NORM = 2.0
"""Length of the sum of an actor's three mean vectors; it differs little from actor to actor."""


def _mean(profile: Profile, facet: str, dim: int) -> Floats:
    vectors = [p.vector for p in profile.passages if p.facet == facet and p.vector is not None]
    return np.mean(vectors, axis=0, dtype=np.float32) if vectors else np.zeros(dim, dtype=np.float32)


def _unit(vector: NDArray[Any]) -> Floats:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32)
