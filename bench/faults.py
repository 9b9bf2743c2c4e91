"""kill -9 of a running service at random moments of all its write paths: nothing lost, nothing half-written.

    python bench/faults.py [--kills 200] [--seed 1] [--seconds 3000]

Six writers at once: actors and their edits, imports, plans with their publication, feedback and wishes, contacts and
erasures, the day (answers, the desk, the timetable). Killed is, by chance: the process that answers, the whole service,
the embedded database, one of its backends, the worker. Writing goes on over the kill; then everything ever acknowledged
is looked for. A whole service is started again by this script, as systemd does; all else comes back by itself. Prints
one JSON line.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from itertools import chain
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx2 as httpx

from tests.faults.killed import BACK_S, Service
from tests.faults.load import Load
from tests.faults.lost import look

KINDS = {"process": 9, "service": 4, "database": 4, "backend": 3, "worker": 2}


def main() -> None:
    """Kill, look, go on."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1e9, help="End early after so many")
    asked = parser.parse_args()
    rng, begun, loads = Random(asked.seed), time.monotonic(), list[float]()
    back: dict[str, list[float]] = defaultdict(list)
    troubles: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder) / "data", worker=True)
        try:
            service.start()
            load = Load(service.url)
            load.set_up()
            while sum(map(len, back.values())) < asked.kills and time.monotonic() - begun < asked.seconds:
                kind = rng.choices([*KINDS], [*KINDS.values()])[0]
                load.run(lambda kind=kind: back[kind].append(kill(service, kind, rng)))
                with service.connect() as connection:
                    found = look(connection, load.known)
                for trouble in found:
                    print(f"after {kind}: {trouble}", file=sys.stderr)
                troubles += found
                loads.append(os.getloadavg()[0])
            trail = httpx.get(f"{service.url}/audit/check", timeout=120).json()
        finally:
            service.end()
    print(json.dumps({
        "kills": {kind: len(times) for kind, times in back.items()}, "seed": asked.seed,
        "writes_acknowledged": sum(load.known.writes.values()), "writes": load.known.writes,
        "lost_or_half": len(troubles), "troubles": troubles[:5], "audit_chain_whole": trail["whole"],
        "unexpected": len(load.unexpected), "examples": load.unexpected[:5],
        "back_s": {kind: figures(times) for kind, times in back.items()} | {"all": figures([*chain(*back.values())])},
        "load_of_the_machine": figures(loads), "cores": os.cpu_count(), "minutes": (time.monotonic() - begun) / 60,
    }))  # fmt: skip


def kill(service: Service, kind: str, rng: Random) -> float:
    """Kill something at a random moment; the seconds until the service is ready again."""
    time.sleep(rng.uniform(0.05, 2.5))
    begun = time.perf_counter()
    if kind == "service":
        service.kill()
        service.start()
    elif kind == "process":
        gone = service.working()
        service.kill_working()
        while service.working() == gone:
            time.sleep(0.01)
        service.wait()
    elif kind == "worker":
        service.kill_worker()
        service.wait()
    else:
        service.kill_database() if kind == "database" else service.kill_backend(rng)
        # Connections of before may work for a moment.
        time.sleep(0.1)
        service.wait()
    took = time.perf_counter() - begun
    # Work goes on over the kill and a little further.
    time.sleep(0.3)
    return took


def figures(values: list[float]) -> dict[str, float]:
    """Median, 95 of 100, most."""
    ordered = sorted(values) or [0.0]
    share = {"median": 0.5, "p95": 0.95, "most": 1.0}
    told = {name: round(ordered[min(int(part * len(ordered)), len(ordered) - 1)], 2) for name, part in share.items()}
    return told | {"over_10_s": sum(value > BACK_S for value in values)}


if __name__ == "__main__":
    main()
