"""Drafts go: somebody removes one, or the oldest that nobody touched makes room. What was published stays."""

from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlmodel import Session

from app.services import plan_room
from app.services.bounds import BOUNDS
from app.services.plan_room import make_room, next_number
from models.base import utc_now
from models.event import Event
from models.plan import Plan


@pytest.fixture
def plan(client: TestClient, event: str) -> str:
    """Plan 1 of the event: its address."""
    assert client.post(f"{event}/plans", json={"time_limit_s": 1}).status_code == 201
    return f"{event}/plans/1"


def rows(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one())


def test_a_draft_goes_with_its_meetings_and_its_number_is_not_given_again(
    client: TestClient, engine: Engine, event: str, plan: str
) -> None:
    assert rows(engine, "meeting") > 0
    gone = client.delete(plan, params={"revision": 0})
    assert (gone.status_code, client.get(plan).status_code, client.get(f"{event}/plans").json()) == (204, 404, [])
    assert rows(engine, "meeting") == 0
    assert client.delete(plan).status_code == 404
    assert client.post(f"{event}/plans", json={"time_limit_s": 1}).json()["number"] == 2
    assert client.delete(f"/events/{event[-1]}").status_code == 204
    assert rows(engine, "edition") == 0


def test_who_removes_it_stands_in_the_audit_trail(client: TestClient, plan: str) -> None:
    client.delete(plan)
    newest = client.get("/audit", params={"action": "change", "limit": 1}).json()["items"][0]
    assert (newest["route"], newest["target"]) == (
        "DELETE /events/{event_id}/plans/{number}",
        "event_id=1 number=1",
    )


def test_what_was_published_stays_and_so_does_what_it_was_made_from(client: TestClient, event: str, plan: str) -> None:
    meeting = client.get(plan).json()["meetings"][0]
    locking = {"op": "lock", "revision": 0, "a": meeting["a"], "b": meeting["b"]}
    assert client.post(f"{plan}/publish").status_code == 200
    child = client.post(f"{plan}/edits", json=locking).json()["number"]
    assert client.post(f"{event}/plans/{child}/publish").status_code == 200
    said = {n: client.delete(f"{event}/plans/{n}") for n in (1, child)}
    assert [answer.status_code for answer in said.values()] == [409, 409]
    assert [p["state"] for p in client.get(f"{event}/plans").json()] == ["published", "superseded"]


def test_a_draft_from_which_a_published_one_was_made_stays(client: TestClient, session: Session, event: str) -> None:
    session.add_all([kept(1), kept(2, parent=1, state="published", published_at=utc_now())])
    session.commit()
    answer = client.delete(f"{event}/plans/1")
    assert answer.status_code == 409
    assert "plan 2, which was published, was made from plan 1" in answer.json()["detail"]


def test_what_is_being_computed_is_stopped_first(client: TestClient, session: Session, event: str) -> None:
    session.add(kept(1, state="computing"))
    session.commit()
    answer = client.delete(f"{event}/plans/1")
    assert (answer.status_code, "stop it first" in answer.json()["detail"]) == (409, True)


def test_nobody_removes_what_they_have_not_seen(client: TestClient, plan: str) -> None:
    tag = client.get(plan).headers["etag"]
    meeting = client.get(plan).json()["meetings"][0]
    client.post(f"{plan}/edits", json={"op": "lock", "revision": 0, "a": meeting["a"], "b": meeting["b"]})
    client.put(f"{plan}/note", json={"note": "for the hall"})
    assert client.delete(plan, params={"revision": 0}).status_code == 409
    assert client.delete(plan, headers={"If-Match": tag}).status_code == 412
    now = client.get(plan)
    seen = {"revision": now.json()["revision"]}
    assert client.delete(plan, params=seen, headers={"If-Match": now.headers["etag"]}).status_code == 204


def kept(number: int, **told: Any) -> Plan:
    """A plan of event 1 as it is stored."""
    return Plan(**{"event_id": 1, "number": number, "problem": {}, "certificate": {}} | told)


def numbers(session: Session) -> list[int]:
    return [*session.connection().execute(text("SELECT number FROM plan ORDER BY number")).scalars()]


def drafts_kept(monkeypatch: pytest.MonkeyPatch, most: int, fresh: int) -> None:
    monkeypatch.setitem(BOUNDS, "drafts", replace(BOUNDS["drafts"], most=most))
    monkeypatch.setattr(plan_room, "_FRESH", fresh)


def test_the_oldest_that_nobody_touched_makes_room(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts_kept(monkeypatch, most=8, fresh=1)
    session.add(Event(name="Day"))
    session.flush()
    session.add_all(
        [
            kept(1, note="as told to the mayor"),
            kept(2, edits=[{"op": "lock"}], edits_done=0),
            kept(3),
            kept(4, parent=3),
            kept(5, state="superseded", published_at=utc_now()),
            kept(6, state="computing"),
            kept(7),
            kept(8, state="failed"),
            kept(9),
        ]
    )
    make_room(session, event_id=1)
    assert numbers(session) == [1, 2, 3, 4, 5, 6, 7, 9]
    session.add(kept(10))
    make_room(session, event_id=1)
    assert numbers(session) == [1, 2, 3, 5, 6, 7, 9, 10]
    assert next_number(session, event_id=1) == 11


def test_what_makes_room_by_itself_stands_in_the_audit_trail(
    client: TestClient, session: Session, event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts_kept(monkeypatch, most=2, fresh=1)
    session.add_all([kept(1), kept(2)])
    session.commit()
    make_room(session, event_id=1)
    session.rollback()
    session.commit()
    assert client.post(f"{event}/plans", json={"time_limit_s": 1}).json()["number"] == 3
    told = client.get("/audit", params={"action": "change", "target": "event_id=1 number=1"}).json()["items"]
    assert [(one["who"], one["role"], one["route"], one["target"]) for one in told] == [
        ("service", "service", "DELETE /events/{event_id}/plans/{number}", "event_id=1 number=1")
    ]
    newest = client.get("/audit", params={"action": "change", "limit": 2}).json()["items"]
    assert {one["route"] for one in newest} == {told[0]["route"], "POST /events/{event_id}/plans"}
    assert client.get("/audit/check").json()["whole"]


def test_where_each_draft_is_somebodys_work_one_more_is_refused(
    client: TestClient, session: Session, event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts_kept(monkeypatch, most=2, fresh=1)
    session.add_all([kept(1, note="one"), kept(2, note="two")])
    session.commit()
    for body in ({"time_limit_s": 1}, {"wait": False}):
        answer = client.post(f"{event}/plans", json=body)
        assert (answer.status_code, answer.json()["detail"]) == (409, BOUNDS["drafts"].refusal.detail)
    assert client.delete(f"{event}/plans/1").status_code == 204
    assert client.post(f"{event}/plans", json={"time_limit_s": 1}).json()["number"] == 3


def test_events_are_published_so_often(client: TestClient, session: Session, event: str, plan: str) -> None:
    most = BOUNDS["published plans"]
    client.post(f"{plan}/publish")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BOUNDS, "published plans", replace(most, most=1))
        answer = client.post(f"{event}/plans", json={"time_limit_s": 1})
    assert (answer.status_code, answer.json()["detail"].startswith("1 plans of this event")) == (409, True)
