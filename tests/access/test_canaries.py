"""Unmistakable words stand in every private field, and no answer to a reader or the public holds one of them."""

import re

import pytest
from access_outside import MakeKey, Serve, with_key
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app.db import session_scope
from app.policy import POLICY, Who
from app.services.actors import create_actor
from app.services.contacts import create_contact
from app.services.events import register
from app.services.feedback import give_feedback
from app.services.meaning import Meaning
from app.services.relations import set_relation
from app.services.tandems import create_tandem
from app.worker import drain
from models.actor import ActorCreate, RelationCreate
from models.agenda import AgendaState, MeetingAnswer
from models.contact import ContactFields
from models.day import Attendance
from models.event import ParticipantCreate
from models.feedback import FeedbackCreate
from models.tandem import TandemCreate

CANARY = "kanarien"
OPEN = sorted(r for r, who in POLICY.items() if who in {Who.PROBE, Who.PUBLIC, Who.READER} and r.startswith("GET"))
TEXT = "testing of textile coatings"


def word(place: str) -> str:
    """The bird of one field."""
    return f"{CANARY}{place}"


@pytest.fixture
def planted(engine: Engine, meaning: Meaning, two_events: tuple[int, int]) -> int:
    """Two actors with something private everywhere; the event they meet at."""
    event_id = two_events[0]
    with session_scope(engine) as session:
        said = {"offers": {"en": TEXT}, "needs": {"en": TEXT}}
        one, other = (
            create_actor(session, fields=ActorCreate.model_validate({"name": name, "country": country} | said)).id
            for name, country in (("Weaver", "FR"), ("Centre", "BE"))
        )
        for actor_id in (one, other):
            delegate = {"id": word("delegate")}
            register(
                session,
                event_id=event_id,
                fields=ParticipantCreate.model_validate({"actor_id": actor_id, "delegates": [delegate]}),
            )
            for visibility in ("public", "event", "mutual", "organiser"):
                contact = {
                    "name": word("name"), "role": word("role"), "email": f"{word('mail')}@x.example",
                    "phone": word("phone"), "languages": ["gsw"], "visibility": visibility, "basis": "consent",
                    "consent_on": "2027-01-15", "consent_text": word("consent"), "basis_note": word("ground"),
                }  # fmt: skip
                create_contact(session, actor_id=actor_id, fields=ContactFields.model_validate(contact))
            session.add(AgendaState(event_id=event_id, actor_id=actor_id, left_note=word("left")))
            session.add(Attendance(event_id=event_id, actor_id=actor_id, delegate=word("delegate"), state="gone"))
        for who, whom in ((one, other), (other, one)):
            note = word("answer")
            session.add(MeetingAnswer(event_id=event_id, actor_id=who, target_id=whom, again="yes", note=note))
            give_feedback(
                session, fields=FeedbackCreate(actor_id=who, target_id=whom, worth="yes", note=word("feedback"))
            )
            relation = RelationCreate(target_id=whom, type="partner", note=word("relation"))
            set_relation(session, actor_id=who, relation=relation)
        tandem = TandemCreate(actor_id=one, partner_id=other, status="met", note=word("tandem"), step_note=word("step"))
        create_tandem(session, fields=tandem)
    drain(engine, meaning, batch=100)
    return event_id


def birds(answer: str) -> list[str]:
    return sorted(set(re.findall(rf"{CANARY}\w+", answer.lower())))


def found(client: TestClient, event_id: int) -> dict[str, list[str]]:
    """Every open GET route, as program and as browser, → the birds in its answer."""
    seen = {}
    for route in OPEN:
        template = route.removeprefix("GET ")
        path = re.sub(r"\{[^}]+\}", "1", template.replace("{event_id}", str(event_id)))
        if template.startswith("/live/"):
            continue  # An event stream without end: it names topics only (tests/app/test_live.py).
        for accept in ("application/json", "text/html"):
            for query in ("", f"?q={CANARY}", "?q=testing"):
                answer = client.get(path + query, headers={"accept": accept})
                assert answer.status_code < 500, path
                # A page says again what was asked; that is no find.
                told = answer.text.replace(query.removeprefix("?q="), "") if CANARY in query else answer.text
                seen[f"{path}{query} {accept}"] = birds(told)
    return seen


def test_no_open_route_tells_anything_private(serve: Serve, make_key: MakeKey, planted: int) -> None:
    client = serve()
    client.headers.update(with_key(make_key("reader")))
    seen = found(client, planted)
    assert {place: told for place, told in seen.items() if told} == {}
    assert len(OPEN) >= 15
    client.headers.pop("authorization")
    public = found(serve(open_directory=True), planted)
    assert {place: told for place, told in public.items() if told} == {}


def test_no_suggestion_tells_anything_private(serve: Serve, make_key: MakeKey, planted: int) -> None:
    client = serve()
    client.headers.update(with_key(make_key("reader")))
    for asked in ({"actor_id": 1}, {"text": TEXT}, {"text": f"{CANARY}name anne {CANARY}mail"}):
        answer = client.post("/match", json=asked | {"min_score": 0})
        assert answer.status_code == 200
        assert len(answer.json()["suggestions"]) >= 1
        assert birds(answer.text) == []


def test_the_birds_are_where_they_were_put(serve: Serve, make_key: MakeKey, planted: int) -> None:
    """Else the other tests would find nothing for the wrong reason."""
    client = serve()
    client.headers.update(with_key(make_key("admin")))
    asked = ("/actors/1/contacts", f"/events/{planted}/participants", f"/events/{planted}/answers", "/tandems/1/2",
             "/feedback")  # fmt: skip
    told = {bird for path in asked for bird in birds(client.get(path).text)}
    places = ("answer", "consent", "delegate", "feedback", "ground", "mail", "name", "phone", "role", "step", "tandem")
    assert told == {word(place) for place in places}
