"""Computations in a process of their own: a solver takes a core for seconds, and beside it pages still want theirs.

Python runs one thread at a time: a solver in a thread would make every answer wait for its turns. The process ends by
itself when nothing was asked for a while and with whoever started it, and one that does not come to an end (or takes
all memory) is ended without harm to anybody else.
"""

import atexit
import logging
import os
import pickle
import select
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import IO, Any, TypeVar

from app.errors import Unavailable
from matching.pairing.stop import ProgressHook, Stop, noop

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

GRACE_S = 30.0
"""How long after its time a computation may go on: some steps cannot be interrupted."""
IDLE_S = 60.0
"""How long a process waits for the next question."""
NICER = 10
"""A solver has whatever is left of the processor."""
_LOOK_S = 0.1
_ROOT = Path(__file__).resolve().parent.parent.parent
_HEAD = 8


def send(to: IO[bytes], message: object) -> None:
    """Write a message: its length, then itself."""
    data = memoryview(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
    rest = memoryview(len(data).to_bytes(_HEAD, "little") + data)
    while rest:
        rest = rest[to.write(rest) :]
    to.flush()


def receive(source: IO[bytes]) -> Any:
    """The next message; None at the end."""
    head = _exactly(source, _HEAD)
    data = _exactly(source, int.from_bytes(head, "little")) if head else b""
    # Nobody else writes here: the process is ours.
    return pickle.loads(data) if data else None


def _exactly(source: IO[bytes], size: int) -> bytes:
    parts = []
    while size and (part := source.read(size)):
        parts.append(part)
        size -= len(part)
    return b"" if size else b"".join(parts)


class Apart:
    """One process that computes, asked once at a time; so much `nicer` than the service; one that is nicer has
    what is left of the processor."""

    def __init__(self, nicer: int) -> None:
        self.nicer = nicer
        path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.services.apart_child", str(nicer)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=os.environ | {"PYTHONPATH": path},
            cwd=_ROOT,
            # Ctrl-C in a terminal is meant for the service, which asks for the best so far. No session of its own:
            # Linux shares the processor evenly among sessions (autogroup), and who stands behind is behind in its own.
            process_group=0,
        )
        self._idle_since = time.monotonic()

    @property
    def fresh(self) -> bool:
        """Whether it lives, and will not go to rest in this moment."""
        return self._process.poll() is None and time.monotonic() - self._idle_since < IDLE_S / 2

    def ask(self, work: Callable[..., Answer], args: tuple[Any, ...], stop: Stop, tell: ProgressHook) -> Answer:
        """The work's answer; Unavailable when the process dies or does not come to an end."""
        seconds, best, asked_to_stop = stop.remaining(), 0.0, False
        over_at = time.monotonic() + seconds + GRACE_S
        self._send((work, args, seconds))
        while True:
            if not asked_to_stop and stop(best):
                self._send("stop")
                asked_to_stop, over_at = True, min(over_at, time.monotonic() + GRACE_S)
            if time.monotonic() > over_at:
                raise Unavailable.by_code("computation_too_long")
            for kind, value in self._heard():
                if kind == "progress":
                    best = value.best
                    tell(value)
                elif kind == "failed":
                    raise value
                else:
                    self._idle_since = time.monotonic()
                    return value  # type: ignore[no-any-return]

    def end(self) -> None:
        """End it now."""
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _send(self, message: object) -> None:
        assert self._process.stdin is not None
        try:
            send(self._process.stdin, message)
        except OSError as error:
            raise self._died() from error

    def _heard(self) -> list[tuple[str, Any]]:
        """The next message, if one comes soon."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout.fileno()], [], [], _LOOK_S)
        if not ready:
            return []
        message = receive(self._process.stdout)
        if message is None:
            raise self._died()
        return [message]

    def _died(self) -> Unavailable:
        self.end()
        log.warning("a computing process ended with %s", self._process.returncode)
        return Unavailable("the process that computed has ended, perhaps for want of memory; ask again, or for less")


_idle: list[Apart] = []
_lock = Lock()


def compute_apart(
    work: Callable[..., Answer], *args: Any, stop: Stop, tell: ProgressHook = noop, nicer: int = NICER
) -> Answer:
    """`work(*args, stop, tell)` in a process of its own, until `stop` says so.

    `work` is a function of app/services/solving.py or posing.py; what it raises is raised here. Raises Unavailable when
    the process dies, or goes on longer than `GRACE_S` after its time. `nicer`: how far behind the service it stands
    where both want the processor.
    """
    apart = _taken(nicer)
    try:
        answer = apart.ask(work, args, stop, tell)
    except BaseException:
        apart.end()
        raise
    with _lock:
        _idle.append(apart)
    return answer


def _taken(nicer: int) -> Apart:
    """A process that rests, or a new one."""
    with _lock:
        for apart in [a for a in reversed(_idle) if a.nicer == nicer]:
            _idle.remove(apart)
            if apart.fresh:
                return apart
            apart.end()
    return Apart(nicer)


def end_all() -> None:
    """End the processes that rest; done at the end of whoever asked them, too."""
    with _lock:
        while _idle:
            _idle.pop().end()


atexit.register(end_all)
