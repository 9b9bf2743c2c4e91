"""`viaduc evaluate DIR`: every figure of an evaluation folder, baselines beside the full ranking in the same run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from matching.ranking.baselines import centred, sector_overlap, tfidf_similarity, whole_text
from matching.ranking.diversity import share_never_suggested
from matching.ranking.evaluation import (
    Gold,
    calibration_figures,
    evaluate_scores,
    none_suitable_figures,
    translation_figures,
)
from matching.ranking.folder import Folder, ParallelLine, read_folder
from matching.ranking.hubs import measure_hubness
from matching.ranking.parts import Scoring
from matching.ranking.profile import Pool, Profile
from matching.ranking.rank import score_pools

Matrix = NDArray[Any]
# How many texts the shipped mean of a language counts for beside the corpus's own.
MEANS_WEIGHT = 10.0


class Encode(Protocol):
    """The encoder, as far as a study needs it."""

    def encode(self, texts: Sequence[str], kind: Any) -> Matrix:
        """Unit vectors (n, d)."""


class Neutral(Protocol):
    """The language-neutral space, as far as a study needs it."""

    def project(self, vectors: Any, languages: Any) -> Matrix:
        """Neutral unit vectors (n, d)."""

    def shrunk_means(self, corpus_vectors: Any, corpus_languages: Any, weight: float = ...) -> Neutral:
        """The same space with the language means of a corpus, shrunk towards its own."""


def evaluate_folder(
    directory: Path | str,
    encoder: Encode,
    neutral: Neutral,
    *,
    baselines: bool = True,
    scoring: Scoring | None = None,
    on_step: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Every figure for one folder, ready for JSON. FolderError when the folder is faulty.

    `on_step` hears each step before it is taken. Texts are embedded exactly as the service stores them.
    """
    folder = read_folder(directory)
    gold = Gold.from_folder(folder)
    scoring = scoring or Scoring()
    on_step(f"embedding {sum(len(a.profile.passages) for a in folder.actors)} passages of {len(gold.ids)} actors")
    profiles = embed_profiles([actor.profile for actor in folder.actors], encoder, neutral)
    on_step("ranking")
    scores = score_profiles(profiles, scoring)
    answer = evaluate_scores(scores, gold)
    answer["calibration"] = calibration_figures(scores, gold)
    answer["none_suitable"] = none_suitable_figures(scores, gold, scoring.calibration.threshold)
    answer["never_suggested"] = _never_suggested(scores, gold)
    if baselines:
        on_step("measuring the baselines")
        answer["baselines"] = {
            name: evaluate_scores(matrix, gold) for name, matrix in baseline_scores(folder, encoder, neutral).items()
        }
    if folder.parallel:
        on_step(f"finding the translations of {len(folder.parallel)} lines")
        answer["translation"] = _translation(folder.parallel, encoder, neutral)
    return answer


def embed_profiles(profiles: Sequence[Profile], encoder: Encode, neutral: Neutral) -> list[Profile]:
    """The same actors with a neutral vector on every passage; one call of the encoder for all.

    Language means are those of these very actors, shrunk towards the shipped ones.
    """
    texts = [passage.text for profile in profiles for passage in profile.passages]
    langs = [passage.lang for profile in profiles for passage in profile.passages]
    if not texts:
        return list(profiles)
    vectors = iter(_neutral_vectors(texts, langs, encoder, neutral))
    return [
        replace(profile, passages=tuple(replace(passage, vector=next(vectors)) for passage in profile.passages))
        for profile in profiles
    ]


def _neutral_vectors(texts: Sequence[str], langs: Sequence[str], encoder: Encode, neutral: Neutral) -> Matrix:
    raw = encoder.encode(texts, "query")
    return neutral.shrunk_means(raw, langs, MEANS_WEIGHT).project(raw, langs)


def score_profiles(profiles: Sequence[Profile], scoring: Scoring) -> NDArray[np.float64]:
    """Scores of every pair (n, n), hubness measured among these actors first; sides are not looked at."""
    hubness = measure_hubness(profiles, scoring=scoring)
    pool = Pool.from_profiles(p.with_hubness(float(h)) for p, h in zip(profiles, hubness, strict=True))
    level = float(hubness.mean()) if len(hubness) else None
    return score_pools(pool, pool, replace(scoring, hub_level=level)).probability


def baseline_scores(folder: Folder, encoder: Encode, neutral: Neutral) -> dict[str, Matrix]:
    """Simpler rankings of the same actors, each (n, n)."""
    profiles = [actor.profile for actor in folder.actors]
    texts = [whole_text(profile) for profile in profiles]
    langs = list(Gold.from_folder(folder).main_languages)
    raw = encoder.encode(texts, "query")
    middle, projected = centred(raw, langs), neutral.shrunk_means(raw, langs, MEANS_WEIGHT).project(raw, langs)
    return {
        "sectors_only": sector_overlap(profiles),
        "tfidf_words": tfidf_similarity(texts, "word"),
        "tfidf_characters": tfidf_similarity(texts, "char_wb"),
        "encoder_raw": raw @ raw.T,
        "encoder_centred": middle @ middle.T,
        "encoder_projected": projected @ projected.T,
    }


def _never_suggested(scores: Matrix, gold: Gold, k: int = 10) -> dict[str, float]:
    """Share of actors on nobody's list of ten, per scope."""
    shares = {}
    for scope in ("border", "all"):
        candidates = gold.candidates(scope)
        ranked = np.argsort(-np.where(candidates, scores, -np.inf), axis=1, kind="stable")[:, :k]
        lists = [[i for i in row if candidates[q, i]] for q, row in enumerate(ranked.tolist())]
        shares[scope] = round(share_never_suggested(lists, range(len(gold.ids))), 4)
    return shares


def _translation(lines: Sequence[ParallelLine], encoder: Encode, neutral: Neutral) -> dict[str, Any]:
    vectors: dict[str, Matrix] = {}
    for lang in sorted({lang for line in lines for lang in line.texts}):
        have = [number for number, line in enumerate(lines) if lang in line.texts]
        found = neutral.project(encoder.encode([lines[i].texts[lang] for i in have], "query"), [lang] * len(have))
        vectors[lang] = np.full((len(lines), found.shape[1]), np.nan)
        vectors[lang][have] = found
    return translation_figures(vectors, [line.doc for line in lines])
