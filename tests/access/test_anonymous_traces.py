"""What else could give an anonymous actor away: orders, editions, refusals, marks in files, requests that cross."""

import re
import uuid
from datetime import UTC, timedelta
from threading import Thread

import pytest
from access_outside import BROWSER, MakeKey, Serve, with_key
from anonymity import HIDDEN, Encounter, agenda, betrayed, suggested
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event
from sqlmodel import Session, select

from app.db import session_scope
from app.security import Principal
from app.services.actors import create_actor, update_actor
from app.services.answers import Meant, save_answer
from app.services.contacts import create_contact
from app.services.discretion.pseudonyms import FIRST
from app.services.discretion.sight import Sight
from app.services.events import get_event, register, unregister
from app.services.files.calendar import _NAMESPACE as UIDS
from app.services.files.timetable import read_timetable
from app.services.introductions import Between, introduce, list_introductions
from app.services.pages import actors_by_words
from app.services.privacy import erase_person
from app.services.retention import Periods, sweep
from app.services.tandems import create_tandem
from models.actor import ActorCreate, ActorUpdate, Relation
from models.agenda import AnswerFields
from models.base import utc_now
from models.contact import ContactFields
from models.event import ParticipantCreate
from models.passage import Passage
from models.tandem import TandemCreate
from tests.waiting import is_waited_for, wait_until


def test_a_contact_that_crosses_its_becoming_anonymous_leaves_no_name(
    engine: Engine, reader: TestClient, met: Encounter
) -> None:
    told = {"offers": [{"lang": "en", "text": "Quirina Blom tests coatings on glass fabric"}]}
    contact = {"name": "Quirina Blom", "email": "q@x.example", "basis": "contract", "basis_note": "7"}
    with session_scope(engine) as session:
        update_actor(session, actor_id=met.partner, changes=ActorUpdate.model_validate(told))

    def enter() -> None:
        with session_scope(engine) as other:
            create_contact(other, actor_id=met.partner, fields=ContactFields.model_validate(contact))

    entering = Thread(target=enter)
    with session_scope(engine) as session:
        update_actor(session, actor_id=met.partner, changes=ActorUpdate(anonymous=True))
        session.flush()
        entering.start()
        wait_until(lambda: not entering.is_alive() or is_waited_for(engine))
    entering.join()
    assert reader.get("/actors", params={"q": "Quirina"}).json()["total"] == 0
    with session_scope(engine) as session:
        texts = session.exec(select(Passage.text).where(Passage.actor_id == met.partner)).all()
    assert [text for text in texts if "Quirina" in text] == []


@pytest.mark.parametrize("way", ["withdrawn", "over its period", "erased", "called otherwise"])
def test_a_contact_that_is_forgotten_does_not_come_back_in_its_texts(
    as_organiser, reader: TestClient, engine: Engine, met: Encounter, way: str
) -> None:
    ours = as_organiser(met.event_id)
    said = {"needs": {"en": "Ask Quirina Blom about coatings, Monday to Friday"}, "anonymous": True}
    ours.patch(f"/actors/{met.partner}", json=said)
    contact = {"name": "Quirina Blom", "email": "q@x.example", "basis": "contract", "basis_note": "7"}
    path = f"/actors/{met.partner}/contacts"
    number = ours.post(path, json=contact).json()["id"]
    if way == "withdrawn":
        assert ours.delete(f"{path}/{number}").status_code == 204
    elif way == "called otherwise":
        assert ours.put(f"{path}/{number}", json=contact | {"name": "Q. Vaneck"}).status_code == 200
    with session_scope(engine) as session:
        if way == "over its period":
            later = utc_now() + timedelta(days=800)
            assert sweep(session, periods=Periods(None, 12, None), now=later).rows["contact"] == 2
        elif way == "erased":
            assert erase_person(session, email="q@x.example").rows["contact"] == 1
    listed = reader.get("/actors").json()["items"]
    profiles = [reader.get(f"/actors/{a['id']}").text for a in listed if a["disclosure"] == "withheld"]
    assert len(profiles) == 2
    assert any("Ask […] about coatings, Monday to Friday" in told for told in profiles)
    assert "Quirina" not in str(profiles)
    assert reader.get("/actors", params={"q": "Quirina"}).json()["total"] == 0


@pytest.fixture
def mills(engine: Engine, met: Encounter) -> None:
    """An anonymous actor between two open ones that say the same, beside others."""
    with session_scope(engine) as session:
        for name in ("Mill Aa", "Mill Hidden", "Mill Zz"):
            told = {"name": name, "country": "BE", "anonymous": name == "Mill Hidden",
                    "offers": {"en": "zymurgy of oats"}}  # fmt: skip
            create_actor(session, fields=ActorCreate.model_validate(told))


