"""How long `POST /match` by `actor_id` takes, through the real HTTP stack on loopback with one keep-alive connection.

    python bench/match.py                 1,000 actors, the no-model encoder (what ranking costs does not depend on it)
    python bench/match.py --model default          with the default model, read from .viaduc/models
    python bench/match.py --actors 10000 --requests 100 --json out.json

Actors are put together from the demo border's texts: each draws its country, kind and, facet by facet, texts that real
actors of its side wrote. Seed 0, so every run asks the same. Two clocks: `service` is the answer's own took_ms
(database, ranking, reasons), `round trip` adds HTTP, JSON and the client. `cpu` is the processor time of all of it:
what the round trip would come down to on an idle machine, whatever else runs on this one.
"""

import argparse
import json
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from sqlalchemy import Engine

from app.db import session_scope
from app.main import create_app, open_database
from app.services.actors import create_actor
from app.services.meaning import Meaning, MeaningHolder, load_meaning
from app.settings import Settings
from app.worker import drain
from models.actor import ActorCreate

ROOT = Path(__file__).resolve().parent.parent
VARIANTS: dict[str, dict[str, Any]] = {
    "k=10, explained": {"k": 10},
    "k=10, not explained": {"k": 10, "explain": False},
    "k=10, Belgium only": {"k": 10, "filters": {"countries": ["BE"]}},
    "k=50, explained": {"k": 50},
}


@dataclass
class Times:
    """Milliseconds of one variant."""

    service: list[float] = field(default_factory=list)
    trip: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def row(self) -> dict[str, float]:
        """p50 and p95 of both clocks, and the processor time of all (service, HTTP and client)."""
        told = {}
        for name, values in (("service", self.service), ("round trip", self.trip)):
            ordered = sorted(values)
            told[f"{name} p50"] = round(statistics.median(ordered), 2)
            told[f"{name} p95"] = round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 2)
        return told | {"cpu p50": round(statistics.median(self.cpu), 2)}


def main() -> None:
    """Fill a database of its own, serve it, ask, print a table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--actors", type=int, default=1000)
    parser.add_argument("--requests", type=int, default=200, help="per variant")
    parser.add_argument("--model", default="hashing", help="hashing, default, or any sentence-transformers model")
    parser.add_argument(
        "--models", type=Path, default=ROOT / ".viaduc", help="data folder that holds the default model"
    )
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    model = None if args.model == "default" else args.model
    meaning = load_meaning(model, args.models, 2, print)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            data_dir=Path(folder), database_url=None, embed_in_service=False, log_level="warning", local_admin=True
        )
        engine = open_database(settings)
        passages = fill(engine, meaning, args.actors)
        with serving(settings, engine, meaning) as port:
            rows = {name: ask(port, args.actors, args.requests, extra).row() for name, extra in VARIANTS.items()}
        engine.dispose()
    result = {"actors": args.actors, "passages": passages, "model": meaning.name, "requests": args.requests, "ms": rows}
    show(result)
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def synthetic(number: int) -> Iterator[ActorCreate]:
    """Actors mixed from the demo border's texts, side by side."""
    lines = (ROOT / "demo" / "actors.jsonl").read_text(encoding="utf-8").splitlines()
    real = [json.loads(line) for line in lines]
    sides = {side: [a for a in real if a["side"] == side] for side in sorted({a["side"] for a in real})}
    draw = random.Random(0)
    for n in range(number):
        side = draw.choice(list(sides))
        one, two, three, where = (draw.choice(sides[side]) for _ in range(4))
        yield ActorCreate.model_validate(
            {
                "name": f"Actor {n + 1}",
                "side": side,
                "description": one["description"],
                "offers": two["offers"],
                "needs": three["needs"],
                "kind": two["kind"],
                "sectors": two["sectors"],
                **{name: where[name] for name in ("country", "city", "lat", "lon", "languages", "region")},
            }
        )


def fill(engine: Engine, meaning: Meaning, actors: int) -> int:
    """Store and embed them; returns the number of passages."""
    started = time.perf_counter()
    with session_scope(engine) as session:
        for fields in synthetic(actors):
            create_actor(session, fields=fields)
    stored = time.perf_counter()
    passages = drain(engine, meaning, batch=256)
    print(f"{actors} actors stored in {stored - started:.1f} s, {passages} passages embedded in "
          f"{time.perf_counter() - stored:.1f} s")  # fmt: skip
    return passages


@contextmanager
def serving(settings: Settings, engine: Engine, meaning: Meaning) -> Iterator[int]:
    """The service on a free port of this machine."""
    application = create_app(settings, engine=engine, holder=MeaningHolder.ready(meaning))
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def ask(port: int, actors: int, requests: int, extra: dict[str, Any]) -> Times:
    """The same actors in every variant; ten requests to warm up."""
    draw, times = random.Random(1), Times()
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for n in range(requests + 10):
            body = {"actor_id": draw.randint(1, actors), "min_score": 0, **extra}
            started, worked = time.perf_counter(), time.process_time()
            answer = client.post("/match", json=body)
            took, work = (time.perf_counter() - started) * 1000, (time.process_time() - worked) * 1000
            answer.raise_for_status()
            if n >= 10:
                times.trip.append(took)
                times.cpu.append(work)
                times.service.append(answer.json()["took_ms"])
    return times


def show(result: dict[str, Any]) -> None:
    """The table."""
    columns = list(next(iter(result["ms"].values())))
    print(f"\n{result['actors']} actors, {result['passages']} passages, {result['model']}; milliseconds")
    print(f"{'':<24}" + "".join(f"{c:>16}" for c in columns))
    for name, row in result["ms"].items():
        print(f"{name:<24}" + "".join(f"{row[c]:>16.1f}" for c in columns))


if __name__ == "__main__":
    main()
