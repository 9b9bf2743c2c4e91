"""Events: set-up of rounds, places, participants and wishes."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Protocol

from sqlalchemy import func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, delete, select

from app.errors import BadInput, Conflict, NotFound
from app.services.actors import get_actor
from app.services.audit import name_actors
from app.services.bounds import MAX_PARTICIPANTS, refuse_beyond
from app.services.cursors import Part, in_order, part_of
from app.services.discretion.pseudonyms import pseudonym_at
from app.services.programmes import Standing, check_programme, side_of, sides_of_event
from models.actor import Actor
from models.event import (
    Event,
    EventCreate,
    EventInterpreter,
    EventPlace,
    EventPublic,
    InterpreterCreate,
    InterpreterPublic,
    Lock,
    Participant,
    ParticipantCreate,
    ParticipantPublic,
    PlaceCreate,
    PlacePublic,
    Round,
    RoundCreate,
    RoundPublic,
    Wish,
    WishCreate,
)
from models.plan import Plan
from models.programme import ProgrammeSide

_BREATH = 2000
"""Rows that are turned into Python at once: nobody else's thread goes on meanwhile."""


def create_event(session: Session, *, fields: EventCreate) -> EventPublic:
    """Store an event, still without rounds, places and participants."""
    check_programme(session, fields.programme_id)
    refuse_beyond(session, "events", select(func.count()).select_from(Event))
    event = Event(**fields.model_dump())
    session.add(event)
    session.flush()
    return event_public(session, event=event)


def get_event(session: Session, *, event_id: int) -> Event:
    """The event, or NotFound."""
    event = session.get(Event, event_id) if 0 < event_id < 2**63 else None
    if event is None:
        raise NotFound.by_code("no_event", number=event_id)
    return event


def list_events(
    session: Session, *, only: Collection[int] | None = None, part: Part | None = None
) -> list[EventPublic]:
    """Events, newest first, all or only these; four counts in four queries whatever their number."""
    asked = select(Event) if only is None else select(Event).where(col(Event.id).in_(only))
    found = session.exec(in_order(asked, part, col(Event.id), falling=True)).all()
    events = part_of(found, part, lambda event: (event.id,))
    counts = [_counts(session, table) for table in (Round, EventPlace, Participant, Plan)]
    return [_public(event, [count.get(event.id, 0) for count in counts]) for event in events]


def list_beginnings(session: Session) -> dict[int, datetime]:
    """When the first round of each event begins; events without rounds are not there."""
    return dict(session.exec(select(Round.event_id, func.min(Round.starts_at)).group_by(col(Round.event_id))).all())


def event_public(session: Session, *, event: Event) -> EventPublic:
    """An event with its counts."""
    tables = (Round, EventPlace, Participant, Plan)
    return _public(event, [_counts(session, table, event.id).get(event.id, 0) for table in tables])


def update_event(session: Session, *, event_id: int, fields: EventCreate) -> EventPublic:
    """Replace an event's own fields."""
    event = get_event(session, event_id=event_id)
    check_programme(session, fields.programme_id)
    event.sqlmodel_update(fields.model_dump())
    session.add(event)
    return event_public(session, event=event)


def delete_event(session: Session, *, event_id: int) -> None:
    """Remove an event with everything that belongs to it."""
    session.delete(get_event(session, event_id=event_id))


def set_rounds(session: Session, *, event_id: int, rounds: Sequence[RoundCreate]) -> list[RoundPublic]:
    """Replace the rounds; their index is their rank by start. Two that overlap are refused."""
    get_event(session, event_id=event_id)
    ordered = sorted(rounds, key=lambda r: r.starts_at)
    for earlier, later in pairwise(ordered):
        if (later.starts_at - earlier.starts_at).total_seconds() < earlier.minutes * 60:
            raise BadInput.of("starts_at", f"the rounds at {earlier.starts_at} and {later.starts_at} overlap")
    session.exec(delete(Round).where(col(Round.event_id) == event_id))
    session.add_all(Round(event_id=event_id, ordinal=i, **r.model_dump()) for i, r in enumerate(ordered))
    session.flush()
    return list_rounds(session, event_id=event_id)


def list_rounds(session: Session, *, event_id: int) -> list[RoundPublic]:
    """The rounds in their order."""
    get_event(session, event_id=event_id)
    rows = session.exec(select(Round).where(Round.event_id == event_id).order_by(col(Round.ordinal))).all()
    return [RoundPublic(index=r.ordinal, starts_at=r.starts_at, minutes=r.minutes) for r in rows]


