"""The audit trail: every change and every read of an actor is there, and a record that was touched shows."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from app.services.audit import append, check_chain, deed, forget_before, naming
from models.base import utc_now


def records(client: TestClient, **query: str) -> list[tuple[str, str, str, str]]:
    client.app.state.clerk.flush()
    found = client.get("/audit", params=query).json()["items"]
    return [(r["who"], r["action"], r["route"], r["target"]) for r in reversed(found)]


@pytest.fixture
def actor(client: TestClient) -> int:
    return client.post("/actors", json={"name": "Ada", "country": "FR"}).json()["id"]


def test_changes_and_reads_are_recorded_with_who_and_what(client: TestClient, actor: int) -> None:
    client.patch(f"/actors/{actor}", json={"city": "Lille"})
    client.get(f"/actors/{actor}")
    client.get("/actors")
    assert records(client) == [
        ("local", "change", "POST /actors", ""),
        ("local", "change", "PATCH /actors/{actor_id}", f"actor_id={actor}"),
        ("local", "read", "GET /actors/{actor_id}", f"actor_id={actor}"),
    ]
    assert len(records(client, target=f"actor_id={actor}")) == 2
    assert records(client, who="key:9") == []


def test_records_are_found_by_each_thing_they_name_by_what_was_done_and_by_day(
    client: TestClient, actor: int, engine: Engine
) -> None:
    client.post("/events", json={"name": "Afternoon"})
    client.post("/events/1/participants", json={"actor_id": actor})
    client.get(f"/events/1/participants/{actor}")
    named = f"actor_id={actor} event_id=1"
    both = [
        ("local", "change", "POST /events/{event_id}/participants", named),
        ("local", "read", "GET /events/{event_id}/participants/{actor_id}", named),
    ]
    assert records(client, target="event_id=1") == both
    assert records(client, target=f"event_id=1  actor_id={actor}") == both
    assert records(client, target="event_id=1", action="read") == both[1:]
    assert records(client, target="event_id=11") == []
    today = utc_now().date()
    assert len(records(client, day=today.isoformat(), target="event_id=1")) == 2
    assert records(client, day=(today - timedelta(days=1)).isoformat()) == []


def test_who_are_many_are_named_by_several_records() -> None:
    done = deed(who="key:1", role="organiser", action="change", route="POST /x", target="event_id=1", status=200)
    told = [record.target.split() for record in naming(done, range(1, 91))]
    assert [len(words) for words in told] == [41, 41, 11]
    assert {word for words in told for word in words} == {"event_id=1", *(f"actor_id={n}" for n in range(1, 91))}
    assert naming(done, ()) == [done]


def test_what_was_refused_changed_nothing_and_is_no_change(client: TestClient, actor: int) -> None:
    assert client.patch(f"/actors/{actor}", json={"country": "XX"}).status_code == 422
    assert client.delete("/actors/999").status_code == 404
    assert records(client) == [("local", "change", "POST /actors", "")]


def test_a_page_goes_on_where_the_one_before_ended(client: TestClient, actor: int) -> None:
    for city in ("Lille", "Gent", "Namur"):
        client.patch(f"/actors/{actor}", json={"city": city})
    first = client.get("/audit", params={"limit": 3}).json()
    second = client.get("/audit", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (3, 1, None)
    assert first["items"][-1]["id"] > second["items"][0]["id"]


def fill(session: Session, count: int) -> None:
    append(session, [deed(who=f"key:{n}", role="admin", action="change", route="POST /x", target="", status=200)
                     for n in range(count)])  # fmt: skip
    session.commit()


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE audit SET who = 'key:9' WHERE id = 2", 2),
        ("DELETE FROM audit WHERE id = 2", 3),
        ("UPDATE audit SET at = at - interval '1 day' WHERE id = 4", 4),
    ],
)
def test_a_record_that_was_touched_shows(session: Session, engine: Engine, tampering: str, broken_at: int) -> None:
    fill(session, 4)
    assert check_chain(session).whole
    with engine.begin() as thief:
        thief.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_only_added"))
        thief.execute(text(tampering))
        thief.execute(text("ALTER TABLE audit ENABLE TRIGGER audit_only_added"))
    session.expire_all()
    found = check_chain(session)
    assert (found.whole, found.broken_at) == (False, broken_at)


def test_the_database_refuses_to_change_records(session: Session, engine: Engine) -> None:
    fill(session, 1)
    for statement in ("UPDATE audit SET who = 'x'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="never changed"), engine.begin() as thief:
            thief.execute(text(statement))


def test_retention_takes_the_oldest_away_and_the_rest_stays_whole(session: Session) -> None:
    fill(session, 2)
    moment = utc_now()
    fill(session, 3)
    assert forget_before(session, moment=moment) == 2
    session.commit()
    found = check_chain(session)
    assert (found.records, found.whole) == (3, True)


def test_the_check_has_a_door(client: TestClient, actor: int) -> None:
    told = client.get("/audit/check").json()
    assert (told["whole"], told["records"], len(told["head"])) == (True, 1, 64)
