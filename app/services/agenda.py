"""A participant's agenda: whom it meets when, where and in which language, and what changed since it last looked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from types import MappingProxyType
from typing import Any, Literal

from sqlmodel import Session, col, select

from app.security import participant
from app.services.discretion.pseudonyms import pseudonym_at
from app.services.discretion.sight import Sight
from app.services.events import get_event, list_interpreters, list_places, list_rounds
from app.services.timetable import on_several_days
from models.actor import Actor, ActorBrief, LocalText
from models.agenda import AgendaRules, AgendaRulesFields, AgendaState
from models.event import (
    Event,
    InterpreterPublic,
    Participant,
    PlacePublic,
    RoundPublic,
)
from models.plan import Meeting, Plan

BREAK = timedelta(minutes=12)
"""Time between two rounds from which it is a break that an agenda shows."""


@dataclass(frozen=True)
class Visit:
    """A meeting as one of the two sees it; `number` is the other's own, by which it is stored."""

    number: int
    other: ActorBrief
    round: RoundPublic
    place: PlacePublic | None
    languages: list[str]
    """What both speak; empty when nothing is known, or when an interpreter is there."""
    their_languages: list[str]
    interpreter: InterpreterPublic | None
    my_delegate: str
    their_delegate: str
    about: list[LocalText]
    """How the other describes itself, in each of its languages."""

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        return self.round.starts_at + timedelta(minutes=self.round.minutes)