@pytest.mark.parametrize("words", ["zymurgy oats", "zymurgy oats fabric"])
def test_among_equal_hits_its_place_says_nothing_of_whom_it_was_entered_with(
    reader: TestClient, mills: None, words: str
) -> None:
    hits = reader.get("/actors/search", params={"q": words}).json()["hits"]
    assert [h["actor"]["disclosure"] for h in hits if h["found_by"] == "words"] == ["open", "open", "withheld"]


def test_the_same_holds_where_the_model_is_away(session: Session, mills: None) -> None:
    found = actors_by_words(session, words="zymurgy of oats", sight=Sight(session))
    assert [actor.disclosure for actor in found] == ["open", "open", "withheld"]


def test_how_often_it_was_changed_is_no_mark_of_it(as_organiser, reader: TestClient, met: Encounter) -> None:
    number = suggested(reader, met)["actor"]["id"]
    for path in (f"/actors/{number}", f"/actors/{number}/relations"):
        answer = reader.get(path)
        assert (answer.status_code, "etag" in answer.headers) == (200, False)
    assert "etag" in reader.get(f"/actors/{met.partner}").headers
    assert "etag" in as_organiser(met.event_id).get(f"/actors/{met.hidden}").headers


def test_refusals_say_the_same_as_of_a_number_that_nobody_has(as_organiser, engine: Engine, met: Encounter) -> None:
    theirs, nobody = as_organiser(met.other_event), 999_999

    def answers(number: int) -> list[tuple[int, str]]:
        registrations = f"/events/{met.other_event}/participants"
        asked = [
            theirs.get(f"/actors/{number}/contacts"),
            theirs.get(f"{registrations}/{number}"),
            theirs.put(registrations, json={"actor_id": number}),
            theirs.delete(f"/actors/{met.partner}/relations/{number}/partner"),
        ]
        return [(a.status_code, a.json()["detail"].replace(str(number), "N")) for a in asked]

    assert answers(met.hidden)[:3] == answers(nobody)[:3]
    # Whether there is such a relation at all is not told, and it cannot be taken away unseen.
    assert answers(met.hidden)[3] == (404, "there is no actor N")
    assert theirs.get(f"/console/actors/{met.hidden}/contacts").status_code == 404
    with session_scope(engine) as session:
        assert session.get(Relation, (met.partner, met.hidden, "partner")) is not None


def test_a_tandem_goes_no_further_than_the_relations_of_its_ends(as_organiser, engine: Engine, met: Encounter) -> None:
    ours, theirs = as_organiser(met.event_id), as_organiser(met.other_event)
    with session_scope(engine) as session:
        create_tandem(
            session, fields=TandemCreate(actor_id=met.partner, partner_id=3, status="met", note="secret talks")
        )
    path = f"/tandems/{met.partner}/3"
    assert theirs.get(path).json()["note"] == "secret talks"
    assert ours.patch(f"/actors/{met.partner}", json={"visibility": {"relations": "organiser"}}).status_code == 200
    for asked in (
        theirs.get(path),
        theirs.patch(path, json={"theme": "x"}),
        theirs.post("/tandems", json={"actor_id": met.partner, "partner_id": 3, "status": "met"}),
        theirs.get(f"/console/memory{path}", headers=BROWSER),
        theirs.post("/console/memory/tandems/new", data={"a": "Centexlab", "b": "Aalab", "status": "met"}),
        theirs.delete(f"/actors/{met.partner}/relations/3/partner"),
    ):
        assert asked.status_code == 403
        assert "secret" not in asked.text
    assert ours.get(path).status_code == 200


def test_a_calendar_holds_no_mark_from_which_its_number_is_reckoned(
    serve: Serve, engine: Engine, met: Encounter
) -> None:
    with session_scope(engine) as session:
        held = get_event(session, event_id=met.event_id)
        made = held.created_at.astimezone(UTC).isoformat()
    before = serve().get(f"/agenda/{met.token}/calendar.ics").text
    # Whoever knows when an event was made tries all numbers in a second.
    assert str(uuid.uuid5(UIDS, f"{met.event_id}/{made}/{met.hidden}/{met.partner}")) not in before
    with session_scope(engine) as session:
        update_actor(session, actor_id=met.hidden, changes=ActorUpdate(anonymous=False))
    assert uids(serve().get(f"/agenda/{met.token}/calendar.ics").text) == uids(before)


def uids(calendar: str) -> list[str]:
    return [line for line in calendar.splitlines() if line.startswith("UID:")]


