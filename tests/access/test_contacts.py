"""Contacts of actors: stored on a ground, handled by who runs the event, shared after a yes on both sides."""

from datetime import UTC, datetime, timedelta

import pytest
from access_outside import MakeKey, Serve, with_key
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app.db import session_scope
from app.services.actors import create_actor
from app.services.answers import Meant, save_answer
from app.services.contacts import contacts_opened, create_contact
from app.services.discretion.openings import yes_on_both_sides
from app.services.events import register, set_rounds
from app.services.links import make_link
from models.actor import ActorCreate
from models.agenda import AnswerFields
from models.contact import ContactFields
from models.event import ParticipantCreate, RoundCreate
from models.plan import Meeting, Plan

BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
ANNE = {"name": "Anne Dupont", "role": "Innovation", "email": "Anne@Weaver.example", "phone": "+33 3 20 00 00 00",
        "languages": ["fr"], "basis": "consent", "consent_on": "2027-01-15", "consent_text": "2027-1"}  # fmt: skip


@pytest.fixture
def pair(engine: Engine, two_events: tuple[int, int]) -> tuple[int, int]:
    """Two actors who meet at the first event by its published plan, and one who does not come."""
    event_id = two_events[0]
    with session_scope(engine) as session:
        ids = [create_actor(session, fields=ActorCreate(name=n, country=c)).id for n, c in (("W", "FR"), ("C", "BE"))]
        create_actor(session, fields=ActorCreate(name="Elsewhere", country="BE"))
        for i in ids:
            register(session, event_id=event_id, fields=ParticipantCreate(actor_id=i))
        set_rounds(session, event_id=event_id, rounds=[RoundCreate(starts_at=BEGAN, minutes=20)])
        session.add(Plan(event_id=event_id, number=1, state="published", problem={}, certificate={}))
        session.flush()
        session.add(Meeting(event_id=event_id, number=1, a=ids[0], b=ids[1], round=0))
    return ids[0], ids[1]


@pytest.fixture
def organiser(client: TestClient, make_key: MakeKey, two_events: tuple[int, int]) -> TestClient:
    client.headers.update(with_key(make_key("organiser", two_events[:1])))
    return client


def test_a_contact_is_entered_read_changed_and_forgotten(organiser: TestClient, pair: tuple[int, int]) -> None:
    url = f"/actors/{pair[0]}/contacts"
    made = organiser.post(url, json=ANNE)
    assert made.status_code == 201
    told = made.json()
    assert told | {"confirmed_at": ""} == ANNE | {
        "id": 1, "actor_id": pair[0], "email": "anne@weaver.example", "visibility": "mutual", "basis_note": None,
        "confirmed_at": ""}  # fmt: skip
    changed = organiser.put(f"{url}/1", json=ANNE | {"role": "Buyer"}).json()
    assert changed["role"] == "Buyer"
    assert changed["confirmed_at"] > told["confirmed_at"]
    assert organiser.get(url).json() == [changed]
    assert organiser.delete(f"{url}/1").status_code == 204
    assert organiser.get(url).json() == []
    assert organiser.delete(f"{url}/1").status_code == 404


def without(*names: str) -> dict[str, object]:
    return {name: value for name, value in ANNE.items() if name not in names}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (without("basis"), "basis"),
        (without("consent_on"), "consent needs its date"),
        (without("consent_text"), "version of the text"),
        (ANNE | {"basis": "contract"}, "contract needs a note"),
        (ANNE | {"basis": "public_source"}, "public_source needs a note"),
        (without("email", "phone"), "an e-mail address or a telephone"),
    ],
)
def test_nothing_is_stored_of_a_person_without_a_ground(
    organiser: TestClient, pair: tuple[int, int], said: dict[str, object], told: str
) -> None:
    url = f"/actors/{pair[0]}/contacts"
    refused = organiser.post(url, json=said)
    assert refused.status_code == 422
    assert told in str(refused.json()["errors"])
    assert organiser.get(url).json() == []


def test_the_database_itself_stores_no_person_without_a_ground(session: Session, pair: tuple[int, int]) -> None:
    row = "INSERT INTO contact (actor_id, name, languages, visibility, basis, confirmed_at, created_at) VALUES "
    with pytest.raises(IntegrityError, match="ck_contact_basis"):
        session.connection().execute(text(row + f"({pair[0]}, 'Anne', '{{}}', 'mutual', 'consent', now(), now())"))


def test_only_who_runs_an_event_that_the_actor_comes_to_handles_its_persons(
    client: TestClient, make_key: MakeKey, pair: tuple[int, int], two_events: tuple[int, int]
) -> None:
    keys = {"reader": make_key("reader"), "ours": make_key("organiser", two_events[:1]),
            "theirs": make_key("organiser", two_events[1:]), "admin": make_key("admin")}  # fmt: skip
    asked = {
        name: [client.get(f"/actors/{i}/contacts", headers=with_key(key)).status_code for i in (pair[0], 3, 99)]
        for name, key in keys.items()
    }
    assert asked == {
        "reader": [403, 403, 403],
        "ours": [200, 403, 404],
        "theirs": [403, 403, 404],
        "admin": [200, 200, 404],
    }
    assert client.get(f"/actors/{pair[0]}/contacts").status_code == 401


