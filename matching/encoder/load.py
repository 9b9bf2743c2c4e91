"""Picks the encoder: the bundled default, or whatever model the settings name."""

from pathlib import Path

from matching.encoder.bundled import FOLDER_NAME, OnStep, ensure_bundled_model
from matching.encoder.hashing import HashingEncoder
from matching.encoder.protocol import Encoder
from matching.encoder.sentence import SentenceEncoder


def load_encoder(
    model: str | None, models_dir: Path, on_step: OnStep = lambda _: None, threads: int | None = 2
) -> Encoder:
    """Return an encoder ready to encode.

    ``model`` None: the bundled multilingual-e5-small, assembled under ``models_dir`` on first use.
    ``"hashing"``: the no-model fallback. Else: a sentence-transformers folder or name.
    Raises ModelSetupError or ModelLoadError with a message for the user.
    """
    if model == "hashing":
        return HashingEncoder()
    if model is None:
        folder = ensure_bundled_model(models_dir / FOLDER_NAME, on_step)
        return SentenceEncoder(str(folder), threads=threads)
    on_step(f"loading {model}")
    return SentenceEncoder(model, threads=threads)