def test_a_report_names_nobody_who_was_taken_out_of_the_event(as_organiser, engine: Engine, met: Encounter) -> None:
    with session_scope(engine) as session:
        for one, other in ((met.hidden, met.partner), (met.partner, met.hidden)):
            fields = AnswerFields(again="yes", next_step="contact", note="Very good", quote=True)
            save_answer(session, meant=Meant(met.event_id, one, other), fields=fields)
        unregister(session, event_id=met.event_id, actor_id=met.hidden)
    told = as_organiser(met.event_id).get(f"/events/{met.event_id}/report").text
    assert "Anonym " in told
    assert betrayed(told) == []


def test_on_papers_for_all_its_place_among_the_names_tells_nothing(session: Session, met: Encounter) -> None:
    update_actor(session, actor_id=met.hidden, changes=ActorUpdate(name="Aa Zabelin"))
    session.commit()
    table = read_timetable(session, event_id=met.event_id)
    assert [p.name for p in table.people.values()] == ["Aa Zabelin", "Aalab", "Centexlab"]
    seen = [p.name for p in table.seen_by(None).people.values()]
    assert seen[:2] == ["Aalab", "Centexlab"]
    assert seen[2].startswith("Anonym ")


def test_who_was_introduced_at_another_event_is_known_in_an_agenda_that_was_read_before(
    serve: Serve, engine: Engine, met: Encounter
) -> None:
    browser = serve(headers=BROWSER)
    agenda(serve, met.token)
    mark = {"if-none-match": browser.get(f"/agenda/{met.token}").headers["etag"]}
    assert browser.get(f"/agenda/{met.token}", headers=mark).status_code == 304
    with session_scope(engine) as session:
        for actor_id in (met.hidden, met.partner):
            register(session, event_id=met.other_event, fields=ParticipantCreate(actor_id=actor_id))
    with session_scope(engine) as session:
        for name, one, other in (("key:1", met.hidden, met.partner), ("key:2", met.partner, met.hidden)):
            between = Between(met.other_event, one, other)
            introduce(session, between=between, principal=Principal("organiser", name))
    again = browser.get(f"/agenda/{met.token}", headers=mark)
    assert again.status_code == 200
    assert HIDDEN["name"] in again.text


def test_introductions_ask_no_more_of_the_database_for_many_who_hide(engine: Engine, met: Encounter) -> None:
    with session_scope(engine) as session:
        for n in range(6):
            fields = ActorCreate(name=f"Hidden {n}", country="FR", anonymous=True)
            other = create_actor(session, fields=fields).id
            register(session, event_id=met.event_id, fields=ParticipantCreate(actor_id=other))
            between = Between(met.event_id, other, met.partner)
            introduce(session, between=between, principal=Principal("organiser", "key:1"))
    asked: list[str] = []
    with session_scope(engine) as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *call: asked.append(call[2]))
        assert len(list_introductions(session, event_id=met.event_id)) == 7
    assert len(asked) <= 6, asked


def test_who_opened_itself_and_hides_again_has_other_pseudonyms(
    engine: Engine, reader: TestClient, serve: Serve, met: Encounter
) -> None:
    """Whoever looked while it was open knows to whom the former ones belong."""
    before = suggested(reader, met)["actor"]
    at_event = re.search(r"Anonym [A-Z]{3}-\d{3}", agenda(serve, met.token))[0]
    for hides in (False, True):
        with session_scope(engine) as session:
            update_actor(session, actor_id=met.hidden, changes=ActorUpdate(anonymous=hides))
    after = suggested(reader, met)["actor"]
    assert (after["id"] != before["id"], after["name"] != before["name"]) == (True, True)
    assert reader.get(f"/actors/{before['id']}").status_code == 404
    assert at_event not in agenda(serve, met.token)
    # What is changed while it hides leaves them as they are.
    with session_scope(engine) as session:
        update_actor(session, actor_id=met.hidden, changes=ActorUpdate(size=38))
    assert suggested(reader, met)["actor"]["id"] == after["id"]


def test_an_import_that_hides_it_again_gives_other_pseudonyms_too(
    serve: Serve, make_key: MakeKey, reader: TestClient
) -> None:
    admin = serve(headers=with_key(make_key("admin")))

    def bring(anonymous: str, words: str = "flax") -> dict[str, object]:
        text = f"id,name,country,anonymous,offer_en\nx1,Moulin Gris,FR,{anonymous},spinning of {words}\n"
        files = {"file": ("map.csv", text.encode(), "text/csv")}
        number = admin.post("/maps/imports", data={"name": "Chamber"}, files=files).json()["id"]
        assert admin.post(f"/maps/imports/{number}/apply", json={}).status_code == 200
        return reader.get("/actors").json()["items"][0]

    first, changed, opened, again = bring("yes"), bring("yes", "linen"), bring("no"), bring("yes")
    assert first["id"] == changed["id"] >= FIRST > opened["id"]
    assert again["id"] >= FIRST
    assert again["id"] != first["id"]