def set_places(session: Session, *, event_id: int, places: Sequence[PlaceCreate]) -> list[PlacePublic]:
    """Replace the places."""
    get_event(session, event_id=event_id)
    labels = [p.label for p in places]
    doubled = next((label for label in labels if labels.count(label) > 1), None)
    if doubled is not None:
        raise BadInput.of("label", f"two places are called {doubled!r}")
    session.exec(delete(EventPlace).where(col(EventPlace.event_id) == event_id))
    session.add_all(EventPlace(event_id=event_id, ordinal=i, **p.model_dump()) for i, p in enumerate(places))
    session.flush()
    return list_places(session, event_id=event_id)


def list_places(session: Session, *, event_id: int) -> list[PlacePublic]:
    """The places in their order."""
    get_event(session, event_id=event_id)
    told = select(col(EventPlace.ordinal), col(EventPlace.label), col(EventPlace.available))
    rows = session.exec(told.where(EventPlace.event_id == event_id).order_by(col(EventPlace.ordinal))).all()
    return [PlacePublic(index=index, label=label, available=available) for index, label, available in rows]


def set_interpreters(
    session: Session, *, event_id: int, interpreters: Sequence[InterpreterCreate]
) -> list[InterpreterPublic]:
    """Replace the interpreters."""
    get_event(session, event_id=event_id)
    session.exec(delete(EventInterpreter).where(col(EventInterpreter.event_id) == event_id))
    session.add_all(
        EventInterpreter(event_id=event_id, ordinal=i, **p.model_dump()) for i, p in enumerate(interpreters)
    )
    session.flush()
    return list_interpreters(session, event_id=event_id)


def list_interpreters(session: Session, *, event_id: int) -> list[InterpreterPublic]:
    """The interpreters in their order."""
    get_event(session, event_id=event_id)
    rows = session.exec(
        select(EventInterpreter).where(EventInterpreter.event_id == event_id).order_by(col(EventInterpreter.ordinal))
    ).all()
    return [InterpreterPublic(index=p.ordinal, languages=p.languages, available=p.available) for p in rows]


def set_locks(session: Session, *, event_id: int, locks: Sequence[Lock]) -> list[Lock]:
    """Replace the meetings that stand whatever is planned."""
    event = get_event(session, event_id=event_id)
    for position, lock in enumerate(locks):
        for end in ("a", "b"):
            if session.get(Participant, (event_id, getattr(lock, end))) is None:
                raise BadInput.of(f"[{position}].{end}", f"actor {getattr(lock, end)} is not registered for this event")
    event.locks = locks_in_order([lock.model_dump() for lock in locks])
    session.flush()
    return list_locks(session, event_id=event_id)


