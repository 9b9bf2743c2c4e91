"""An encoder without a model: hashed character n-grams.

It knows nothing of meaning or of other languages; it finds texts that share pieces of words. It is the
fallback where no model can be had, and what makes the tests of everything else start at once.
"""

import re
import unicodedata
import zlib
from collections.abc import Sequence

import numpy as np

from matching.encoder.protocol import Kind, Vectors, unit_rows

_WORD = re.compile(r"\w+")
_SIZES = (3, 4, 5)


class HashingEncoder:
    """Signed hashing of character 3- to 5-grams inside words (Weinberger et al., 2009), L2-normalised."""

    def __init__(self, dim: int = 384) -> None:
        """``dim`` buckets; two n-grams that share one blur each other."""
        if dim < 1:
            raise ValueError(f"dim must be at least 1, not {dim}")
        self._dim = dim

    @property
    def name(self) -> str:
        """Name and version of the method."""
        return f"hashing-{self._dim}/1"

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:  # noqa: ARG002 - both kinds are alike
        """Return unit float32 vectors ``[len(texts), dim]``; a text without a word gets a fixed vector."""
        vectors = np.zeros((len(texts), self._dim), dtype=np.float32)
        for row, text in enumerate(texts):
            for gram in _grams(text):
                code = zlib.crc32(gram.encode())
                vectors[row, code % self._dim] += 1.0 if code & 0x80000000 else -1.0
            if not vectors[row].any():
                vectors[row, 0] = 1.0
        return unit_rows(vectors)


def _grams(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    grams: list[str] = []
    for word in _WORD.findall(plain):
        padded = f"<{word}>"
        grams += [padded[i : i + n] for n in _SIZES for i in range(len(padded) - n + 1)]
    return grams
