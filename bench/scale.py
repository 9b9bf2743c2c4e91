"""Measures POST /match's service at a size where actors are found by their sketches, against the exact ranking.

usage: python bench/scale.py [--data-dir .viaduc-scale] [--questions 50]   (after bench/scale_data.py)

Prints, for the other sides and for a narrow filter (about 2 % of the actors): recall@10 against the exact
ranking of all actors, p50 and p95 of the whole service call, processor time of it and of the exact ranking.
"""

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlmodel import Session

from app.main import open_database
from app.services.match import find_matches
from app.services.pool import LoadedPool, PoolActor, PoolCache, hub_level, load_actors
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
        actors = load_actors(session, encoder=meaning.name)
        pool = Pool.from_profiles(a.profile for a in actors.values())
        scoring = Scoring(hub_level=hub_level(session))
        everything = LoadedPool((0, ""), {}, pool, actors)
        asked = np.random.default_rng(7).choice(np.array(list(actors)), args.questions, replace=False).tolist()
        figures = {
            name: measure(session, meaning, everything, scoring, asked, f) for name, f in filters(actors).items()
        }
    for name, row in figures.items():
        print(f"{name:>14}  " + "  ".join(f"{key} {value:.3g}" for key, value in row.items()))
    print(json.dumps({"actors": len(actors), **figures}))


def filters(actors: Mapping[int, PoolActor]) -> dict[str, MatchFilters]:
    """None, and the sector that keeps the share of actors nearest to 2 %."""
    counts: dict[str, int] = {}
    for actor in actors.values():
        for sector in actor.profile.sectors:
            counts[sector] = counts.get(sector, 0) + 1
    narrow = min(counts, key=lambda sector: abs(counts[sector] / len(actors) - 0.02))
    return {"other sides": MatchFilters(), f"sector {narrow}": MatchFilters(sectors=[narrow])}


def measure(
    session: Session,
    meaning: Any,
    everything: LoadedPool,
    scoring: Scoring,
    asked: list[int],
    chosen: MatchFilters,
) -> dict[str, float]:
    """Recall and times over the questions."""
    cache = PoolCache()
    recalls: list[float] = []
    walls: list[float] = []
    processors: list[float] = []
    exact_processors: list[float] = []
    find_matches(session, meaning=meaning, cache=cache, request=MatchRequest(actor_id=asked[0], filters=chosen))
    for actor_id in asked:
        request = MatchRequest(actor_id=actor_id, k=10, min_score=0, filters=chosen)
        wall, processor = time.perf_counter(), time.process_time()
        answer = find_matches(session, meaning=meaning, cache=cache, request=request)
        walls.append((time.perf_counter() - wall) * 1000)
        processors.append((time.process_time() - processor) * 1000)
        processor = time.process_time()
        best = exact(everything, scoring, actor_id, chosen)
        exact_processors.append((time.process_time() - processor) * 1000)
        recalls.append(len(best & {s.actor.id for s in answer.suggestions}) / max(len(best), 1))
    return {
        "recall@10": float(np.mean(recalls)),
        "p50 ms": float(np.median(walls)),
        "p95 ms": float(np.percentile(walls, 95)),
        "cpu ms": float(np.median(processors)),
        "exact cpu ms": float(np.median(exact_processors)),
    }


def exact(everything: LoadedPool, scoring: Scoring, actor_id: int, chosen: MatchFilters) -> set[int]:
    """The ten best by scoring every actor."""
    me = everything.actors[actor_id].profile
    scores = score_pools(Pool.from_profiles([me]), everything.pool, scoring).probability[0]
    allowed = [
        p.side != me.side and (not chosen.sectors or not set(chosen.sectors).isdisjoint(p.sectors))
        for p in everything.pool.profiles
    ]
    order = np.argsort(-np.where(allowed, scores, -1.0), kind="stable")[:10]
    return {int(everything.pool.profiles[place].id) for place in order}


if __name__ == "__main__":
    main()
