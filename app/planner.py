"""Computes plans: a few at a time, a few more in line, and no more than that."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from sqlalchemy import Engine

from app.errors import Unavailable
from app.services.plan_jobs import run_plan

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class Planner:
    """Threads for plans; what they compute is told beside the plan itself, so any process can read and stop it.

    The solver uses a whole core, so only `at_once` plans are computed together; `in_line` more may wait for a turn.
    """

    def __init__(self, engine: Engine, longest_s: float, *, at_once: int = 1, in_line: int = 8) -> None:
        self._engine = engine
        self._longest_s = longest_s
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="planner")
        self._room = threading.BoundedSemaphore(at_once + in_line)

    @contextmanager
    def turn(self) -> Iterator["Turn"]:
        """A place in the line, given back at the end if it was not used; Unavailable when the line is full.

        Whoever writes down that a plan is to be computed takes the place first: none is promised without one.
        """
        if not self._room.acquire(blocking=False):
            raise Unavailable(
                "several plans are being computed and more wait for their turn; ask again when one of them is done"
            )
        turn = Turn(self._pool, self._room)
        try:
            yield turn
        finally:
            turn.give_back()

    def submit(self, turn: "Turn", event_id: int, number: int) -> None:
        """Compute a started plan when its turn comes."""
        turn.begin(run_plan, self._engine, event_id=event_id, number=number, longest_s=self._longest_s)

    def stop(self) -> None:
        """Let the running plans end; those that wait are not begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class Turn:
    """A place in the line; good for one computation."""

    def __init__(self, pool: ThreadPoolExecutor, room: threading.BoundedSemaphore) -> None:
        self._pool = pool
        self._room = room
        self._used = False

    def begin(self, work: Callable[Arguments, Answer], *args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        """Do the work when a thread is free."""
        future = self._pool.submit(work, *args, **kwargs)
        self._used = True
        future.add_done_callback(lambda _: self._room.release())

    def wait_for(self, work: Callable[Arguments, Answer], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        """Do the work when a thread is free, and wait for its answer."""
        future = self._pool.submit(work, *args, **kwargs)
        self._used = True
        future.add_done_callback(lambda _: self._room.release())
        return future.result()

    def give_back(self) -> None:
        """Leave the line when nothing was begun."""
        if not self._used:
            self._used = True
            self._room.release()
