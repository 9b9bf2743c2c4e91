"""How well texts fit each language: py3langid's naive Bayes over byte n-grams (Lui & Baldwin, 2012), many at once.

The library walks one text at a time through its automaton, a byte a step of Python. Here all texts take their step
together, which is the same walk and the same sum in half the time; tests hold both together.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.encoder.language_list import LANGUAGES

_ENOUGH = 2000
"""Characters that are looked at: the start of a long text decides, the rest only costs time."""
_FEW = 120
"""Texts below which it is faster to let the library walk each alone."""
_AT_ONCE = 2000
"""Texts that walk together; more would only take memory."""
_NOTHING = float(np.finfo(np.float32).min)
"""Score of a text in which no n-gram is known."""


def language_scores(texts: Sequence[str]) -> NDArray[np.float32]:
    """Logarithms of the likelihood of each text in each language, up to a constant: (texts, LANGUAGES)."""
    if len(texts) < _FEW:
        return np.array([_score(text) for text in texts], np.float32).reshape(len(texts), len(LANGUAGES))
    parts = [_walk(texts[start : start + _AT_ONCE]) for start in range(0, len(texts), _AT_ONCE)]
    return np.concatenate(parts)[:, _model().columns]


def _score(text: str) -> NDArray[np.float32]:
    """One text, walked by the library and summed as `_walk` sums: alone or in company, its scores are the same."""
    own = _model().identifier
    visits = _library().visit_counts(own.tk_nextmove, own._rowbase, own.tk_output, own._encode(text[:_ENOUGH]))
    if not visits:
        return np.full(len(LANGUAGES), _NOTHING, np.float32)
    feature, counts = (np.array(column) for column in zip(*sorted(visits.items()), strict=True))
    scores = _sums(counts, feature, np.zeros(1, np.int64))
    return np.asarray(scores[0, _model().columns], np.float32)


def _sums(counts: NDArray[np.int64], feature: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.float32]:
    """Scores of texts whose n-grams stand after each other, each text's from `first` on."""
    model = _model()
    weighed = np.log1p(counts.astype(np.float32))[:, None] * model.table[feature]
    return np.asarray(np.add.reduceat(weighed, first, axis=0) + model.prior, np.float32)


def _walk(texts: Sequence[str]) -> NDArray[np.float32]:
    """Scores in the order of the model's own languages."""
    model = _model()
    encoded = [model.identifier._encode(text[:_ENOUGH]) for text in texts]
    lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
    # The longest first: those that still walk are then the first ones, at every step.
    order = np.argsort(-lengths, kind="stable")
    letters = np.frombuffer(b"".join(encoded[i] for i in order), np.uint8)
    starts = np.cumsum(lengths[order]) - lengths[order]
    holders, features = _steps(letters, starts, lengths[order])
    scores = np.full((len(texts), len(model.table[0])), _NOTHING, np.float32)
    if len(holders):
        found, counts = np.unique(holders * len(model.table) + features, return_counts=True)
        holder, feature = np.divmod(found, len(model.table))
        first = np.flatnonzero(np.diff(holder, prepend=-1))
        scores[order[holder[first]]] = _sums(counts, feature, first)
    return scores


def _steps(
    letters: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(text, n-gram) of every n-gram that ends somewhere in a text, texts by decreasing length."""
    model = _model()
    state = np.zeros(len(starts), model.moves.dtype)
    walking = np.searchsorted(-lengths, -np.arange(lengths[0]), side="left")
    holders, features = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for position, n in enumerate(walking.tolist()):
        state[:n] = model.moves[model.bases[state[:n]] + letters[starts[:n] + position]]
        ended = model.ends[state[:n]]
        hits = np.flatnonzero(ended >= 0)
        holders.append(hits)
        features.append(ended[hits])
    return np.concatenate(holders), np.concatenate(features)


@dataclass(frozen=True)
class _Model:
    """The library's model as arrays: its automaton, the likelihoods of n-grams, the prior of languages."""

    identifier: Any
    moves: NDArray[np.uint32]
    bases: NDArray[np.int64]
    ends: NDArray[np.int64]
    table: NDArray[np.float32]
    prior: NDArray[np.float32]
    columns: NDArray[np.int64]


@functools.cache
def _model() -> _Model:
    identifier = load_identifier()
    return _Model(
        identifier,
        np.asarray(identifier.tk_nextmove),
        np.asarray(identifier._rowbase, np.int64),
        np.asarray(identifier.tk_output, np.int64),
        np.asarray(identifier.nb_ptc, np.float32),
        np.asarray(identifier.nb_pc, np.float32),
        np.array([list(identifier.nb_classes).index(language) for language in LANGUAGES]),
    )


@functools.cache
def load_identifier() -> Any:
    """The library's identifier, restricted to the languages of our borders."""
    library = _library()
    identifier = library.LanguageIdentifier.from_model_file(library.MODEL_FILE)
    identifier.set_languages(list(LANGUAGES))
    return identifier


def _library() -> Any:
    from py3langid import langid  # type: ignore[import-untyped]  # noqa: PLC0415 - slow import

    return langid
