"""Measures POST /match's service at a size where actors are found in a crowd, against the exact ranking.

usage: python bench/scale.py [--data-dir .viaduc-scale] [--questions 50]   (after bench/scale_data.py)

Prints, for the other sides, for one country of them and for a narrow filter (about 2 % of the actors): recall@10
against the exact ranking of all actors; p50 and p95 of the whole service call; processor time of the service for it,
of the database's process for it, and of the exact ranking, which here holds all vectors in memory and so is spared any
database. First the memory and the time that a fresh process takes to pack the crowd, and to hear of one change.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlmodel import Session

from app.main import open_database
from app.services.match import find_matches
from app.services.pool import LoadedPool, PoolCache, hub_level, load_actors
from app.services.pool_revision import raise_revision
from app.services.wanted import Wanted, who_is_wanted
from app.settings import Settings
from matching.ranking.parts import Scoring
from matching.ranking.profile import Pool
from matching.ranking.rank import score_pools
from models.match import MatchFilters, MatchRequest


class StoredMeaning:
    """Names the vectors that are stored; no text is encoded here."""

    def __init__(self, name: str) -> None:
        self.name = name


def main() -> None:
    """Measure and print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=Path(".viaduc-scale"))
    parser.add_argument("--questions", type=int, default=50)
    args = parser.parse_args()
    engine = open_database(Settings(data_dir=args.data_dir))
    with Session(engine) as session:
        meaning = StoredMeaning(session.execute(text("SELECT encoder FROM passage LIMIT 1")).scalar_one())
        cache = PoolCache()
        packing = pack(session, meaning, cache)
        print("  ".join(f"{key} {value:.3g}" for key, value in packing.items()), flush=True)
        ids = [int(i) for i in session.execute(text("SELECT id FROM actor ORDER BY id")).scalars()]
        asked = np.random.default_rng(7).choice(np.array(ids), args.questions, replace=False).tolist()
        chosen = filters(session, len(ids))
        served = {name: serve(session, meaning, cache, asked, f) for name, f in chosen.items()}
        del cache
        actors = load_actors(session, encoder=meaning.name)
        everything = LoadedPool((0, ""), {}, Pool.from_profiles(a.profile for a in actors.values()), actors)
        scoring = Scoring(hub_level=hub_level(session))
    figures = {}
    for name, (answers, row) in served.items():
        figures[name] = row | compare(everything, scoring, asked, chosen[name], answers)
        print(f"{name:>18}  " + "  ".join(f"{key} {value:.3g}" for key, value in figures[name].items()), flush=True)
    print(json.dumps({"actors": len(ids), **packing, **figures}))


def pack(session: Session, meaning: Any, cache: PoolCache) -> dict[str, float]:
    """Seconds and MB that the crowd takes, and milliseconds to take up one actor that settled anew."""
    before, began = resident(), time.perf_counter()
    cache.get(session, encoder=meaning.name)
    packed, taken = time.perf_counter() - began, resident() - before
    changed = raise_revision(session)
    session.execute(text("UPDATE actor SET settled = :n WHERE id = 1"), {"n": changed})
    session.commit()
    began = time.perf_counter()
    cache.get(session, encoder=meaning.name)
    return {"packing s": packed, "crowd MB": taken, "one change ms": (time.perf_counter() - began) * 1000}


def resident() -> float:
    """MB of this process in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / 2**20


def processor(pid: int) -> float:
    """Seconds of processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def filters(session: Session, total: int) -> dict[str, MatchFilters]:
    """None, the country that most actors are of, and the sector that keeps the share of actors nearest to 2 %."""
    country = session.execute(text("SELECT country FROM actor GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")).scalar_one()
    sectors = session.execute(text("SELECT s, count(*) FROM actor, unnest(sectors) AS s GROUP BY 1")).all()
    narrow = min(sectors, key=lambda row: abs(row[1] / total - 0.02))[0]
    return {
        "other sides": MatchFilters(),
        f"country {country}": MatchFilters(countries=[country]),
        f"sector {narrow}": MatchFilters(sectors=[narrow]),
    }


def serve(
    session: Session, meaning: Any, cache: PoolCache, asked: list[int], chosen: MatchFilters
) -> tuple[list[set[int]], dict[str, float]]:
    """The answers, and the times of the service."""
    answers, walls, processors = [], [], []
    find_matches(session, meaning=meaning, cache=cache, request=MatchRequest(actor_id=asked[0], filters=chosen))
    pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    database = processor(pid)
    for actor_id in asked:
        request = MatchRequest(actor_id=actor_id, k=10, min_score=0, filters=chosen)
        wall, own = time.perf_counter(), time.process_time()
        answer = find_matches(session, meaning=meaning, cache=cache, request=request)
        walls.append((time.perf_counter() - wall) * 1000)
        processors.append((time.process_time() - own) * 1000)
        answers.append({s.actor.id for s in answer.suggestions})
    return answers, {
        "p50 ms": float(np.median(walls)),
        "p95 ms": float(np.percentile(walls, 95)),
        "cpu ms": float(np.median(processors)),
        "database cpu ms": (processor(pid) - database) * 1000 / len(asked),
    }


def compare(
    everything: LoadedPool, scoring: Scoring, asked: list[int], chosen: MatchFilters, answers: list[set[int]]
) -> dict[str, float]:
    """Recall against the exact ranking, and the processor time that takes."""
    recalls, processors = [], []
    for actor_id, answer in zip(asked, answers, strict=True):
        own = time.process_time()
        best = exact(everything, scoring, actor_id, chosen)
        processors.append((time.process_time() - own) * 1000)
        recalls.append(len(best & answer) / max(len(best), 1))
    return {"recall@10": float(np.mean(recalls)), "exact cpu ms": float(np.median(processors))}


def exact(everything: LoadedPool, scoring: Scoring, actor_id: int, chosen: MatchFilters) -> set[int]:
    """The ten best by scoring every actor."""
    me = everything.actors[actor_id].profile
    scores = score_pools(Pool.from_profiles([me]), everything.pool, scoring).probability[0]
    allowed = who_is_wanted(everything.facts, Wanted(not_side=me.side, filters=chosen))
    order = np.argsort(-np.where(allowed, scores, -1.0), kind="stable")[:10]
    return {int(everything.pool.profiles[place].id) for place in order if allowed[place]}


if __name__ == "__main__":
    main()
