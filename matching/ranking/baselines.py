"""Simpler rankings, measured beside the full one in the same run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.ranking.profile import Profile

Matrix = NDArray[Any]


def whole_text(profile: Profile) -> str:
    """All an actor says, in one string."""
    return " ".join(passage.text for passage in profile.passages)


def tfidf_similarity(texts: Sequence[str], analyzer: str = "word") -> Matrix:
    """Cosines of tf-idf vectors over words (`word`) or over 3- to 5-letter pieces (`char_wb`), (n, n)."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # slow import

    span = (1, 1) if analyzer == "word" else (3, 5)
    vectors = TfidfVectorizer(analyzer=analyzer, ngram_range=span, sublinear_tf=analyzer != "word").fit_transform(texts)
    return np.asarray((vectors @ vectors.T).toarray())


def centred(vectors: Matrix, languages: Sequence[str]) -> Matrix:
    """Unit vectors less the mean of their language, of length one again, (n, d)."""
    out = np.array(vectors, dtype=np.float64)
    tags = np.array(languages)
    for lang in set(languages):
        out[tags == lang] -= out[tags == lang].mean(axis=0)
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12))


def sector_overlap(profiles: Sequence[Profile]) -> Matrix:
    """Jaccard overlap of sector labels, (n, n): what a tag-matching system would do."""
    labels = [frozenset(label.casefold() for label in profile.sectors) for profile in profiles]
    return np.array([[len(a & b) / len(a | b) if a | b else 0.0 for b in labels] for a in labels])
