"""Events: set-up of rounds, places, participants and wishes."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Response

from app.api import examples
from app.api.paging import IN_PARTS, at_most, in_parts
from app.api.problems import responses
from app.deps import AttemptDep, PrincipalDep, SessionDep, SightDep
from app.editing import ChangingDep, ReadingDep
from app.services import events as service
from app.services.access.own_events import create_own_event
from app.services.bounds import MAX_LOCKS, MAX_PARTICIPANTS, MAX_PLACES, MAX_ROUNDS
from app.services.cursors import Part
from app.services.idempotency import run_once
from models.event import (
    EventCreate,
    EventPublic,
    InterpreterCreate,
    InterpreterPublic,
    Lock,
    ParticipantCreate,
    ParticipantPublic,
    PlaceCreate,
    PlacePublic,
    RoundCreate,
    RoundPublic,
    WishCreate,
)

router = APIRouter(prefix="/events", tags=["events"], responses=responses(404))

EventBody = Annotated[EventCreate, Body(openapi_examples=examples.EVENT)]
ParticipantBody = Annotated[ParticipantCreate, Body(openapi_examples=examples.PARTICIPANT)]


@router.get("", responses=IN_PARTS)
def list_events(
    session: SessionDep, principal: PrincipalDep, part: Annotated[Part, Depends(in_parts())]
) -> list[EventPublic]:
    """List events, newest first; an organiser's are its own"""
    return service.list_events(session, only=principal.sees, part=part)


@router.post("", status_code=201, response_model=EventPublic, responses=responses(409))
def create_event(
    session: SessionDep, attempt: AttemptDep, principal: PrincipalDep, fields: EventBody
) -> dict[str, Any]:
    """Create an event; its rounds, places and participants follow. An organiser who creates it runs it"""
    create = partial(create_own_event, session, principal=principal, fields=fields)
    return run_once(session, attempt=attempt, create=create)


@router.get("/{event_id}")
def read_event(session: SessionDep, reading: ReadingDep, event_id: int) -> EventPublic:
    """Read an event with its counts; the ETag is of its own fields, locks and weights"""
    reading.tell("event", event_id)
    return service.event_public(session, event=service.get_event(session, event_id=event_id))


@router.put("/{event_id}", responses=responses(412))
def update_event(session: SessionDep, changing: ChangingDep, event_id: int, fields: EventBody) -> EventPublic:
    """Replace an event's own fields"""
    with changing.of("event", event_id):
        return service.update_event(session, event_id=event_id, fields=fields)


@router.delete("/{event_id}", status_code=204, responses=responses(412))
def delete_event(session: SessionDep, changing: ChangingDep, event_id: int) -> Response:
    """Remove an event with everything that belongs to it"""
    changing.require("event", event_id)
    service.delete_event(session, event_id=event_id)
    return Response(status_code=204)


@router.get("/{event_id}/rounds")
def list_rounds(
    session: SessionDep, reading: ReadingDep, event_id: int
) -> Annotated[list[RoundPublic], at_most(MAX_ROUNDS)]:
    """List the rounds in their order"""
    reading.tell("rounds", event_id)
    return service.list_rounds(session, event_id=event_id)


@router.put("/{event_id}/rounds", responses=responses(412))
def set_rounds(
    session: SessionDep,
    changing: ChangingDep,
    event_id: int,
    rounds: Annotated[list[RoundCreate], Body(max_length=MAX_ROUNDS, openapi_examples=examples.ROUNDS)],
) -> list[RoundPublic]:
    """Replace the rounds; their index is their rank by start"""
    with changing.of("rounds", event_id):
        return service.set_rounds(session, event_id=event_id, rounds=rounds)


@router.get("/{event_id}/places")
def list_places(
    session: SessionDep, reading: ReadingDep, event_id: int
) -> Annotated[list[PlacePublic], at_most(MAX_PLACES)]:
    """List the places in their order"""
    reading.tell("places", event_id)
    return service.list_places(session, event_id=event_id)


@router.put("/{event_id}/places", responses=responses(412))
def set_places(
    session: SessionDep,
    changing: ChangingDep,
    event_id: int,
    places: Annotated[list[PlaceCreate], Body(max_length=MAX_PLACES, openapi_examples=examples.PLACES)],
) -> list[PlacePublic]:
    """Replace the places: tables, booths or video links"""
    with changing.of("places", event_id):
        return service.set_places(session, event_id=event_id, places=places)


