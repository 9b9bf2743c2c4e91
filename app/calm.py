"""A long-running process that neither stops to tidy up nor spreads out.

A full collection walks every object there is: 100 ms and more in a process that has loaded the service, during which
nobody is answered. What is there from the start stays anyway and is not walked again; what comes later is looked
through less often. (Objects that nothing refers to any more are freed at once, as ever: only circles wait.)
"""

import ctypes
import gc
from contextlib import suppress

_EVERY = (25_000, 10, 10)
"""New objects between two looks at the youngest; looks until the next older ones are looked at too."""
_M_ARENA_MAX, _ARENAS = -8, 2
"""The C library's: heaps that its threads share. Each thread with one of its own keeps what it once needed."""


def calm() -> None:
    """Once a process, before its threads begin."""
    settle_objects()
    gc.set_threshold(*_EVERY)
    say_to_allocator("mallopt", _M_ARENA_MAX, _ARENAS)


def settle_objects() -> None:
    """All that is there now stays: it is not walked again."""
    gc.collect()
    gc.freeze()


def say_to_allocator(name: str, *values: int) -> None:
    """Call a function of the C library's allocator, where it is GNU's."""
    with suppress(OSError, AttributeError):
        getattr(ctypes.CDLL(None), name)(*values)
