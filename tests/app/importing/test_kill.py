"""kill -9 in the middle of an apply: nothing lost, nothing doubled, nothing half-written."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session, func, select

from app.services.importing.run import apply, get_import, preview
from models.actor import Actor
from models.competence_map import ImportOptions, MapFields
from models.passage import Passage

ROOT = Path(__file__).resolve().parents[3]
ROWS = 2_000
WORKER = """
import sys
from sqlmodel import Session
from app.db import make_engine
from app.services.importing.run import apply
with Session(make_engine(sys.argv[1])) as session:
    def progress(done, of):
        print(done, flush=True)
    apply(session, import_id=int(sys.argv[2]), on_progress=progress, checkpoint=session.commit)
    session.commit()
    print("done", flush=True)
"""


def file_of(rows: int) -> bytes:
    records = (
        {"id": f"k{i}", "name": f"Actor {i}", "country": "FR", "offers": [{"lang": "fr", "text": f"offre {i}"}]}
        for i in range(rows)
    )
    return "\n".join(json.dumps(r) for r in records).encode()


def start(url: str, import_id: int) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, url, str(import_id)], stdout=subprocess.PIPE, text=True, env=environment
    )


def kill_after(process: subprocess.Popen[str], rows: int) -> None:
    """Let it report progress up to that row, then kill it without warning."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "done" or int(line) >= rows:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def whole_actors(session: Session) -> tuple[int, int, int]:
    """Actors, passages, entries; each actor of the file has one of each or none at all."""
    session.rollback()
    odd = text(
        "SELECT count(*) FROM actor a WHERE (SELECT count(*) FROM passage p WHERE p.actor_id = a.id) <> 1 "
        "OR (SELECT count(*) FROM map_entry e WHERE e.actor_id = a.id) <> 1 "
        "OR (SELECT count(*) FROM import_change c WHERE c.actor_id = a.id) <> 1"
    )
    assert session.execute(odd).scalar_one() == 0
    counts = [session.exec(select(func.count()).select_from(t)).one() for t in (Actor, Passage)]
    names = session.exec(select(func.count(func.distinct(Actor.name)))).one()
    return counts[0], counts[1], names


@pytest.mark.slow
@pytest.mark.parametrize("resumable", [False, True])
def test_an_apply_that_is_killed_again_and_again(session, database_url, resumable):
    rng = random.Random(7)
    row = preview(
        session,
        fields=MapFields(name="map"),
        filename="actors.jsonl",
        data=file_of(ROWS),
        options=ImportOptions(resumable=resumable),
    )
    session.commit()
    kept = 0
    for _ in range(3):
        process = start(database_url, row.id)
        kill_after(process, rng.randrange(kept + 1, ROWS) if resumable else rng.randrange(ROWS))
        actors, pieces, names = whole_actors(session)
        assert actors == pieces == names
        assert actors % 500 == 0
        assert actors >= kept
        if not resumable:
            assert actors in {0, ROWS}
        kept = actors
        if kept == ROWS:
            break
    report = apply(session, import_id=row.id, checkpoint=session.commit)
    session.commit()
    assert whole_actors(session) == (ROWS, ROWS, ROWS)
    assert (get_import(session, import_id=row.id).state, report.rejected) == ("applied", [])
    assert (report.new, report.same) == (ROWS, 0)
