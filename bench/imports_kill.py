"""kill -9 at 50 random moments of applies: nothing lost, nothing doubled, nothing half-written.

    python bench/imports_kill.py

Half of the imports are atomic, half resumable; an import that was killed is applied again, until it is done. Seed 3.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import Engine, text
from sqlmodel import Session

from app.db import make_engine, upgrade
from app.embedded_postgres import start_embedded
from app.services.importing.run import get_import, preview
from models.competence_map import ImportOptions, MapFields

ROOT = Path(__file__).resolve().parent.parent
KILLS, ROWS = 50, 4_000
WORKER = """
import sys
from sqlmodel import Session
from app.db import make_engine
from app.services.importing.run import apply
print("started", flush=True)
with Session(make_engine(sys.argv[1])) as session:
    apply(session, import_id=int(sys.argv[2]), checkpoint=session.commit)
    session.commit()
"""
_ODD = """
SELECT (SELECT count(*) FROM actor a WHERE
          (SELECT count(*) FROM passage p WHERE p.actor_id = a.id) <> 2
          OR (SELECT count(*) FROM map_entry e WHERE e.actor_id = a.id) <> 1
          OR (SELECT count(*) FROM import_change c WHERE c.actor_id = a.id) <> 1),
       (SELECT count(*) - count(DISTINCT name) FROM actor), (SELECT count(*) FROM actor)
"""


def rows_of(round_number: int) -> bytes:
    """A file of its own for each import."""
    records = (
        {"id": f"r{round_number}-{i}", "name": f"Actor {round_number} {i}", "country": "FR",
         "offers": [{"lang": "fr", "text": f"offre {i}"}], "needs": [{"lang": "fr", "text": f"besoin {i}"}]}
        for i in range(ROWS)
    )  # fmt: skip
    return "\n".join(json.dumps(r) for r in records).encode()


def run_and_kill(url: str, import_id: int, after: float | None) -> bool:
    """Apply in a process of its own; killed `after` seconds of work, if it has not ended. True when it was killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, url, str(import_id)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    finally:
        process.stdout.close()
    return False


def state_of(engine: Engine) -> tuple[int, int, int]:
    """(half-written actors, doubled ones, all)."""
    with engine.connect() as connection:
        half, doubled, every = connection.execute(text(_ODD)).one()
    return half, doubled, every


def main() -> None:
    """Kill, look, go on; print one JSON line."""
    rng, kills, imports, bad = random.Random(3), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        url = start_embedded(Path(folder))
        upgrade(url)
        engine = make_engine(url)
        seconds = 2.0
        while kills < KILLS:
            with Session(engine) as session:
                options = ImportOptions(resumable=imports % 2 == 1)
                import_id = preview(
                    session,
                    fields=MapFields(name=f"map {imports}"),
                    filename="a.jsonl",
                    data=rows_of(imports),
                    options=options,
                ).id
                session.commit()
            imports += 1
            start = time.perf_counter()
            for attempt in range(8):
                killed = run_and_kill(url, import_id, rng.uniform(0, 1.1 * seconds) if attempt < 6 else None)
                kills += killed
                half, doubled, _ = state_of(engine)
                bad += half + doubled
                if not killed:
                    break
            seconds = min(seconds, time.perf_counter() - start) if attempt == 0 else seconds
            with Session(engine) as session:
                bad += get_import(session, import_id=import_id).state != "applied"
            bad += state_of(engine)[2] != imports * ROWS
        print(json.dumps({"kills": kills, "imports": imports, "actors": imports * ROWS, "lost_doubled_or_half": bad}))
        engine.dispose()


if __name__ == "__main__":
    main()
