"""What dies is started again at once: a parent that does no work holds the door and forks the processes that do.

The parent has read all the code and listens, so that the next process is there in a moment and callers meanwhile wait
in the line of the socket instead of being refused. It has no threads and no connections, which forking would break.
A process hears when its parent is gone, and ends: nobody is left behind on the port. What cannot begin is tried again
ever more slowly. One that says why (the database is away) is tried for as long as that takes; where none can even say
that, the parent gives up and says so: whoever watches it is to know.
"""

import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from app.errors import AppError
from app.gauges import RESTARTS
from app.observe import forget_process

log = logging.getLogger(__name__)

_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
_PATIENCE_S = 30.0
"""Asked to end, a process drains for 20 s and then some; longer and it is killed."""
PAUSES_S = (0.0, 0.2, 1.0, 5.0, 5.0, 5.0, 5.0, 5.0)
"""Before the next start, by how many in a row died before their work began; one more, and the parent gives up."""
_EARLY_S = 5.0
_EARLY_PAUSE_S = 1.0
"""Who began but dies sooner than that, again and again, waits so long at most: what stays is not to take a core."""
LATER = 75
"""The status of a process that has said why it cannot begin yet (EX_TEMPFAIL of sysexits.h)."""
_LOOK_S = 1.0


class Life:
    """What a working process knows of the parent that keeps it."""

    def __init__(self, parent: socket.socket | None = None, number: int = 1) -> None:
        self._parent = parent
        RESTARTS.set(number - 1)

    def begun(self) -> None:
        """Say that the work goes on: from now on, its end is a death and not a refusal to start."""
        if self._parent is not None:
            self._parent.send(b"1")

    def end_with_parent(self) -> None:
        """Ask this process to end, as SIGTERM does, when its parent is gone."""
        if self._parent is not None:
            threading.Thread(target=self._listen, name="parent", daemon=True).start()

    def _listen(self) -> None:
        assert self._parent is not None
        with suppress(ConnectionError):  # so it ends when the parent had not listened to all of it
            self._parent.recv(1)
        os.kill(os.getpid(), signal.SIGTERM)


Mask = set[signal.Signals | int]
Work = Callable[[Life], int]


def can_keep() -> bool:
    """Whether processes can be kept here: forking what has loaded much is safe on Linux alone."""
    return sys.platform == "linux"


@dataclass
class Kept:
    """A place for a working process, and what became of those that held it."""

    process: int = 0
    """0: nobody works here now."""
    due_at: float | None = None
    """When the next is started, where the one before has died."""
    starts: int = 0
    early: int = 0
    """Deaths in a row that came soon after the start."""
    stillborn: int = 0
    """Deaths in a row before the work began, and without a word why."""
    begun_at: float = 0.0
    line: socket.socket | None = None

    def has_begun(self) -> bool:
        """Whether the process that holds it, or held it last, said that its work goes on."""
        if self.line is None:
            return False
        try:
            return self.line.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"1"
        except (BlockingIOError, ConnectionResetError):
            return False

    def note_death(self, status: int) -> None:
        """Count a death, and how those before it were, by the status that the system tells."""
        begun = self.has_begun()
        early = not begun or time.monotonic() - self.begun_at < _EARLY_S
        said_why = os.WIFEXITED(status) and os.WEXITSTATUS(status) == LATER
        self.early = self.early + 1 if early else 0
        self.stillborn = 0 if begun or said_why else self.stillborn + 1


