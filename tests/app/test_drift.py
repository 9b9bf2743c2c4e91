"""A clock that is set while the service runs removes nothing, and says so."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from app.drift import Drift
from app.services.meaning import Meaning, MeaningHolder
from app.services.retention import Periods
from app.worker import Worker
from models.access import AccessSession
from models.base import utc_now


class Clocks:
    """One on the wall, one that nobody can set."""

    def __init__(self) -> None:
        self.wall = datetime(2027, 3, 9, 12, tzinfo=UTC)
        self.steady = 1000.0

    def drift(self) -> Drift:
        return Drift(lambda: self.wall, lambda: self.steady)

    def go_on(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.steady += seconds


def test_time_that_passes_is_no_drift() -> None:
    clocks = Clocks()
    drift = clocks.drift()
    clocks.go_on(40 * 86400)
    assert drift.set_by() == timedelta()
    assert drift.is_trusted()


@pytest.mark.parametrize("hours", [-2, 2, 24 * 365 * 3])
def test_a_clock_that_was_set_is_not_trusted_until_it_is_set_right(hours: int) -> None:
    clocks = Clocks()
    drift = clocks.drift()
    clocks.wall += timedelta(hours=hours)
    clocks.go_on(60)
    assert drift.set_by() == timedelta(hours=hours)
    assert not drift.is_trusted()
    clocks.wall -= timedelta(hours=hours)
    assert drift.is_trusted()


def test_a_time_server_that_corrects_a_little_is_trusted() -> None:
    clocks = Clocks()
    drift = clocks.drift()
    clocks.wall += timedelta(minutes=5)
    assert drift.is_trusted()


def sign_ins(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return [*session.exec(select(AccessSession.hash))]


def test_nothing_is_removed_by_a_clock_that_was_set(
    engine: Engine, meaning: Meaning, caplog: pytest.LogCaptureFixture
) -> None:
    with Session(engine) as session:
        session.add(AccessSession(hash="over", vouched_role="reader", ends_at=utc_now() - timedelta(days=1)))
        session.commit()
    clocks = Clocks()
    worker = Worker(engine, MeaningHolder.ready(meaning), 10, periods=Periods(None, None, None), drift=clocks.drift())
    clocks.wall += timedelta(days=3 * 365)
    with caplog.at_level(logging.WARNING):
        worker._sweep()
    assert sign_ins(engine) == ["over"]
    assert "the clock was set by 1095 days" in caplog.text
    trusting = Worker(engine, MeaningHolder.ready(meaning), 10, periods=Periods(None, None, None))
    trusting._sweep()
    assert sign_ins(engine) == []