def test_who_registers_an_organisation_and_reads_its_persons_is_in_the_trail(
    organiser: TestClient, serve: Serve, make_key: MakeKey, pair: tuple[int, int]
) -> None:
    admin = serve(headers=with_key(make_key("admin")))
    admin.post("/actors/3/contacts", json=ANNE)
    assert organiser.get("/actors/3/contacts").status_code == 403
    organiser.post("/events/1/participants", json={"actor_id": 3})
    assert organiser.get("/actors/3/contacts").json()[0]["email"] == "anne@weaver.example"
    made = organiser.post("/events/1/links", json={"actor_ids": [3]}).json()
    file = {"kind": "csv", "tokens": made[0]["token"]}
    assert organiser.post("/console/events/1/agendas/file", data=file).status_code == 200
    organiser.delete("/events/1/participants/3")
    organiser.app.state.clerk.flush()
    found = admin.get("/audit", params={"target": "actor_id=3"}).json()["items"]
    assert {(r["who"], r["route"]) for r in found if r["role"] == "organiser"} == {
        ("key:1", "POST /events/{event_id}/participants"),
        ("key:1", "GET /actors/{actor_id}/contacts"),
        ("key:1", "POST /console/events/{event_id}/agendas/file"),
        ("key:1", "DELETE /events/{event_id}/participants/{actor_id}"),
    }


def keep(session: Session, actor_id: int) -> None:
    for visibility in ("public", "event", "mutual", "organiser"):
        fields = ContactFields.model_validate(ANNE | {"name": visibility, "visibility": visibility})
        create_contact(session, actor_id=actor_id, fields=fields)


def shared(session: Session, event_id: int, viewer: int, other: int) -> list[str]:
    mutual = {other} & yes_on_both_sides(session, actor_id=viewer, event_id=event_id)
    opened = contacts_opened(session, event_id=event_id, viewer=viewer, mutual=mutual)
    return [contact.name for contact in opened.get(other, [])]


def test_each_visibility_opens_at_its_moment(session: Session, pair: tuple[int, int]) -> None:
    one, other = pair
    keep(session, other)
    for who, whom in (pair, pair[::-1]):
        assert shared(session, 1, one, other) == []
        save_answer(session, meant=Meant(1, who, whom), fields=AnswerFields(again="yes"))
    assert shared(session, 1, one, other) == ["event", "mutual", "public"]
    assert shared(session, 2, one, other) == []
    assert shared(session, 1, 3, other) == []
    assert shared(session, 1, other, other) == []


def test_an_agenda_shows_contacts_after_both_said_yes(serve: Serve, engine: Engine, pair: tuple[int, int]) -> None:
    client = serve(headers={"accept": "text/html"})
    one, other = pair
    with session_scope(engine) as session:
        keep(session, other)
        save_answer(session, meant=Meant(1, one, other), fields=AnswerFields(again="yes"))
        token = make_link(session, event_id=1, actor_id=one)
    assert "anne@weaver.example" not in client.get(f"/agenda/{token}").text
    with session_scope(engine) as session:
        save_answer(session, meant=Meant(1, other, one), fields=AnswerFields(again="yes"))
    page = client.get(f"/agenda/{token}").text
    assert page.count('href="mailto:anne@weaver.example"') == 3


TEXT = {"version": "2027-1", "texts": {"fr": "J'accepte.", "nl": "Akkoord."}}


def test_a_text_of_consent_stays_while_somebody_stands_on_it(
    client: TestClient, make_key: MakeKey, pair: tuple[int, int]
) -> None:
    admin, reader = (with_key(make_key(role)) for role in ("admin", "reader"))
    assert client.post("/consent-texts", json=TEXT, headers=reader).status_code == 403
    made = client.post("/consent-texts", json=TEXT, headers=admin)
    assert (made.status_code, made.json()["contacts"]) == (201, 0)
    assert client.post("/consent-texts", json=TEXT | {"texts": {"fr": "Oui."}}, headers=admin).status_code == 409
    client.post(f"/actors/{pair[0]}/contacts", json=ANNE, headers=admin)
    assert client.delete("/consent-texts/2027-1", headers=admin).status_code == 409
    (told,) = client.get("/consent-texts", headers=admin).json()
    assert told["contacts"] == 1
    assert told["texts"] == [{"lang": "fr", "text": "J'accepte."}, {"lang": "nl", "text": "Akkoord."}]
    client.delete(f"/actors/{pair[0]}/contacts/1", headers=admin)
    assert client.delete("/consent-texts/2027-1", headers=admin).status_code == 204
    assert client.delete("/consent-texts/2027-1", headers=admin).status_code == 404


@pytest.mark.parametrize(
    "said", [{"version": "a b"}, {"version": "x/y"}, {"texts": {}}, {"texts": [{"text": "a"}] * 2}]
)
def test_a_text_of_consent_has_a_version_that_fits_an_address_and_a_language_each(
    client: TestClient, make_key: MakeKey, said: dict[str, object]
) -> None:
    answer = client.post("/consent-texts", json=TEXT | said, headers=with_key(make_key("admin")))
    assert answer.status_code == 422