@dataclass(frozen=True)
class Entry:
    """A line of the day: a meeting, rounds in a row without one, or a break between rounds."""

    kind: Literal["meeting", "free", "away", "break"]
    starts_at: datetime
    minutes: int
    visit: Visit | None = None

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        return self.starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was when the participant last looked."""

    kind: Literal["new", "gone", "moved"]
    name: str
    starts_at: datetime
    place: str
    before_starts_at: datetime | None = None
    before_place: str = ""


@dataclass(frozen=True)
class Agenda:
    """Everything a participant is told."""

    event: Event
    actor: Actor
    participant: Participant
    rounds: list[RoundPublic]
    places: list[PlacePublic]
    plan: int | None
    entries: list[Entry]
    changes: list[Change]
    state: AgendaState | None
    rules: AgendaRulesFields
    sight: Sight
    languages: list[str] = field(default_factory=list)

    @property
    def pseudonym(self) -> str | None:
        """As whom others meet it, while it is anonymous."""
        return pseudonym_at(self.event.id, anonymous=self.actor.anonymous, veil=self.actor.veil)

    @property
    def visits(self) -> list[Visit]:
        """The meetings, by time."""
        return [e.visit for e in self.entries if e.visit]

    @property
    def begins_at(self) -> datetime | None:
        """When the first round begins."""
        return self.rounds[0].starts_at if self.rounds else None

    @property
    def ends_at(self) -> datetime | None:
        """When the last round is over."""
        return self.rounds[-1].starts_at + timedelta(minutes=self.rounds[-1].minutes) if self.rounds else None

    @property
    def several_days(self) -> bool:
        """Whether its rounds begin on more than one day, by the clock of the event."""
        return on_several_days(self.rounds, self.event.zone)

    def is_over(self, now: datetime) -> bool:
        """Whether the last round has passed."""
        return self.ends_at is not None and now >= self.ends_at

    def has_begun(self, now: datetime) -> bool:
        """Whether the first round has begun."""
        return self.begins_at is not None and now >= self.begins_at

    def takes_words(self, now: datetime) -> bool:
        """Whether wishes and details are still taken, as far as the rules let them be said at all."""
        return not self.has_begun(now) and (self.rules.until is None or now < self.rules.until)

    @property
    def closes_at(self) -> datetime | None:
        """When wishes and details close, where that is before the first round."""
        until, begins = self.rules.until, self.begins_at
        return until if until is not None and (begins is None or until < begins) else None


def read_agenda(session: Session, *, event_id: int, actor_id: int) -> Agenda:
    """The agenda of a participant by the published plan; a handful of queries whatever the size of the event."""
    event = get_event(session, event_id=event_id)
    registration = session.get_one(Participant, (event_id, actor_id))
    actor = session.get_one(Actor, actor_id)
    sight = Sight(session, participant(event_id, actor_id))
    rounds = list_rounds(session, event_id=event_id)
    places = list_places(session, event_id=event_id)
    number = session.exec(select(Plan.number).where(Plan.event_id == event_id, Plan.state == "published")).first()
    visits = _visits(session, _Me(registration, actor, sight), number, rounds, places)
    state = session.get(AgendaState, (event_id, actor_id))
    return Agenda(
        event=event,
        actor=actor,
        participant=registration,
        rounds=rounds,
        places=places,
        plan=number,
        entries=_entries(rounds, visits, registration.available, published=number is not None),
        changes=compare_seen(
            state.seen if state else None, [*chain.from_iterable(visits.values())], _withheld_names(sight, state)
        ),
        state=state,
        rules=read_rules(session, event_id=event_id),
        sight=sight,
        languages=_spoken(registration, actor),
    )


def snapshot(visits: Sequence[Visit]) -> list[dict[str, Any]]:
    """What is kept of an agenda, to tell later what changed: names and labels as the participant read them."""
    return [
        {
            "with": v.number,
            "name": v.other.name,
            "starts_at": v.round.starts_at.isoformat(),
            "place": v.place.label if v.place else "",
        }
        for v in visits
    ]


def compare_seen(
    seen: Sequence[Mapping[str, Any]] | None, visits: Sequence[Visit], instead: Mapping[int, str] = MappingProxyType({})
) -> list[Change]:
    """From what was seen to what is, by time; nothing while nothing was ever seen.

    `instead`: what stands for names that were read once and are withheld now.
    """
    if seen is None:
        return []
    before = {int(s["with"]): s for s in seen}
    changes = []
    for now in snapshot(visits):
        was = before.pop(now["with"], None)
        if was is None:
            changes.append(Change("new", now["name"], _moment(now), now["place"]))
        elif (was["starts_at"], was["place"]) != (now["starts_at"], now["place"]):
            changes.append(Change("moved", now["name"], _moment(now), now["place"], _moment(was), was["place"]))
    changes += [
        Change("gone", instead.get(gone, was["name"]), _moment(was), was["place"]) for gone, was in before.items()
    ]
    return sorted(changes, key=lambda c: c.starts_at)


def read_rules(session: Session, *, event_id: int) -> AgendaRulesFields:
    """What participants may do; everything, until the organiser says otherwise."""
    get_event(session, event_id=event_id)
    row = session.get(AgendaRules, event_id)
    return AgendaRulesFields.model_validate(row.model_dump(exclude={"event_id"})) if row else AgendaRulesFields()


def set_rules(session: Session, *, event_id: int, rules: AgendaRulesFields) -> AgendaRulesFields:
    """Replace what participants may do."""
    get_event(session, event_id=event_id)
    session.merge(AgendaRules(event_id=event_id, **rules.model_dump()))
    session.flush()
    return rules


def _withheld_names(sight: Sight, state: AgendaState | None) -> dict[int, str]:
    """Own number → pseudonym of who was seen in an agenda and has become anonymous since."""
    return sight.pseudonyms({int(line["with"]) for line in (state.seen if state else None) or ()})


@dataclass(frozen=True)
class _Me:
    registration: Participant
    actor: Actor
    sight: Sight


def _visits(
    session: Session, mine: _Me, number: int | None, rounds: Sequence[RoundPublic], places: Sequence[PlacePublic]
) -> dict[int, list[Visit]]:
    """Round index → meetings of the published plan: more than one, where delegates sit at several tables."""
    if number is None:
        return {}
    me = mine.registration
    held = (col(Meeting.a) == me.actor_id) | (col(Meeting.b) == me.actor_id)
    meetings = session.exec(
        select(Meeting)
        .where(Meeting.event_id == me.event_id, Meeting.number == number, held)
        .order_by(col(Meeting.round), col(Meeting.place))
    ).all()
    others = _others(session, me, meetings)
    needed = any(m.interpreter for m in meetings)
    interpreters = {str(i.index): i for i in (list_interpreters(session, event_id=me.event_id) if needed else ())}
    slots = {r.index: r for r in rounds}
    labels = {p.index: p for p in places}
    found: dict[int, list[Visit]] = {}
    for meeting in meetings:
        other_id = meeting.b if meeting.a == me.actor_id else meeting.a
        if meeting.round not in slots or other_id not in others:
            continue
        visit = _visit(
            mine,
            meeting,
            others[other_id],
            slots[meeting.round],
            labels.get(meeting.place) if meeting.place is not None else None,
            interpreters.get(meeting.interpreter or ""),
        )
        found.setdefault(meeting.round, []).append(visit)
    return found


def _visit(
    mine: _Me,
    meeting: Meeting,
    met: tuple[Actor, list[str]],
    slot: RoundPublic,
    place: PlacePublic | None,
    interpreter: InterpreterPublic | None,
) -> Visit:
    other, theirs = met
    delegates = [getattr(meeting, name, None) or "" for name in ("delegate_a", "delegate_b")]
    first = meeting.a == mine.actor.id
    return Visit(
        number=other.id,
        other=mine.sight.brief(other),
        round=slot,
        place=place,
        languages=[] if interpreter else [tag for tag in _spoken(mine.registration, mine.actor) if tag in theirs],
        their_languages=theirs,
        interpreter=interpreter,
        my_delegate=delegates[0 if first else 1],
        # Who sits there is told with whom they sit there for.
        their_delegate=delegates[1 if first else 0] if mine.sight.knows(other) else "",
        about=[LocalText(**text) for text in mine.sight.texts(other).get("description", [])],
    )


def _others(session: Session, me: Participant, meetings: Sequence[Meeting]) -> dict[int, tuple[Actor, list[str]]]:
    """Whom I meet, each with the languages it is there with."""
    rows = session.exec(
        select(Actor, Participant)
        .outerjoin(Participant, (col(Participant.actor_id) == Actor.id) & (col(Participant.event_id) == me.event_id))
        .where(col(Actor.id).in_({m.a for m in meetings} | {m.b for m in meetings}))
    ).all()
    return {actor.id: (actor, _spoken(person, actor)) for actor, person in rows}


def _spoken(participant: Participant | None, actor: Actor) -> list[str]:
    own = participant.languages if participant else None
    return list(actor.languages if own is None else own)


def _entries(
    rounds: Sequence[RoundPublic],
    visits: Mapping[int, Sequence[Visit]],
    available: list[int] | None,
    *,
    published: bool,
) -> list[Entry]:
    """The day line by line. Without a published plan nobody knows yet which rounds are free."""
    if not published:
        return []
    told: list[Entry] = []
    for slot in rounds:
        if told and slot.starts_at - told[-1].ends_at >= BREAK:
            gap = slot.starts_at - told[-1].ends_at
            told.append(Entry("break", told[-1].ends_at, int(gap.total_seconds()) // 60))
        held = visits.get(slot.index, ())
        told += [Entry("meeting", slot.starts_at, slot.minutes, visit) for visit in held]
        if not held:
            away = available is not None and slot.index not in available
            _add_open(told, slot, "away" if away else "free")
    return told


def _add_open(told: list[Entry], slot: RoundPublic, kind: Literal["free", "away"]) -> None:
    """A round without a meeting: one line with those of its kind before it."""
    if told and told[-1].kind == kind:
        first = told.pop()
        told.append(Entry(kind, first.starts_at, _minutes(first.starts_at, slot)))
    else:
        told.append(Entry(kind, slot.starts_at, slot.minutes))


def _minutes(start: datetime, last: RoundPublic) -> int:
    return int((last.starts_at - start).total_seconds()) // 60 + last.minutes


def _moment(line: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(line["starts_at"])
