"""Folders for a while, below the folder for temporary files: what a killed process leaves there goes with the next.

The kernel remembers who still needs one: a lock in it ends with the process that holds it and its forks.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_HELD = "held"


def make_scratch(prefix: str) -> tuple[Path, int]:
    """A new folder, and the open file that holds it. Those that nobody holds any more are removed first."""
    remove_abandoned(prefix)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    held = os.open(folder / _HELD, os.O_RDONLY | os.O_CREAT, 0o600)
    fcntl.flock(held, fcntl.LOCK_SH)
    return folder, held


@contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """A folder for the length of some work."""
    folder, held = make_scratch(prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def remove_abandoned(prefix: str) -> None:
    """Remove the folders of this kind that nobody holds."""
    for held in Path(tempfile.gettempdir()).glob(f"{prefix}*/{_HELD}"):
        with suppress(OSError):  # in use, or another user's
            line = os.open(held, os.O_RDONLY)
            try:
                fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(held.parent)
            finally:
                os.close(line)
