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
from typing import Any

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
    _survive_a_full_disk()


def _survive_a_full_disk() -> None:
    """Have the library write into room that it has, instead of into holes of a file.

    It maps its files into memory: to write where the disk has no block left any more ends the process (SIGBUS).
    """
    from prometheus_client import mmap_dict  # noqa: PLC0415 - reads SHARED when it is imported

    vars(mmap_dict)["open"] = _opened


def _opened(name: str, mode: str) -> Any:
    return open(name, mode) if mode == "rb" else _Roomy(name)


class _Roomy:
    """A file that grows only where there is room for it; where there is none, what it holds is kept in memory.

    Then others read of it what stood there before: counts stand still, and nobody is ended.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        try:
            self._line = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            self._line = os.memfd_create(_PREFIX)

    def fileno(self) -> int:
        """What is mapped."""
        return self._line

    def truncate(self, size: int) -> None:
        """Grow to so many bytes."""
        try:
            os.posix_fallocate(self._line, 0, size)
        except OSError:
            self._into_memory()
            os.truncate(self._line, size)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._line)

    def _into_memory(self) -> None:
        held, self._line = self._line, os.memfd_create(_PREFIX)
        written = os.fstat(held).st_size
        if written:
            os.sendfile(self._line, held, 0, written)
        else:
            with suppress(OSError):  # nobody can read an empty one
                os.unlink(self._name)
        os.close(held)


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
