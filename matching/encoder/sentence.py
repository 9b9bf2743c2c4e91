"""The plain sentence-transformers path: any model, by name or by folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from matching.encoder.adapter import Adapter
from matching.encoder.bundled import BUNDLED_NAME, bert_name, is_assembled
from matching.encoder.protocol import Kind, Vectors, unit_rows

_BATCH = 32


class ModelLoadError(RuntimeError):
    """The model named by the user cannot be loaded; the message names it and the cause."""


class SentenceEncoder:
    """Encoder over sentence-transformers with torch.

    Prompts named ``query`` and ``passage`` (or ``document``) are taken from the model's own settings; a model
    without them gets the bare text.
    """

    def __init__(self, model: str, adapter: Adapter | None = None, threads: int | None = None) -> None:
        """Load ``model``, a folder or a name known to the hub; ``adapter`` fits the bundled model only.

        Raises ModelLoadError when the model cannot be loaded.
        """
        try:
            import torch
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise ModelLoadError(
                f"the embedding model {model!r} needs torch and sentence-transformers, and {error.name} is not "
                "installed: the container image has them when it is built with --build-arg MODEL=none"
            ) from error
        if threads is not None:
            torch.set_num_threads(threads)
        try:
            self._model = SentenceTransformer(model, device="cpu")
        except Exception as error:  # whatever the library raises, the user needs the model's name
            raise ModelLoadError(f"cannot load the embedding model {model!r}: {error}") from error
        self._prompts = _prompts(self._model)
        self._name = _versioned_name(model, self._model)
        if adapter is not None:
            _refine(self._model, adapter)
            self._name = adapter.name_after(self._name)
        self._dim = int(self._model.get_embedding_dimension())

    @property
    def name(self) -> str:
        """Model name and version of its weights."""
        return self._name

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """Return unit float32 vectors ``[len(texts), dim]``."""
        if not texts:
            return np.zeros((0, self._dim), dtype=np.float32)
        vectors = self._model.encode(
            list(texts),
            prompt=self._prompts.get(kind, ""),
            batch_size=_BATCH,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return unit_rows(np.asarray(vectors, dtype=np.float32))


def _prompts(model: Any) -> dict[str, str]:
    own: dict[str, str] = dict(getattr(model, "prompts", None) or {})
    return {"query": own.get("query") or "", "passage": own.get("passage") or own.get("document") or ""}


def _refine(model: Any, adapter: Adapter) -> None:
    import torch

    weights = dict(model[0].auto_model.named_parameters())
    with torch.no_grad():
        for name in adapter:
            weights[f"{bert_name(name)}.weight"] += torch.from_numpy(adapter.change(name))


def _versioned_name(asked: str, model: Any) -> str:
    """The name that stands beside vectors: the same weights must always give the same name."""
    folder = Path(asked)
    if folder.is_dir():
        if is_assembled(folder):
            return BUNDLED_NAME
        return f"{folder.name}/{_weights_digest(folder)}"
    commit = getattr(model[0].auto_model.config, "_commit_hash", None) if len(model) else None
    return f"{asked}/{commit[:8]}" if commit else asked


def _weights_digest(folder: Path) -> str:
    import hashlib  # noqa: PLC0415 - only for models that are not ours

    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".safetensors", ".bin", ".json"}:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:8]
