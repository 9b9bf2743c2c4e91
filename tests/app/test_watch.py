"""Probes and metrics of a database that is there and says nothing: told within seconds, and asked once at a time."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from app.db import make_engine
from app.services.meaning import Meaning, MeaningHolder
from app.watch import Watch
from tests.waiting import wait_until

WAIT_S = 0.3


@pytest.fixture
def mute() -> Iterator[Engine]:
    """A database that takes the call and says nothing, as one that is stopped or whose disk hangs."""
    with socket.create_server(("127.0.0.1", 0), backlog=20) as door:
        engine = make_engine(f"postgresql+psycopg://nobody@127.0.0.1:{door.getsockname()[1]}/nothing")
        yield engine
    engine.dispose()


def questions() -> int:
    return sum(thread.name == "patient" for thread in threading.enumerate())


def test_a_database_that_says_nothing_is_told_at_once_and_asked_once(
    client: TestClient, mute: Engine, meaning: Meaning
) -> None:
    client.app.state.watch = Watch(mute, MeaningHolder.ready(meaning), WAIT_S)
    begun = time.monotonic()
    client.get("/ready")
    assert time.monotonic() - begun < 4  # the line is given up after 5
    for _ in range(4):
        ready, metrics = client.get("/ready"), client.get("/metrics")
        assert (ready.status_code, ready.json()["database"][:32]) == (503, "the database does not answer; no")
        assert {"viaduc_database_up 0.0", "viaduc_embedding_backlog NaN"} <= {*metrics.text.splitlines()}
    assert questions() <= 2
    assert client.get("/health").status_code == 200


def test_one_that_speaks_again_is_ready_again(client: TestClient, engine: Engine, meaning: Meaning) -> None:
    client.app.state.watch = Watch(engine, MeaningHolder.ready(meaning), WAIT_S)
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE"))
        assert client.get("/ready").status_code == 503
    wait_until(lambda: client.get("/ready").status_code == 200, 10)


def test_connections_that_are_all_in_use_are_told_as_that(
    client: TestClient, database_url: str, meaning: Meaning
) -> None:
    engine = make_engine(database_url)
    client.app.state.watch = Watch(engine, MeaningHolder.ready(meaning), WAIT_S)
    held = [engine.connect() for _ in range(20)]
    assert client.get("/ready").json()["database"].startswith("every connection to the database is in use")
    for connection in held:
        connection.close()
    wait_until(lambda: client.get("/ready").status_code == 200, 10)
    engine.dispose()
