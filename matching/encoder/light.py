"""The default model without torch: the same folder, run by OpenVINO.

The network is written down here operation by operation, straight from the packed weights, so nothing has to
be exported or converted first. The word table, four fifths of the model, stays packed in the mapped file:
only the rows of the words at hand are unpacked, which is why this runtime is small in memory.

Measured against the others in docs/decisions/0002-encoder-runtime.md.
"""

import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from matching.encoder.adapter import Adapter
from matching.encoder.bundled import BUNDLED_NAME, PACKED_FILE
from matching.encoder.packed import PackedWeights
from matching.encoder.protocol import Kind, Vectors, unit_rows

_PROMPTS = {"query": "query: ", "passage": "passage: "}
# A batch is bounded by its padded tokens rather than its texts: a search that arrives while a long backlog is
# encoded waits for one batch, so a batch must stay short.
_TOKENS_PER_BATCH = 2048
_FAR_BELOW = 1e9


class LightEncoder:
    """Encoder over the assembled multilingual-e5-small folder; safe to call from several threads."""

    def __init__(
        self,
        folder: Path,
        adapter: Adapter | None = None,
        threads: int | None = None,
        precision: str | None = None,
    ) -> None:
        """Load from ``folder``; ``adapter`` refines the weights, without it they are the published ones.

        ``precision`` None lets OpenVINO choose what the processor does best (bfloat16 where it has matrix
        units for it, else float32); ``"f32"`` or ``"bf16"`` decide. Raises ImportError without OpenVINO.
        """
        from tokenizers import Tokenizer  # noqa: PLC0415 - slow import

        self._weights = PackedWeights(folder / PACKED_FILE)
        shape = self._weights.shape
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(shape.positions)
        types = self._weights.tensor("emb.type", shape.hidden)
        self._positions = self._weights.tensor("emb.pos", shape.hidden) + types[0]
        self._name = adapter.name_after(BUNDLED_NAME) if adapter else BUNDLED_NAME
        self._network = _compile(_build(self._weights, adapter), threads, precision)
        self._local = threading.local()

    @property
    def name(self) -> str:
        """Model name and version of its weights."""
        return self._name

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._weights.shape.hidden

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """Return unit float32 vectors ``[len(texts), dim]``; a text is cut at 512 tokens."""
        prompt = _PROMPTS[kind]
        tokens = [item.ids for item in self._tokenizer.encode_batch([prompt + text for text in texts])]
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for rows in _batches([len(ids) for ids in tokens]):
            vectors[rows] = self._pooled([tokens[row] for row in rows])
        return unit_rows(vectors)

    def _pooled(self, batch: list[list[int]]) -> Vectors:
        length = max(map(len, batch))
        ids = np.zeros((len(batch), length), dtype=np.int64)
        mask = np.zeros((len(batch), length), dtype=np.float32)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1.0
        used, places = np.unique(ids, return_inverse=True)
        words = self._weights.rows("emb.word", self.dim, used)[places.reshape(ids.shape)]
        words += self._positions[:length]
        request = getattr(self._local, "request", None)
        if request is None:
            request = self._local.request = self._network.create_infer_request()
        return np.array(request.infer([words, mask])[0], dtype=np.float32)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield row numbers, texts of like length together, at most ``_TOKENS_PER_BATCH`` padded tokens each."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: (lengths[row], row)):
        if batch and lengths[row] * (len(batch) + 1) > _TOKENS_PER_BATCH:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _openvino() -> Any:
    """OpenVINO, with nobody told: its import alone reports to its makers, with a number it keeps in ~/intel.

    It does without the package that tells where that cannot be imported.
    """
    sys.modules["openvino_telemetry"] = cast(ModuleType, None)
    import openvino

    return openvino


def _compile(graph: Any, threads: int | None, precision: str | None) -> Any:
    options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "ENABLE_CPU_PINNING": False}
    if threads is not None:
        options["INFERENCE_NUM_THREADS"] = threads
    if precision is not None:
        options["INFERENCE_PRECISION_HINT"] = precision
    return _openvino().Core().compile_model(graph, "CPU", options)


def _build(weights: PackedWeights, adapter: Adapter | None) -> Any:
    """The BERT encoder as a graph: summed embeddings and mask in, mean over the tokens out."""
    openvino = _openvino()
    ops, hidden = openvino.opset15, weights.shape.hidden
    words = ops.parameter([-1, -1, hidden], np.float32, name="embeddings")
    mask = ops.parameter([-1, -1], np.float32, name="mask")
    block = _Block(ops, weights, adapter)
    bias = ops.multiply(
        ops.subtract(ops.unsqueeze(mask, block.integers(1, 2)), block.numbers(1.0)), block.numbers(_FAR_BELOW)
    )
    state = block.normalised(words, "emb.ln")
    for layer in range(weights.shape.layers):
        state = block.layer(state, bias, f"l{layer}.")
    weight = ops.unsqueeze(mask, block.integers(2))
    total = ops.reduce_sum(ops.multiply(state, weight), block.integers(1))
    pooled = ops.divide(total, ops.reduce_sum(weight, block.integers(1)))
    return openvino.Model([pooled], [words, mask], "encoder")


class _Block:
    """One transformer layer in OpenVINO's operations (Devlin et al., 2019), tensors by their packed names."""

    def __init__(self, ops: Any, weights: PackedWeights, adapter: Adapter | None) -> None:
        self._ops = ops
        self._weights = weights
        self._adapter = adapter

    def numbers(self, values: float | NDArray[np.float32]) -> Any:
        return self._ops.constant(np.asarray(values, dtype=np.float32))

    def integers(self, *values: int) -> Any:
        return self._ops.constant(np.array(values, dtype=np.int64))

    def layer(self, state: Any, bias: Any, prefix: str) -> Any:
        ops, shape = self._ops, self._weights.shape
        query, key, value = (self._heads(self._linear(state, prefix + part, shape.hidden)) for part in "qkv")
        met = ops.scaled_dot_product_attention(query, key, value, bias)
        met = ops.reshape(ops.transpose(met, self.integers(0, 2, 1, 3)), self.integers(0, 0, -1), True)
        state = ops.add(state, self._linear(met, prefix + "ao", shape.hidden))
        state = self.normalised(state, prefix + "aln")
        wide = ops.gelu(self._linear(state, prefix + "fi", shape.hidden), "erf")
        state = ops.add(state, self._linear(wide, prefix + "fo", shape.feed_forward))
        return self.normalised(state, prefix + "oln")

    def normalised(self, state: Any, name: str) -> Any:
        ops = self._ops
        centred = ops.mvn(state, self.integers(-1), True, self._weights.shape.epsilon, "inside_sqrt")
        scale, shift = (self.numbers(self._weights.tensor(f"{name}.{part}")) for part in "wb")
        return ops.add(ops.multiply(centred, scale), shift)

    def _linear(self, state: Any, name: str, columns: int) -> Any:
        matrix = self._weights.tensor(f"{name}.w", columns)
        if self._adapter and name in self._adapter:
            matrix = matrix + self._adapter.change(name)
        product = self._ops.matmul(state, self.numbers(matrix), False, True)
        return self._ops.add(product, self.numbers(self._weights.tensor(f"{name}.b")))

    def _heads(self, state: Any) -> Any:
        heads = self._weights.shape.heads
        split = self.integers(0, 0, heads, self._weights.shape.hidden // heads)
        return self._ops.transpose(self._ops.reshape(state, split, True), self.integers(0, 2, 1, 3))
