"""How much memory a working process may take, and what happens when that does not suffice.

Beyond its limit the system refuses memory instead of ending the process: what asked for too much is given up in words,
lets go of all it held, is counted and written down, and everything else goes on. What is ended all the same (by the
limit of a container, by the machine) is started again by its parent (app/keeper.py).
"""

import gc
import logging
import math
import resource
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from prometheus_client import Counter

from app.calm import say_to_allocator
from app.cgroup import memory_limit
from app.errors import Unavailable, is_want_of_memory
from app.observe import REGISTRY
from app.settings import Settings

log = logging.getLogger(__name__)

REFUSED = Counter("viaduc_memory_refused", "Things given up for want of memory, by kind", ["what"], registry=REGISTRY)
KINDS = MappingProxyType({
    "request": "a request", "import": "an import", "plan": "a plan", "background": "a step in the background",
})  # fmt: skip
for _kind in KINDS:
    REFUSED.labels(_kind)
LEAST = 32 * 2**20
"""Bytes below which a process says that it is short of memory."""
_LATELY_S = 60.0
_STATM = Path("/proc/self/statm")
_STACK = 2 * 2**20
"""Of each thread; the system's own 8 MiB would be counted whole, and nothing here goes so deep."""
_ONE_HEAP, _LARGE_ALONE = (-8, 1), (-3, 2**20)
"""Words of mallopt(3): one heap for all threads, what is larger than a MiB by itself; so both can be given back."""
_CODE_MB, _MODEL_MB = 190, 630
"""What a working process takes for its code and for the default model (docs/operators.md, Memory)."""
_PARENT_MB, _PLANS_MB, _DATABASE_MB = 150, 500, 200
"""Of a container's memory: for the parent, for processes that compute plans, for an embedded database."""
_LEAST_MB = 1100
"""A working process with the default model takes 940 and needs something for requests."""


@dataclass
class _Shortage:
    """When memory last did not suffice, by the steady clock."""

    at: float = -math.inf


_last = _Shortage()


def bound_memory(settings: Settings) -> None:
    """Let this process, and each that it starts, take so much and no more. Computing processes have it once again.

    What is counted is what the process can write to (RLIMIT_DATA), stacks of threads whole: neither the code nor files
    that are only read, so that it does not refuse what takes no memory. To be said before threads are started.
    """
    most_mb = settings.memory_mb or share_mb(settings, memory_limit())
    if most_mb is not None:
        threading.stack_size(_STACK)
        for word in (_ONE_HEAP, _LARGE_ALONE):
            say_to_allocator("mallopt", *word)
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        asked = most_mb * 2**20
        resource.setrlimit(resource.RLIMIT_DATA, (asked if most == resource.RLIM_INFINITY else min(asked, most), most))


def needed_mb(settings: Settings) -> int:
    """MiB that a working process takes before it does anything."""
    return _CODE_MB + (0 if settings.embedding_model else _MODEL_MB)


def require_memory(settings: Settings) -> None:
    """Raise Unavailable where the setting leaves less than that: loading the model would end the process each time."""
    asked, needed = settings.memory_mb, needed_mb(settings)
    if asked is not None and asked < needed:
        raise Unavailable(
            f"VIADUC_MEMORY_MB is {asked}, and a working process takes {needed} before it does anything: raise it"
        )


def share_mb(settings: Settings, limit: int | None) -> int | None:
    """MiB for each working process where all together may take `limit` bytes (app/cgroup.py).

    None without a limit, and where it is so small that processes bound by their share could hardly work: then the
    system ends what goes beyond it.
    """
    if limit is None:
        return None
    whole = limit // 2**20
    apart = _PARENT_MB + _PLANS_MB + (_DATABASE_MB if settings.database_url is None else 0)
    share = (whole - apart) // settings.processes
    if share >= _LEAST_MB:
        log.info("memory: %d MiB for this process, of the %d that all here may take together", share, whole)
        return share
    log.warning(
        "memory: all here may take %d MiB together, %d are wanted; beyond it the system ends a process instead of "
        "refusing a request", whole, apart + _LEAST_MB * settings.processes,
    )  # fmt: skip
    return None


def bytes_held() -> int | None:
    """What this process holds in memory; None where the system does not tell."""
    told = _pages()
    return told[1] * resource.getpagesize() if told else None


def bytes_left() -> int | None:
    """How much more this process may take; None without a limit."""
    limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
    told = _pages()
    if limit == resource.RLIM_INFINITY or not told:
        return None
    return max(0, limit - told[5] * resource.getpagesize())


def _pages() -> list[int]:
    with suppress(OSError):
        return [int(word) for word in _STATM.read_text(encoding="ascii").split()]
    return []


def memory_state() -> str:
    """ok, or how short it is."""
    ago = time.monotonic() - _last.at
    if ago < _LATELY_S:
        return f"short: something was given up for want of it {ago:.0f} s ago"
    left = bytes_left()
    if left is not None and left < LEAST:
        return f"short: {left // 2**20} MB left"
    return "ok"


def gave_up(error: BaseException, what: str) -> bool:
    """Whether it was for want of memory; then what the failed work held is let go, and it is counted and written down.

    `what` is one of KINDS.
    """
    if not is_want_of_memory(error):
        return False
    _let_go(error)
    _last.at = time.monotonic()
    REFUSED.labels(what).inc()
    log.error("not enough memory: %s was given up", KINDS[what], exc_info=error)
    return True


def _let_go(error: BaseException) -> None:
    """What is on its way out still holds, in its frames, all that the work had in hand."""
    seen: set[int] = set()
    held: BaseException | None = error
    while held is not None and id(held) not in seen:
        seen.add(id(held))
        traceback.clear_frames(held.__traceback__)
        held = held.__cause__ or held.__context__
    gc.collect()
    say_to_allocator("malloc_trim", 0)
