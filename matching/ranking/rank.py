"""Whom should this actor meet across the border?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.ranking.diversity import spread_choice
from matching.ranking.geography import distance_matrix
from matching.ranking.hubs import correct_hubs, cross_side
from matching.ranking.parts import Relation, Scoring, merit_matrix, part_matrices
from matching.ranking.profile import Pool, Profile, Suggestion
from matching.ranking.reasons import explain_pair

Matrix = NDArray[Any]
# Beyond k, this many runners-up are rescored in double precision, so that the last place does not hang on rounding.
_MARGIN = 16


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of `rank` besides whom for: how many, how good, how spread, and with which scoring.

    `min_score` None means the calibrated threshold. `diversity` 0..1 trades score for a list of unlike partners
    (maximal marginal relevance). `cross_side` off allows partners of the query's own side.
    """

    k: int = 10
    min_score: float | None = None
    cross_side: bool = True
    diversity: float = 0.0
    explain: bool = True
    scoring: Scoring = field(default_factory=Scoring)

    def __post_init__(self) -> None:
        if self.k < 1:
            raise ValueError(f"k must be at least 1, not {self.k}")
        if self.min_score is not None and not 0 <= self.min_score <= 1:
            raise ValueError(f"min_score must be between 0 and 1, not {self.min_score}")
        if not 0 <= self.diversity <= 1:
            raise ValueError(f"diversity must be between 0 and 1, not {self.diversity}")


@dataclass(frozen=True, slots=True)
class Ranking:
    """Suggestions, best first. `none_suitable`: nobody reached the calibrated threshold, whatever `min_score` asked."""

    suggestions: tuple[Suggestion, ...]
    threshold: float
    none_suitable: bool


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Probabilities (n, m) and the parts behind them, each (n, m)."""

    probability: NDArray[np.float64]
    parts: Mapping[str, Matrix]


def rank(
    query: Profile,
    pool: Sequence[Profile] | Pool,
    request: Request | None = None,
    allowed: NDArray[np.bool_] | None = None,
) -> Ranking:
    """Rank the pool for one actor. Same data, same answer: ties are broken by id, whatever the order of the pool.

    A score depends on the two actors alone (their texts, facts and stored hubness), so score(a → b) = score(b → a),
    also between different pools. Filters are the caller's (`allowed`: one flag an actor of the pool, None for all);
    only the side rule is applied here.
    """
    request = request or Request()
    packed = pool if isinstance(pool, Pool) else Pool.from_profiles(pool)
    if allowed is not None and len(allowed) != len(packed):
        raise ValueError(f"allowed has {len(allowed)} flags for a pool of {len(packed)} actors")
    rows = _shortlist(query, packed, request, allowed)
    chosen = packed.take(rows, np.float64)
    scores = score_pools(Pool.from_profiles([query], np.float64), chosen, request.scoring)
    ranked = _order(scores.probability[0], chosen)
    threshold = request.scoring.calibration.threshold
    none_suitable = not any(scores.probability[0, place] >= threshold for place in ranked)
    floor = threshold if request.min_score is None else request.min_score
    kept = [place for place in ranked if scores.probability[0, place] >= floor]
    kept = spread_choice(kept, scores.probability[0], chosen, request.k, request.diversity)
    suggestions = tuple(_suggest(query, chosen, place, scores, request) for place in kept)
    return Ranking(suggestions, threshold, none_suitable)


def score_pools(a: Pool, b: Pool, scoring: Scoring) -> Scores:
    """The calibrated score of every pair of two packed pools, with its parts. Sides are not looked at."""
    parts = part_matrices(a, b, scoring)
    merit = merit_matrix(parts, scoring.weights, scoring.calibration)
    corrected = correct_hubs(merit, a.hubness, b.hubness, scoring)
    return Scores(np.round(scoring.calibration.to_probability(corrected), 9), parts)


def score_matrix(
    a: Sequence[Profile] | Pool,
    b: Sequence[Profile] | Pool | None = None,
    scoring: Scoring | None = None,
    *,
    same_side: float | None = 0.0,
) -> NDArray[np.float64]:
    """Scores of every pair, (n, m), for an event's pairings; `b` defaults to `a`.

    Pairs of one side (and an actor with itself) get `same_side`, or keep their score when it is None.
    """
    left = a if isinstance(a, Pool) else Pool.from_profiles(a)
    right = left if b is None else b if isinstance(b, Pool) else Pool.from_profiles(b)
    scores = score_pools(left, right, scoring or Scoring()).probability
    return scores if same_side is None else np.where(cross_side(left, right), scores, same_side)


def shortlist_length(k: int, diversity: float = 0.0, margin: int = _MARGIN) -> int:
    """How many actors are ranked in double precision for an answer of k; a spread list chooses among more."""
    return k * (4 if diversity else 1) + margin


def _shortlist(query: Profile, pool: Pool, request: Request, allowed: NDArray[np.bool_] | None) -> list[int]:
    """Rows that may come into the answer, in order of id."""
    if not len(pool):
        return []
    open_to = np.ones(len(pool), dtype=bool)
    if request.cross_side:
        open_to = cross_side(Pool.from_profiles([query]), pool)[0]
    if query.id in pool.row_of:
        open_to[pool.row_of[query.id]] = False
    rows = np.flatnonzero(open_to if allowed is None else open_to & allowed)
    wanted = shortlist_length(request.k, request.diversity)
    if len(rows) > wanted:
        scores = score_pools(Pool.from_profiles([query]), pool, request.scoring).probability[0, rows]
        # Whoever ties with the last place (within single precision) comes along: ids decide later.
        last = np.partition(scores, len(scores) - wanted)[len(scores) - wanted]
        rows = rows[scores >= last - 1e-6]
    return sorted(rows.tolist(), key=lambda row: _id_order(pool.profiles[row]))


def _order(probability: NDArray[np.float64], pool: Pool) -> list[int]:
    return sorted(range(len(pool)), key=lambda place: (-probability[place], _id_order(pool.profiles[place])))


def _id_order(profile: Profile) -> tuple[bool, int | str]:
    """Numbers before words, each in its own order."""
    return (isinstance(profile.id, str), profile.id)


def _suggest(query: Profile, pool: Pool, place: int, scores: Scores, request: Request) -> Suggestion:
    other = pool.profiles[place]
    parts = {
        name: round(float(matrix[0, place]), 6)
        for name, matrix in scores.parts.items()
        if not np.isnan(matrix[0, place])
    }
    kilometres = _distance(query, other)
    relation = request.scoring.relations.get(frozenset((query.id, other.id)))
    bare = Suggestion(
        id=other.id,
        score=float(scores.probability[0, place]),
        parts=parts,
        common_languages=tuple(code for code in query.languages if code in other.languages),
        distance_km=kilometres,
        relation=relation.kind if relation else None,
    )
    if not request.explain:
        return bare
    return replace(bare, reasons=explain_pair(query, other, bare, request.scoring, _year(relation)))


def _year(relation: Relation | None) -> int | None:
    return relation.year if relation else None


def _distance(a: Profile, b: Profile) -> int | None:
    if a.lat is None or a.lon is None or b.lat is None or b.lon is None:
        return None
    place = (np.array([value]) for value in (a.lat, a.lon, b.lat, b.lon))
    return round(float(distance_matrix(*place)[0, 0]))
