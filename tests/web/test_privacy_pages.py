"""The pages about privacy: contacts, answering who asks, periods, texts of consent, the audit trail."""

import json
import re
from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sent_forms import fields_of
from sqlalchemy import Engine, text
from sqlmodel import Session, select

from app.services.audit import check_chain
from app.web.formats import Formats
from models.base import utc_now
from models.contact import Contact, Tombstone

CONTACTS = "/console/actors/1/contacts"
PRIVACY = "/console/privacy"
ANNE = {"name": "Anne Dupont", "role": "Innovation", "email": "Anne@Weaver.example", "visibility": "organiser",
        "languages": "French, nl", "basis": "consent", "consent_on": "2027-01-15",
        "consent_text": "2027-1"}  # fmt: skip


def press(client: TestClient, url: str, fields: dict[str, object]) -> Response:
    return client.post(url, data=fields, follow_redirects=False)


@pytest.fixture
def anne(client: TestClient, border) -> str:
    """A contact of the first actor, who sits for it at an event, and whose address stands in a text of the second."""
    assert press(client, CONTACTS, ANNE).status_code == 303
    client.post("/events", json={"name": "Textile afternoon"})
    client.post("/events/1/participants", json={"actor_id": 1, "delegates": [{"id": "Anne Dupont"}]})
    client.patch("/actors/2", json={"needs": {"en": "Ask anne@weaver.example for yarn."}})
    return "anne@weaver.example"


def test_a_contact_is_written_shown_changed_and_forgotten(client: TestClient, border) -> None:
    made = press(client, CONTACTS, ANNE)
    assert (made.status_code, made.headers["location"]) == (303, f"{CONTACTS}?saved=1")
    listed = client.get(CONTACTS)
    assert listed.headers["cache-control"] == "no-store"
    for words in ("Anne Dupont", "anne@weaver.example", "Organisers only", "15 Jan 2027 (2027-1)"):
        assert words in listed.text
    sent = fields_of(client.get(f"{CONTACTS}/1").text, f"{CONTACTS}/1")
    assert (sent["languages"], sent["consent_text"], sent["visibility"]) == (
        ["French, Dutch"],
        ["2027-1"],
        ["organiser"],
    )
    assert press(client, f"{CONTACTS}/1", sent | {"role": "Buyer"}).status_code == 303
    assert client.get("/actors/1/contacts").json()[0]["role"] == "Buyer"
    assert press(client, f"{CONTACTS}/1/remove", {}).status_code == 303
    assert client.get("/actors/1/contacts").json() == []
    assert client.get(f"{CONTACTS}/1").status_code == 404


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"basis": ""}, {"basis"}),
        ({"consent_on": "", "consent_text": ""}, {"consent_on", "consent_text"}),
        ({"basis": "contract"}, {"basis_note"}),
        ({"email": ""}, {"email"}),
        ({"email": "nobody"}, {"email"}),
        ({"name": "", "languages": "Klingonish"}, {"name", "languages"}),
    ],
)
def test_nothing_is_kept_of_a_person_without_a_ground(client: TestClient, border, said, wrong: set[str]) -> None:
    answer = press(client, CONTACTS, ANNE | said)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == wrong
    assert client.get("/actors/1/contacts").json() == []


def test_who_asks_is_found_wherever_they_stand(client: TestClient, anne: str) -> None:
    found = press(client, f"{PRIVACY}/find", {"words": "dupont"})
    (person,) = found.context["found"].people
    assert (person.email, person.names) == (anne, ["Anne Dupont"])
    assert [(s.kind, s.actor_id, s.part) for s in person.stands] == [("contact", 1, 1), ("delegate", 1, 1)]
    client.put("/people", json={"email": anne, "role": "reader"})
    (person,) = press(client, f"{PRIVACY}/find", {"words": "WEAVER.example"}).context["found"].people
    assert [s.kind for s in person.stands] == ["contact", "sign_in", "delegate"]
    assert press(client, f"{PRIVACY}/find", {"words": "100%"}).context["found"].people == []
    assert press(client, f"{PRIVACY}/find", {"words": ""}).status_code == 422


def test_an_anonymous_organisation_can_ask_too(client: TestClient, add_actor) -> None:
    hidden = add_actor("Zwirnerei Quast", "DE", anonymous=True)
    (found,) = press(client, f"{PRIVACY}/find", {"words": "quast"}).context["found"].organisations
    assert (found.id, found.name) == (hidden, "Zwirnerei Quast")
    told = client.get(f"{PRIVACY}/organisations/{hidden}")
    assert told.context["told"].tables["actor"][0]["name"] == "Zwirnerei Quast"


