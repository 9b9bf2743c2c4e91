"""Rounds, places and interpreters changed later: what speaks of them by number is told their new numbers."""

from collections.abc import Iterable, Mapping, Sequence

from sqlmodel import Session, select

from app.services.events import (
    get_event,
    list_interpreters,
    list_places,
    list_rounds,
    set_interpreters,
    set_places,
    set_rounds,
)
from app.services.renumbered_plans import Renumbering, renumber_plans
from models.event import (
    EventInterpreter,
    EventPlace,
    InterpreterCreate,
    InterpreterPublic,
    Participant,
    PlaceCreate,
    PlacePublic,
    RoundCreate,
    RoundPublic,
)

Renumbered = Mapping[int, int]


def replace_rounds(
    session: Session, *, event_id: int, rounds: Sequence[tuple[int | None, RoundCreate]]
) -> list[RoundPublic]:
    """Replace the rounds; each may say which one it was, so that gaps, tracks, locks and plans follow it."""
    ordered = sorted(rounds, key=lambda pair: pair[1].starts_at)
    new = {old: index for index, (old, _) in enumerate(ordered) if old is not None}
    before = len(list_rounds(session, event_id=event_id))
    stored = set_rounds(session, event_id=event_id, rounds=[fields for _, fields in ordered])
    people = session.exec(select(Participant).where(Participant.event_id == event_id)).all()
    places = session.exec(select(EventPlace).where(EventPlace.event_id == event_id)).all()
    interpreters = session.exec(select(EventInterpreter).where(EventInterpreter.event_id == event_id)).all()
    rows: list[Participant | EventPlace | EventInterpreter] = [*people, *places, *interpreters]
    for row in rows:
        row.available = renumbered(row.available, new)
    for person in people:
        person.delegates = [d | {"available": renumbered(d.get("available"), new)} for d in person.delegates]
    event = get_event(session, event_id=event_id)
    event.tracks = [t | {"rounds": renumbered(t.get("rounds"), new)} for t in event.tracks]
    event.locks = [lock | {"round": new[lock["round"]]} for lock in event.locks if lock["round"] in new]
    renumber_plans(session, event_id=event_id, new=Renumbering("round", before, len(stored), new))
    return stored


def replace_places(
    session: Session, *, event_id: int, places: Sequence[tuple[int | None, PlaceCreate]]
) -> list[PlacePublic]:
    """Replace the places; each may say which one it was, so that tracks, locks and plans follow it."""
    new = {old: index for index, (old, _) in enumerate(places) if old is not None}
    before = len(list_places(session, event_id=event_id))
    stored = set_places(session, event_id=event_id, places=[fields for _, fields in places])
    event = get_event(session, event_id=event_id)
    event.tracks = [t | {"places": renumbered(t.get("places"), new)} for t in event.tracks]
    event.locks = [
        lock | {"place": None if lock["place"] is None else new[lock["place"]]}
        for lock in event.locks
        if lock["place"] is None or lock["place"] in new
    ]
    renumber_plans(session, event_id=event_id, new=Renumbering("place", before, len(stored), new))
    return stored


def replace_interpreters(
    session: Session, *, event_id: int, interpreters: Sequence[tuple[int | None, InterpreterCreate]]
) -> list[InterpreterPublic]:
    """Replace the interpreters; each may say which one it was, so that plans keep sending it where it is needed."""
    new = {old: index for index, (old, _) in enumerate(interpreters) if old is not None}
    before = len(list_interpreters(session, event_id=event_id))
    stored = set_interpreters(session, event_id=event_id, interpreters=[fields for _, fields in interpreters])
    renumber_plans(session, event_id=event_id, new=Renumbering("interpreter", before, len(stored), new))
    return stored


def renumbered(numbers: Iterable[int] | None, new: Renumbered) -> list[int] | None:
    """Numbers in their new order, without those that are gone; None (all) stays all."""
    return None if numbers is None else sorted(new[n] for n in numbers if n in new)
