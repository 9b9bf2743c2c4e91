"""Computes plans: a few at a time, a few more in line, and no more than that."""

import logging
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.errors import AppError, Unavailable
from app.memory import gave_up
from app.services.meaning import Meaning
from app.services.plan_jobs import SILENT_S, give_up_waiting, run_plan, still_waiting
from app.services.posing import pose_apart
from app.services.setups import WrittenProblem
from matching.pairing.stop import MaxRuntime, StopFlag
from models.plan import PlanCreate

log = logging.getLogger(__name__)

_PULSE_S = SILENT_S / 4
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
        self._posing = threading.Lock()
        """Held while an event is made into a problem: one process is enough for it, and a core."""
        self._flags: weakref.WeakSet[StopFlag] = weakref.WeakSet()
        self._promised: dict[tuple[int, int], Future[None]] = {}
        self._ending = False
        self._ended = threading.Event()
        self._pulse = threading.Thread(target=self._speak, name="planner-pulse", daemon=True)
        self._pulse.start()

    def limit(self, seconds: float) -> StopFlag:
        """A stopping rule of so many seconds, which the end of the service cuts short: the best so far is kept."""
        flag = StopFlag(MaxRuntime(min(seconds, self._longest_s)))
        self._flags.add(flag)
        if self._ending:
            flag.set()
        return flag

    def pose(self, *, meaning: Meaning, event_id: int, options: PlanCreate) -> WrittenProblem:
        """The problem an event poses today, worked out apart, one after the other. Raises what `pose_apart` raises."""
        with self._posing:
            return pose_apart(self._engine, meaning=meaning, event_id=event_id, options=options)

    @contextmanager
    def turn(self) -> Iterator["Turn"]:
        """A place in the line, given back at the end if it was not used; Unavailable when the line is full.

        Whoever writes down that a plan is to be computed takes the place first: none is promised without one.
        """
        if not self._room.acquire(blocking=False):
            raise Unavailable.by_code("plans_queue")
        turn = Turn(self._pool, self._room)
        try:
            yield turn
        finally:
            turn.give_back()

    def submit(self, turn: "Turn", event_id: int, number: int) -> None:
        """Compute a started plan when its turn comes."""
        future = turn.begin(run_plan, self._engine, event_id=event_id, number=number, limit=self.limit)
        self._promised[event_id, number] = future
        future.add_done_callback(
            lambda done: None if done.cancelled() else self._promised.pop((event_id, number), None)
        )

    def _speak(self) -> None:
        """Say now and then of the plans in line that they are not forgotten: who computes speaks for itself."""
        while not self._ended.wait(_PULSE_S):
            waiting = [key for key, future in [*self._promised.items()] if not future.running() and not future.done()]
            try:
                if waiting:
                    still_waiting(self._engine, waiting)
            except (AppError, SQLAlchemyError) as error:
                log.warning("plans in line cannot be spoken of: %s", error)
            except Exception as error:
                if not gave_up(error, "background"):
                    log.exception("plans in line cannot be spoken of")

    def stop_soon(self) -> None:
        """Ask the running plans for their best so far, without waiting for it."""
        self._ending = True
        for flag in list(self._flags):
            flag.set()

    def stop(self) -> None:
        """End the running plans with their best so far; those that wait are not begun, and say so."""
        self.stop_soon()
        self._ended.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        left = [key for key, future in self._promised.items() if future.cancelled()]
        self._promised.clear()
        try:
            give_up_waiting(self._engine, left)
        except AppError as error:
            # They are given up after a while of silence all the same.
            log.warning("plans that waited could not be told: %s", error)


class Turn:
    """A place in the line; good for one computation."""

    def __init__(self, pool: ThreadPoolExecutor, room: threading.BoundedSemaphore) -> None:
        self._pool = pool
        self._room = room
        self._used = False

    def begin(
        self, work: Callable[Arguments, Answer], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[Answer]:
        """Do the work when a thread is free."""
        future = self._pool.submit(work, *args, **kwargs)
        self._used = True
        future.add_done_callback(lambda _: self._room.release())
        return future

    def wait_for(self, work: Callable[Arguments, Answer], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        """Do the work when a thread is free, and wait for its answer."""
        return self.begin(work, *args, **kwargs).result()

    def give_back(self) -> None:
        """Leave the line when nothing was begun."""
        if not self._used:
            self._used = True
            self._room.release()
