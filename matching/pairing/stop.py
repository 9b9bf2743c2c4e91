"""When to stop: small callables behind one protocol (after PyVRP's stopping criteria).

A solver asks `stop(best)` between steps and `stop.remaining()` before a step that cannot be interrupted.
"""

import math
import threading
import time
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of a running solver: the stage, the best value so far and the proven bound."""

    stage: str
    best: float
    bound: float
    gap: float
    iteration: int = 0


class ProgressHook(Protocol):
    """Called between steps; must not raise."""

    def __call__(self, progress: Progress) -> None: ...


def noop(progress: Progress) -> None:
    """Report to nobody."""


class Stop(Protocol):
    """True when the solver should return its best so far."""

    def __call__(self, best: float) -> bool: ...

    def remaining(self) -> float:
        """Seconds left, infinite when time is not what stops."""
        ...


class MaxRuntime:
    """Stop after so many seconds, counted from the first question."""

    def __init__(self, seconds: float) -> None:
        if not seconds >= 0:
            raise ValueError("MaxRuntime: seconds must be 0 or more")
        self._seconds = seconds
        self._start: float | None = None

    def __call__(self, best: float) -> bool:  # noqa: ARG002 - the protocol's signature
        return self.remaining() <= 0

    def remaining(self) -> float:
        """Seconds left of the budget."""
        now = time.perf_counter()
        if self._start is None:
            self._start = now
        return self._seconds - (now - self._start)


class MaxIterations:
    """Stop after so many questions; the choice for tests, because it does not depend on the machine."""

    def __init__(self, iterations: int) -> None:
        if iterations < 0:
            raise ValueError("MaxIterations: iterations must be 0 or more")
        self._left = iterations

    def __call__(self, best: float) -> bool:  # noqa: ARG002 - the protocol's signature
        self._left -= 1
        return self._left < 0

    def remaining(self) -> float:
        """Never a matter of time."""
        return math.inf


class NoImprovement:
    """Stop after so many questions in a row without a better value."""

    def __init__(self, iterations: int) -> None:
        if iterations < 1:
            raise ValueError("NoImprovement: iterations must be 1 or more")
        self._patience = iterations
        self._best = -math.inf
        self._stale = 0

    def __call__(self, best: float) -> bool:
        if best > self._best:
            self._best, self._stale = best, 0
        else:
            self._stale += 1
        return self._stale >= self._patience

    def remaining(self) -> float:
        """Never a matter of time."""
        return math.inf


class StopFlag:
    """Stop when another thread says so, or when the wrapped criterion does."""

    def __init__(self, inner: Stop | None = None) -> None:
        self._event = threading.Event()
        self._inner = inner

    def set(self) -> None:
        """Ask the solver to return its best so far."""
        self._event.set()

    def __call__(self, best: float) -> bool:
        return self._event.is_set() or (self._inner is not None and self._inner(best))

    def remaining(self) -> float:
        """0 once set, else what the wrapped criterion leaves."""
        if self._event.is_set():
            return 0.0
        return math.inf if self._inner is None else self._inner.remaining()


@dataclass(frozen=True, slots=True)
class Earlier:
    """Stop some seconds before another criterion does, so that a later step has time left."""

    inner: Stop
    seconds: float

    def __call__(self, best: float) -> bool:
        return self.inner(best) or self.remaining() <= 0

    def remaining(self) -> float:
        """What the other leaves, less the reserve."""
        return self.inner.remaining() - (self.seconds if math.isfinite(self.seconds) else 0.0)


@dataclass(frozen=True, slots=True)
class Run:
    """How a solver may run: when to stop, with which seed, whom to tell."""

    stop: Stop
    seed: int
    on_progress: ProgressHook
