"""How good is a ranking? Scores and gold in, figures out.

Recall@k is the share of queries with a gold partner among the first k; nDCG (Järvelin and Kekäläinen, 2002) uses gains
2^grade − 1 (Burges et al., 2005); MRR is the mean of 1 / rank of the first gold partner. Ties are broken by the order
of the actors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.ranking.calibration import expected_calibration_error
from matching.ranking.folder import Folder

Matrix = NDArray[Any]
SCOPES = ("border", "all")


@dataclass(frozen=True, slots=True, eq=False)
class Gold:
    """What a folder says is right.

    `grades` is (n, n), symmetric; `main_languages` the language most of an actor's texts are in.
    """

    ids: tuple[str, ...]
    sides: tuple[str, ...]
    borders: tuple[str, ...]
    languages: tuple[frozenset[str], ...]
    main_languages: tuple[str, ...]
    grades: NDArray[np.int64]
    twins: tuple[tuple[int, int], ...]

    @classmethod
    def from_folder(cls, folder: Folder) -> Gold:
        """The gold of a folder, actors in its order."""
        row = {str(actor.profile.id): number for number, actor in enumerate(folder.actors)}
        grades = np.zeros((len(row), len(row)), dtype=np.int64)
        for pair in folder.pairs:
            grades[row[pair.a], row[pair.b]] = grades[row[pair.b], row[pair.a]] = pair.grade
        return cls(
            ids=tuple(row),
            sides=tuple(actor.profile.side for actor in folder.actors),
            borders=tuple(actor.border for actor in folder.actors),
            languages=tuple(actor.text_languages for actor in folder.actors),
            main_languages=tuple(_main_language([p.lang for p in actor.profile.passages]) for actor in folder.actors),
            grades=grades,
            twins=tuple((row[a], row[b]) for a, b in folder.twins),
        )

    def candidates(self, scope: str) -> NDArray[np.bool_]:
        """Which pairs may be suggested, (n, n): other sides, in scope `border` of the same border."""
        across = np.not_equal.outer(self.sides, self.sides)
        return across & self.neighbours() if scope == "border" else across

    def neighbours(self) -> NDArray[np.bool_]:
        """Which pairs belong to one border, (n, n)."""
        return np.equal.outer(self.borders, self.borders)


def _main_language(languages: Sequence[str]) -> str:
    return min(set(languages), key=lambda lang: (-languages.count(lang), lang)) if languages else "und"


def evaluate_scores(scores: Matrix, gold: Gold) -> dict[str, Any]:
    """Figures of one score matrix (n, n; higher is better), for both scopes, overall and per language pair."""
    return {scope: _scope_figures(scores, gold, scope) for scope in SCOPES} | {"twins": twins_above(scores, gold)}


def _scope_figures(scores: Matrix, gold: Gold, scope: str) -> dict[str, Any]:
    candidates = gold.candidates(scope)
    queries = [q for q in range(len(gold.ids)) if (gold.grades[q][candidates[q]] > 0).any()]
    figures = _figures([_ranked_grades(scores, gold, q, candidates[q]) for q in queries])
    biased = [b for q in queries if (b := is_biased(scores, gold, q, scope)) is not None]
    return {
        "queries": len(queries),
        **figures,
        "language_bias": _mean(biased),
        "language_pairs": _language_pairs(scores, gold, candidates, queries),
    }


def _figures(ranked: Sequence[NDArray[np.int64]]) -> dict[str, float]:
    firsts = [int(np.flatnonzero(grades)[0]) for grades in ranked]
    return {
        **{f"recall@{k}": _mean([first < k for first in firsts]) for k in (1, 5, 10)},
        "ndcg@10": _mean([ndcg(grades, 10) for grades in ranked]),
        "mrr": _mean([1 / (first + 1) for first in firsts]),
    }


def _ranked_grades(scores: Matrix, gold: Gold, query: int, candidates: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Grades of the candidates, best score first."""
    rows = np.flatnonzero(candidates)
    return np.asarray(gold.grades[query, rows[np.argsort(-scores[query, rows], kind="stable")]])


