"""The same creating request twice at the same moment: once it is made, and nobody hears of a fault."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, event, text, update
from sqlmodel import Session

from models.actor import IdempotencyRecord
from models.base import utc_now
from tests.waiting import is_waited_for, wait_until

KEY = {"Idempotency-Key": "once"}
BUSY = "the same request is being worked on at this moment; send it again, with the same Idempotency-Key, in a moment"
ACTOR = {"name": "Weaver", "country": "FR"}


@contextmanager
def in_the_middle(engine: Engine, statement: str, do: Callable[[], object]) -> Iterator[None]:
    """Do something just before the first statement that fits is sent."""
    done: list[int] = []

    def look(_conn: object, _cursor: object, sent: str, *_rest: object) -> None:
        if not done and re.search(statement, sent, re.DOTALL):
            done.append(1)
            do()

    event.listen(engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", look)
    assert done, "there was no such moment"


def crossed(client: TestClient, engine: Engine, table: str, url: str, body: dict) -> tuple[Response, Response]:
    """The answers to the same request sent twice: the second comes while the first is about to write."""
    answers: list[Response] = []
    second = Thread(target=lambda: answers.append(client.post(url, json=body, headers=KEY)))

    def cross() -> None:
        second.start()
        wait_until(lambda: is_waited_for(engine))

    with in_the_middle(engine, rf'^INSERT INTO "?{table}\b', cross):
        first = client.post(url, json=body, headers=KEY)
    second.join(20)
    return first, answers[0]


def test_who_comes_second_waits_and_hears_the_same(client: TestClient, engine: Engine) -> None:
    first, second = crossed(client, engine, "actor", "/actors", ACTOR)
    assert (first.status_code, second.status_code, second.json()) == (201, 201, first.json())
    assert client.get("/actors").json()["total"] == 1


def test_who_comes_second_for_a_secret_waits_and_hears_what_was_made(client: TestClient, engine: Engine) -> None:
    first, second = crossed(client, engine, "access_key", "/keys", {"name": "Site"})
    assert (first.status_code, second.status_code) == (201, 409)
    assert f"key {first.json()['id']}:" in second.json()["detail"]
    assert len(client.get("/keys").json()) == 1


@pytest.mark.usefixtures("forgotten")
def test_when_the_first_fails_the_second_creates(client: TestClient, engine: Engine) -> None:
    answers: list[Response] = []
    second = Thread(target=lambda: answers.append(client.post("/actors", json=ACTOR, headers=KEY)))

    def cross() -> None:
        second.start()
        wait_until(lambda: is_waited_for(engine))
        raise MemoryError

    with in_the_middle(engine, r'^INSERT INTO "?actor\b', cross):
        first = client.post("/actors", json=ACTOR, headers=KEY)
    second.join(20)
    assert (first.status_code, answers[0].status_code) == (503, 201)
    assert client.get("/actors").json()["total"] == 1


def test_who_would_wait_too_long_is_told_when_to_come_back(client: TestClient, engine: Engine) -> None:
    def soon(connection: object, _record: object, _proxy: object) -> None:
        with connection.cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute("SET lock_timeout = '100ms'")

    second: list[Response] = []
    event.listen(engine, "checkout", soon)
    try:
        with in_the_middle(
            engine,
            r'^INSERT INTO "?actor\b',
            lambda: second.append(client.post("/actors", json=ACTOR, headers=KEY)),
        ):
            first = client.post("/actors", json=ACTOR, headers=KEY)
    finally:
        event.remove(engine, "checkout", soon)
        engine.dispose()
    assert (first.status_code, second[0].status_code) == (201, 409)
    assert (second[0].json()["detail"], second[0].headers["retry-after"]) == (BUSY, "2")
    assert client.post("/actors", json=ACTOR, headers=KEY).json() == first.json()


def plan(client: TestClient, event: str) -> Response:
    return client.post(f"{event}/plans", json={}, headers=KEY)


def test_a_plan_that_is_being_computed_is_not_computed_again(client: TestClient, engine: Engine, event: str) -> None:
    second: list[Response] = []
    with in_the_middle(engine, r'^INSERT INTO "?plan\b', lambda: second.append(plan(client, event))):
        first = plan(client, event)
    assert (first.status_code, second[0].status_code) == (201, 409)
    # Whoever began it may have been killed: the key is free again when the longest plan and some grace are over.
    left = int(second[0].headers["retry-after"])
    assert 80 <= left <= 90
    assert f"In {left} s at the latest it has an answer or can be made anew" in second[0].json()["detail"]
    again = plan(client, event)
    assert (again.status_code, again.json()) == (201, first.json())
    assert [p["number"] for p in client.get(f"{event}/plans").json()] == [1]


def test_no_transaction_is_open_for_the_key_while_a_plan_is_computed(
    client: TestClient, engine: Engine, event: str
) -> None:
    """In the first statement of the transaction that stores, nobody else is in one, and the key is taken."""
    seen: list[tuple[int, str]] = []

    def look() -> None:
        idle = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
        with engine.connect() as connection:
            taken = connection.execute(text("SELECT status FROM idempotency")).scalar_one()
            seen.append((connection.execute(text(idle)).scalar_one(), taken))

    with in_the_middle(engine, r"FROM event\b.*FOR NO KEY UPDATE", look):
        assert plan(client, event).status_code == 201
    # The one that is about to store has asked for the event already.
    assert seen == [(1, 102)]


def age(engine: Engine) -> None:
    """As if what is worked on had been begun long ago, by a process that is no more."""
    with Session(engine) as session:
        session.execute(update(IdempotencyRecord).values(created_at=utc_now() - timedelta(minutes=5)))
        session.commit()


def test_a_work_whose_process_died_may_be_begun_anew_and_one_plan_is_kept(
    client: TestClient, engine: Engine, event: str
) -> None:
    second: list[Response] = []

    def cross() -> None:
        age(engine)
        second.append(plan(client, event))

    # Not dead, only slow: what is ready first is kept, and who comes late may ask for it.
    with in_the_middle(engine, r"FROM event\b.*FOR NO KEY UPDATE", cross):
        first = plan(client, event)
    assert (first.status_code, first.headers["retry-after"]) == (409, "2")
    assert (second[0].status_code, second[0].json()["number"]) == (201, 1)
    again = plan(client, event)
    assert (again.status_code, again.json()) == (201, second[0].json())
    assert [p["number"] for p in client.get(f"{event}/plans").json()] == [1]


@pytest.mark.usefixtures("forgotten")
def test_a_work_that_fails_lets_go_of_its_key(client: TestClient, engine: Engine, event: str) -> None:
    def fail() -> None:
        raise MemoryError

    with in_the_middle(engine, r'^INSERT INTO "?plan\b', fail):
        assert plan(client, event).status_code == 503
    with engine.connect() as connection:
        plans = "SELECT count(*) FROM audit WHERE route = 'POST /events/{event_id}/plans'"
        assert connection.execute(text(plans)).scalar_one() == 0, "taking a key is no change"
    assert plan(client, event).status_code == 201
    assert [p["number"] for p in client.get(f"{event}/plans").json()] == [1]
