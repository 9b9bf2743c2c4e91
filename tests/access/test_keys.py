"""Keys of programs: shown once, stored hashed, scoped, rotated, revoked, and seen to be used."""

from datetime import timedelta

import pytest
from access_outside import MakeKey, Serve, with_key
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlmodel import Session, select

from app.services.access.keys import has_admin, list_keys, recognise_key
from models.access import AccessKey
from models.base import utc_now


@pytest.fixture
def admin(client: TestClient, make_key: MakeKey) -> TestClient:
    """A client that is admin."""
    client.headers.update(with_key(make_key("admin")))
    return client


def me(client: TestClient, key: str) -> int:
    return client.get("/me", headers={"authorization": f"Bearer {key}"}).status_code


def dump(engine: Engine) -> str:
    """Everything the tables of access hold."""
    with engine.connect() as connection:
        tables = ("access_key", "access_person", "sign_in_link", "access_session", "idempotency")
        return repr([connection.execute(text(f"SELECT * FROM {t}")).all() for t in tables])


def test_a_key_is_shown_once_and_stored_nowhere(admin: TestClient, engine: Engine) -> None:
    made = admin.post("/keys", json={"name": "Site"}, headers={"idempotency-key": "twice"})
    assert made.status_code == 201
    key = made.json()["key"]
    assert key.startswith("viaduc_")
    assert len(key) == len("viaduc_") + 43
    assert me(admin, key) == 200
    assert key not in admin.get("/keys").text
    assert key[:13] in admin.get("/keys").text
    assert key not in dump(engine)
    assert key[14:] not in dump(engine)
    assert "hash" not in admin.get("/keys").json()[0]


def test_two_keys_are_never_alike(admin: TestClient) -> None:
    keys = {admin.post("/keys", json={"name": "Site"}).json()["key"] for _ in range(5)}
    assert len(keys) == 5


def test_the_answer_to_who_am_i_is_the_scope_of_the_key(
    client: TestClient, make_key: MakeKey, two_events: tuple[int, int]
) -> None:
    assert client.get("/me").json() == {"role": "public", "name": "", "events": [], "creates": False}
    key = make_key("organiser", two_events)
    assert client.get("/me", headers=with_key(key)).json() == {
        "role": "organiser",
        "name": f"key:{key.id}",
        "events": sorted(two_events),
        "creates": False,
    }


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (
            {"name": "x", "role": "organiser"},
            "an organiser needs the numbers of the events it runs, or to be let create its own",
        ),
        ({"name": "x", "role": "reader", "events": [1]}, "only organisers have events; readers have none"),
        ({"name": "x", "role": "organiser", "events": [77]}, "events: there is no event 77"),
        ({"name": "x", "role": "participant"}, "role: Input should be 'admin', 'organiser' or 'reader'"),
        ({"name": "x", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at: lies in the past"),
        ({"name": "x", "expires_at": "2099-01-01T00:00:00"}, "expires_at: needs an offset"),
    ],
)
def test_a_scope_that_cannot_be_is_refused(admin: TestClient, body: dict[str, object], cause: str) -> None:
    answer = admin.post("/keys", json=body)
    assert answer.status_code == 422
    assert cause in answer.json()["detail"]


def test_a_key_that_is_not_known_is_told_even_where_none_is_needed(client: TestClient) -> None:
    for path in ("/me", "/events"):
        answer = client.get(path, headers={"authorization": "Bearer viaduc_nonsense"})
        assert (answer.status_code, answer.json()["detail"]) == (401, "this key is not known")
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_a_revoked_key_is_over_at_once(admin: TestClient) -> None:
    made = admin.post("/keys", json={"name": "Site"}).json()
    assert me(admin, made["key"]) == 200
    revoked = admin.delete(f"/keys/{made['id']}")
    assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
    told = admin.get("/actors", headers={"authorization": f"Bearer {made['key']}"})
    assert (told.status_code, told.json()["detail"]) == (401, "this key has been revoked")
    assert admin.delete(f"/keys/{made['id']}").json()["revoked_at"] == revoked.json()["revoked_at"]
    assert admin.delete("/keys/999").status_code == 404


def test_an_expired_key_is_over(client: TestClient, make_key: MakeKey, session: Session) -> None:
    key = make_key("reader", expires_at=utc_now() + timedelta(hours=1))
    assert me(client, key.key) == 200
    row = session.get_one(AccessKey, key.id)
    row.expires_at = utc_now() - timedelta(seconds=1)
    session.add(row)
    session.commit()
    told = client.get("/me", headers=with_key(key))
    assert (told.status_code, told.json()["detail"]) == (401, "this key has expired")
    assert [k.state for k in list_keys(session)] == ["expired"]


def test_a_rotated_key_works_beside_the_old_one_until_the_grace_is_over(
    admin: TestClient, session: Session, two_events: tuple[int, int]
) -> None:
    body = {"name": "Site", "role": "organiser", "events": [two_events[0]]}
    old = admin.post("/keys", json=body).json()
    new = admin.post(f"/keys/{old['id']}/rotate", json={"grace_hours": 2}).json()
    assert [me(admin, k["key"]) for k in (old, new)] == [200, 200]
    assert {n: new[n] for n in ("name", "role", "events", "rotated_from", "expires_at")} == {
        "name": "Site", "role": "organiser", "events": [two_events[0]], "rotated_from": old["id"], "expires_at": None,
    }  # fmt: skip
    row = session.get_one(AccessKey, old["id"])
    assert timedelta(hours=1, minutes=59) < row.expires_at - utc_now() < timedelta(hours=2)
    row.expires_at = utc_now()
    session.add(row)
    session.commit()
    assert [me(admin, k["key"]) for k in (old, new)] == [401, 200]
    assert admin.post(f"/keys/{old['id']}/rotate", json={}).status_code == 409


