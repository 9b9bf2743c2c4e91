"""The clock on the wall against one that nobody can set: what cannot be taken back is not done by a wrong clock."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from models.base import utc_now

MUCH = timedelta(hours=1)
"""More than the corrections of a time server that is there all the time."""


def steady_clock() -> float:
    """Seconds since the machine started, asleep or not, where the system tells them."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Drift:
    """Remembers when the process began by both clocks."""

    def __init__(self, wall: Callable[[], datetime] = utc_now, steady: Callable[[], float] = steady_clock) -> None:
        self._wall, self._steady = wall, steady
        self._began = wall(), steady()

    def set_by(self) -> timedelta:
        """How far the clock was set since then: later is positive."""
        wall, steady = self._began
        return self._wall() - wall - timedelta(seconds=self._steady() - steady)

    def is_trusted(self) -> bool:
        """Whether the present moment is what it should be by the other clock."""
        return abs(self.set_by()) < MUCH
