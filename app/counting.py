"""Counting together: several processes of one service write down what they count where each can read it.

Nothing is counted here, and nothing read that counts: where it is written is looked up when the counters are made.
"""

import atexit
import os
import shutil
from contextlib import suppress
from typing import Any

from app.scratch import make_scratch

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder; one process alone has no need of it."""
_PREFIX = "viaduc-counts-"


def share_counts() -> None:
    """From now on the processes of this service count together; to be said before anything that counts is read."""
    # What holds it is never closed: the kernel lets go of it with the last process, whatever ends that.
    folder, _ = make_scratch(_PREFIX)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[SHARED] = str(folder)
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
