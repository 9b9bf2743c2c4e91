"""The parts of a score: each 0..1, each symmetric in the pair, NaN where one side says nothing about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.ranking.affinity import Affinity, kind_matrix, theme_matrix
from matching.ranking.calibration import Calibration
from matching.ranking.geography import closeness, distance_matrix
from matching.ranking.profile import ActorId, Facet, FacetBlock, Pool
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


@dataclass(frozen=True, slots=True)
class Scoring:
    """Everything besides the actors that a score depends on."""

    weights: Weights = field(default_factory=Weights.default)
    calibration: Calibration = field(default_factory=Calibration.default)
    affinity: Affinity = field(default_factory=Affinity.default)
    relations: Relations = field(default_factory=dict)


def part_matrices(a: Pool, b: Pool, scoring: Scoring) -> dict[str, Matrix]:
    """Every part for every pair, each (len(a), len(b)) in 0..1 or NaN."""
    text = _text_parts(a, b, scoring.calibration)
    kilometres = distance_matrix(a.latitudes, a.longitudes, b.latitudes, b.longitudes)
    return {
        **text,
        "theme": theme_matrix(scoring.affinity, [x.sectors for x in a.profiles], [x.sectors for x in b.profiles]),
        "kind": kind_matrix(scoring.affinity, [x.kind for x in a.profiles], [x.kind for x in b.profiles]),
        "language": _language_matrix(a, b),
        "distance": closeness(kilometres),
        "size": _size_matrix(a, b),
        "history": _history_matrix(a, b, scoring.relations),
    }


def merit_matrix(parts: Mapping[str, Matrix], weights: Weights, calibration: Calibration) -> Matrix:
    """The weighted mean of the parts' surplus over what is typical, (n, m); before hub correction.

    An unknown part counts as typical, so that saying nothing neither helps nor harms.
    """
    surplus = {name: np.nan_to_num(part - calibration.typical[name]) for name, part in parts.items()}
    total = weights.exchange * (surplus["need_offer"] + surplus["offer_need"]) / 2
    for name in ("profile", "theme", "kind", "language", "distance", "size", "history"):
        total = total + getattr(weights, name) * surplus[name]
    total = total - weights.twin * surplus["twin"]
    return np.asarray(total / _total_weight(weights))


def _total_weight(weights: Weights) -> float:
    return (
        weights.exchange + weights.profile + weights.theme + weights.kind
        + weights.language + weights.distance + weights.size + weights.history
    )  # fmt: skip


def _text_parts(a: Pool, b: Pool, calibration: Calibration) -> dict[str, Matrix]:
    """Facets meet facets: needs meet offers, and every facet the profile text."""
    raw = {
        (mine, theirs): soft_max_similarity(a.blocks[mine], b.blocks[theirs], calibration.softness)
        for mine, theirs in _MEETINGS
    }
    unit = {meeting: calibration.to_unit(similarity) for meeting, similarity in raw.items()}
    told = [unit[meeting] for meeting in _MEETINGS if "profile" in meeting]
    need_offer, offer_need = unit["need", "offer"], unit["offer", "need"]
    return {
        "need_offer": need_offer,
        "offer_need": offer_need,
        "profile": _mean_known(told),
        "twin": _twin_matrix(unit["need", "need"], unit["offer", "offer"], need_offer, offer_need),
    }


_MEETINGS: tuple[tuple[Facet, Facet], ...] = (
    ("need", "offer"),
    ("offer", "need"),
    ("need", "need"),
    ("offer", "offer"),
    ("profile", "profile"),
    ("need", "profile"),
    ("profile", "need"),
    ("offer", "profile"),
    ("profile", "offer"),
)


def soft_max_similarity(a: FacetBlock, b: FacetBlock, softness: float) -> Matrix:
    """log-mean-exp of the cosines between all passages of two actors, (n, m); NaN where one has none.

    With softness t this lies between the mean (t → 0) and the maximum (t → ∞): one strong fit counts more than many
    weak ones, yet two strong fits count more than one.
    """
    rows, columns = np.flatnonzero(a.counts), np.flatnonzero(b.counts)
    out = np.full((len(a.counts), len(b.counts)), np.nan, dtype=np.result_type(a.vectors, b.vectors))
    if not len(rows) or not len(columns):
        return out
    lifted = np.exp(softness * (a.vectors @ b.vectors.T))
    sums = np.add.reduceat(lifted, a.offsets[rows], axis=0)
    sums = np.add.reduceat(sums, b.offsets[columns], axis=1)
    sizes = np.outer(a.counts[rows], b.counts[columns])
    out[np.ix_(rows, columns)] = np.log(sums / sizes) / softness
    return out


def _twin_matrix(need_need: Matrix, offer_offer: Matrix, need_offer: Matrix, offer_need: Matrix) -> Matrix:
    """How much more alike two actors are in what they offer and seek than they are of use to each other."""
    alike = _mean_known([need_need, offer_offer])
    useful = _mean_known([need_offer, offer_need])
    return np.asarray(np.clip(alike - np.nan_to_num(useful), 0.0, 1.0))


def _mean_known(matrices: Sequence[Matrix]) -> Matrix:
    """Mean over the known values, NaN where none is."""
    known = sum(~np.isnan(matrix) for matrix in matrices)
    total = sum(np.nan_to_num(matrix) for matrix in matrices)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known > 0, total / np.maximum(known, 1), np.nan))


def _language_matrix(a: Pool, b: Pool) -> Matrix:
    """1 with a common working language, 0 when an interpreter is needed, NaN when a side names no language."""
    codes = sorted({code for pool in (a, b) for actor in pool.profiles for code in actor.languages})
    spoken_a, spoken_b = (_incidence(pool, lambda actor: actor.languages, codes) for pool in (a, b))
    common = (spoken_a @ spoken_b.T > 0).astype(np.float64)
    silent = np.add.outer(spoken_a.sum(axis=1) == 0, spoken_b.sum(axis=1) == 0)
    return np.where(silent, np.nan, common)


def _incidence(pool: Pool, values: Callable[[Any], Sequence[str]], codes: Sequence[str]) -> Matrix:
    place = {code: position for position, code in enumerate(codes)}
    table = np.zeros((len(pool), len(codes)), dtype=np.float32)
    for row, actor in enumerate(pool.profiles):
        for code in values(actor):
            table[row, place[code]] = 1.0
    return table


def _size_matrix(a: Pool, b: Pool) -> Matrix:
    """1 for equal sizes, 0 from four orders of magnitude apart, NaN when a size is unknown."""
    with np.errstate(invalid="ignore", divide="ignore"):
        orders = np.abs(np.subtract.outer(np.log10(a.sizes), np.log10(b.sizes)))
    return np.asarray(np.clip(1 - orders / 4, 0.0, 1.0))


def _history_matrix(a: Pool, b: Pool, relations: Relations) -> Matrix:
    out = np.full((len(a), len(b)), np.nan)
    if not relations:
        return out
    row_of = {actor.id: row for row, actor in enumerate(a.profiles)}
    column_of = {actor.id: column for column, actor in enumerate(b.profiles)}
    for pair, relation in relations.items():
        if len(pair) != 2:
            continue
        first, second = pair
        for x, y in ((first, second), (second, first)):
            if x in row_of and y in column_of:
                out[row_of[x], column_of[y]] = HISTORY_VALUE[relation.kind]
    return out