class Keeper:
    """Keeps processes working until it is asked to end."""

    def __init__(
        self,
        work: Work,
        door: socket.socket | None = None,
        processes: int = 1,
        pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        """`work` runs in each forked process and returns its exit status; `door` is where all listen, if they do."""
        self._work = work
        self._door = door
        self._pauses_s = pauses_s
        self._kept = [Kept() for _ in range(processes)]
        self._refused = 0
        self._kill_at: float | None = None

    def run(self) -> int:
        """Keep them going; the exit status: 0 when asked to end, else that of a process that never began, or 1."""
        gc.freeze()  # so that what is shared with the next process stays shared
        forget_process(os.getpid())  # it does no work that counts
        # What whoever started us wants ignored (nohup) is not waited for.
        ends = {s for s in _SIGNALS if signal.getsignal(s) is not signal.SIG_IGN}
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {*ends, signal.SIGCHLD})
        try:
            for kept in self._kept:
                self._start(kept, before)
            while True:
                told = signal.sigtimedwait({*ends, signal.SIGCHLD}, self._patience())
                if told is not None and told.si_signo in ends:
                    self._ask_to_end()
                if self._kill_at is not None and time.monotonic() > self._kill_at:
                    self._tell(signal.SIGKILL)
                for kept, status in self._reap():
                    self._ended(kept, status)
                for kept in self._due():
                    self._start(kept, before)
                if self._kill_at is not None and not any(kept.process for kept in self._kept):
                    return self._refused
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _patience(self) -> float:
        """Seconds until there is something to do, whatever is heard meanwhile."""
        due = [kept.due_at for kept in self._kept if kept.due_at is not None]
        return max(0.0, min([_LOOK_S, *(at - time.monotonic() for at in due)]))

    def _due(self) -> list[Kept]:
        """The places whose next process is to be started now."""
        now = time.monotonic()
        return [kept for kept in self._kept if kept.due_at is not None and kept.due_at <= now]

    def _start(self, kept: Kept, mask: Mask) -> None:
        if kept.line is not None:
            kept.line.close()
        kept.line, theirs = socket.socketpair()
        kept.starts += 1
        kept.begun_at, kept.due_at = time.monotonic(), None
        kept.process = os.fork()
        if kept.process == 0:
            for other in self._kept:
                if other.line is not None:
                    other.line.close()
            _become(self._work, Life(theirs, kept.starts), mask)
        theirs.close()

    def _ended(self, kept: Kept, status: int) -> None:
        """What follows the end of a process: another one, unless all are to end, or none would ever begin."""
        if self._kill_at is not None:
            return
        if not kept.has_begun() and os.WIFEXITED(status) and kept.starts == 1:
            said = os.WEXITSTATUS(status)
            self._refused = 1 if said in {0, LATER} else said
            self._ask_to_end()
            return
        kept.note_death(status)
        lived = time.monotonic() - kept.begun_at
        code = os.waitstatus_to_exitcode(status)
        cause = f"signal {-code}" if code < 0 else f"status {code}"
        others_work = any(other.process and other.has_begun() for other in self._kept)
        if kept.stillborn >= len(self._pauses_s) and not others_work:
            self._give_up(kept.stillborn, cause)
            return
        log.error("the working process ended after %.0f s (%s): it is started again", lived, cause)
        kept.due_at = time.monotonic() + self._pause_s(kept)

    def _pause_s(self, kept: Kept) -> float:
        """Seconds before the next start: none where the last one had worked for a while."""
        if kept.has_begun():
            return min(self._pauses_s[min(max(kept.early - 1, 0), len(self._pauses_s) - 1)], _EARLY_PAUSE_S)
        return self._pauses_s[min(kept.early, len(self._pauses_s) - 1)]

    def _give_up(self, times: int, cause: str) -> None:
        log.critical(
            "given up: the working process died %d times in a row before its work began (%s). signal 9 is mostly want "
            "of memory; what it said itself stands above",
            times,
            cause,
        )
        self._refused = 1
        self._ask_to_end()

    def _ask_to_end(self) -> None:
        if self._kill_at is None:
            self._kill_at = time.monotonic() + _PATIENCE_S
            if self._door is not None:
                self._door.close()  # who comes now is refused, not left waiting
            for kept in self._kept:
                kept.due_at = None
        self._tell(signal.SIGTERM)

    def _tell(self, what: signal.Signals) -> None:
        for kept in self._kept:
            if kept.process:
                os.kill(kept.process, what)

    def _reap(self) -> list[tuple[Kept, int]]:
        """Working processes that have ended, and how; others that ended (a database of ours) are let go."""
        found: list[tuple[Kept, int]] = []
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return found
            if process == 0:
                return found
            for kept in self._kept:
                if kept.process == process:
                    kept.process = 0
                    forget_process(process)
                    found.append((kept, status))


def _become(work: Work, life: Life, mask: Mask) -> None:
    """The rest of a forked process's life."""
    status = 1
    try:
        # A terminal that is closed tells everybody in it: the parent hears it, and asks this one to end in order.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        life.end_with_parent()
        status = work(life)
    except AppError as error:
        log.error("not started: %s", error)
        status = LATER
    except BaseException:
        log.exception("the working process fails")
    finally:
        logging.shutdown()
        # Without what the parent has registered for its own end.
        os._exit(status)


def open_door(host: str, port: int) -> socket.socket:
    """A listening socket; OSError when somebody else has the port. One that is being given up is waited for."""
    deadline = time.monotonic() + 3
    while True:
        try:
            return socket.create_server(
                (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048
            )
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
