"""Organisers who were let create events: they run what they created, and nothing else for it."""

import pytest
from access_outside import BROWSER, MakeKey, Serve, with_key
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app.db import session_scope
from app.services.access.people import find_person, make_sign_in_link, put_person
from models.access import KeyShown, PersonCreate

EVENT = {"name": "Textile afternoon"}
FORM = {
    "name": "Afternoon", "zone": "Europe/Brussels", "day": "2027-03-09", "start": "13:30", "minutes": "20",
    "pause": "5", "number": "3", "places_number": "3", "min_meetings": "1",
}  # fmt: skip


@pytest.fixture
def creator(make_key: MakeKey) -> KeyShown:
    return make_key("organiser", creates=True)


def test_who_creates_an_event_runs_it_and_no_other(
    client: TestClient, creator: KeyShown, two_events: tuple[int, int]
) -> None:
    mine = with_key(creator)
    assert client.get("/me", headers=mine).json() == {
        "role": "organiser", "name": f"key:{creator.id}", "events": [], "creates": True,
    }  # fmt: skip
    made = client.post("/events", json=EVENT, headers=mine)
    assert made.status_code == 201
    number = made.json()["id"]
    assert [e["id"] for e in client.get("/events", headers=mine).json()] == [number]
    assert client.put(f"/events/{number}", json=EVENT | {"place": "Kortrijk"}, headers=mine).status_code == 200
    assert client.get(f"/events/{two_events[0]}", headers=mine).status_code == 403


def test_an_event_that_is_created_again_under_the_same_key_is_run_once(client: TestClient, creator: KeyShown) -> None:
    mine = with_key(creator) | {"idempotency-key": "once"}
    first, second = (client.post("/events", json=EVENT, headers=mine).json()["id"] for _ in range(2))
    assert first == second
    assert client.get("/me", headers=with_key(creator)).json()["events"] == [first]


def test_what_an_old_key_creates_in_its_grace_is_run_by_the_one_that_follows_it(
    client: TestClient, creator: KeyShown, make_key: MakeKey
) -> None:
    admin = with_key(make_key("admin"))
    after = client.post(f"/keys/{creator.id}/rotate", json={"grace_hours": 1}, headers=admin).json()
    assert after["creates"] is True
    number = client.post("/events", json=EVENT, headers=with_key(creator)).json()["id"]
    followed = {"authorization": f"Bearer {after['key']}"}
    assert client.get(f"/events/{number}", headers=followed).status_code == 200


def test_an_organiser_who_was_not_let_creates_nothing_and_is_shown_no_button(
    serve: Serve, make_key: MakeKey, two_events: tuple[int, int]
) -> None:
    page = serve(headers=BROWSER)
    plain = with_key(make_key("organiser", (two_events[0],)))
    assert page.post("/events", json=EVENT, headers=plain).status_code == 403
    assert page.post("/console/events/new", data=FORM, headers=plain).status_code == 403
    assert "/console/events/new" not in page.get("/console/events", headers=plain).text
    allowed = with_key(make_key("organiser", (two_events[0],), creates=True))
    assert "/console/events/new" in page.get("/console/events", headers=allowed).text


def test_a_person_creates_with_the_wizard_and_is_led_to_the_event(serve: Serve, engine: Engine) -> None:
    with session_scope(engine) as session:
        fields = PersonCreate(email="anna@weaver.example", role="organiser", creates=True)
        put_person(session, fields=fields, by="test")
        token = make_sign_in_link(session, email="anna@weaver.example")
    browser = serve(headers=BROWSER | {"sec-fetch-site": "same-origin"})
    browser.post(f"/console/sign-in/link/{token}")
    made = browser.post("/console/events/new", data=FORM, follow_redirects=False)
    assert made.status_code == 303
    overview = browser.get(made.headers["location"])
    assert (overview.status_code, overview.context["event"].name) == (200, "Afternoon")
    with session_scope(engine) as session:
        person = find_person(session, email="anna@weaver.example")
        assert person is not None
        assert person.events == [overview.context["event"].id]


def test_only_organisers_are_let_create_events(client: TestClient, make_key: MakeKey) -> None:
    admin = with_key(make_key("admin"))
    wrong = client.post("/keys", json={"name": "x", "role": "reader", "creates": True}, headers=admin)
    assert wrong.status_code == 422
    assert "only organisers are let create events" in wrong.text


def test_the_access_page_lets_somebody_create_events(serve: Serve, make_key: MakeKey) -> None:
    admin = serve(headers=BROWSER | with_key(make_key("admin")))
    made = admin.post("/console/access/people", data={"email": "anna@weaver.example", "creates": "on"})
    assert made.status_code == 200
    assert [(p.email, p.creates, p.events) for p in made.context["people"]] == [("anna@weaver.example", True, [])]
    assert "creates events" in made.text
