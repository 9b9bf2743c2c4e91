"""A plan with everything that papers and files say of it, read from the database once."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from app.errors import Conflict, NotFound
from app.services import plans
from app.services.discretion.fields import EVENT, MUTUAL, is_shown, is_veiled
from app.services.discretion.openings import opened_pairs
from app.services.discretion.pseudonyms import pseudonym_at
from app.services.events import (
    event_public,
    get_event,
    list_interpreters,
    list_participants,
    list_places,
    list_rounds,
)
from app.services.files.wording import Wording
from matching.ranking.reasons import LANGUAGES
from models.actor import Actor
from models.event import EventPublic, InterpreterPublic
from models.plan import PlanPublic


@dataclass(frozen=True)
class Slot:
    """A round: when it begins and ends, in the event's zone."""

    index: int
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Person:
    """A participant as papers name it; `languages` are those spoken at the table."""

    id: int
    name: str
    side: str = ""
    kind: str = "other"
    country: str = ""
    city: str | None = None
    languages: tuple[str, ...] = ()
    available: tuple[int, ...] | None = None
    delegates: tuple[Mapping[str, Any], ...] = ()
    pseudonym: str | None = None
    """As whom others meet it while it is anonymous."""
    seen: Mapping[int, "Person"] = field(default_factory=dict)
    """Where it hides something: as others see it, by where they stand (app/services/discretion/fields.py)."""

    @property
    def own_language(self) -> str | None:
        """The first of its languages that the interface speaks."""
        tags = (tag.split("-")[0].lower() for tag in self.languages)
        return next((tag for tag in tags if tag in LANGUAGES), None)

    def is_there(self, slot: int) -> bool:
        """Whether it takes part in that round."""
        return self.available is None or slot in self.available


@dataclass(frozen=True)
class Encounter:
    """Two participants in a round; `place` and `interpreter` are indices, or None; `delegates` sit for the two."""

    a: int
    b: int
    slot: int
    place: int | None
    interpreter: int | None
    worth: float = 0.0
    delegates: tuple[str | None, str | None] = (None, None)

    @property
    def pair(self) -> tuple[int, int]:
        """The two, the lower id first: a pair meets at most once at an event."""
        return (min(self.a, self.b), max(self.a, self.b))

    def other(self, actor_id: int) -> int:
        """Whom this one meets."""
        return self.b if actor_id == self.a else self.a

    def delegate_of(self, actor_id: int) -> str | None:
        """Who sits there for this one, where somebody is named."""
        return self.delegates[actor_id == self.b]


@dataclass(frozen=True)
class Timetable:
    """A plan, its event and its people. Meetings stand by round and place, people by name."""

    event: EventPublic
    plan: PlanPublic | None
    slots: Mapping[int, Slot]
    places: Mapping[int, str]
    interpreters: Mapping[int, InterpreterPublic]
    people: Mapping[int, Person]
    meetings: tuple[Encounter, ...] = field(default=())
    opened: frozenset[frozenset[int]] = frozenset()
    """Pairs that know each other, with one end that hides something."""

    def seen_by(self, reader: int | None) -> "Timetable":
        """The same as a participant may read it; None: as everybody at the event may, on a wall or a table."""
        people = [self._as_seen(person, reader) for person in self.people.values()]
        # By the names that are read: between two others the place of one that is withheld tells how it begins.
        people.sort(key=lambda person: "" if person.name == self.people[person.id].name else person.name)
        return replace(self, people={person.id: person for person in people})

    def _as_seen(self, person: Person, reader: int | None) -> Person:
        if person.id == reader:
            return person
        rank = MUTUAL if reader is not None and frozenset((person.id, reader)) in self.opened else EVENT
        return person.seen.get(rank, person)

    @cached_property
    def by_person(self) -> Mapping[int, list[Encounter]]:
        """Everybody's meetings by round; an empty list for who has none."""
        found: dict[int, list[Encounter]] = {actor_id: [] for actor_id in self.people}
        for meeting in self.meetings:
            for actor_id in meeting.pair:
                found.setdefault(actor_id, []).append(meeting)
        return found

    @cached_property
    def by_slot(self) -> Mapping[int, list[Encounter]]:
        """The meetings of every round, by place."""
        return self._grouped("slot", self.slots)

    @cached_property
    def by_place(self) -> Mapping[int, list[Encounter]]:
        """The meetings of every place, by round."""
        return self._grouped("place", self.places)

    @cached_property
    def by_interpreter(self) -> Mapping[int, list[Encounter]]:
        """Where every interpreter sits, by round."""
        return self._grouped("interpreter", self.interpreters)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The event's languages: those of the interface that come first for most participants; English when none is."""
        told = Counter(p.own_language for p in self.people.values() if p.own_language)
        return tuple(sorted(told, key=lambda tag: (-told[tag], tag))) or ("en",)

    def pausing(self, slot: int) -> list[Person]:
        """Who is there and meets nobody in that round."""
        busy = {actor_id for m in self.by_slot.get(slot, ()) for actor_id in m.pair}
        return [p for p in self.people.values() if p.id not in busy and p.is_there(slot)]

    def place_name(self, place: int | None, words: Wording) -> str:
        """What a place is called in these words; a number where it is gone."""
        return "" if place is None else words.place(self.places.get(place, str(place + 1)))

    def person(self, actor_id: int) -> Person:
        """A participant, or NotFound."""
        if actor_id not in self.people:
            raise NotFound.by_code("not_registered", number=actor_id, event=self.event.id)
        return self.people[actor_id]

    def _grouped(self, name: str, keys: Mapping[int, Any]) -> Mapping[int, list[Encounter]]:
        found: dict[int, list[Encounter]] = defaultdict(list, {key: [] for key in keys})
        for meeting in self.meetings:
            if getattr(meeting, name) is not None:
                found[getattr(meeting, name)].append(meeting)
        return dict(found)


