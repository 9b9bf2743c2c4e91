import struct
from pathlib import Path

import numpy as np
import pytest

from matching.encoder.packed import PackedWeights, PackedWeightsError

HIDDEN = 64


def q4_block(scale: float, nibbles: list[int]) -> bytes:
    """32 weights: the low nibbles are the first 16, the high ones the last 16."""
    return np.float16(scale).tobytes() + bytes(nibbles[i] | nibbles[i + 16] << 4 for i in range(16))


def packed_file(path: Path, magic: bytes = b"E5S1", block: int = 32) -> Path:
    """Two Q4 rows of 64 and one float vector of 3, laid out as the reference engine reads them."""
    head = magic + struct.pack("<i7if", 1, HIDDEN, 1, 2, 128, 2, 8, 1, 1e-12) + struct.pack("<i", block)
    tokenizer = struct.pack("<5iQ", 2, 0, 2, 1, 3, 3) + struct.pack("<3I2f", 0, 1, 3, -1.0, -2.0) + b"abc"
    normaliser = struct.pack("<iI", 1, 9) + struct.pack("<IBI", 65, 1, 97)
    rows = b"".join(
        q4_block(scale, [(start + i) % 16 for i in range(32)])
        for scale, start in ((1.0, 0), (0.5, 3), (2.0, 5), (0.25, 8))
    )
    floats = np.array([1.5, -2.0, 0.25], dtype="<f4").tobytes()
    names = [("emb.word", 1, 2 * HIDDEN, rows), ("emb.ln.w", 0, 3, floats)]
    directory_size = 4 + sum(2 + len(name) + 21 for name, *_ in names)
    offset = len(head + tokenizer + normaliser) + directory_size
    directory = struct.pack("<i", len(names))
    for name, dtype, size, data in names:
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", dtype, size, offset, len(data))
        offset += len(data)
    path.write_bytes(head + tokenizer + normaliser + directory + rows + floats)
    return path


def test_unpacks_weights_as_q_minus_8_times_scale(tmp_path: Path) -> None:
    packed = PackedWeights(packed_file(tmp_path / "w.bin"))
    expected = [
        scale * ((start + i) % 16 - 8) for scale, start in ((1.0, 0), (0.5, 3), (2.0, 5), (0.25, 8)) for i in range(32)
    ]
    assert packed.tensor("emb.word").tolist() == expected
    assert packed.rows("emb.word", HIDDEN, np.array([1, 0])).tolist() == [expected[64:], expected[:64]]
    assert packed.tensor("emb.ln.w").tolist() == [1.5, -2.0, 0.25]
    assert (packed.shape.hidden, packed.shape.positions, packed.shape.token_types) == (HIDDEN, 8, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"magic": b"GGUF"}, "not a packed E5S1 weight file"),
        ({"block": 64}, "weights in blocks of 64, only 32 is known"),
    ],
)
def test_refuses_another_format(tmp_path: Path, change: dict, message: str) -> None:
    with pytest.raises(PackedWeightsError, match=message):
        PackedWeights(packed_file(tmp_path / "w.bin", **change))


def test_a_cut_file_is_named(tmp_path: Path) -> None:
    path = packed_file(tmp_path / "w.bin")
    path.write_bytes(path.read_bytes()[:90])
    with pytest.raises(PackedWeightsError, match=r"w\.bin is cut short or damaged"):
        PackedWeights(path)
