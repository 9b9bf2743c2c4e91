"""A creating request that is sent again, as a client does after a lost answer."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from app.policy import Who, rule_for
from models import TABLES
from tests.app.conftest import create_actor

CSV = "name;country;offers\nWeaver;FR;cloth\n"
KEY = {"Idempotency-Key": "once"}


def upload(client: TestClient, csv: str, name: str = "Border", apply: bool = True) -> tuple[int, dict]:
    answer = client.post(
        "/maps/imports",
        params={"apply": apply},
        data={"name": name},
        files={"file": ("border.csv", csv, "text/csv")},
        headers=KEY,
    )
    return answer.status_code, answer.json()


def test_an_upload_sent_twice_is_one_import(client: TestClient) -> None:
    status, first = upload(client, CSV)
    assert (status, first["state"], first["report"]["new"]) == (201, "applied", 1)
    assert upload(client, CSV) == (201, first)
    assert len(client.get(f"/maps/{first['map_id']}/imports").json()) == 1


def test_another_file_or_field_or_flag_under_the_same_key_is_refused(client: TestClient) -> None:
    upload(client, CSV)
    assert upload(client, CSV + "Spinner;FR;yarn\n")[0] == 409
    assert upload(client, CSV, name="Another border")[0] == 409
    assert upload(client, CSV, apply=False)[0] == 409
    assert client.get("/actors").json()["total"] == 1


def test_the_same_key_on_another_route_is_another_request(client: TestClient) -> None:
    upload(client, CSV)
    body = {"name": "Afternoon"}
    assert client.post("/events", json=body, headers=KEY).status_code == 201
    assert client.post("/events", json=body, headers=KEY).json()["id"] == 1
    assert len(client.get("/events").json()) == 1


def test_a_request_that_failed_may_be_mended_under_the_same_key(client: TestClient) -> None:
    assert client.post("/events", json={"name": ""}, headers=KEY).status_code == 422
    assert client.post("/events", json={"name": "Afternoon"}, headers=KEY).status_code == 201


def test_a_plan_that_could_not_be_computed_may_be_asked_for_under_the_same_key(client: TestClient, event: str) -> None:
    rounds = client.get(f"{event}/rounds").json()
    client.put(f"{event}/rounds", json=[])
    assert client.post(f"{event}/plans", json={}, headers=KEY).status_code == 422
    client.put(f"{event}/rounds", json=[{k: r[k] for k in ("starts_at", "minutes")} for r in rounds])
    made = client.post(f"{event}/plans", json={}, headers=KEY)
    assert (made.status_code, made.json()["number"]) == (201, 1)


FILE = {"file": ("list.csv", b"code;nom;viaduc\nDAS1;Textiles du futur;textile\n", "text/csv")}
CONTACT = {"name": "Anne Dupont", "email": "anne@f1.example", "basis": "contract", "basis_note": "Agreement 7"}
SENT: dict[str, tuple[str, dict[str, Any]]] = {
    "/actors": ("/actors", {"json": {"name": "Weaver", "country": "FR", "offers": {"en": "cloth"}}}),
    "/actors/{actor_id}/contacts": ("/actors/1/contacts", {"json": CONTACT}),
    "/consent-texts": ("/consent-texts", {"json": {"version": "2027-1", "texts": {"fr": "J'accepte."}}}),
    "/events": ("/events", {"json": {"name": "Evening"}}),
    "/events/{event_id}/day/replan": ("/events/1/day/replan", {"json": {}}),
    "/events/{event_id}/links": ("/events/1/links", {"json": {}}),
    "/events/{event_id}/links/renew": ("/events/1/links/renew", {"json": {"actor_ids": [2, 3]}}),
    "/events/{event_id}/participants": ("/events/1/participants", {"json": {"actor_id": 5}}),
    "/events/{event_id}/plans": ("/events/1/plans", {"json": {}}),
    "/events/{event_id}/plans/{number}/replan": ("/events/1/plans/1/replan", {"json": {"now": 1, "absent": [1]}}),
    "/feedback": ("/feedback", {"json": {"actor_id": 1, "target_id": 3, "event_id": 1, "worth": "yes"}}),
    "/keys": ("/keys", {"json": {"name": "Site"}}),
    "/keys/{key_id}/rotate": ("/keys/1/rotate", {"json": {}}),
    "/maps/imports": ("/maps/imports?apply=true", {"data": {"name": "M"}, "files": {"file": ("m.csv", CSV)}}),
    "/programmes": ("/programmes", {"json": {"name": "Interreg"}}),
    "/sector-lists": ("/sector-lists", {"data": {"name": "DAS"}, "files": FILE}),
    "/tandems": ("/tandems", {"json": {"actor_id": 1, "partner_id": 3, "status": "met"}}),
}
"""Every creating route, and a request for it; actors 1 to 5, event 1 with its published plan 1 and key 1 are there."""
ELSEWHERE = {
    "/maps/imports/from-address": "tests/app/test_maps_api.py",
    "/weights/proposals": "tests/app/test_weights_api.py",
}
"""Those that need more around them, and where they are sent twice."""
SECRET = {"/keys", "/keys/{key_id}/rotate", "/events/{event_id}/links", "/events/{event_id}/links/renew"}
WITHOUT_A_KEY = {
    "/events/{event_id}/plans/{number}/stop": "creates nothing: a plan that was asked to stop may be asked again",
}
"""What answers 201 or 202 and takes no Idempotency-Key, with the reason."""


@pytest.fixture
def furnished(client: TestClient, event: str, at: Callable[[str], None]) -> TestClient:
    create_actor(client, "F3", "FR")
    client.post(f"{event}/plans", json={})
    client.post(f"{event}/plans/1/publish")
    client.post("/keys", json={"name": "Another site"})
    return client


def rows(engine: Engine) -> Counter[str]:
    """How many rows each table has, but for what counts requests and changes."""
    names = {str(t.__tablename__) for t in TABLES} - {"audit", "edition"}
    with engine.connect() as connection:
        return Counter({n: connection.execute(text(f'SELECT count(*) FROM "{n}"')).scalar_one() for n in names})


@pytest.mark.parametrize("route", SENT)
def test_every_creating_request_sent_twice_creates_once(furnished: TestClient, engine: Engine, route: str) -> None:
    url, sent = SENT[route]
    before = rows(engine)
    first = furnished.post(url, headers=KEY, **sent)
    assert first.status_code == 201, first.text
    between = rows(engine)
    assert between - before > Counter({"idempotency": 1}), "something was made and remembered"
    again = furnished.post(url, headers=KEY, **sent)
    assert rows(engine) == between
    if route in SECRET:
        assert again.status_code == 409
        assert "the secret is kept nowhere" in again.json()["detail"]
    else:
        assert (again.status_code, again.json()) == (201, first.json())


@pytest.mark.parametrize("route", ["/events/{event_id}/plans", "/keys", "/actors/{actor_id}/contacts"])
def test_another_body_under_the_same_key_is_refused(furnished: TestClient, engine: Engine, route: str) -> None:
    url, sent = SENT[route]
    furnished.post(url, headers=KEY, **sent)
    between = rows(engine)
    other = {"/events/1/plans": {"seed": 7}, "/keys": {"name": "Other"}}.get(url, CONTACT | {"name": "Luc"})
    again = furnished.post(url, headers=KEY, json=other)
    told = "this Idempotency-Key was used for another request; take a new one"
    assert (again.status_code, again.json()["detail"], rows(engine)) == (409, told, between)


def test_what_is_created_says_whether_it_may_be_sent_again(client: TestClient) -> None:
    creating, keyed = set(), set()
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        answers = operations.get("post", {}).get("responses", {})
        if {"201", "202"} & {*answers}:
            creating.add(path)
            if any(p["name"].lower() == "idempotency-key" for p in operations["post"].get("parameters", ())):
                assert "409" in answers, path
                keyed.add(path)
    assert creating - keyed == {*WITHOUT_A_KEY}
    assert keyed == {*SENT} | {*ELSEWHERE}


@pytest.mark.parametrize("route", [*SENT, *ELSEWHERE])
def test_who_creates_has_a_name_that_keeps_their_keys_apart(route: str) -> None:
    assert rule_for("POST", route) not in {Who.PUBLIC, Who.PROBE, Who.LINK}


def test_a_repeat_names_the_key_that_was_made_and_what_to_do(furnished: TestClient, engine: Engine) -> None:
    made = furnished.post("/keys", json={"name": "Site"}, headers=KEY).json()
    told = furnished.post("/keys", json={"name": "Site"}, headers=KEY).json()["detail"]
    assert f"key {made['id']}:" in told
    assert f"POST /keys/{made['id']}/rotate" in told
    anew = furnished.post(f"/keys/{made['id']}/rotate", json={}, headers={"Idempotency-Key": "another"})
    assert (anew.status_code, anew.json()["rotated_from"]) == (201, made["id"])
    with engine.connect() as connection:
        kept = repr(connection.execute(text("SELECT * FROM idempotency")).all())
    for secret in (made["key"], anew.json()["key"]):
        assert secret[14:] not in kept


def test_a_repeat_names_the_links_that_were_made_and_stores_none_of_them(furnished: TestClient, engine: Engine) -> None:
    made = furnished.post("/events/1/links", json={"actor_ids": [2, 4]}, headers=KEY).json()
    told = furnished.post("/events/1/links", json={"actor_ids": [2, 4]}, headers=KEY).json()["detail"]
    ids = {link["actor_id"]: link["id"] for link in furnished.get("/events/1/links").json()}
    assert f"links {ids[2]}, {ids[4]} of event 1:" in told
    assert "POST /events/1/links/renew" in told
    with engine.connect() as connection:
        kept = repr(connection.execute(text("SELECT * FROM idempotency")).all())
    assert [link["token"] for link in made if link["token"].split("-")[1] in kept] == []


def test_a_plan_in_the_background_sent_twice_is_one_job(client: TestClient, event: str) -> None:
    sent = {"json": {"wait": False}, "headers": KEY}
    first = client.post(f"{event}/plans", **sent)
    assert (first.status_code, first.json()["state"]) == (202, "computing")
    assert client.post(f"{event}/plans", **sent).json()["number"] == 1
    client.app.state.planner.stop()  # waits for what is being computed
    done = client.post(f"{event}/plans", **sent)
    assert (done.status_code, done.json()) == (201, client.get(f"{event}/plans/1").json())
    assert [plan["number"] for plan in client.get(f"{event}/plans").json()] == [1]


def test_a_person_who_was_forgotten_does_not_come_back_with_a_repeat(furnished: TestClient, engine: Engine) -> None:
    made = furnished.post("/actors/1/contacts", json=CONTACT, headers=KEY).json()
    changed = furnished.put(f"/actors/1/contacts/{made['id']}", json=CONTACT | {"name": "Anne Durand"})
    assert furnished.post("/actors/1/contacts", json=CONTACT, headers=KEY).json() == changed.json()
    furnished.delete(f"/actors/1/contacts/{made['id']}")
    again = furnished.post("/actors/1/contacts", json=CONTACT, headers=KEY)
    told = "what was made under this Idempotency-Key is not there any more; to make it anew, take a new one"
    assert (again.status_code, again.json()["detail"]) == (409, told)
    assert furnished.get("/actors/1/contacts").json() == []
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT body_hash, answer FROM idempotency")).all()
    assert [tuple(row) for row in kept] == [("", {})], "nor is a digest of what was said about them kept"


def test_an_erased_organisation_does_not_come_back_with_a_repeat(furnished: TestClient) -> None:
    url, sent = SENT["/actors"]
    made = furnished.post(url, headers=KEY, **sent).json()
    erased = furnished.post("/privacy/erase", json={"actor_id": made["id"], "dry_run": False})
    assert erased.json()["rows"]["idempotency"] == 1
    assert furnished.post(url, headers=KEY, **sent).status_code == 409
    assert sent["json"]["name"] not in furnished.get("/actors").text


def test_what_is_remembered_holds_no_person_and_no_secret(furnished: TestClient, engine: Engine) -> None:
    for route in ("/actors/{actor_id}/contacts", "/events/{event_id}/plans", *sorted(SECRET)):
        url, sent = SENT[route]
        assert furnished.post(url, headers=KEY, **sent).status_code == 201
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT answer::text FROM idempotency")).scalars().all()
    assert len(kept) == 6
    assert [answer for answer in kept if not re.fullmatch(r"[{}\[\]\d ,:]*", re.sub(r'"[a-z_]+":', "", answer))] == []