def test_rotating_never_lengthens_a_life(admin: TestClient) -> None:
    soon = (utc_now() + timedelta(hours=1)).isoformat()
    old = admin.post("/keys", json={"name": "Site", "expires_at": soon}).json()
    new = admin.post(f"/keys/{old['id']}/rotate", json={"grace_hours": 48}).json()
    ends = {k["id"]: k["expires_at"] for k in admin.get("/keys").json()}
    assert ends[old["id"]] == ends[new["id"]] == old["expires_at"]


def test_a_use_is_written_down_at_most_once_a_minute(
    client: TestClient, make_key: MakeKey, session: Session, engine: Engine
) -> None:
    key = make_key("reader")
    assert list_keys(session)[0].last_used_at is None
    session.commit()
    client.get("/me", headers=with_key(key))
    first = session.exec(select(AccessKey.last_used_at)).one()
    assert utc_now() - first < timedelta(seconds=30)
    session.commit()
    for _ in range(3):
        client.get("/me", headers=with_key(key))
    assert session.exec(select(AccessKey.last_used_at)).one() == first
    session.commit()
    with engine.begin() as connection:
        connection.execute(text("UPDATE access_key SET last_used_at = now() - interval '2 minutes'"))
    client.get("/me", headers=with_key(key))
    assert session.exec(select(AccessKey.last_used_at)).one() >= first


def test_a_use_that_a_wrong_clock_noted_is_put_right_by_the_next(
    client: TestClient, make_key: MakeKey, session: Session, engine: Engine
) -> None:
    key = make_key("admin").key
    client.post("/console/sign-in", data={"key": key}, follow_redirects=False)
    with engine.begin() as connection:
        connection.execute(text("UPDATE access_key SET last_used_at = now() + interval '1 hour'"))
        connection.execute(text("UPDATE access_session SET last_seen_at = now() + interval '1 hour'"))
    assert client.get("/me", headers={"authorization": f"Bearer {key}"}).status_code == 200
    assert client.get("/me").json()["role"] == "admin"
    noted = session.connection().execute(
        text("SELECT last_used_at FROM access_key UNION ALL SELECT last_seen_at FROM access_session")
    )
    assert [moment <= utc_now() for moment in noted.scalars()] == [True, True]


def test_a_service_without_a_working_admin_is_known(make_key: MakeKey, session: Session) -> None:
    make_key("reader")
    assert not has_admin(session)
    key = make_key("admin")
    assert has_admin(session)
    row = recognise_key(session, key=key.key)[1]
    row.revoked_at = utc_now()
    session.add(row)
    session.flush()
    assert not has_admin(session)


def test_an_organiser_sees_its_own_events_and_no_other(
    client: TestClient, make_key: MakeKey, two_events: tuple[int, int]
) -> None:
    ours, theirs = two_events
    organiser, admin = with_key(make_key("organiser", (ours,))), with_key(make_key("admin"))
    assert [e["id"] for e in client.get("/events", headers=organiser).json()] == [ours]
    assert {e["id"] for e in client.get("/events", headers=admin).json()} == {ours, theirs}
    assert client.get(f"/events/{theirs}", headers=organiser).status_code == 403
    pages = client.get("/console/events", headers=organiser | {"accept": "text/html"}).text
    assert ("Ours" in pages, "Theirs" in pages) == (True, False)


def test_people_are_let_in_changed_and_removed(admin: TestClient, two_events: tuple[int, int]) -> None:
    body = {"email": "Anna@Example.org", "role": "organiser", "events": [two_events[0]]}
    anna = admin.put("/people", json=body).json()
    assert (anna["email"], anna["role"], anna["events"]) == ("anna@example.org", "organiser", [two_events[0]])
    changed = admin.put("/people", json={"email": "anna@example.org", "role": "admin"}).json()
    assert (changed["id"], changed["role"], changed["events"]) == (anna["id"], "admin", [])
    assert [p["id"] for p in admin.get("/people").json()] == [anna["id"]]
    assert admin.delete(f"/people/{anna['id']}").status_code == 204
    assert admin.delete(f"/people/{anna['id']}").status_code == 404
    for wrong in ("anna", "anna@", "@example.org", "an na@example.org", "anna@localhost"):
        assert admin.put("/people", json={"email": wrong, "role": "admin"}).status_code == 422


def test_a_remembered_answer_is_given_to_who_made_it_only(serve: Serve, make_key: MakeKey) -> None:
    client = serve()
    first, second = (with_key(make_key("admin")) for _ in range(2))
    sent = {"json": {"name": "Weaver", "country": "FR"}}
    ids = [
        client.post("/actors", headers=key | {"idempotency-key": "one"}, **sent).json()["id"]
        for key in (first, first, second)
    ]
    assert ids[0] == ids[1] != ids[2]
