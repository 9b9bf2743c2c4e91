"""Overload is answered at once with 503 and Retry-After, and what is cheap goes on; several hosts of a database."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError

from app.crowding import ROOM
from app.db import database_url as url_of
from app.db import explain_database_error, make_engine, several_hosts
from app.errors import Unavailable
from app.settings import Settings

COSTLY = {
    "match": ("/match", {"text": "fire tests"}),
    "pairings": ("/pairings", {}),
    "imports": ("/maps/imports/1/apply", None),
    "papers": ("/events/1/papers/badges", {}),
}


@pytest.mark.parametrize("kind", ROOM)
def test_the_one_too_many_is_refused_and_comes_in_when_there_is_room(client: TestClient, kind: str) -> None:
    address, body = COSTLY[kind]
    usual = client.post(address, json=body).status_code
    assert usual != 503
    client.app.state.seats[kind] = ROOM[kind]
    refused = client.post(address, json=body)
    assert (refused.status_code, refused.json()["title"]) == (503, "Service unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    assert client.get("/events").status_code == 200
    client.app.state.seats[kind] = ROOM[kind] - 1
    assert client.post(address, json=body).status_code == usual
    assert client.app.state.seats[kind] == ROOM[kind] - 1


@pytest.mark.parametrize(
    ("url", "read"),
    [
        (
            "postgresql://u:p@a.example:5433,b.example/viaduc",
            "postgresql://u:p@/viaduc?host=a.example,b.example&port=5433,5432&target_session_attrs=read-write",
        ),
        (
            "postgresql://a,b/viaduc?target_session_attrs=any",
            "postgresql:///viaduc?target_session_attrs=any&host=a,b&port=5432,5432",
        ),
        (
            "postgresql://u@[::1]:5433,b/viaduc?sslmode=require",
            "postgresql://u@/viaduc?sslmode=require&host=::1,b&port=5433,5432&target_session_attrs=read-write",
        ),
        ("postgresql://u:p@one.example:5433/viaduc", "postgresql://u:p@one.example:5433/viaduc"),
        ("postgresql:///viaduc?host=/run/a,/run/b", "postgresql:///viaduc?host=/run/a,/run/b"),
    ],
)
def test_several_hosts_are_read_as_libpq_reads_them(url: str, read: str) -> None:
    assert several_hosts(url) == read
    assert make_url(several_hosts(url)).database == "viaduc"


def test_a_host_that_is_gone_is_passed_over(database_url: str, tmp_path: Path) -> None:
    here = make_url(database_url)
    url = f"postgresql://postgres@/{here.database}?host={tmp_path},{here.query['host']}&port=5432,5432"
    settings = Settings(database_url=f"{url}&target_session_attrs=read-write", data_dir=tmp_path)
    engine = make_engine(url_of(settings))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    engine.dispose()


def test_a_primary_that_became_a_standby_is_let_go(engine: Engine) -> None:
    own = make_engine(engine.url.render_as_string(hide_password=False))
    with own.connect() as connection:
        first = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        connection.commit()
        connection.execute(text("SET TRANSACTION READ ONLY"))
        with pytest.raises(DBAPIError) as refused:
            connection.execute(text("UPDATE pool_revision SET n = n + 1"))
    assert refused.value.connection_invalidated
    assert isinstance(explain_database_error(refused.value), Unavailable)
    with own.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != first
    own.dispose()
