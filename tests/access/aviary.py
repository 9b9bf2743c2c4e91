"""Birds: unmistakable words in every private field of three actors, of whom one is anonymous and meets another."""

import re
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlmodel import Session

from app.services.actors import create_actor
from app.services.contacts import create_contact
from app.services.discretion.pseudonyms import DIRECTORY, number_in, place_of_event
from app.services.events import create_event, register, set_interpreters, set_places, set_rounds
from app.services.feedback import give_feedback
from app.services.links import make_link
from app.services.relations import set_relation
from app.services.tandems import create_tandem
from models.actor import Actor, ActorCreate, RelationCreate
from models.agenda import AgendaState, MeetingAnswer
from models.base import utc_now
from models.competence_map import CompetenceMap, MapEntry
from models.contact import ContactFields
from models.day import Attendance
from models.event import EventCreate, InterpreterCreate, ParticipantCreate, PlaceCreate, RoundCreate
from models.feedback import FeedbackCreate
from models.plan import Meeting, Plan
from models.tandem import TandemCreate

BIRD = "kanarien"
OWN_NUMBER = 7700123
"""The anonymous one's own number."""
FIGURE = 48291
"""Figures of the anonymous one begin so."""
TEXT = "testing of textile coatings"
HIDDEN, PARTNER, BYSTANDER = "h", "p", "b"
_BIRDS = re.compile(rf"{BIRD}\w*|{FIGURE}\d+|frl04|{OWN_NUMBER}")


def word(place: str, owner: str = "") -> str:
    """The bird of one field of one actor; the owner's letter comes last."""
    return f"{BIRD}{place}{owner}"


def birds(told: str) -> set[str]:
    """Every bird in an answer."""
    return set(_BIRDS.findall(told.casefold()))


def of_hidden(told: str) -> set[str]:
    """The birds that belong to the anonymous one: who it is, and whatever hangs on it."""
    return {bird for bird in birds(told) if not bird.startswith(BIRD) or bird.endswith(HIDDEN)}