def test_a_person_without_an_address_is_named_where_it_stands(client: TestClient, anne: str) -> None:
    client.post("/events/1/participants", json={"actor_id": 2, "delegates": [{"id": "Luc Peeters"}]})
    press(client, CONTACTS, ANNE | {"name": "Luc of the desk", "email": "", "phone": "+32 1"})
    found = press(client, f"{PRIVACY}/find", {"words": "luc"})
    assert [(p.email, p.names) for p in found.context["found"].people] == [
        ("", ["Luc of the desk"]), ("", ["Luc Peeters"])]  # fmt: skip
    assert 'href="/console/events/1/participants/2"' in found.text
    assert f'href="{CONTACTS}/2"' in found.text


def test_a_request_is_answered_from_finding_to_erasing(client: TestClient, engine: Engine, anne: str) -> None:
    found = press(client, f"{PRIVACY}/find", {"words": "anne"})
    asked = fields_of(found.text, f"{PRIVACY}/person")
    assert asked == {"email": [anne]}
    told = press(client, f"{PRIVACY}/person", asked)
    assert [*told.context["told"].tables] == ["contact"]
    assert [(s.name, s.part) for s in told.context["delegates"]] == [("Anne Dupont", 1)]
    assert "Ask anne@weaver.example for yarn." in told.text
    file = press(client, f"{PRIVACY}/person/file", fields_of(told.text, f"{PRIVACY}/person/file"))
    assert file.headers["content-disposition"] == 'attachment; filename="person.json"'
    assert json.loads(file.text) == client.post("/privacy/export", json={"email": anne}).json()
    counted = press(client, f"{PRIVACY}/person/count", fields_of(told.text, f"{PRIVACY}/person/count"))
    assert counted.context["done"].dry_run
    assert client.get("/actors/1/contacts").json() != []
    sure = fields_of(counted.text, f"{PRIVACY}/person/erase")
    unsure = press(client, f"{PRIVACY}/person/erase", sure)
    assert (unsure.context["done"].dry_run, client.get("/actors/1/contacts").json() != []) == (True, True)
    erased = press(client, f"{PRIVACY}/person/erase", sure | {"sure": "on"})
    assert erased.context["done"].rows == counted.context["done"].rows
    assert erased.context["done"].rows["contact"] == 1
    assert client.get("/actors/1/contacts").json() == []
    assert anne not in client.get("/actors/2").text
    with Session(engine) as session:
        assert sorted(session.exec(select(Tombstone.kind))) == ["contact", "person"]
        assert session.exec(select(Contact)).all() == []


def test_somebody_of_the_same_name_elsewhere_is_erased_only_when_the_name_is_said(
    client: TestClient, anne: str
) -> None:
    client.post("/events/1/participants", json={"actor_id": 2, "delegates": [{"id": "Anne Dupont"}]})
    found = press(client, f"{PRIVACY}/find", {"words": "anne"}).context["found"].people
    assert [(p.email, [s.actor_id for s in p.stands]) for p in found] == [(anne, [1, 1]), ("", [2])]
    for names, seats, masked in (("", [1], 1), ("Anne Dupont", [1, 2], 2)):
        asked = {"email": anne, "names": names}
        told = press(client, f"{PRIVACY}/person", asked)
        assert sorted(s.actor_id for s in told.context["delegates"]) == seats
        counted = press(client, f"{PRIVACY}/person/count", fields_of(told.text, f"{PRIVACY}/person/count"))
        assert counted.context["done"].rows["participant.delegates"] == masked


def test_nobody_who_is_asked_about_stands_in_an_address(client: TestClient, anne: str) -> None:
    for page in ("", "/find", "/person", "/person/count"):
        text_of = client.get(f"{PRIVACY}{page}").text if not page else press(
            client, f"{PRIVACY}{page}", {"words": "anne", "email": anne, "names": "Anne Dupont"}).text  # fmt: skip
        links = re.findall(r'(?:href|action)="([^"]*)"', text_of)
        assert [link for link in links if "anne" in link.lower() or "dupont" in link.lower()] == []


def test_an_organisation_is_told_counted_and_erased(client: TestClient, anne: str) -> None:
    page = client.get(f"{PRIVACY}/organisations/1")
    assert {"actor", "contact", "participant"} <= {*page.context["told"].tables}
    assert (
        press(client, f"{PRIVACY}/organisations/1/file", {}).json()["tables"]["actor"][0]["name"] == "Tissages du Nord"
    )
    counted = press(client, f"{PRIVACY}/organisations/1/count", {})
    assert (counted.context["done"].dry_run, client.get("/actors/1/contacts").status_code) == (True, 200)
    erased = press(client, f"{PRIVACY}/organisations/1/erase", {"sure": "on"})
    assert erased.context["done"].rows == counted.context["done"].rows
    assert client.get("/actors/1").status_code == 404
    assert client.get(f"{PRIVACY}/organisations/1").status_code == 404


