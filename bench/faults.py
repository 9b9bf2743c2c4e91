"""kill -9 of a running service at random moments of all its write paths: nothing lost, nothing half-written.

    python bench/faults.py [--kills 200] [--seed 1]

Four writers at once: actors and their edits, imports, plans with their publication, feedback and wishes. After each
kill the service is started again and everything it ever acknowledged is looked for. Prints one JSON line.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.faults.killed import Load, Service, end_database, look


def main() -> None:
    """Kill, look, go on."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1e9, help="End early after so many")
    asked = parser.parse_args()
    rng, begun = random.Random(asked.seed), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder) / "data")
        service.start()
        load = Load(service.url, asked.seed)
        load.set_up()
        starts: list[float] = []
        troubles: list[str] = []
        while len(starts) < asked.kills and time.monotonic() - begun < asked.seconds:
            load.run_until(service.kill, rng.uniform(0.05, 2.5))
            starts.append(service.start())
            with service.connect() as connection:
                troubles += look(connection, load.known)
        service.stop()
        end_database(service.folder)
    print(json.dumps({
        "kills": len(starts), "writes_acknowledged": load.known.writes, "actors": len(load.known.actors),
        "imports": len(load.known.imports), "plans": len(load.known.plans), "feedback": len(load.known.feedback),
        "lost_or_half": len(troubles), "troubles": troubles[:5], "unexpected": load.unexpected[:5],
        "start_s_median": sorted(starts)[len(starts) // 2], "start_s_most": max(starts),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