@dataclass(frozen=True)
class Aviary:
    """Where the birds are: the numbers and links by which they are asked for."""

    begun: int
    """The event that has begun: the anonymous one meets the partner by its published plan."""
    coming: int
    """The event that is to come: wishes are open."""
    other: int
    """An event none of them comes to."""
    ids: dict[str, int]
    tokens: dict[tuple[str, int], str]
    """(actor, event) → the link to its agenda."""
    pseudonyms: tuple[int, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Every number an actor may be asked for by."""
        return (*self.ids.values(), *self.pseudonyms)


def plant(session: Session) -> Aviary:
    """Three actors with something private everywhere."""
    begun, coming, other = (create_event(session, fields=EventCreate(name=n)).id for n in ("Begun", "Coming", "Other"))
    ids = {owner: _actor(session, owner) for owner in (PARTNER, BYSTANDER, HIDDEN)}
    for event_id in (begun, coming):
        for owner, actor_id in ids.items():
            delegates = [{"id": word("delegate", owner)}]
            fields = ParticipantCreate.model_validate({"actor_id": actor_id, "delegates": delegates})
            register(session, event_id=event_id, fields=fields)
    for owner in ids:
        _hang_on(session, owner, ids, begun)
    _meet(session, ids, begun, coming)
    session.flush()
    tokens = {
        (owner, event_id): make_link(session, event_id=event_id, actor_id=actor_id)
        for owner, actor_id in ids.items()
        for event_id in (begun, coming)
    }
    veil = session.get_one(Actor, ids[HIDDEN]).veil or ""
    stand_ins = tuple(number_in(p, veil) for p in (DIRECTORY, place_of_event(begun), place_of_event(coming)))
    return Aviary(begun, coming, other, ids, tokens, stand_ins)


def _actor(session: Session, owner: str) -> int:
    """An actor whose texts tell what it can do; what it hides are birds."""
    said = {
        "name": {PARTNER: "Weaver", BYSTANDER: "Centre"}.get(owner, f"{word('name', owner)} SA"),
        "country": {PARTNER: "BE", BYSTANDER: "DE"}.get(owner, "FR"), "languages": ["en"], "sectors": ["textile"],
        "aliases": [word("alias", owner)], "website": f"https://www.{word('host', owner)}.example",
        "offers": {"en": TEXT}, "needs": {"en": f"{TEXT} {word('need', owner)}"},
        "visibility": {"aliases": "organiser", "website": "organiser", "needs": "organiser"},
    }  # fmt: skip
    if owner == HIDDEN:
        name, town = word("name", owner), word("town", owner)
        session.execute(text(f"SELECT setval('actor_id_seq', {OWN_NUMBER - 1})"))
        said |= {
            "anonymous": True, "region": word("region", owner), "city": town, "nuts": "FRL04", "size": FIGURE * 10.0,
            "lat": float(f"50.{FIGURE}31"), "lon": float(f"3.{FIGURE}32"), "sectors": ["textile", f"{name} weaving"],
            "description": {"en": f"{name} of {town}, {word('alias', owner)}: {TEXT}; {word('mail', owner)}@x.example"},
            "offers": {"en": f"{TEXT}, {name.upper()}s, {word('host', owner)}.example/{name}, {word('person', owner)}"},
            "needs": {"en": f"{TEXT}, sold as {word('brand', owner)}®"}, "visibility": {},
        }  # fmt: skip
    return create_actor(session, fields=ActorCreate.model_validate(said)).id


def _hang_on(session: Session, owner: str, ids: dict[str, int], event_id: int) -> None:
    """Whatever is stored of an actor beside its profile."""
    actor_id = ids[owner]
    for visibility in ("public", "event", "mutual", "organiser"):
        contact = {
            "name": word("person", owner), "role": word("role", owner), "email": f"{word('mail', owner)}@x.example",
            "phone": word("phone", owner), "languages": ["gsw"], "visibility": visibility, "basis": "consent",
            "consent_on": "2027-01-15", "consent_text": word("consent", owner), "basis_note": word("ground", owner),
        }  # fmt: skip
        create_contact(session, actor_id=actor_id, fields=ContactFields.model_validate(contact))
    session.add(AgendaState(event_id=event_id, actor_id=actor_id, left_note=word("left", owner)))
    session.add(Attendance(event_id=event_id, actor_id=actor_id, delegate=word("delegate", owner), state="gone"))
    source = CompetenceMap(name=f"Map {owner}")
    session.add(source)
    session.flush()
    said = {"name": word("said", owner)}
    session.add(MapEntry(actor_id=actor_id, map_id=source.id, source_key=word("key", owner), said=said))
    for whom in (i for i in ids.values() if i != actor_id):
        feedback = FeedbackCreate(actor_id=actor_id, target_id=whom, worth="yes", note=word("feedback", owner))
        give_feedback(session, fields=feedback)
        relation = RelationCreate(target_id=whom, type="partner", note=word("relation", owner))
        set_relation(session, actor_id=actor_id, relation=relation)
        if actor_id < whom:
            both = HIDDEN if ids[HIDDEN] in (actor_id, whom) else owner
            note, step = word("tandem", both), word("step", both)
            tandem = TandemCreate(actor_id=actor_id, partner_id=whom, status="met", note=note, step_note=step)
            create_tandem(session, fields=tandem)


def _meet(session: Session, ids: dict[str, int], begun: int, coming: int) -> None:
    """The hidden one meets the partner; the partner has said yes, the hidden one has not."""
    now = utc_now().replace(microsecond=0)
    for event_id, start in ((begun, now - timedelta(hours=1)), (coming, now + timedelta(days=9))):
        set_rounds(session, event_id=event_id, rounds=[RoundCreate(starts_at=start, minutes=20)])
        set_places(session, event_id=event_id, places=[PlaceCreate(label="Table 1")])
        set_interpreters(session, event_id=event_id, interpreters=[InterpreterCreate(languages=["en", "fr"])])
        plan = Plan(event_id=event_id, number=1, state="published", problem={}, certificate={}, published_at=start)
        session.add(plan)
        session.flush()
        met = Meeting(
            event_id=event_id, number=1, a=ids[PARTNER], b=ids[HIDDEN], round=0, place=0, interpreter="0",
            delegate_a=word("delegate", PARTNER), delegate_b=word("delegate", HIDDEN),
        )  # fmt: skip
        session.add(met)
    for owner, whom, again in ((PARTNER, HIDDEN, "yes"), (HIDDEN, PARTNER, "no")):
        note = word("answer", owner)
        answer = MeetingAnswer(event_id=begun, actor_id=ids[owner], target_id=ids[whom], again=again, note=note)
        session.add(answer)
