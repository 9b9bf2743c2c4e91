"""A small change to the default model's weights, learned from parallel texts.

Low-rank (LoRA; Hu et al., 2021): to a matrix W of a layer it adds B·A, with A ``[rank, in]`` and B
``[out, rank]``. It teaches the model that a text and its translation mean the same and that being in one
language does not; what was measured stands in docs/decisions/0003-language-neutral-projection.md.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
_DATA = "data/adapter.npz"


@dataclass(frozen=True)
class Adapter:
    """Low-rank changes by the packed name of the tensor they change, such as ``l7.q``."""

    version: str
    factors: Mapping[str, tuple[Matrix, Matrix]]

    @classmethod
    def load_default(cls) -> "Adapter":
        """Return the shipped adapter of the default model."""
        with as_file(files("matching.encoder").joinpath(_DATA)) as path:
            return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> "Adapter":
        """Read an adapter written by ``bench/languages_adapter.py``."""
        with np.load(path) as stored:
            note = json.loads(str(stored["note"]))
            factors = {
                name: (stored[f"{name}.a"].astype(np.float32), stored[f"{name}.b"].astype(np.float32))
                for name in note["tensors"]
            }
        return cls(note["version"], factors)

    def __contains__(self, name: str) -> bool:
        return name in self.factors

    def __iter__(self) -> Iterator[str]:
        return iter(self.factors)

    def change(self, name: str) -> Matrix:
        """Return what is added to the matrix of ``name``: float32 ``[out, in]``."""
        inner, outer = self.factors[name]
        return np.asarray(outer @ inner, dtype=np.float32)

    def name_after(self, base: str) -> str:
        """Name an encoder whose weights this adapter refines."""
        return f"{base}+{self.version}"