def test_moments_in_rows_are_told_as_readers_write_them(client: TestClient, anne: str) -> None:
    at = datetime.fromisoformat(client.get("/actors/1").json()["created_at"])
    rows = client.get(f"{PRIVACY}/organisations/1?lang=fr").text.partition('id="rows-title"')[2]
    show = Formats("fr")
    assert f">{show.short_day(at, 'UTC')}, {show.time(at, 'UTC')} UTC</time>" in rows
    assert re.findall(r">[^<]*\d{4}-\d\d-\d\d", rows) == []
    assert len(rows.split("<time ")) > 4


def test_periods_say_what_goes_next_and_what_is_over(client: TestClient, engine: Engine, anne: str) -> None:
    page = client.get(f"{PRIVACY}/periods")
    assert {due.kind for due in page.context["next"]} == {"event", "contact", "audit"}
    due = next(due for due in page.context["next"] if due.kind == "contact")
    assert (due.name, due.id, due.part) == ("Anne Dupont (Tissages du Nord)", 1, 1)
    assert abs(due.on - (utc_now() + timedelta(days=36 * 30.4375)).date()) <= timedelta(days=1)
    with engine.begin() as connection:
        connection.execute(text("UPDATE contact SET confirmed_at = now() - interval '4 years'"))
    over = press(client, f"{PRIVACY}/periods/count", {})
    assert over.context["over"].rows == {"contact": 1}
    assert client.get("/actors/1/contacts").json() != []
    assert press(client, f"{PRIVACY}/periods/sweep", {}).status_code == 303
    assert client.get("/actors/1/contacts").json() == []


def test_a_text_of_consent_is_kept_offered_and_does_not_change(client: TestClient, border) -> None:
    url = f"{PRIVACY}/texts"
    assert press(client, url, {"version": "a b", "text-fr": ""}).context["form"].errors.keys() == {"version", "text-en"}
    assert press(client, url, {"version": "2027-1", "text-fr": "J'accepte."}).status_code == 303
    assert press(client, url, {"version": "2027-1", "text-nl": "Akkoord."}).status_code == 409
    assert '<option value="2027-1">' in client.get(CONTACTS).text
    press(client, CONTACTS, ANNE)
    shown = client.get(url)
    assert (shown.context["texts"][0].contacts, "texts/remove" in shown.text) == (1, False)
    assert press(client, f"{url}/remove", {"version": "2027-1"}).status_code == 409


def test_the_trail_is_narrowed_and_checked(client: TestClient, engine: Engine, anne: str) -> None:
    url = f"{PRIVACY}/trail"
    key = client.post("/keys", json={"name": "Desk of Lille", "role": "admin"}).json()["key"]
    client.patch("/actors/2", json={"city": "Brugge"}, headers={"Authorization": f"Bearer {key}"})
    shown = client.get(url, params={"who": "key:1"})
    assert [(r.route, r.target) for r in shown.context["found"].items] == [("PATCH /actors/{actor_id}", "actor_id=2")]
    assert "Desk of Lille" in shown.text
    of_event = client.get(url, params={"event": "1"}).context["found"].items
    assert {r.target for r in of_event} == {"actor_id=1 event_id=1"}
    today = utc_now().date().isoformat()
    assert client.get(url, params={"actor": "1", "day": today, "action": "change"}).context["found"].items
    assert client.get(url, params={"day": "2001-01-01"}).context["found"].items == []
    with Session(engine) as session:
        head = check_chain(session).head
    whole = client.get(f"{url}/check")
    assert whole.context["checked"].whole
    assert re.search(r"[0-9a-f]{64}", whole.text)
    assert head == whole.context["checked"].head
    with engine.begin() as thief:
        thief.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_only_added"))
        thief.execute(text("UPDATE audit SET who = 'nobody' WHERE id = 2"))
        thief.execute(text("ALTER TABLE audit ENABLE TRIGGER audit_only_added"))
    assert "Record 2 is not what was written" in client.get(f"{url}/check").text


def test_what_a_form_answered_leads_back_when_the_language_is_changed(client: TestClient, anne: str) -> None:
    for path in ("find", "person", "person/count", "person/erase", "organisations/1/count", "organisations/1/erase"):
        answer = client.get(f"{PRIVACY}/{path}", params={"lang": "fr"}, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{PRIVACY}?lang=fr")
    answer = client.get(f"{PRIVACY}/periods/count?lang=fr", follow_redirects=False)
    assert answer.headers["location"] == f"{PRIVACY}/periods?lang=fr"
