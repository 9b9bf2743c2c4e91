import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from matching.encoder.bundled import BUNDLED_NAME
from matching.encoder.light import LightEncoder, _batches

REFERENCE = Path(__file__).parent / "data" / "reference.npz"


@pytest.mark.parametrize("kind", ["query", "passage"])
def test_agrees_with_the_reference_engine_in_seven_languages(published: LightEncoder, kind: str) -> None:
    stored = np.load(REFERENCE)
    texts = [str(text) for text in stored["texts"]]
    cosines = (published.encode(texts, kind) * stored[kind].astype(np.float32)).sum(axis=1)
    assert len(texts) == 56
    assert cosines.min() >= 0.999


def test_vectors_are_unit_float32_in_the_order_of_the_texts(published: LightEncoder) -> None:
    texts = ["a much longer text about the weaving of glass fibre into cloth " * 4, "hops", "", "🧵" * 30, "مرحبا"]
    together = published.encode(texts, "query")
    alone = np.concatenate([published.encode([text], "query") for text in texts])
    assert (together.shape, together.dtype) == ((5, published.dim), np.float32)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    assert (together * alone).sum(axis=1).min() > 0.999


def test_nothing_in_nothing_out(published: LightEncoder) -> None:
    assert published.encode([], "query").shape == (0, 384)
    assert published.name == BUNDLED_NAME


def test_a_text_past_512_tokens_is_cut(published: LightEncoder) -> None:
    long, longer = (published.encode(["water " * count], "passage") for count in (2000, 10_000))
    np.testing.assert_allclose(long, longer, atol=1e-6)


def test_several_threads_get_their_own_answers(published: LightEncoder) -> None:
    texts = [f"machine number {i} for sorting {word}" for i, word in enumerate(["glass", "wool", "fish"] * 8)]
    expected = [published.encode([text], "query") for text in texts]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda text: published.encode([text], "query"), texts))
    np.testing.assert_allclose(np.concatenate(found), np.concatenate(expected), atol=1e-3)


def test_batches_hold_every_row_once_and_stay_small() -> None:
    lengths = [512, 3, 400, 3, 90, 512, 512, 512, 512]
    batches = list(_batches(lengths))
    assert sorted(row for batch in batches for row in batch) == list(range(9))
    assert [max(lengths[row] for row in batch) * len(batch) for batch in batches] == [1600, 2048, 512]


ASKING = """
import sys
asked = []
sys.addaudithook(lambda name, what: name in {"socket.getaddrinfo", "socket.connect"} and asked.append(what))
from pathlib import Path
from matching.encoder.light import LightEncoder
assert LightEncoder(Path(sys.argv[1])).encode(["hops"], "query").shape == (1, 384)
import threading
for thread in threading.enumerate():
    if thread is not threading.current_thread() and not thread.daemon:
        thread.join(20)
print(asked)
"""


@pytest.mark.slow
def test_loading_the_model_tells_nobody_and_leaves_nothing_at_home(model_folder: Path, tmp_path: Path) -> None:
    home = {name: value for name, value in os.environ.items() if name != "CI"} | {"HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", ASKING, str(model_folder)], env=home, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr
    assert list(tmp_path.iterdir()) == []
