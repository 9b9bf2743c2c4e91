"""Fills a database with many synthetic actors whose vectors are mixtures of real texts' vectors.

usage: python bench/scale_data.py --actors 100000 [--data-dir .viaduc-scale]   (an embedded database of its own)

Encoding 600,000 texts would take hours, so each synthetic actor is a blend of two real actors of the demo border: its
passages are mixtures of theirs plus noise, and it takes the first one's sectors and kind and a place near it. So its
texts belong together as a real actor's do, and neighbourhoods keep the shape that real texts have.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector
from sqlalchemy import Engine, text
from sqlmodel import Session

from app.main import open_database
from app.services.directions import refresh_directions
from app.services.meaning import Meaning, load_meaning
from app.settings import Settings
from matching.ranking.fragments import split_text
from models.base import VECTOR_DIM

ROOT = Path(__file__).resolve().parent.parent
SLOTS = ("profile", "profile", "offer", "offer", "need", "need")


def main() -> None:
    """Fill, index, analyse; prints the time of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actors", type=int, default=100_000)
    parser.add_argument("--data-dir", type=Path, default=Path(".viaduc-scale"))
    parser.add_argument("--models", type=Path, default=Path(".viaduc"))
    args = parser.parse_args()
    meaning = load_meaning(None, args.models, 2, print)
    models = real_actors(meaning)
    engine = open_database(Settings(data_dir=args.data_dir))
    fill(engine, args.actors, models, meaning.name)


@dataclass(frozen=True)
class Model:
    """A real actor: its facts, and its passages' texts and vectors by facet."""

    facts: dict[str, Any]
    texts: dict[str, list[str]]
    vectors: dict[str, NDArray[np.float32]]


def real_actors(meaning: Meaning) -> list[Model]:
    """The demo border's actors with their vectors."""
    models = []
    for line in (ROOT / "demo" / "actors.jsonl").read_text(encoding="utf-8").splitlines():
        actor = json.loads(line)
        told = {"profile": [(lang, s) for lang, words in actor["description"].items() for s in split_text(words)]}
        for facet in ("offer", "need"):
            told[facet] = [(t["lang"], t["text"]) for t in actor[facet + "s"]]
        vectors = {f: meaning.vectors([t for _, t in pairs], [lang for lang, _ in pairs]) for f, pairs in told.items()}
        models.append(Model(actor, {f: [t for _, t in pairs] for f, pairs in told.items()}, vectors))
    return models


def fill(engine: Engine, actors: int, models: list[Model], encoder: str) -> None:
    """COPY actors and passages, then build the indexes, then analyse."""
    started = time.perf_counter()
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE actor, passage, directions, language_mean CASCADE"))
        connection.execute(text("DROP INDEX IF EXISTS ix_passage_vector"))
    connection: Any = engine.raw_connection().driver_connection
    copy_rows(connection, actors, models, encoder)
    connection.commit()
    print(f"{actors} actors, {actors * len(SLOTS)} passages copied in {time.perf_counter() - started:.0f} s")
    started = time.perf_counter()
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL maintenance_work_mem = '2GB'"))
        connection.execute(
            text(
                "CREATE INDEX ix_passage_vector ON passage USING hnsw (vector halfvec_cosine_ops) "
                "WITH (m = 16, ef_construction = 64)"
            )
        )
        connection.execute(text("UPDATE pool_revision SET n = n + 1"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE passage"))
        connection.execute(text("VACUUM ANALYZE actor"))
    with Session(engine) as session:
        refresh_directions(session, encoder=encoder)
        session.commit()
    print(f"index and statistics in {time.perf_counter() - started:.0f} s")


ACTOR = (
    "id, name, kind, country, side, lat, lon, languages, sectors, aliases, texts, search_text, hubness, settled, "
    "created_at, updated_at"
)
PASSAGE = "actor_id, ordinal, facet, lang, text, country, side, kind, sectors, encoder, vector"
TYPES = ["int8", "int4", "text", "text", "text", "text", "text", "text", "varchar[]", "text", "halfvec"]


def copy_rows(connection: Any, actors: int, models: list[Model], encoder: str) -> None:
    """Synthetic actors 1..n and their passages, the same for the same number."""
    random = np.random.default_rng(0)
    pairs = random.integers(len(models), size=(actors, 2))
    places = random.normal(0, 0.25, size=(actors, 2))
    hubs = random.normal(0.18, 0.03, size=actors)
    cursor = connection.cursor()
    with cursor.copy(f"COPY actor ({ACTOR}) FROM STDIN") as copy:
        for i, ((first, _), (north, east)) in enumerate(zip(pairs, places, strict=True), 1):
            f = models[first].facts
            lat, lon = f["lat"] + north, f["lon"] + east
            copy.write_row(
                (i, f"Actor {i}", f["kind"], f["country"], f["side"], lat, lon, f["languages"], f["sectors"], [], "{}",
                 f"actor {i}", hubs[i - 1], 1, "2026-01-01", "2026-01-01")
            )  # fmt: skip
    with cursor.copy(f"COPY passage ({PASSAGE}) FROM STDIN WITH (FORMAT BINARY)") as copy:
        copy.set_types(TYPES)
        for i, (first, second) in enumerate(pairs, 1):
            f = models[first].facts
            for ordinal, facet in enumerate(SLOTS):
                words, vector = blend(models[first], models[second], facet, ordinal, random)
                row = (i, ordinal, facet, f["languages"][0], words, f["country"], f["side"], f["kind"], f["sectors"])
                copy.write_row((*row, encoder, HalfVector(vector)))


def blend(a: Model, b: Model, facet: str, ordinal: int, random: np.random.Generator) -> tuple[str, NDArray[np.float32]]:
    """A passage mostly a's, partly b's, and a little of neither."""
    one, other = a.vectors[facet], b.vectors[facet]
    k = ordinal % len(one)
    noise = random.normal(0, VECTOR_DIM**-0.5, VECTOR_DIM).astype(np.float32)
    mixed = one[k] + random.uniform(0.2, 0.9) * other[ordinal % len(other)] + 0.5 * np.linalg.norm(one[k]) * noise
    return a.texts[facet][k][:200], np.asarray(mixed, dtype=np.float32)


if __name__ == "__main__":
    main()
