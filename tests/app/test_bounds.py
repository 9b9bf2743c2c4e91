"""Everything that is sent has a bound: one more is refused, named by its field, and nothing of it is kept."""

import io
import zipfile
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app import trail
from app.errors import AppError
from app.services import contacts, events
from app.services.audit import deed
from app.services.events import MAX_PLACES, MAX_ROUNDS
from app.services.importing.archives import MAX_MEMBERS
from app.services.importing.source import Rejected, open_source
from app.services.importing.tables import MAX_CELL, MAX_COLUMNS
from app.services.registration import MOST_CHARACTERS
from matching.pairing.problem import MAX_DELEGATES, MAX_PARTICIPANTS, MAX_REQUESTED
from matching.pairing.problem import MAX_PLACES as MOST_PLACES
from matching.pairing.problem import MAX_ROUNDS as MOST_ROUNDS
from models.actor import MAX_TEXT, MAX_TEXTS

TEXT = {"lang": "en", "text": "cloth"}
ROUND = {"starts_at": "2027-03-09T09:00:00+01:00", "minutes": 20}
ACTOR: dict[str, Any] = {"name": "A", "country": "FR"}
PEOPLE = [{"id": "a", "side": "FR"}, {"id": "b", "side": "BE"}]
PROBLEM: dict[str, Any] = {"rounds": 2, "places": 1, "participants": PEOPLE}

BODIES: dict[str, tuple[str, str, Any, str]] = {
    "text": ("POST", "/actors", ACTOR | {"offers": [{"lang": "en", "text": "x" * (MAX_TEXT + 1)}]}, "offers[0].text"),
    "texts": ("POST", "/actors", ACTOR | {"offers": [TEXT] * (MAX_TEXTS + 1)}, "offers"),
    "name": ("POST", "/actors", ACTOR | {"name": "x" * 301}, "name"),
    "rounds": ("PUT", "/events/1/rounds", [ROUND] * (MAX_ROUNDS + 1), "body"),
    "places": ("PUT", "/events/1/places", [{"label": "T"}] * (MAX_PLACES + 1), "body"),
    "attendance": ("PUT", "/events/1/attendance", [{"actor_id": 1, "state": "here"}] * 5001, "body"),
    "locks": ("PUT", "/events/1/locks", [{"a": 1, "b": 2, "round": 0}] * 5001, "body"),
    "question": ("POST", "/match", {"text": "x" * (MAX_TEXT + 1)}, "text"),
    "suggestions": ("POST", "/match", {"text": "x", "k": 101}, "k"),
    "solver time": ("POST", "/events/1/plans", {"time_limit_s": 601}, "time_limit_s"),
    "rounds of a problem": ("POST", "/pairings", PROBLEM | {"rounds": MOST_ROUNDS + 1}, "rounds"),
    "places of a problem": ("POST", "/pairings", PROBLEM | {"places": MOST_PLACES + 1}, "places"),
    "participants of a problem": (
        "POST", "/pairings", PROBLEM | {"participants": PEOPLE * (MAX_PARTICIPANTS // 2 + 1)}, "participants",
    ),
    "delegates of a problem": (
        "POST", "/pairings",
        PROBLEM | {"participants": [PEOPLE[0] | {"delegates": [{"id": "d"}] * (MAX_DELEGATES + 1)}, PEOPLE[1]]},
        "participants[0].delegates",
    ),
    "requested meetings": (
        "POST", "/pairings", PROBLEM | {"requested": [{"a": "a", "b": "b"}] * (MAX_REQUESTED + 1)}, "requested",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BODIES)
def test_one_more_than_the_most_is_refused_by_name(client: TestClient, event: str, what: str) -> None:
    method, address, body, field = BODIES[what]
    answer = client.request(method, address, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("address", ["/actors?limit=201", "/actors/search?q=a&limit=101", "/feedback?limit=10000"])
def test_lists_come_in_pages_of_so_many(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "limit")


def test_an_event_has_no_more_participants_than_a_plan(
    client: TestClient, event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert events.MAX_PARTICIPANTS == MAX_PARTICIPANTS
    there = len(client.get(f"{event}/participants").json())
    monkeypatch.setattr(events, "MAX_PARTICIPANTS", there + 2)
    names = ("Ada", "Bo", "Cy")
    ids = [client.post("/actors", json={"name": name, "country": "FR"}).json()["id"] for name in names]
    said = [client.post(f"{event}/participants", json={"actor_id": n}).status_code for n in ids]
    assert said == [201, 201, 409]
    assert client.put(f"{event}/participants", json={"actor_id": ids[0]}).status_code == 200
    told = client.post(f"/console{event}/participants/list", data={"list": "Cy", "do": "register"})
    assert told.status_code == 409
    assert len(client.get(f"{event}/participants").json()) == there + 2


def test_an_actor_has_so_many_persons(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts, "MAX_CONTACTS", 1)
    actor = client.post("/actors", json={"name": "Ada", "country": "FR"}).json()["id"]
    person = {"name": "Zoe", "email": "zoe@example.org", "basis": "contract", "basis_note": "registration"}
    first = client.post(f"/actors/{actor}/contacts", json=person)
    assert first.status_code == 201, first.text
    assert client.post(f"/actors/{actor}/contacts", json=person).status_code == 409
    assert len(client.get(f"/actors/{actor}/contacts").json()) == 1


def test_the_line_of_plans_has_an_end(client: TestClient, event: str) -> None:
    planner = client.app.state.planner
    taken = 0
    while planner._room.acquire(blocking=False):
        taken += 1
    try:
        settings = client.app.state.settings
        assert taken == settings.plans_at_once + settings.plans_in_line
        answer = client.post(f"{event}/plans", json={"wait": False})
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
    finally:
        for _ in range(taken):
            planner._room.release()
    assert client.get(f"{event}/plans").json() == []


def archive(members: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as files:
        for n in range(members):
            files.writestr(f"{n}.csv", "name,country\nA,FR\n")
    return out.getvalue()


def opened(name: str, data: bytes) -> int:
    """The status of the refusal, 422 too where every row is rejected; 0 when something is read."""
    try:
        rows = [row for batch in open_source(data, name).batches() for row in batch]
    except AppError as refusal:
        return refusal.status
    return 422 if all(isinstance(row, Rejected) for row in rows) else 0


def test_files_have_bounds_inside_too() -> None:
    assert opened("a.zip", archive(3)) == 0
    assert opened("a.zip", archive(MAX_MEMBERS + 1)) == 413
    wide = ("name,country," + ",".join(f"c{n}" for n in range(MAX_COLUMNS)) + "\n").encode()
    assert opened("a.csv", wide + b"A,FR" + b",x" * MAX_COLUMNS + b"\n") in {413, 422}
    long = b"name,country,offers\nA,FR," + b"x" * (MAX_CELL + 1) + b"\n"
    assert opened("a.csv", long) in {413, 422}


def test_a_pasted_list_has_a_bound(client: TestClient, event: str) -> None:
    told = client.post(f"/console{event}/participants/list", data={"list": "x" * (MOST_CHARACTERS + 1)})
    assert told.status_code == 422


def test_reads_that_wait_for_the_trail_have_a_bound(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "_ROOM", 3)
    clerk = trail.Clerk(engine)
    clerk._ended.set()
    clerk._thread.join()
    before = trail.LOST._value.get()
    for n in range(5):
        clerk.note(deed(who="key:1", role="reader", action="read", route="GET /actors/{actor_id}",
                        target=f"actor_id={n}", status=200))  # fmt: skip
    assert (clerk.waiting, trail.LOST._value.get() - before) == (3, 2)
