"""Two requests at once: one waits for what the other holds, until it commits."""

import time
from collections.abc import Callable

from sqlalchemy import Engine, text


def is_waited_for(engine: Engine) -> bool:
    with engine.connect() as connection:
        waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return connection.execute(waiting).scalar_one() > 0


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