def read_timetable(session: Session, *, event_id: int, number: int | None = None) -> Timetable:
    """The event with the plan asked for, else the published one, else the newest draft, else none.

    Conflict when the plan asked for is still being computed.
    """
    event = get_event(session, event_id=event_id)
    plan = _plan(session, event_id, number)
    slots = {
        r.index: _slot(r.index, r.starts_at, r.minutes, event.zone) for r in list_rounds(session, event_id=event_id)
    }
    meetings = tuple(
        Encounter(m.a, m.b, m.round, m.place, _index(m.interpreter), m.utility, (m.delegate_a, m.delegate_b))
        for m in (plan.meetings if plan else ())
        if m.round in slots
    )
    people = _people(session, event_id, plan)
    hiding = {person.id for person in people.values() if person.seen}
    return Timetable(
        event=event_public(session, event=event),
        plan=plan,
        slots=slots,
        places={p.index: p.label for p in list_places(session, event_id=event_id)},
        interpreters={i.index: i for i in list_interpreters(session, event_id=event_id)},
        people=people,
        meetings=meetings,
        opened=frozenset(opened_pairs(session, among=hiding)),
    )


def _plan(session: Session, event_id: int, number: int | None) -> PlanPublic | None:
    if number is None:
        return plans.latest_plan(session, event_id=event_id)
    plan = plans.plan_public(session, event_id=event_id, number=number)
    if plan.state in {"computing", "failed"}:
        raise Conflict.by_code("plan_not_printable", number=number, state=plan.state)
    return plan


def _slot(index: int, start: datetime, minutes: int, zone: str) -> Slot:
    local = start.astimezone(ZoneInfo(zone))
    # Absolute time first: a round over the hour the clocks change still lasts its minutes.
    return Slot(index, local, (start + timedelta(minutes=minutes)).astimezone(ZoneInfo(zone)))


def _index(interpreter: str | None) -> int | None:
    return int(interpreter) if interpreter is not None and interpreter.isdecimal() else None


def _people(session: Session, event_id: int, plan: PlanPublic | None) -> dict[int, Person]:
    """The participants by name, and whoever the plan still holds though they were taken out."""
    people = {
        p.actor_id: Person(
            id=p.actor_id,
            name=p.name,
            side=p.side,
            languages=tuple(p.languages),
            available=None if p.available is None else tuple(p.available),
            delegates=tuple(d.model_dump() for d in p.delegates),
        )
        for p in list_participants(session, event_id=event_id)
    }
    gone: dict[int, Person] = {}
    for meeting in plan.meetings if plan else ():
        gone |= {meeting.a: Person(meeting.a, meeting.a_name), meeting.b: Person(meeting.b, meeting.b_name)}
    rows = session.exec(select(Actor).where(col(Actor.id).in_(people.keys() | gone.keys()))).all()
    known = {actor.id: actor for actor in rows}
    told = {i: _told(p, known.get(i), event_id) for i, p in people.items()}
    return told | {i: _hidden(p, known.get(i), event_id) for i, p in gone.items() if i not in people}


def _told(person: Person, actor: Actor | None, event_id: int) -> Person:
    """With what the actor says of itself."""
    if actor is None:
        return person
    return _hidden(replace(person, kind=actor.kind, country=actor.country, city=actor.city), actor, event_id)


def _hidden(person: Person, actor: Actor | None, event_id: int) -> Person:
    """With how others see it, where it hides something."""
    if actor is None or not is_veiled(actor):
        return person
    pseudonym = pseudonym_at(event_id, anonymous=actor.anonymous, veil=actor.veil)
    seen = {}
    for rank in (EVENT, MUTUAL):
        told = replace(person, city=person.city if is_shown(actor, "city", rank) else None)
        if pseudonym is not None and not is_shown(actor, "name", rank):
            told = replace(told, name=pseudonym, delegates=())
        seen[rank] = told
    return replace(person, pseudonym=pseudonym, seen=seen)