def locks_in_order(locks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Locks as an event stores them: whatever was said first, the same locks make the same plan."""
    return sorted(locks, key=lambda lock: (lock["a"], lock["b"]))


def list_locks(session: Session, *, event_id: int) -> list[Lock]:
    """The meetings that stand."""
    return [Lock.model_validate(lock) for lock in get_event(session, event_id=event_id).locks]


def register(session: Session, *, event_id: int, fields: ParticipantCreate) -> ParticipantPublic:
    """Register an actor; Conflict when it is registered already."""
    get_event(session, event_id=event_id)
    actor = get_actor(session, actor_id=fields.actor_id)
    if session.get(Participant, (event_id, actor.id)) is not None:
        raise Conflict.by_code("registered_already", name=actor.name)
    there = session.exec(select(func.count()).where(Participant.event_id == event_id)).one()
    if there >= MAX_PARTICIPANTS:
        raise Conflict.by_code("event_full", most=MAX_PARTICIPANTS)
    return _store(session, event_id, actor, fields)


def change_registration(session: Session, *, event_id: int, fields: ParticipantCreate) -> ParticipantPublic:
    """Replace what a registration says; NotFound when there is none."""
    _registration(session, event_id, fields.actor_id)
    actor = get_actor(session, actor_id=fields.actor_id)
    return _store(session, event_id, actor, fields)


def unregister(session: Session, *, event_id: int, actor_id: int) -> None:
    """Take a participant out of the event; plans that were made keep their meetings."""
    session.delete(_registration(session, event_id, actor_id))
    name_actors(session, actor_ids=[actor_id])


def list_participants(session: Session, *, event_id: int) -> list[ParticipantPublic]:
    """The participants by name."""
    sides = sides_of_event(session, event=get_event(session, event_id=event_id))
    # Of an actor only what a registration takes from it: hundreds of profiles with all their texts take a while.
    told = [getattr(Actor, name) for name in _Known.__annotations__ | Standing.__annotations__]
    rows = session.execute(
        sa_select(Participant, *told)
        .join(Actor, col(Actor.id) == Participant.actor_id)
        .where(col(Participant.event_id) == event_id)
        .order_by(col(Actor.name), col(Actor.id))
    )
    return [_participant_public(row.Participant, row, sides) for row in rows]


def read_participant(session: Session, *, event_id: int, actor_id: int) -> ParticipantPublic:
    """One participant, with what it takes from the actor and the event."""
    event = get_event(session, event_id=event_id)
    # Asked for first: whether an actor that does not come here exists at all is not told.
    registration = _registration(session, event_id, actor_id)
    actor = get_actor(session, actor_id=actor_id)
    return _participant_public(registration, actor, sides_of_event(session, event=event))


def read_registration(session: Session, *, event_id: int, actor_id: int) -> ParticipantCreate:
    """What a registration itself says, without what it takes from the actor and the event."""
    row = _registration(session, event_id, actor_id)
    return ParticipantCreate.model_validate(row.model_dump(exclude={"event_id"}))


def say_wish(session: Session, *, event_id: int, wish: WishCreate) -> WishCreate:
    """Store a word about a pair; a later word of the same actor about the same pair replaces it."""
    get_event(session, event_id=event_id)
    if wish.actor_id == wish.target_id:
        raise BadInput.of("target_id", "nobody meets itself")
    for name in ("actor_id", "target_id"):
        if session.get(Participant, (event_id, getattr(wish, name))) is None:
            raise BadInput.of_code(name, "not_registered", number=getattr(wish, name), event=event_id)
    if session.get(Wish, (event_id, wish.actor_id, wish.target_id)) is None:
        # Of hundreds who say wishes at once none waits for the other: one more or less is no matter here.
        refuse_beyond(session, "wishes", select(func.count()).where(Wish.event_id == event_id), exact=False)
    session.merge(Wish(event_id=event_id, **wish.model_dump()))
    return wish


def withdraw_wish(session: Session, *, event_id: int, actor_id: int, target_id: int) -> None:
    """Take a word about a pair back; NotFound when it was not said."""
    get_event(session, event_id=event_id)
    row = session.get(Wish, (event_id, actor_id, target_id)) if max(actor_id, target_id) < 2**63 else None
    if row is None:
        raise NotFound(f"actor {actor_id} said nothing of actor {target_id}")
    session.delete(row)
    session.flush()


def list_wishes(
    session: Session, *, event_id: int, between: tuple[int, int] | None = None, part: Part | None = None
) -> list[WishCreate]:
    """Every word about a pair; `between`: about these two alone, whoever of them said it."""
    get_event(session, event_id=event_id)
    # An event may hold 100,000: columns, not rows that could be changed, and not fetched all in one breath.
    asked = select(Wish.actor_id, Wish.target_id, Wish.kind).where(Wish.event_id == event_id)
    if between is not None:
        asked = asked.where(col(Wish.actor_id).in_(between), col(Wish.target_id).in_(between))
    parts = session.exec(in_order(asked, part, col(Wish.actor_id), col(Wish.target_id))).partitions(_BREATH)
    found = [wish for some in parts for wish in some]
    rows = part_of(found, part, lambda wish: (wish[0], wish[1]))
    return [WishCreate.model_validate({"actor_id": a, "target_id": b, "kind": kind}) for a, b, kind in rows]


def _registration(session: Session, event_id: int, actor_id: int) -> Participant:
    row = session.get(Participant, (event_id, actor_id)) if max(event_id, actor_id) < 2**63 else None
    if row is None:
        raise NotFound.by_code("not_registered", number=actor_id, event=event_id)
    return row


def _store(session: Session, event_id: int, actor: Actor, fields: ParticipantCreate) -> ParticipantPublic:
    row = session.merge(Participant(event_id=event_id, **fields.model_dump()))
    session.flush()
    # Who comes to an event is known, with its persons, to whoever runs it.
    name_actors(session, actor_ids=[fields.actor_id])
    return _participant_public(row, actor, sides_of_event(session, event=get_event(session, event_id=event_id)))


class _Known(Standing, Protocol):
    """What a registration takes from an actor."""

    name: str
    languages: list[str]
    anonymous: bool
    veil: str | None


def _participant_public(row: Participant, actor: _Known, sides: Sequence[ProgrammeSide]) -> ParticipantPublic:
    said = row.model_dump(exclude={"event_id"})
    said["side"] = row.side or side_of(actor, sides)
    said["languages"] = actor.languages if row.languages is None else row.languages
    pseudonym = pseudonym_at(row.event_id, anonymous=actor.anonymous, veil=actor.veil)
    return ParticipantPublic(name=actor.name, pseudonym=pseudonym, **said)


def _counts(session: Session, table: type, event_id: int | None = None) -> dict[int, int]:
    query = select(table.event_id, func.count()).group_by(table.event_id)  # type: ignore[attr-defined]
    if event_id is not None:
        query = query.where(table.event_id == event_id)  # type: ignore[attr-defined]
    return dict(session.exec(query).all())


def _public(event: Event, counts: Sequence[int]) -> EventPublic:
    rounds, places, participants, plans = counts
    return EventPublic(**event.model_dump(exclude={"created_at", "locks", "weights"}), rounds=rounds, places=places,
                       participants=participants, plans=plans)  # fmt: skip
