"""Among very many actors: who may rank first? A glance at all of them, a closer look at the promising."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.ranking.crowd import Crowd, Rows, on_sphere
from matching.ranking.geography import HALF_DISTANCE_KM, closeness, distance_matrix
from matching.ranking.hubs import correct_hubs
from matching.ranking.parts import (
    HISTORY_VALUE,
    Matrix,
    Scoring,
    common_language,
    facet_similarities,
    merit_matrix,
    size_closeness,
    text_parts,
)
from matching.ranking.profile import FACETS, Column, Profile, Runs

LOOKED_AT = 700
"""Actors whose passages are looked at; how many of the ten best stand among them is measured by bench/scale.py."""
_NEIGHBOURS = 300
_UNPACKED = 512
_EARTH_RADIUS_KM = 6371.0
_TABLES = ("theme", "kind", "language")


def best_merits(
    crowd: Crowd, question: Profile, allowed: NDArray[np.bool_], scoring: Scoring, count: int
) -> NDArray[np.float64]:
    """The `count` greatest merits with the `allowed` slots, before hub correction."""
    plain = replace(scoring, weights=replace(scoring.weights, hub=0.0), relations={})
    rows = np.flatnonzero(allowed & crowd.alive & (crowd.reach > 0))
    tables = fact_tables(crowd, question, plain)
    if len(rows) > _NEIGHBOURS:
        rows = _best(rows, glance(crowd, question, rows, tables, plain), _NEIGHBOURS)
    return np.sort(look(crowd, question, rows, tables, plain))[::-1][:count]


def find_best(
    crowd: Crowd,
    question: Profile,
    allowed: NDArray[np.bool_],
    scoring: Scoring,
    count: int,
    looked_at: int = LOOKED_AT,
) -> list[int]:
    """Ids of about `count` actors, in their order, among whom the best of the `allowed` slots stand.

    Whoever ties with the last comes along. Those with whom the question has a past are always looked at: what went well
    may lift a pair that the glance left behind.
    """
    rows = np.flatnonzero(allowed & crowd.alive & (crowd.reach > 0))
    tables = fact_tables(crowd, question, scoring)
    if len(rows) > looked_at:
        near = _best(rows, glance(crowd, question, rows, tables, scoring), looked_at)
        related = _related(question, scoring)
        rows = np.union1d(near, rows[np.isin(crowd.ids[rows], related)]) if related else near
    if len(rows) > count:
        rows = _best(rows, look(crowd, question, rows, tables, scoring), count)
    return sorted(crowd.ids[rows].tolist())


def glance(
    crowd: Crowd, question: Profile, rows: Rows, tables: Mapping[str, Matrix], scoring: Scoring
) -> NDArray[np.float32]:
    """About the merit of each of the `rows`, from summaries and facts; the soft maximum and twins are left out."""
    weights, calibration = scoring.weights, scoring.calibration
    # Gathering rows costs more than multiplying all of them, unless they are few.
    few = len(rows) < len(crowd) / 4
    here: Any = rows if few else slice(None)
    total = _told(crowd, question, here, scoring)
    weight: Any = np.float32(weights.exchange + weights.profile)
    for name in (name for name in _TABLES if len(tables[name])):
        surplus, known = _weighed(tables[name], getattr(weights, name), calibration.typical[name])
        codes = crowd.columns[_COLUMN[name]].codes[here]
        total += surplus[codes]
        weight = weight + (known if len(known) == 1 else known[codes])
    if question.lat is not None and question.lon is not None:
        surplus, known = _weighed(_nearby(crowd, question, here), weights.distance, calibration.typical["distance"])
        total += surplus
        weight = weight + known
    total /= weight
    total -= np.float32(weights.hub / 2) * crowd.hubs[here]
    return np.asarray(total if few else total[rows])


def look(
    crowd: Crowd, question: Profile, rows: Rows, tables: Mapping[str, Matrix], scoring: Scoring
) -> NDArray[np.float64]:
    """The hub-corrected merit of each of the `rows`, from passages in 8 bits: every part as the ranking sees it."""
    facts = {name: tables[name][crowd.columns[_COLUMN[name]].codes[rows]][None] for name in _TABLES}
    places = (_one(question.lat), _one(question.lon), crowd.lat[rows], crowd.lon[rows])
    parts = {
        **_texts(crowd, question, rows, scoring),
        **facts,
        "distance": closeness(distance_matrix(*places)),
        "size": size_closeness(_one(question.size), crowd.size[rows]),
        "history": _history(crowd, question, rows, scoring),
    }
    merit = merit_matrix(parts, scoring.weights, scoring.calibration)
    return np.asarray(correct_hubs(merit, _one(question.hubness), crowd.hubness[rows], scoring)[0])


def _told(crowd: Crowd, question: Profile, here: Any, scoring: Scoring) -> NDArray[np.float32]:
    """What texts add to the total, from summaries: linear in an actor's facet means, by which facets it has."""
    searched = _searched_for(question, crowd.codes.shape[1]) @ crowd.basis
    factors, lifts = _factors(question, scoring)
    summaries, facets = crowd.summaries[here], crowd.facets[here]
    if len(crowd.facet_sets) == 1:
        alone = crowd.facet_sets[0]
        return np.asarray(summaries @ (factors[alone] @ searched) + lifts[alone], dtype=np.float32)
    products = summaries @ searched.T
    products *= factors[facets]
    return np.asarray(products.sum(axis=1) + lifts[facets], dtype=np.float32)


