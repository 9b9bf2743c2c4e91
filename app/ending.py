"""A command that is asked to end (SIGTERM, a closed terminal) ends as after an error: what it began is cleared away.

Left to the system it would be gone at once, and leave its embedded database running, the part of a backup lying.
"""

import signal
from types import FrameType

_ASKED = (signal.SIGTERM, signal.SIGHUP)


class Ended(SystemExit):
    """Somebody asked this process to end."""


def end_tidily() -> None:
    """From now on, unwind when asked to end; what whoever started us wants ignored (nohup) stays ignored."""
    for sign in _ASKED:
        if signal.getsignal(sign) is signal.SIG_DFL:
            signal.signal(sign, _end)


def leave_ending_to_others() -> None:
    """Take that back, for a process that waits for these signals itself, and for those that it forks."""
    for sign in _ASKED:
        if signal.getsignal(sign) is _end:
            signal.signal(sign, signal.SIG_DFL)


def _end(sign: int, _frame: FrameType | None) -> None:
    raise Ended(128 + sign)