@router.get("/{event_id}/interpreters")
def list_interpreters(
    session: SessionDep, reading: ReadingDep, event_id: int
) -> Annotated[list[InterpreterPublic], at_most(MAX_PLACES)]:
    """List the interpreters in their order"""
    reading.tell("interpreters", event_id)
    return service.list_interpreters(session, event_id=event_id)


@router.put("/{event_id}/interpreters", responses=responses(412))
def set_interpreters(
    session: SessionDep,
    changing: ChangingDep,
    event_id: int,
    interpreters: Annotated[
        list[InterpreterCreate], Body(max_length=MAX_PLACES, openapi_examples=examples.INTERPRETERS)
    ],
) -> list[InterpreterPublic]:
    """Replace the interpreters; each serves one place a round"""
    with changing.of("interpreters", event_id):
        return service.set_interpreters(session, event_id=event_id, interpreters=interpreters)


@router.get("/{event_id}/locks")
def list_locks(session: SessionDep, reading: ReadingDep, event_id: int) -> Annotated[list[Lock], at_most(MAX_LOCKS)]:
    """List the meetings that stand whatever is planned"""
    reading.tell("event", event_id)
    return service.list_locks(session, event_id=event_id)


@router.put("/{event_id}/locks", responses=responses(412))
def set_locks(
    session: SessionDep,
    changing: ChangingDep,
    event_id: int,
    locks: Annotated[list[Lock], Body(max_length=MAX_LOCKS, openapi_examples=examples.LOCKS)],
) -> list[Lock]:
    """Replace the meetings that stand whatever is planned"""
    with changing.of("event", event_id):
        return service.set_locks(session, event_id=event_id, locks=locks)


@router.get("/{event_id}/participants")
def list_participants(
    session: SessionDep, event_id: int
) -> Annotated[list[ParticipantPublic], at_most(MAX_PARTICIPANTS)]:
    """List the participants by name"""
    return service.list_participants(session, event_id=event_id)


@router.post("/{event_id}/participants", status_code=201, response_model=ParticipantPublic, responses=responses(409))
def register(
    session: SessionDep, sight: SightDep, attempt: AttemptDep, event_id: int, fields: ParticipantBody
) -> dict[str, Any]:
    """Register an actor"""
    sight.must_know(fields.actor_id)
    return run_once(
        session, attempt=attempt, create=lambda: service.register(session, event_id=event_id, fields=fields)
    )


@router.get("/{event_id}/participants/{actor_id}")
def read_registration(session: SessionDep, reading: ReadingDep, event_id: int, actor_id: int) -> ParticipantPublic:
    """Read one registration"""
    reading.tell("participant", event_id, actor_id)
    return service.read_participant(session, event_id=event_id, actor_id=actor_id)


@router.put("/{event_id}/participants", responses=responses(412))
def change_registration(
    session: SessionDep, changing: ChangingDep, event_id: int, fields: ParticipantBody
) -> ParticipantPublic:
    """Replace what a registration says"""
    with changing.of("participant", event_id, fields.actor_id):
        return service.change_registration(session, event_id=event_id, fields=fields)


@router.delete("/{event_id}/participants/{actor_id}", status_code=204, responses=responses(412))
def unregister(session: SessionDep, changing: ChangingDep, event_id: int, actor_id: int) -> Response:
    """Take a participant out of the event"""
    changing.require("participant", event_id, actor_id)
    service.unregister(session, event_id=event_id, actor_id=actor_id)
    return Response(status_code=204)


@router.get("/{event_id}/wishes", responses=IN_PARTS)
def list_wishes(session: SessionDep, event_id: int, part: Annotated[Part, Depends(in_parts())]) -> list[WishCreate]:
    """List every wish, veto and must"""
    return service.list_wishes(session, event_id=event_id, part=part)


@router.put("/{event_id}/wishes", responses=responses(409))
def say_wish(
    session: SessionDep, event_id: int, wish: Annotated[WishCreate, Body(openapi_examples=examples.WISH)]
) -> WishCreate:
    """Say a word about a pair: a wish raises its score, a veto forbids it, a must forces it"""
    return service.say_wish(session, event_id=event_id, wish=wish)


@router.delete("/{event_id}/wishes/{actor_id}/{target_id}", status_code=204)
def withdraw_wish(session: SessionDep, event_id: int, actor_id: int, target_id: int) -> Response:
    """Take a word about a pair back"""
    service.withdraw_wish(session, event_id=event_id, actor_id=actor_id, target_id=target_id)
    return Response(status_code=204)
