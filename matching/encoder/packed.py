"""Reader of the packed 4-bit weights (format ``E5S1``) in which multilingual-e5-small travels.

The layout, as the reference engine reads it: magic ``E5S1`` and a version; hidden size, layers, heads,
feed-forward size, vocabulary rows, positions, token types, epsilon, block size; a tokenizer (not used here:
the original ``tokenizer.json`` is); then a directory of tensors. A tensor is float32 or ``Q4_0``: blocks of
18 bytes, one fp16 scale ``d`` and 16 bytes of nibbles, weight = (q − 8)·d, the low nibbles being weights
0–15 of the block and the high nibbles 16–31.

The file is mapped, never read whole: its 250,037-row word table stays on disk in 54 MB, and only the rows
that a text needs are unpacked.
"""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_BLOCK = 32
_BLOCK_BYTES = 18
_Q4, _FLOAT = 1, 0


class PackedWeightsError(ValueError):
    """The file is not what it should be."""


@dataclass(frozen=True)
class Shape:
    """The measures of the network."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True)
class _Entry:
    dtype: int
    size: int
    offset: int


class PackedWeights:
    """The tensors of one packed file, unpacked when asked for."""

    def __init__(self, path: Path) -> None:
        """Map ``path`` and read its directory. Raises PackedWeightsError when it is no such file."""
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            self.shape, self._entries = _read_directory(self._map)
        except (struct.error, UnicodeDecodeError, IndexError) as error:
            raise PackedWeightsError(f"{path.name} is cut short or damaged: {error}") from error

    def tensor(self, name: str, columns: int | None = None) -> NDArray[np.float32]:
        """Return a tensor as float32, flat or as rows of ``columns``."""
        entry = self._entries[name]
        if entry.dtype == _FLOAT:
            flat = np.frombuffer(self._map, dtype="<f4", count=entry.size, offset=entry.offset)
        else:
            flat = _unpack(self._blocks(entry)).reshape(-1)
        return flat if columns is None else flat.reshape(-1, columns)

    def rows(self, name: str, columns: int, indices: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the given rows of a Q4 matrix as float32 ``[len(indices), columns]``."""
        blocks = self._blocks(self._entries[name]).reshape(-1, columns // _BLOCK, _BLOCK_BYTES)
        return _unpack(blocks[indices].reshape(-1, _BLOCK_BYTES)).reshape(-1, columns)

    def _blocks(self, entry: _Entry) -> NDArray[np.uint8]:
        count = entry.size // _BLOCK * _BLOCK_BYTES
        flat = np.frombuffer(self._map, dtype=np.uint8, count=count, offset=entry.offset)
        return flat.reshape(-1, _BLOCK_BYTES)


def _unpack(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    nibbles = blocks[:, 2:]
    weights = np.empty((len(blocks), _BLOCK), dtype=np.float32)
    weights[:, :16] = nibbles & 0x0F
    weights[:, 16:] = nibbles >> 4
    weights -= 8.0
    weights *= scales
    return weights


def _read_directory(data: mmap.mmap) -> tuple[Shape, dict[str, _Entry]]:
    if data[:4] != b"E5S1":
        raise PackedWeightsError("not a packed E5S1 weight file")
    shape = Shape(*struct.unpack_from("<7if", data, 8))
    (block,) = struct.unpack_from("<i", data, 40)
    if block != _BLOCK:
        raise PackedWeightsError(f"weights in blocks of {block}, only {_BLOCK} is known")
    pieces, *_, blob = struct.unpack_from("<5iQ", data, 44)
    cursor = 44 + 28 + 4 * (pieces + 1) + 4 * pieces + blob
    _, normaliser = struct.unpack_from("<iI", data, cursor)
    cursor += 8 + normaliser
    (count,) = struct.unpack_from("<i", data, cursor)
    cursor += 4
    entries: dict[str, _Entry] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, cursor)
        name = data[cursor + 2 : cursor + 2 + length].decode("ascii")
        dtype, size, offset, _bytes = struct.unpack_from("<BIQQ", data, cursor + 2 + length)
        if dtype not in (_FLOAT, _Q4):
            raise PackedWeightsError(f"tensor {name} has the unknown type {dtype}")
        entries[name] = _Entry(dtype, size, offset)
        cursor += 2 + length + 21
    return shape, entries
