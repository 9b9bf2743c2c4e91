"""Computes plans in the background of the service, a few at a time."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from app.services.plan_jobs import run_plan

_AT_ONCE = 1
"""The solver uses a whole core; a second plan waits."""


class Planner:
    """A thread for plans; what it computes is told beside the plan itself, so any process can read and stop it."""

    def __init__(self, engine: Engine, longest_s: float) -> None:
        self._engine = engine
        self._longest_s = longest_s
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="planner")

    def submit(self, event_id: int, number: int) -> None:
        """Compute a started plan when its turn comes."""
        self._pool.submit(run_plan, self._engine, event_id=event_id, number=number, longest_s=self._longest_s)

    def stop(self) -> None:
        """Let the running plan end; those that wait are not begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)