def ndcg(grades: NDArray[np.int64], k: int) -> float:
    """Normalised discounted cumulative gain at k of a ranked list of grades; 0 without any gold."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    gains = 2.0**grades - 1
    best = np.sort(gains)[::-1][:k]
    ideal = float(best @ discounts[: len(best)])
    return float(gains[:k] @ discounts[: len(gains[:k])]) / ideal if ideal else 0.0


def is_biased(scores: Matrix, gold: Gold, query: int, scope: str) -> bool | None:
    """Whether a same-language non-partner, on whatever side, outranks every gold partner in another language.

    None when no gold partner is written in another language.
    """
    within = gold.neighbours()[query] if scope == "border" else np.ones(len(gold.ids), dtype=bool)
    partners = gold.grades[query] > 0
    same_language = np.array([bool(gold.languages[query] & langs) for langs in gold.languages])
    foreign = partners & ~same_language & within
    rivals = ~partners & same_language & within
    rivals[query] = False
    if not foreign.any():
        return None
    return bool(rivals.any() and scores[query, rivals].max() > scores[query, foreign].max())


def _language_pairs(
    scores: Matrix, gold: Gold, candidates: NDArray[np.bool_], queries: Iterable[int]
) -> dict[str, dict[str, float]]:
    """Figures per (language of the query, language of the partner); partners in other languages are set aside."""
    groups: dict[str, list[NDArray[np.int64]]] = {}
    for query in queries:
        partners = np.flatnonzero((gold.grades[query] > 0) & candidates[query])
        for lang in sorted({gold.main_languages[p] for p in partners}):
            aside = [p for p in partners if gold.main_languages[p] != lang]
            kept = candidates[query].copy()
            kept[aside] = False
            key = f"{gold.main_languages[query]}-{lang}"
            groups.setdefault(key, []).append(_ranked_grades(scores, gold, query, kept))
    return {key: {"queries": len(ranked), **_figures(ranked)} for key, ranked in sorted(groups.items())}


def twins_above(scores: Matrix, gold: Gold) -> dict[str, float | int] | None:
    """Share of competitors (both directions) ranked above a gold partner of the query; None where none is named."""
    asked = [
        (query, twin)
        for pair in gold.twins
        for query, twin in (pair, pair[::-1])
        if (gold.grades[query] > 0).any() and gold.sides[query] != gold.sides[twin]
    ]
    above = [bool((scores[q, gold.grades[q] > 0] < scores[q, twin]).any()) for q, twin in asked]
    return {"asked": len(asked), "above": _mean(above)} if asked else None


def calibration_figures(probabilities: Matrix, gold: Gold) -> dict[str, float]:
    """Expected calibration error over the candidate pairs of each scope."""
    upper = np.triu(np.ones_like(gold.grades, dtype=bool), 1)
    figures = {}
    for scope in SCOPES:
        pairs = gold.candidates(scope) & upper
        figures[scope] = round(expected_calibration_error(probabilities[pairs], gold.grades[pairs] > 0), 4)
    return figures


def none_suitable_figures(probabilities: Matrix, gold: Gold, threshold: float) -> dict[str, float | int]:
    """How well "nobody suitable" is told: the best probability over the border against the threshold.

    An actor without gold partner is the positive class; AUC ranks actors by their best probability.
    """
    candidates = gold.candidates("border")
    asked = [q for q in range(len(gold.ids)) if candidates[q].any()]
    best = np.array([probabilities[q, candidates[q]].max() for q in asked])
    alone = np.array([not (gold.grades[q] > 0).any() for q in asked])
    said = best < threshold
    right = int((said & alone).sum())
    return {
        "actors": int(alone.sum()),
        "precision": round(right / int(said.sum()), 4) if said.any() else 0.0,
        "recall": round(right / int(alone.sum()), 4) if alone.any() else 0.0,
        "auc": round(area_under_curve(-best, alone), 4),
    }


def area_under_curve(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Probability that a positive scores above a negative, ties a half (Mann–Whitney); 0.5 when a class is empty."""
    above, below = scores[positive], scores[~positive]
    if not len(above) or not len(below):
        return 0.5
    return float((np.sign(np.subtract.outer(above, below)) + 1).mean() / 2)


def translation_figures(vectors: Mapping[str, Matrix], docs: Sequence[str]) -> dict[str, Any]:
    """R@1 and bias of finding translations, per direction and in the mean.

    `vectors[lang]` is (n, d), row i the text of line i or NaN where it lacks; bias is the share of lines where
    a text of another `doc` in the query's language outranks the translation.
    """
    apart = np.not_equal.outer(docs, docs)
    directions = {f"{a}-{b}": _direction(vectors[a], vectors[b], apart) for a in vectors for b in vectors if a != b}
    directions = {key: row for key, row in directions.items() if row["lines"]}
    mean = {name: _mean([row[name] for row in directions.values()]) for name in ("recall@1", "bias")}
    return {"translation_recall@1": mean["recall@1"], "translation_bias": mean["bias"], "directions": directions}


def _direction(a: Matrix, b: Matrix, apart: NDArray[np.bool_]) -> dict[str, Any]:
    both = np.flatnonzero(~np.isnan(a[:, 0]) & ~np.isnan(b[:, 0]))
    near = a[both] @ b[both].T
    own = np.diag(near)
    rivals = np.where(apart[np.ix_(both, both)], a[both] @ a[both].T, -np.inf)
    first = near.argmax(axis=1) == np.arange(len(both))
    outranked = rivals.max(axis=1, initial=-np.inf) > own
    return {"lines": len(both), "recall@1": _mean(first), "bias": _mean(outranked)}


def _mean(values: Sequence[float] | Matrix) -> float:
    return round(float(np.mean(values)), 4) if len(values) else 0.0
