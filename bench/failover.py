"""Fail-over of a primary to one of two standbys while everything is written: how long, and whether anything is lost.

    python bench/failover.py [--rounds 5]

Three servers made of the packaged PostgreSQL, each commit on one standby at least; the service knows all three by one
address. Six writers write, the primary is killed whole, the standby that has most is promoted at once, and the one that
was killed comes back as a standby. `away_s` is the longest time between two acknowledged writes of a client that asks
20 times a second; `promotion_s` is what killing and promoting took of it. Prints one JSON line.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.faults.cluster import cluster
from tests.faults.killed import Service
from tests.faults.load import Load
from tests.faults.lost import look
from tests.faults.watched import Watch


def main() -> None:
    """Fail over, look, put the cluster together again."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    away, promoting, refused, troubles = [], [], 0, []
    with tempfile.TemporaryDirectory() as folder, cluster(Path(folder) / "cluster") as three:
        service = Service(Path(folder) / "data", VIADUC_DATABASE_URL=three.url)
        try:
            service.start(migrate=True)
            load = Load(service.url)
            load.set_up()
            for _ in range(rounds):
                watch = Watch(service.url)

                def meanwhile(watch: Watch = watch) -> None:
                    with watch:
                        time.sleep(2)
                        begun = time.perf_counter()
                        killed = three.fail_over()
                        promoting.append(time.perf_counter() - begun)
                        time.sleep(6)
                        shutil.rmtree(killed.folder)
                        three.join(killed)

                load.run(meanwhile)
                away.append(watch.away_s())
                refused += watch.refused()
                with three.primary.connect() as connection:
                    troubles += look(connection, load.known)
        finally:
            service.end()
    print(json.dumps({
        "failovers": rounds, "away_s": rounded(away), "promotion_s": rounded(promoting), "refused": refused,
        "writes_acknowledged": sum(load.known.writes.values()), "lost_or_half": len(troubles), "troubles": troubles[:5],
        "unexpected": load.unexpected[:5], "load_of_the_machine": os.getloadavg()[0], "cores": os.cpu_count(),
    }))  # fmt: skip


def rounded(values: list[float]) -> list[float]:
    """To hundredths, smallest first."""
    return [round(value, 2) for value in sorted(values)]


if __name__ == "__main__":
    main()