def _searched_for(question: Profile, dim: int) -> NDArray[np.float32]:
    """What a question looks for in an actor's needs, offers and profile, (3, 3·dim): exchange, telling, likeness.

    Needs look for offers and offers for needs; every facet looks for the profile text; and the question as a whole for
    the actor as a whole.
    """
    need, offer, told = (_mean(question, facet, dim) for facet in FACETS)
    whole = need + offer + told
    whole = whole / max(float(np.linalg.norm(whole)), 1e-12)
    rows = [[offer, need, np.zeros_like(need)], [told, told, need + offer + told], [whole, whole, whole]]
    return np.array([np.concatenate(row) for row in rows], dtype=np.float32)


def _factors(question: Profile, scoring: Scoring) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """By the set of facets that an actor has (8): what each of the three products counts (8, 3), and a constant (8,).

    A direction of exchange of which a side says nothing drops out of the mean, and so does a meeting with its profile.
    """
    weights, calibration = scoring.weights, scoring.calibration
    scale = calibration.ceiling - calibration.floor
    asks = [bool(count) for count in _asked(question)[0][0]]
    factors, lifts = np.zeros((8, 3), dtype=np.float32), np.zeros(8, dtype=np.float32)
    for facets in range(1, 8):
        need, offer, told = (bool(facets >> bit & 1) for bit in range(3))
        exchanges = (asks[1] and need) + (asks[0] and offer)
        meetings = asks[2] * (need + offer + told) + told * (asks[0] + asks[1])
        if exchanges:
            factors[facets, 0] = weights.exchange / exchanges
            lifts[facets] += weights.exchange * (-calibration.floor / scale - calibration.typical["need_offer"])
        telling = 2 / 3 if meetings else 0.0
        factors[facets, 1] = weights.profile * telling / max(meetings, 1)
        factors[facets, 2] = weights.profile * (1 - telling) / _REACH[need + offer + told]
        lifts[facets] += weights.profile * (-calibration.floor / scale - calibration.typical["profile"])
    return factors / np.float32(scale), lifts


_REACH = (1.0, 0.9, 1.45, 2.0)
"""Length of the sum of an actor's mean vectors, by how many facets it has; it differs little from actor to actor."""


def _mean(profile: Profile, facet: str, dim: int) -> NDArray[np.float32]:
    vectors = [p.vector for p in profile.passages if p.facet == facet and p.vector is not None]
    return np.mean(vectors, axis=0, dtype=np.float32) if vectors else np.zeros(dim, dtype=np.float32)


_COLUMN = {"theme": "sectors", "kind": "kind", "language": "languages"}


def _best(rows: Rows, merit: NDArray[Any], count: int) -> Rows:
    """The `count` rows of greatest merit, and who ties with the last of them."""
    if len(rows) <= count:
        return rows
    last = np.partition(merit, len(merit) - count)[len(merit) - count]
    return np.asarray(rows[merit >= last])


def fact_tables(crowd: Crowd, question: Profile, scoring: Scoring) -> dict[str, Matrix]:
    """For each fact its part with every value that an actor has, NaN where unknown."""
    affinity = scoring.affinity
    asked: dict[str, tuple[Any, Callable[[Any, Any], float | None]]] = {
        "theme": (question.sectors, affinity.theme_closeness),
        "kind": (question.kind, affinity.kind_complement),
        "language": (question.languages, common_language),
    }
    return {name: _table(mine, crowd.columns[_COLUMN[name]], part) for name, (mine, part) in asked.items()}


