"""The parts of a score: each 0..1, each symmetric in the pair, NaN where one side says nothing about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.ranking.affinity import Affinity, pair_table
from matching.ranking.calibration import Calibration
from matching.ranking.geography import closeness, distance_matrix
from matching.ranking.profile import FACETS, ActorId, Facet, Pool, Runs
from matching.ranking.weights import Weights

Matrix = NDArray[Any]

PARTS = ("need_offer", "offer_need", "profile", "theme", "kind", "language", "distance", "size", "history", "twin")

# A half is "nothing known": what went well lifts a pair, what failed lowers it.
HISTORY_VALUE: Mapping[str, float] = {
    "liked": 1.0,
    "in_discussion": 0.9,
    "agreement": 1.0,
    "active": 1.0,
    "dormant": 0.7,
    "met": 0.5,
    "suggested": 0.5,
    "ended": 0.3,
    "disliked": 0.1,
    "failed": 0.0,
}


@dataclass(frozen=True, slots=True)
class Relation:
    """What a pair went through together: a kind of `HISTORY_VALUE` and, where known, the year."""

    kind: str
    year: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in HISTORY_VALUE:
            raise ValueError(f"unknown relation {self.kind!r}; known are {', '.join(sorted(HISTORY_VALUE))}")


Relations = Mapping[frozenset[ActorId], Relation]
Meetings = Mapping[tuple[Facet, Facet], Matrix]


@dataclass(frozen=True, slots=True)
class Scoring:
    """Everything besides the actors that a score depends on.

    `hub_level` is the mean stored hubness of the whole corpus, the same for every question (None: the shipped mean).
    """

    weights: Weights = field(default_factory=Weights.default)
    calibration: Calibration = field(default_factory=Calibration.default)
    affinity: Affinity = field(default_factory=Affinity.default)
    relations: Relations = field(default_factory=dict)
    hub_level: float | None = None


def part_matrices(a: Pool, b: Pool, scoring: Scoring) -> dict[str, Matrix]:
    """Every part for every pair, each (len(a), len(b)) in 0..1 or NaN."""
    text = text_parts(_meetings(a, b, scoring.calibration.softness), _whole_similarity(a, b), scoring.calibration)
    kilometres = distance_matrix(a.latitudes, a.longitudes, b.latitudes, b.longitudes)
    return {
        **text,
        "theme": pair_table(a.columns["sectors"], b.columns["sectors"], scoring.affinity.theme_closeness),
        "kind": pair_table(a.columns["kind"], b.columns["kind"], scoring.affinity.kind_complement),
        "language": pair_table(a.columns["languages"], b.columns["languages"], common_language),
        "distance": closeness(kilometres),
        "size": size_closeness(a.sizes, b.sizes),
        "history": _history_matrix(a, b, scoring.relations),
    }


FACTS = ("theme", "kind", "language", "distance", "size", "history")


def merit_matrix(parts: Mapping[str, Matrix], weights: Weights, calibration: Calibration) -> Matrix:
    """The weighted mean of the parts' surplus over what is typical, (n, m); before hub correction.

    The exchange is the mean of the directions that are known: who asks with a need alone is answered by offers alone.
    Texts always count: where all is missing the part is typical. A fact that is unknown drops out, so that saying
    nothing about it neither helps nor dilutes. History comes on top of the mean, so that what went well never lowers
    a pair, however good its texts are.
    """
    surplus = {name: np.asarray(part - calibration.typical[name], dtype=np.float64) for name, part in parts.items()}
    total = weights.exchange * or_zero(_mean_known([surplus["need_offer"], surplus["offer_need"]]))
    total += weights.profile * or_zero(surplus["profile"])
    total -= weights.twin * or_zero(surplus["twin"])
    weight = np.full_like(total, weights.exchange + weights.profile)
    for name in FACTS:
        total += getattr(weights, name) * or_zero(surplus[name])
        if name != "history":
            weight += getattr(weights, name) * ~np.isnan(surplus[name])
    return np.asarray(total / np.where(weight > 0, weight, 1.0))


def text_parts(near: Meetings, whole: Matrix, calibration: Calibration) -> dict[str, Matrix]:
    """The parts that texts make, each (n, m): needs meet offers, and every facet the profile text.

    `near` holds the similarity of every facet with every facet, `whole` that of all texts with all texts.
    """
    need_offer, offer_need = near["need", "offer"], near["offer", "need"]
    told = _mean_known([similarity for meeting, similarity in near.items() if "profile" in meeting])
    alike = _mean_known([near[facet, facet] for facet in FACETS])
    twin = alike - _mean_known([need_offer, offer_need])
    return {
        "need_offer": calibration.to_unit(need_offer),
        "offer_need": calibration.to_unit(offer_need),
        "profile": calibration.to_unit(_mean_known([told, told, whole])),
        "twin": np.clip((twin - calibration.twin_floor) / (calibration.twin_ceiling - calibration.twin_floor), 0, 1),
    }


def _whole_similarity(a: Pool, b: Pool) -> Matrix:
    """Cosine of the mean passages, NaN where an actor has none."""
    if a.centres.shape[1] != b.centres.shape[1] or not a.centres.shape[1]:  # a pool without any vector
        return np.full((len(a), len(b)), np.nan)
    return np.asarray(a.centres @ b.centres.T)


def _meetings(a: Pool, b: Pool, softness: float) -> Meetings:
    """Every facet of a with every facet of b; one product for all."""
    cosines = a.passages.vectors @ b.passages.vectors.T if a.passages.vectors.size and b.passages.vectors.size else None
    return facet_similarities(cosines, (a.passages, len(a)), (b.passages, len(b)), softness)


def facet_similarities(
    cosines: Matrix | None, a: tuple[Runs, int], b: tuple[Runs, int], softness: float
) -> dict[tuple[Facet, Facet], Matrix]:
    """Soft max-similarity of every facet with every facet of the other actor, each (n, m), NaN where one has none.

    log-mean-exp of the `cosines` of passages, which are overwritten (None: there are none): with softness t this lies
    between the mean (t → 0) and the maximum (t → ∞), so one strong fit counts more than many weak ones, yet two strong
    fits count more than one. `a` and `b` are the runs of passages and the number of actors.
    """
    (rows, n), (columns, m) = a, b
    dtype = np.float64 if cosines is None else cosines.dtype
    out = np.full((len(FACETS) * n, len(FACETS) * m), np.nan, dtype=dtype)
    if cosines is not None:
        cosines *= softness
        np.exp(cosines, out=cosines)
        sums = np.add.reduceat(np.add.reduceat(cosines, rows.starts, axis=0), columns.starts, axis=1)
        sums /= np.outer(rows.counts, columns.counts).astype(sums.dtype)
        out[np.ix_(rows.owners, columns.owners)] = np.log(sums, out=sums) / softness
    split = out.reshape(len(FACETS), n, len(FACETS), m)
    return {(mine, theirs): split[i, :, j] for i, mine in enumerate(FACETS) for j, theirs in enumerate(FACETS)}


def _mean_known(matrices: Sequence[Matrix]) -> Matrix:
    """Mean over the known values, NaN where none is."""
    unknown = [np.isnan(matrix) for matrix in matrices]
    total = sum(np.where(missing, 0.0, matrix) for missing, matrix in zip(unknown, matrices, strict=True))
    # Whole numbers, so that the quotient is of double precision: symmetry to 1e-6 hangs on it.
    known = len(matrices) - np.sum(unknown, axis=0)
    return np.asarray(np.where(known > 0, total / np.maximum(known, 1), np.nan))


def or_zero(part: Matrix) -> Matrix:
    """The same numbers, 0 where there is none: a tenth of what np.nan_to_num takes for few numbers."""
    return np.where(np.isnan(part), 0.0, part)


def common_language(a: Sequence[str], b: Sequence[str]) -> float | None:
    """1 with a common working language, 0 when an interpreter is needed, None when a side names no language."""
    return float(not set(a).isdisjoint(b)) if a and b else None


def size_closeness(a: NDArray[np.float64], b: NDArray[np.float64]) -> Matrix:
    """1 for equal sizes, 0 from four orders of magnitude apart, NaN when a size is unknown; (n, m)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        orders = np.abs(np.subtract.outer(np.log10(a), np.log10(b)))
    return np.asarray(np.clip(1 - orders / 4, 0.0, 1.0))


def _history_matrix(a: Pool, b: Pool, relations: Relations) -> Matrix:
    out = np.full((len(a), len(b)), np.nan)
    if not relations:
        return out
    for pair, relation in relations.items():
        if len(pair) != 2:
            continue
        first, second = pair
        for x, y in ((first, second), (second, first)):
            if x in a.row_of and y in b.row_of:
                out[a.row_of[x], b.row_of[y]] = HISTORY_VALUE[relation.kind]
    return out
