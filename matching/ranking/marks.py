"""Which words of two fragments carry the match."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.ranking.profile import Evidence, Fragment
from matching.ranking.weights import PACKAGE_DATA

Span = tuple[int, int]
NeutralEncode = Callable[[Sequence[str], Sequence[str]], NDArray[Any]]
_WORD = re.compile(r"\w[\w'’-]*\w|\w")
_LONG_ENOUGH = 4
_ALIKE = 0.5


@lru_cache(maxsize=4096)
def mark_alike(yours: str, theirs: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Spans of words written alike on both sides: the same word, a figure, an acronym or a cognate.

    Across languages this finds "biochar" and "hydrogène/waterstof" not at all; `mark_by_meaning` does, at the price of
    encoding every word.
    """
    right = _spelled(theirs)
    marked_left: list[Span] = []
    marked_right: set[Span] = set()
    for span, grams in _spelled(yours):
        hits = [other_span for other_span, other in right if _alike(grams, other)]
        if hits:
            marked_left.append(span)
            marked_right.update(hits)
    return tuple(marked_left), tuple(sorted(marked_right))


def mark_by_meaning(evidence: Evidence, encode: NeutralEncode, most: int = 3) -> Evidence:
    """The evidence with the words marked whose meaning is nearest the other fragment, at most `most` a side.

    `encode(texts, languages)` gives neutral unit vectors, (n, d). A word is marked when it lies at least half as
    near the other fragment as the nearest word does.
    """
    yours, theirs = evidence.yours, evidence.theirs
    return replace(
        evidence,
        yours=replace(yours, marks=_nearest_words(yours, theirs, encode, most)),
        theirs=replace(theirs, marks=_nearest_words(theirs, yours, encode, most)),
    )


def _nearest_words(fragment: Fragment, other: Fragment, encode: NeutralEncode, most: int) -> tuple[Span, ...]:
    words = _words(fragment.text)
    if not words:
        return ()
    texts = [fragment.text[start:end] for (start, end), _ in words]
    vectors = encode([*texts, other.text], [fragment.lang] * len(texts) + [other.lang])
    near = np.round(vectors[:-1] @ vectors[-1], 6)
    best = np.argsort(-near, kind="stable")[:most]
    chosen = [words[int(i)][0] for i in best if near[i] > 0 and near[i] >= near[best[0]] / 2]
    return tuple(sorted(chosen))


@lru_cache(maxsize=4096)
def _spelled(text: str) -> tuple[tuple[Span, frozenset[str]], ...]:
    """The words worth marking with their trigrams; the same passages are quoted again and again."""
    return tuple((span, _trigrams(word)) for span, word in _words(text))


def _words(text: str) -> list[tuple[Span, str]]:
    """Words worth marking: four letters or more that say something, figures, and acronyms in capitals."""
    found = []
    for match in _WORD.finditer(text):
        word, folded = match.group(), _fold(match.group())
        acronym = len(word) > 1 and word.isupper()
        if word.isdigit() or acronym or (len(word) >= _LONG_ENOUGH and folded not in _little_words()):
            found.append((match.span(), folded))
    return found


@cache
def _little_words() -> frozenset[str]:
    """Words of all languages at once: of a word that only holds one language's sentences together nobody is in need."""
    tables = tomllib.loads((PACKAGE_DATA / "little_words.toml").read_text(encoding="utf-8"))
    return frozenset(_fold(word) for words in tables.values() for word in words.split())


def _fold(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _trigrams(word: str) -> frozenset[str]:
    padded = f" {word} "
    return frozenset(padded[i : i + 3] for i in range(max(len(padded) - 2, 1)))


def _alike(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether the Jaccard overlap reaches _ALIKE; the union need not be built for that."""
    least = _ALIKE * (len(a) + len(b))
    return (1 + _ALIKE) * min(len(a), len(b)) >= least and (1 + _ALIKE) * len(a & b) >= least