def _table(mine: Any, column: Column, part: Callable[[Any, Any], float | None]) -> Matrix:
    values = (part(mine, theirs) for theirs in column.values)
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _weighed(part: Matrix, weight: float, typical: float) -> tuple[NDArray[np.float32], Any]:
    """What a part adds to the total, and to its weight: nothing where it is unknown."""
    surplus = np.asarray(part, dtype=np.float32) - np.float32(typical)
    surplus *= np.float32(weight)
    unknown = np.isnan(surplus)
    if not unknown.any():
        return surplus, np.full(1, weight, dtype=np.float32)
    return np.where(unknown, np.float32(0), surplus), np.where(unknown, np.float32(0), np.float32(weight))


def _nearby(crowd: Crowd, question: Profile, here: Any) -> NDArray[np.float32]:
    """Closeness as `closeness` has it, by the chord for the arc: alike within a few hundred kilometres."""
    mine = on_sphere(_one(question.lat), _one(question.lon))[0]
    near = crowd.places[here] @ mine
    near *= -2
    near += 2
    near *= np.float32((_EARTH_RADIUS_KM / HALF_DISTANCE_KM) ** 2)
    near *= near
    near += 1
    return np.asarray(np.reciprocal(near, out=near))


def _texts(crowd: Crowd, question: Profile, rows: Rows, scoring: Scoring) -> dict[str, Matrix]:
    """The parts that texts make, from products with the codes; a passage's scale is put right in the product."""
    owners, mine = _asked(question)
    counts = crowd.counts[rows]
    totals = counts.sum(axis=1)
    ends = np.cumsum(totals)
    passages = np.repeat(crowd.first[rows] - (ends - totals), totals) + np.arange(int(ends[-1]) if len(ends) else 0)
    if not len(mine) or not len(passages):
        near = facet_similarities(None, (_runs(owners, 1), 1), (_runs(counts, len(rows)), len(rows)), 1.0)
        return text_parts(near, np.full((1, len(rows)), np.nan), scoring.calibration)
    whole = mine.sum(axis=0)
    searched = np.concatenate([mine, whole[None] / max(float(np.linalg.norm(whole)), 1e-12)])
    cosines = _products(searched, crowd, passages)
    together = np.full((1, len(rows)), np.nan)
    filled = np.flatnonzero(totals)
    together[0, filled] = np.add.reduceat(cosines[-1], (ends - totals)[filled]) / crowd.reach[rows[filled]]
    asked, answering = (_runs(owners, 1), 1), (_runs(counts, len(rows)), len(rows))
    near = facet_similarities(cosines[:-1], asked, answering, scoring.calibration.softness)
    return text_parts(near, together, scoring.calibration)


def _products(searched: NDArray[np.float32], crowd: Crowd, passages: Rows) -> NDArray[np.float32]:
    """Products (k, m) of vectors with `passages`, a few at a time so that what is unpacked stays near the processor."""
    out = np.empty((len(searched), len(passages)), dtype=np.float32)
    for start in range(0, len(passages), _UNPACKED):
        some = passages[start : start + _UNPACKED]
        out[:, start : start + _UNPACKED] = searched @ crowd.codes[some].astype(np.float32).T
    return out * crowd.scales[passages]


def _asked(question: Profile) -> tuple[Rows, NDArray[np.float32]]:
    """How many passages of each facet (1, 3), and their vectors, facet by facet."""
    by_facet = [[p.vector for p in question.passages if p.facet == f and p.vector is not None] for f in FACETS]
    vectors = [vector for facet in by_facet for vector in facet]
    return np.array([[len(facet) for facet in by_facet]]), np.array(vectors, dtype=np.float32)


def _runs(counts: Rows, n: int) -> Runs:
    """Runs of passages that stand actor by actor, each with its facets in their order."""
    flat = counts.ravel()
    filled = np.flatnonzero(flat)
    owners = filled % len(FACETS) * n + filled // len(FACETS)
    return Runs((np.cumsum(flat) - flat)[filled], flat[filled], owners)


def _related(question: Profile, scoring: Scoring) -> list[int]:
    return [int(end) for pair in scoring.relations if question.id in pair for end in pair if end != question.id]


def _history(crowd: Crowd, question: Profile, rows: Rows, scoring: Scoring) -> Matrix:
    out = np.full((1, len(rows)), np.nan)
    for other in _related(question, scoring):
        relation = scoring.relations[frozenset((question.id, other))]
        out[0, crowd.ids[rows] == other] = HISTORY_VALUE[relation.kind]
    return out


def _one(number: float | None) -> NDArray[np.float64]:
    return np.array([np.nan if number is None else number], dtype=np.float64)
