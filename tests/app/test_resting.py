"""Connections that died while they lay in the pool are replaced before anybody uses them."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text

from app import resting
from app.db import make_engine


@pytest.fixture
def pool(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


def backend(engine: Engine) -> int:
    """Which process of the server answers; its connection rests afterwards."""
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def test_one_that_the_server_closed_is_replaced_unasked(
    pool: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resting, "answers", lambda *_: pytest.fail("nobody need be asked"))
    first = backend(pool)
    assert backend(pool) == first
    other = create_engine(database_url)
    with other.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:p, 5000)"), {"p": first})
    other.dispose()
    assert backend(pool) != first


def test_one_that_rested_long_is_asked(pool: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    first = backend(pool)
    monkeypatch.setattr(resting, "ASK_S", -1.0)
    assert backend(pool) == first
    monkeypatch.setattr(resting, "answers", lambda *_: False)
    assert backend(pool) != first
