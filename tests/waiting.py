"""Waiting for what happens elsewhere: in another thread, in another process, in the database."""

import time
from collections.abc import Callable

from sqlalchemy import Engine, text


def wait_until(true: Callable[[], object], within_s: float = 20, every_s: float = 0.02) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(every_s)


def is_waited_for(engine: Engine) -> bool:
    """Whether one of two requests at once waits for what the other holds, until it commits."""
    with engine.connect() as connection:
        waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return connection.execute(waiting).scalar_one() > 0
