"""Fills a database with many synthetic actors whose vectors are mixtures of real texts' vectors.

usage: python bench/scale_data.py --actors 100000 [--data-dir DIR]   (an embedded database of its own, default .viaduc-scale)

Encoding 600,000 texts would take hours, so each passage's vector is a mixture of two real passages of the demo border
plus noise, normalised: neighbourhoods keep the shape that real texts have.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, text

from app.main import open_database
from app.services.meaning import load_meaning
from app.settings import Settings
from matching.ranking.fragments import split_text

ROOT = Path(__file__).resolve().parent.parent
COUNTRIES = ("FR", "BE")
FACETS = ("profile", "profile", "offer", "offer", "need", "need")


def main() -> None:
    """Fill, index, analyse; prints the time of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actors", type=int, default=100_000)
    parser.add_argument("--data-dir", type=Path, default=Path(".viaduc-scale"))
    parser.add_argument("--models", type=Path, default=Path(".viaduc"))
    args = parser.parse_args()
    meaning = load_meaning(None, args.models, 2, print)
    bases, texts = real_vectors(meaning)
    engine = open_database(Settings(data_dir=args.data_dir))
    fill(engine, args.actors, bases, texts, meaning.name)


def real_vectors(meaning) -> tuple[dict[str, NDArray[np.float32]], dict[str, list[str]]]:
    """Vectors and texts of the demo border, by facet."""
    lines = (ROOT / "demo" / "actors.jsonl").read_text(encoding="utf-8").splitlines()
    found: dict[str, list[tuple[str, str]]] = {"profile": [], "offer": [], "need": []}
    for line in lines:
        actor = json.loads(line)
        found["profile"] += [(lang, s) for lang, words in actor["description"].items() for s in split_text(words)]
        for facet in ("offer", "need"):
            found[facet] += [(t["lang"], t["text"]) for t in actor[facet + "s"]]
    vectors = {f: meaning.vectors([t for _, t in pairs], [lang for lang, _ in pairs]) for f, pairs in found.items()}
    return vectors, {f: [t for _, t in pairs] for f, pairs in found.items()}


def fill(engine: Engine, actors: int, bases: dict[str, NDArray[np.float32]], texts: dict[str, list[str]], encoder: str) -> None:
    """COPY actors and passages, then build the index, then analyse."""
    started = time.perf_counter()
    random = np.random.default_rng(0)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE actor, passage CASCADE"))
        connection.execute(text("DROP INDEX IF EXISTS ix_passage_vector"))
    raw = engine.raw_connection()
    cursor = raw.driver_connection.cursor()
    columns = "id, name, kind, country, side, lat, lon, languages, sectors, aliases, texts, search_text, hubness, created_at, updated_at"
    with cursor.copy(f"COPY actor ({columns}) FROM STDIN") as copy:
        for i in range(1, actors + 1):
            country = COUNTRIES[i % 2]
            lat, lon = 50.5 + random.normal(0, 0.3), 3.2 + random.normal(0, 0.5)
            copy.write_row((i, f"Actor {i}", ("company", "lab")[i % 3 == 0], country, country, lat, lon, ["fr", "en"] if country == "FR" else ["nl", "en"],
                            [f"sector{i % 20}"], [], "{}", f"actor {i}", 0.25, "2026-01-01", "2026-01-01"))  # fmt: skip
    from pgvector import HalfVector

    columns = "actor_id, ordinal, facet, lang, text, country, side, kind, sectors, encoder, vector"
    with cursor.copy(f"COPY passage ({columns}) FROM STDIN WITH (FORMAT BINARY)") as copy:
        copy.set_types(["int8", "int4", "text", "text", "text", "text", "text", "text", "varchar[]", "text", "halfvec"])
        for i in range(1, actors + 1):
            topic = {f: random.integers(len(bases[f])) for f in bases}
            for ordinal, facet in enumerate(FACETS):
                base = bases[facet]
                other = random.integers(len(base))
                vector = base[topic[facet]] + 0.6 * base[other] + 0.5 * random.normal(0, 1 / 19.6, base.shape[1]).astype("f4")
                vector /= np.linalg.norm(vector)
                country = COUNTRIES[i % 2]
                copy.write_row((i, ordinal, facet, "fr" if country == "FR" else "nl", texts[facet][other][:200], country, country,
                                ("company", "lab")[i % 3 == 0], [f"sector{i % 20}"], encoder, HalfVector(vector)))  # fmt: skip
    raw.driver_connection.commit()
    print(f"{actors} actors, {actors * len(FACETS)} passages copied in {time.perf_counter() - started:.0f} s")
    started = time.perf_counter()
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL maintenance_work_mem = '2GB'"))
        connection.execute(
            text("CREATE INDEX ix_passage_vector ON passage USING hnsw (vector halfvec_cosine_ops) WITH (m = 16, ef_construction = 64)")
        )
        connection.execute(text("UPDATE pool_revision SET n = n + 1"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE passage"))
        connection.execute(text("VACUUM ANALYZE actor"))
    print(f"index and statistics in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
