"""Whatever bytes arrive, the answer is rows, rejections or a refusal in plain words: never a traceback, never a hang."""

import random
import time
from pathlib import Path

import pytest
from mutations import mutate

from app.errors import AppError
from app.services.importing.source import open_source
from models.competence_map import ImportOptions

FOLDER = Path(__file__).parent / "nasty"
FILES = sorted(p for p in FOLDER.iterdir() if p.suffix != ".toml")


@pytest.mark.parametrize("seed", range(10))
def test_mutated_files_are_answered(seed):
    rng = random.Random(seed)
    for path in rng.sample(FILES, 25):
        data = mutate(rng, path.read_bytes())
        start = time.monotonic()
        try:
            source = open_source(data, path.name, options=ImportOptions(), remembered={})
            rows = sum(len(batch) for batch in source.batches())
            assert rows <= source.rows
        except AppError as refusal:
            assert refusal.status in {413, 422}
            assert refusal.detail
        assert time.monotonic() - start < 30
