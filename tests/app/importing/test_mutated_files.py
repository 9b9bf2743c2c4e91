"""Whatever bytes arrive, the answer is rows or a refusal in plain words: never a traceback, never a hang."""

import random
import time
from pathlib import Path

import pytest
from mutations import mutate

from app.errors import AppError
from app.services.importing.source import open_source

FOLDER = Path(__file__).parent / "nasty"
FILES = sorted(p for p in FOLDER.iterdir() if p.suffix != ".toml")


@pytest.mark.parametrize("seed", range(10))
def test_mutated_files_are_answered(seed):
    rng = random.Random(seed)
    for path in rng.sample(FILES, 25):
        data = mutate(rng, path.read_bytes())
        start = time.monotonic()
        assert answer(data, path.name) != ""
        assert time.monotonic() - start < 30


def answer(data: bytes, name: str) -> str:
    """The rows it read, or the sentence of the refusal; anything else that is raised fails the test."""
    try:
        source = open_source(data, name)
        return f"{sum(len(batch) for batch in source.batches())} actors"
    except AppError as refusal:
        return refusal.detail if refusal.status in {413, 422} else ""
