"""What an encoder is: texts in, unit vectors out."""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Kind = Literal["query", "passage"]
Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts into vectors whose dot product says how close their meanings are."""

    @property
    def name(self) -> str:
        """Model and weights version, e.g. ``multilingual-e5-small/1571fc98``.

        Runtimes that give the same vectors share the name: it is stored beside every vector and decides
        which vectors are out of date.
        """

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """Return float32 ``[len(texts), dim]``, each row of length 1, in the order of the texts.

        ``kind`` says on which side of a search the texts stand; models trained with prompts use it.
        """


def unit_rows(vectors: Vectors) -> Vectors:
    """Scale each row of ``[n, d]`` to length 1; a zero row stays zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)
