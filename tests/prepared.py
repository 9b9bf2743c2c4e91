"""A migrated database of an embedded server, made once for all workers of a run: who needs one takes a copy."""

import fcntl
import os
import subprocess
from pathlib import Path

from app.db import upgrade
from app.embedded_postgres import _leave, start_embedded


def prepared(shared: Path) -> Path:
    """The data folder, with the schema that `alembic upgrade head` makes; its server is stopped.

    `shared`: a folder of all workers. Who comes first makes it, the others wait.
    """
    shared.mkdir(exist_ok=True)
    made = shared / "made"
    with (shared / "turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not made.exists():
            new = shared / "new"
            upgrade(start_embedded(new))
            _leave((new / "postgres").resolve())
            os.replace(new, made)
    return made / "postgres"


def copy_cluster(source: Path, target: Path) -> None:
    """A cluster of its own, with owner and rights: a tenth of the time that making one takes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)
