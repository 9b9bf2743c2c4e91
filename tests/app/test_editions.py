"""Two organisers, one event: who has not seen a change does not overwrite it."""

import re
import threading
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlmodel import Session

from app.editing import seen_in
from app.errors import Stale
from app.services.editions import Subject, edition_of, must_be
from tests.app.conftest import ROUNDS, create_actor

LISTS = {
    "rounds": [ROUNDS[:2], ROUNDS[:1]],
    "places": [[{"label": "A"}], [{"label": "B"}]],
    "interpreters": [[{"languages": ["fr", "nl"]}], [{"languages": ["fr", "de"]}]],
}


def etag(client: TestClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    return answer.headers["ETag"]


@pytest.mark.parametrize("name", LISTS)
def test_the_second_of_two_who_saw_the_same_list_is_told(client: TestClient, event: str, name: str) -> None:
    url, (mine, theirs) = f"{event}/{name}", LISTS[name]
    seen = etag(client, url)
    first = client.put(url, json=mine, headers={"If-Match": seen})
    second = client.put(url, json=theirs, headers={"If-Match": seen})
    assert (first.status_code, second.status_code) == (200, 412)
    assert second.json()["title"] == "Changed meanwhile"
    assert "by local" in second.json()["detail"]
    assert second.headers["ETag"] == first.headers["ETag"] == etag(client, url)
    stored = client.get(url).json()
    assert [{k: v for k, v in row.items() if k in mine[0]} for row in stored] == [
        {k: v for k, v in row.items() if k in mine[0]} for row in first.json()
    ]
    again = client.put(url, json=theirs, headers={"If-Match": second.headers["ETag"]})
    assert again.status_code == 200


def test_an_event_and_what_stands_in_its_row_is_one_thing(client: TestClient, event: str) -> None:
    seen = etag(client, event)
    assert seen == etag(client, f"{event}/locks") == etag(client, f"{event}/weights")
    assert client.put(f"{event}/weights", json={"hub": 0.5}, headers={"If-Match": seen}).status_code == 200
    body = {"name": "Another name"}
    assert client.put(event, json=body, headers={"If-Match": seen}).status_code == 412
    assert client.put(f"{event}/locks", json=[], headers={"If-Match": seen}).status_code == 412
    assert client.delete(event, headers={"If-Match": seen}).status_code == 412
    assert client.get(event).json()["name"] == "Textile afternoon"
    assert client.delete(event, headers={"If-Match": etag(client, event)}).status_code == 204


def test_a_registration_is_a_thing_of_its_own(client: TestClient, event: str) -> None:
    ids = [p["actor_id"] for p in client.get(f"{event}/participants").json()]
    one, other = (f"{event}/participants/{i}" for i in ids[:2])
    seen, unmoved = etag(client, one), etag(client, other)
    body = {"actor_id": ids[0], "max": 2}
    assert client.put(f"{event}/participants", json=body, headers={"If-Match": seen}).status_code == 200
    told = client.put(f"{event}/participants", json=body | {"max": 1}, headers={"If-Match": seen})
    assert told.status_code == 412
    assert client.get(one).json()["max"] == 2
    assert client.delete(one, headers={"If-Match": seen}).status_code == 412
    assert etag(client, other) == unmoved
    # One that left and came back is not the one that was seen.
    last = etag(client, one)
    assert client.delete(one, headers={"If-Match": last}).status_code == 204
    assert client.post(f"{event}/participants", json={"actor_id": ids[0]}).status_code == 201
    assert client.put(f"{event}/participants", json=body, headers={"If-Match": last}).status_code == 412


def test_an_actor_is_not_overwritten_unseen(client: TestClient) -> None:
    url = f"/actors/{create_actor(client, 'Vuurlab', 'BE')}"
    seen = etag(client, url)
    first = client.patch(url, json={"city": "Gent"}, headers={"If-Match": seen})
    assert first.status_code == 200
    assert first.headers["ETag"] != seen
    assert client.patch(url, json={"city": "Brugge"}, headers={"If-Match": seen}).status_code == 412
    assert client.delete(url, headers={"If-Match": seen}).status_code == 412
    assert client.get(url).json()["city"] == "Gent"
    assert client.patch(url, json={"city": "Brugge"}).status_code == 200
    assert client.delete(url, headers={"If-Match": "*"}).status_code == 204


def test_what_the_service_works_out_itself_is_no_edit(client: TestClient, engine: Engine, embed) -> None:
    url = f"/actors/{create_actor(client, 'Vuurlab', 'BE')}"
    seen = etag(client, url)
    embed()
    with engine.begin() as connection:
        connection.execute(text("UPDATE actor SET hubness = 0.5, settled = 7"))
    assert etag(client, url) == seen


def test_a_change_that_came_another_way_is_seen(client: TestClient, engine: Engine, event: str) -> None:
    seen = etag(client, f"{event}/places")
    with engine.begin() as connection:
        connection.execute(text("UPDATE event_place SET label = 'Moved' WHERE ordinal = 0"))
    answer = client.put(f"{event}/places", json=[], headers={"If-Match": seen})
    assert answer.status_code == 412


def test_of_two_at_the_same_moment_one_waits_and_is_told(client: TestClient, engine: Engine, event: str) -> None:
    subject = Subject("places", int(event.rsplit("/", 1)[1]))
    told: list[str] = []

    def second() -> None:
        with Session(engine) as session:
            try:
                must_be(session, subject, frozenset({seen}))
            except Stale as error:
                told.append(error.title)

    with Session(engine) as session:
        seen = edition_of(session, subject).n
        must_be(session, subject, frozenset({seen}))
        thread = threading.Thread(target=second)
        thread.start()
        session.connection().execute(text("UPDATE event_place SET label = label || '!'"))
        assert told == []
        session.commit()
        thread.join(10)
    assert told == ["Changed meanwhile"]


def test_a_removed_event_leaves_no_count_behind(client: TestClient, engine: Engine, event: str) -> None:
    client.put(f"{event}/places", json=[{"label": "A"}])
    assert client.delete(event).status_code == 204
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM edition")).scalar_one() == 0


@pytest.mark.parametrize(
    ("header", "seen"),
    [
        (None, None),
        ("*", None),
        ('"3"', {3}),
        ('"3", "12"', {3, 12}),
        ('W/"3"', set()),
        ('"3', set()),
        ("3", set()),
        ('"three"', set()),
        ("", set()),
    ],
)
def test_only_strong_tags_of_ours_match(header: str | None, seen: set[int] | None) -> None:
    assert seen_in(header) == seen


CONTACT = {"name": "Anne", "email": "a@x.example", "basis": "contract", "basis_note": "7"}
PERSON = {"email": "a@x.example", "role": "reader"}
OTHERS = {
    "tandem": ("/tandems/2/1", "PATCH", "/tandems/1/2", {"theme": "Fire"}, {"theme": "Flax"}),
    "contact": ("/actors/1/contacts/1", "PUT", "/actors/1/contacts/1", CONTACT, CONTACT | {"name": "Bo"}),
    "relations": ("/actors/1/relations", "PUT", "/actors/1/relations", {"target_id": 2, "type": "partner"},
                  {"target_id": 2, "type": "partner", "note": "x"}),
    "programme": ("/programmes/1", "PUT", "/programmes/1", {"name": "Tandem"}, {"name": "Other"}),
    "agenda": ("/events/1/agenda", "PUT", "/events/1/agenda", {"wishes": False}, {"details": False}),
    "note": ("/events/1/plans/1", "PUT", "/events/1/plans/1/note", {"note": "Mine"}, {"note": "Theirs"}),
    "bridges": ("/weights/bridges", "PUT", "/weights/bridges", [{"between": ["design", "textile"], "value": 0.3}],
                [{"between": ["design", "textile"], "value": 0.4}]),
    "people": ("/people", "PUT", "/people", PERSON, PERSON | {"role": "admin"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERS)
def test_everything_else_that_is_edited_as_a_whole_has_an_edition(client: TestClient, event: str, kind: str) -> None:
    client.post("/tandems", json={"actor_id": 1, "partner_id": 2, "status": "met"})
    client.post("/actors/1/contacts", json=CONTACT)
    client.post("/programmes", json={"name": "Tandem"})
    assert client.post(f"{event}/plans", json={"time_limit_s": 1}).status_code == 201
    reading, method, url, mine, theirs = OTHERS[kind]
    seen = etag(client, reading)
    first = client.request(method, url, json=theirs, headers={"If-Match": seen})
    second = client.request(method, url, json=mine, headers={"If-Match": seen})
    assert (first.status_code, second.status_code) == (200, 412), first.text
    assert second.headers["ETag"] == first.headers["ETag"] == etag(client, reading) != seen
    again = client.request(method, url, json=mine, headers={"If-Match": first.headers["ETag"]})
    assert again.status_code == 200


def test_an_import_is_applied_as_it_was_seen_or_not_at_all(client: TestClient) -> None:
    file = {"file": ("c.csv", b"id;name;country\n1;Filature;FR\n", "text/csv")}
    assert client.post("/maps/imports", data={"name": "Chamber"}, files=file).status_code == 201
    seen = etag(client, "/maps/imports/1")
    theirs = client.put("/maps/imports/1/options", json={"country": "BE"}, headers={"If-Match": seen})
    assert theirs.status_code == 200
    for method, url in (("PUT", "/maps/imports/1/options"), ("POST", "/maps/imports/1/apply")):
        assert client.request(method, url, json={}, headers={"If-Match": seen}).status_code == 412
    assert client.get("/actors").json()["total"] == 0
    now = etag(client, "/maps/imports/1")
    assert client.post("/maps/imports/1/apply", headers={"If-Match": now}).status_code == 200
    assert client.get("/actors").json()["total"] == 1


def test_a_tandem_that_goes_and_comes_again_is_not_the_one_that_was_seen(client: TestClient, event: str) -> None:
    client.post("/tandems", json={"actor_id": 1, "partner_id": 2, "status": "met"})
    seen = etag(client, "/tandems/1/2")
    assert client.delete("/tandems/1/2", headers={"If-Match": seen}).status_code == 204
    client.post("/tandems", json={"actor_id": 2, "partner_id": 1, "status": "met"})
    assert client.patch("/tandems/1/2", json={"theme": "Fire"}, headers={"If-Match": seen}).status_code == 412


def test_what_goes_for_good_leaves_no_count_behind(client: TestClient, engine: Engine, event: str) -> None:
    client.post("/tandems", json={"actor_id": 1, "partner_id": 2, "status": "met"})
    client.patch("/tandems/1/2", json={"theme": "Fire"})
    client.post("/actors/1/contacts", json=CONTACT)
    client.put("/actors/1/contacts/1", json=CONTACT)
    client.put("/actors/1/relations", json={"target_id": 2, "type": "partner"})
    client.put(f"{event}/agenda", json={"wishes": False})
    client.delete(event)
    for actor in (1, 2, 3, 4):
        assert client.delete(f"/actors/{actor}").status_code == 204
    with engine.connect() as connection:
        assert connection.execute(text("SELECT kind, id, part FROM edition")).all() == []


def test_every_change_of_the_interface_names_an_edition_or_its_reason_for_none(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    without = {
        f"{method.upper()} {path}"
        for path, routes in paths.items()
        for method, route in routes.items()
        if method in {"put", "patch", "delete"}
        and "if-match" not in {p["name"].lower() for p in route.get("parameters", [])}
    }
    document = (Path(__file__).resolve().parents[2] / "docs" / "developers.md").read_text(encoding="utf-8")
    table = document.split("| changes without an edition |")[1].split("\n\n")[0]
    assert without == set(re.findall(r"`((?:PUT|PATCH|DELETE) [^`]+)`", table))
