"""Counting together: several processes of one service write down what they count where each can read it.

Nothing is counted here, and nothing read that counts: where it is written is looked up when the counters are made.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder; one process alone has no need of it."""
_PREFIX, _HELD = "viaduc-counts-", "held"
"""The folders of all services here, and what is locked in each as long as one of its processes lives."""


def share_counts() -> None:
    """From now on the processes of this service count together; to be said before anything that counts is read."""
    _remove_abandoned()
    folder = tempfile.mkdtemp(prefix=_PREFIX)
    # Never closed: the kernel lets go of it with the last process, whatever ends it.
    fcntl.flock(os.open(Path(folder) / _HELD, os.O_RDONLY | os.O_CREAT, 0o600), fcntl.LOCK_SH)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[SHARED] = folder


def is_shared() -> bool:
    """Whether several processes count together."""
    return SHARED in os.environ


def _remove_abandoned() -> None:
    """What services left that were killed: nobody holds it any more."""
    for held in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_HELD}"):
        with suppress(OSError):  # in use, or another user's
            line = os.open(held, os.O_RDONLY)
            try:
                fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(held.parent)
            finally:
                os.close(line)
