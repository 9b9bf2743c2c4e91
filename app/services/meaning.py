"""The meaning of texts: the encoder and the language-neutral space, loaded once and shared."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.errors import Unavailable
from app.services.lately import Lately
from matching.encoder.bundled import ModelSetupError, ensure_bundled_model, place_of_model
from matching.encoder.joined import space_for
from matching.encoder.load import load_encoder
from matching.encoder.neutral import NeutralSpace
from matching.encoder.protocol import Encoder
from matching.encoder.sentence import ModelLoadError
from models.base import VECTOR_DIM

QUESTIONS = 2_000
"""Texts of questions whose vectors are remembered: 3 MB."""


@dataclass(frozen=True)
class Meaning:
    """Texts in, stored-form vectors out: encoded, made language-neutral, padded to the schema's dimension."""

    encoder: Encoder
    space: NeutralSpace
    _asked: Lately[tuple[str, str], NDArray[np.float32]] = field(
        default_factory=lambda: Lately(QUESTIONS), repr=False, compare=False
    )

    @property
    def name(self) -> str:
        """What stands beside every vector: encoder, weights and space, each with its version."""
        return f"{self.encoder.name}+{self.space.version}"

    def vectors(self, texts: Sequence[str], languages: Sequence[str]) -> NDArray[np.float32]:
        """Vectors float32 [len(texts), 384] as they are stored: placed in the neutral space, not yet of length 1.

        Their length carries nothing, but the corpus's language means can still be taken off them (language_means.py).
        Needs and offers are compared with each other, so all texts take the same prompt: with e5's "passage" prompt on
        one side, recall@1 fell by seven points (docs/matching.md).
        """
        if not texts:
            return np.zeros((0, VECTOR_DIM), dtype=np.float32)
        neutral = self.space.place(self.encoder.encode(texts, "query"), languages)
        return np.pad(neutral, ((0, 0), (0, VECTOR_DIM - neutral.shape[1])))

    def question(self, texts: Sequence[str], languages: Sequence[str]) -> NDArray[np.float32]:
        """The same for what people ask: a question is asked again with another filter, page or language."""
        said = list(zip(texts, languages, strict=True))
        known = {one: found for one in said if (found := self._asked.get(one)) is not None}
        new = [one for one in dict.fromkeys(said) if one not in known]
        for one, vector in zip(new, self.vectors([t for t, _ in new], [lang for _, lang in new]), strict=True):
            known[one] = self._asked.keep(one, vector)
        return np.stack([known[one] for one in said]) if said else self.vectors([], [])


def load_meaning(model: str | None, data_dir: Path, threads: int, on_step: Callable[[str], None]) -> Meaning:
    """Load the encoder the settings name (assembled on first use) and the space that belongs to it.

    Unavailable, with the cause, when there is no such model or it cannot be put together.
    """
    try:
        encoder = load_encoder(model, data_dir / "models", on_step=on_step, threads=threads)
    except (ModelLoadError, ModelSetupError) as error:
        raise Unavailable(str(error)) from error
    space = space_for(encoder)
    if space.stored_dim > VECTOR_DIM:
        raise Unavailable(
            f"the model {encoder.name} makes vectors of {space.stored_dim} dimensions and the schema holds "
            f"{VECTOR_DIM}: name a model with at most that many in VIADUC_EMBEDDING_MODEL"
        )
    return Meaning(encoder, space)


def assemble_default(data_dir: Path, on_step: Callable[[str], None]) -> Path:
    """Where the default model stands, put together when it is not there yet; Unavailable when that fails."""
    try:
        return ensure_bundled_model(place_of_model(data_dir / "models"), on_step)
    except ModelSetupError as error:
        raise Unavailable(str(error)) from error


class MeaningHolder:
    """Loads a Meaning in the background, so that the service answers by words while the model wakes up."""

    def __init__(self, load: Callable[[], Meaning]) -> None:
        self._load = load
        self._done = threading.Event()
        self._meaning: Meaning | None = None
        self._failure: str | None = None

    @classmethod
    def ready(cls, meaning: Meaning) -> "MeaningHolder":
        """A holder of something loaded already."""
        holder = cls(lambda: meaning)
        holder.run()
        return holder

    def start(self) -> None:
        """Begin loading in a thread of its own."""
        threading.Thread(target=self.run, name="load-model", daemon=True).start()

    def run(self) -> None:
        """Load now; a failure is kept and told to whoever asks."""
        try:
            self._meaning = self._load()
        except Exception as error:  # told by get() to whoever needs the model
            self._failure = str(error) or type(error).__name__
        finally:
            self._done.set()

    @property
    def state(self) -> str:
        """loading, ready, or failed with the cause."""
        if not self._done.is_set():
            return "loading"
        return f"failed: {self._failure}" if self._failure else "ready"

    @property
    def availability(self) -> Literal["ready", "loading", "missing"]:
        """The same for callers: missing when it could not be loaded."""
        if not self._done.is_set():
            return "loading"
        return "ready" if self._meaning else "missing"

    @property
    def name(self) -> str | None:
        """Name of the loaded Meaning; None while there is none."""
        return self._meaning.name if self._meaning else None

    def get(self, wait_s: float = 0) -> Meaning:
        """The Meaning; Unavailable while it loads or when it could not be loaded."""
        self._done.wait(wait_s)
        if self._meaning is None:
            if self._failure:
                raise Unavailable(f"the language model could not be loaded ({self._failure})")
            raise Unavailable.by_code("model_loading")
        return self._meaning
