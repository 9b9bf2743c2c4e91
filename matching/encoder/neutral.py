"""The language-neutral space: what a vector says once the language it was said in is taken away.

Multilingual encoders put texts of one language near each other whatever they mean. Taking away the mean of
each language helps most; a linear map learned from parallel texts takes away the rest. With x centred per
language, m the mean over the translations of one text, Sb the covariance of the m and Sw that of x − m, the
map whitens by Sw (WCCN; Hatch et al., 2006) and then shrinks each direction by sqrt(b / (b + 1)), b being how
much meaning varies there against how much language does (the Wiener gain of two-covariance PLDA).

The shipped map belongs to the default encoder only. Figures, data and licences:
docs/decisions/0003-language-neutral-projection.md.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from matching.encoder.protocol import Vectors, unit_rows

_DATA = "data/neutral.npz"


@dataclass(frozen=True)
class NeutralSpace:
    """A projection of raw encoder vectors. ``version`` stands beside every vector it made."""

    version: str
    encoder: str
    """Name of the only encoder it was learned for; empty when it fits any."""
    dim: int
    matrix: NDArray[np.float32] | None = None
    means: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    @classmethod
    def load_default(cls) -> "NeutralSpace":
        """Return the shipped space of the default encoder (see ``encoder`` for its name)."""
        return _load_shipped()

    @classmethod
    def identity(cls, dim: int) -> "NeutralSpace":
        """Return the space that changes nothing, for encoders nothing was learned for.

        Its ``shrunk_means`` gives plain centring learned from the corpus.
        """
        return cls(version="identity/1", encoder="", dim=dim)

    @property
    def stored_dim(self) -> int:
        """Length of a projected vector, the one that is stored."""
        return self.dim if self.matrix is None else int(self.matrix.shape[1])

    def project(self, vectors: Vectors, languages: Sequence[str | None]) -> Vectors:
        """Return unit float32 ``[n, dim]`` of raw ``vectors`` whose texts are in ``languages``.

        Languages are BCP 47 tags (``pt-BR`` counts as ``pt``). A language without a mean of its own, unknown
        or not, takes the mean of all means: held out, a language so treated loses under one point of
        recall@1, though its own texts attract each other a little more.
        """
        return unit_rows(self.place(vectors, languages))

    def place(self, vectors: Vectors, languages: Sequence[str | None]) -> Vectors:
        """Return float32 ``[n, stored_dim]`` like ``project``, before the rows are scaled to length 1.

        This is linear in the vectors, so the means of a corpus can be taken off later, in the stored space:
        ``unit(place(x, l) - s)`` with ``s = n / (n + weight) * mean of the n placed texts in l`` is what
        ``shrunk_means(..., weight).project`` gives, without encoding anything again.
        """
        raw = self._checked(vectors, len(languages))
        if self.means and len(raw):
            raw = raw - np.stack([self._mean(language) for language in languages])
        return raw if self.matrix is None else np.asarray(raw @ self.matrix, dtype=np.float32)

    def shrunk_means(
        self, corpus_vectors: Vectors, corpus_languages: Sequence[str | None], weight: float = 20.0
    ) -> "NeutralSpace":
        """Return this space with the means of a corpus, shrunk towards the means it has.

        ``weight`` is how many texts the mean at hand counts for: a language with few texts stays near it, so
        a small corpus or one on a single topic does not take its own meaning for its language. The vectors
        are raw, as the encoder gives them. Without means at hand they shrink towards that of the corpus.
        """
        raw = self._checked(corpus_vectors, len(corpus_languages))
        if not len(raw):
            return self
        tags = np.array([_primary(language) for language in corpus_languages])
        common = raw.mean(axis=0)
        means = dict(self.means)
        for tag in sorted(set(tags.tolist()) - {""}):
            own = raw[tags == tag]
            prior = self._mean(tag) if self.means else common
            means[tag] = ((own.sum(axis=0) + weight * prior) / (len(own) + weight)).astype(np.float32)
        digest = hashlib.sha256(b"".join(tag.encode() + means[tag].tobytes() for tag in sorted(means)))
        version = f"{self.version.partition('~')[0]}~{digest.hexdigest()[:8]}"
        return NeutralSpace(version, self.encoder, self.dim, self.matrix, means)

    def _mean(self, language: str | None) -> NDArray[np.float32]:
        found = self.means.get(_primary(language))
        return self._mean_of_means() if found is None else found

    def _mean_of_means(self) -> NDArray[np.float32]:
        stacked = np.stack([self.means[tag] for tag in sorted(self.means)])
        return np.asarray(stacked.mean(axis=0), dtype=np.float32)

    def _checked(self, vectors: Vectors, count: int) -> Vectors:
        raw = np.asarray(vectors, dtype=np.float32).reshape(-1, self.dim)
        if len(raw) != count:
            raise ValueError(f"{len(raw)} vectors and {count} languages: one language a vector is needed")
        return raw


def two_covariance_map(groups: Sequence[NDArray[np.float32]], ridge: float = 1.0) -> NDArray[np.float32]:
    """Learn the map from parallel texts: ``[d, d]``, applied from the right to centred rows.

    Each group is ``[texts, languages, d]``, centred per language; groups may differ in their languages.
    ``ridge`` is added to Sw, in units of its mean variance.
    """
    dim = groups[0].shape[2]
    between, within = np.zeros((dim, dim)), np.zeros((dim, dim))
    texts, freedom = 0, 0
    for group in groups:
        centre = group.mean(axis=1)
        spread = (group - centre[:, None]).reshape(-1, dim)
        between += centre.T @ centre
        within += spread.T @ spread
        texts += len(group)
        freedom += len(group) * (group.shape[1] - 1)
    between /= texts
    within /= freedom
    values, axes = np.linalg.eigh(within + ridge * np.trace(within) / dim * np.eye(dim))
    whiten = axes @ np.diag(values**-0.5) @ axes.T
    gains, directions = np.linalg.eigh(whiten @ between @ whiten)
    gains = np.maximum(gains, 0.0)
    learned = whiten @ directions @ np.diag(np.sqrt(gains / (gains + 1.0)))
    return np.asarray(learned * np.sqrt(dim / np.square(learned).sum()), dtype=np.float32)


@cache
def _load_shipped() -> NeutralSpace:
    with files("matching.encoder").joinpath(_DATA).open("rb") as file, np.load(file) as stored:
        note = json.loads(str(stored["note"]))
        matrix = stored["matrix"].astype(np.float32) if "matrix" in stored else None
        vectors = stored["means"].astype(np.float32)
    means = dict(zip(note["languages"], vectors, strict=True))
    return NeutralSpace(note["version"], note["encoder"], vectors.shape[1], matrix, means)


def _primary(language: str | None) -> str:
    return (language or "").partition("-")[0].lower()
