"""Everything that is sent has a bound: one more is refused, named by its field, and nothing of it is kept."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine

from app import trail
from app.errors import AppError
from app.services import events
from app.services.audit import deed
from app.services.bounds import BOUNDS, MAX_PLACES, MAX_ROUNDS
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

FEEDBACK = {"actor_id": 1, "target_id": 3, "worth": "yes", "outcome": "none"}

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
    "note on a plan": ("PUT", "/events/1/plans/1/note", {"note": "x" * 501}, "note"),
    "note of feedback": ("POST", "/feedback", FEEDBACK | {"note": "x" * 2001}, "note"),
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


PERSON = {"name": "Zoe", "email": "zoe@example.org", "basis": "contract", "basis_note": "registration"}
FIRST, SECOND = "Zuse 1", "Zuse 2"


def partner(client: TestClient, event: str, name: str) -> Response:
    """The third or the fourth actor becomes a partner of the first."""
    return client.put("/actors/1/relations", json={"target_id": 3 if name == FIRST else 4, "type": "partner"})


def wish(client: TestClient, event: str, name: str) -> Response:
    said = {"actor_id": 1, "target_id": 3 if name == FIRST else 4, "kind": "wish"}
    return client.put(f"{event}/wishes", json=said)


def file_of(client: TestClient, event: str, name: str) -> Response:
    return client.post("/maps/imports", data={"name": name}, files={"file": ("a.csv", b"name,country\nA,FR\n")})


def sectors(client: TestClient, event: str, name: str) -> Response:
    return client.post("/sector-lists", data={"name": name}, files={"file": ("a.csv", b"code,name\nx,Weaving\n")})


def consent(client: TestClient, event: str, name: str) -> Response:
    body = {"version": name.replace(" ", "-"), "texts": [{"lang": "en", "text": "Yes."}]}
    return client.post("/consent-texts", json=body)


def lock(client: TestClient, event: str, name: str) -> Response:
    """A meeting of the plan is locked, the first time plan 1 is computed."""
    if name == FIRST:
        client.post(f"{event}/plans", json={"time_limit_s": 1})
    plan = client.get(f"{event}/plans/1").json()
    one = next(m for m in plan["meetings"] if not m["locked"])
    edit = {"op": "lock", "revision": plan["revision"], "a": one["a"], "b": one["b"]}
    return client.post(f"{event}/plans/1/edits", json=edit)


Make = Callable[[TestClient, str, str], Response]
KEPT: dict[str, tuple[Make, str]] = {
    "events": (lambda client, _, name: client.post("/events", json={"name": name}), "/events"),
    "programmes": (lambda client, _, name: client.post("/programmes", json={"name": name}), "/programmes"),
    "maps": (file_of, "/maps"),
    "sector lists": (sectors, "/sector-lists"),
    "consent texts": (consent, "/consent-texts"),
    "keys": (lambda client, _, name: client.post("/keys", json={"name": name, "role": "reader"}), "/keys"),
    "people": (
        lambda client, _, name: client.put("/people", json={"email": f"{name[-1]}@example.org", "role": "reader"}),
        "/people",
    ),
    "contacts": (lambda client, _, name: client.post("/actors/1/contacts", json=PERSON), "/actors/1/contacts"),
    "relations": (partner, "/actors/1/relations"),
    "wishes": (wish, "/events/1/wishes"),
    "locks": (lock, "/events/1/locks"),
    "links": (
        lambda client, event, _: client.post(f"{event}/links", json={"actor_ids": [1]}),
        "/events/1/links",
    ),
    "drafts": (lambda client, event, _: client.post(f"{event}/plans", json={"time_limit_s": 1}), "/events/1/plans"),
}
"""How one more of each is made, and the list in which it stands."""
IN_OTHER_TESTS = {"published plans"}


def test_every_bound_is_tried() -> None:
    assert KEPT.keys() | IN_OTHER_TESTS == BOUNDS.keys()


@pytest.mark.parametrize("what", KEPT)
def test_one_more_than_is_kept_is_refused_by_the_bound(
    client: TestClient, event: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, at = KEPT[what]
    there = len(client.get(at).json())
    monkeypatch.setitem(BOUNDS, what, replace(BOUNDS[what], most=there + 1))
    first = make(client, event, FIRST)
    assert first.status_code in {200, 201}, first.text
    told = client.get(at).json()
    assert len(told) == there + 1
    second = make(client, event, SECOND)
    assert (second.status_code, second.json()["detail"]) == (409, BOUNDS[what].refusal.detail)
    assert second.json()["detail"].startswith(f"{there + 1} ")
    assert client.get(at).json() == told


@pytest.mark.parametrize("what", ["people", "relations", "wishes", "sector lists", "maps"])
def test_what_is_there_is_changed_where_no_more_is_taken(
    client: TestClient, event: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, at = KEPT[what]
    assert make(client, event, FIRST).status_code in {200, 201}
    monkeypatch.setitem(BOUNDS, what, replace(BOUNDS[what], most=1))
    assert make(client, event, FIRST).status_code in {200, 201}
    assert len(client.get(at).json()) == 1


def test_a_key_is_rotated_where_no_more_are_made(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    key = client.post("/keys", json={"name": "Site", "role": "reader"}).json()
    monkeypatch.setitem(BOUNDS, "keys", replace(BOUNDS["keys"], most=1))
    assert client.post(f"/keys/{key['id']}/rotate", json={"grace_hours": 1}).status_code == 201


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


def test_a_map_gives_nobody_more_relations_than_are_kept(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BOUNDS, "relations", replace(BOUNDS["relations"], most=1))
    rows: list[dict[str, Any]] = [{"id": name, "name": name, "country": "FR"} for name in "ABC"]
    rows[0]["relations"] = [{"type": "partner", "target": name} for name in "BC"]
    file = {"file": ("a.json", json.dumps(rows).encode())}
    answer = client.post("/maps/imports?apply=true", data={"name": "Border"}, files=file)
    assert (answer.status_code, answer.json()["detail"]) == (409, BOUNDS["relations"].refusal.detail)
    assert client.get("/actors").json()["total"] == 0
