"""Keys, people who may sign in, and who is asking."""

from datetime import timedelta
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Response

from app.api import examples
from app.api.paging import IN_PARTS, at_most, in_parts
from app.api.problems import responses
from app.deps import AttemptDep, PrincipalDep, SessionDep
from app.editing import ChangingDep, ReadingDep
from app.services.access import keys, people
from app.services.bounds import BOUNDS
from app.services.cursors import Part
from app.services.idempotency import make_once
from models.access import KeyCreate, KeyPublic, KeyRotate, KeyShown, Me, PersonCreate, PersonPublic

router = APIRouter(tags=["access"], responses=responses())


@router.get("/me")
def who_am_i(principal: PrincipalDep) -> Me:
    """Say who is asking: the role and events of the key that was sent"""
    creates = principal.creates or principal.role == "admin"
    return Me(role=principal.role, name=principal.name, events=sorted(principal.events), creates=creates)


@router.get("/keys", responses=IN_PARTS)
def list_keys(session: SessionDep, part: Annotated[Part, Depends(in_parts())]) -> list[KeyPublic]:
    """List every key, newest first, with when it was last used"""
    return keys.list_keys(session, part=part)


@router.post("/keys", status_code=201, responses=responses(409))
def create_key(
    session: SessionDep,
    principal: PrincipalDep,
    attempt: AttemptDep,
    fields: Annotated[KeyCreate, Body(openapi_examples=examples.KEY)],
) -> KeyShown:
    """Make a key; this answer is the only place where it stands"""
    make = partial(keys.create_key, session, fields=fields, by=principal.name)
    return make_once(session, attempt=attempt, make=make, name=keys.name_of, tell=keys.made_before)


@router.post("/keys/{key_id}/rotate", status_code=201, responses=responses(404, 409))
def rotate_key(
    session: SessionDep,
    principal: PrincipalDep,
    attempt: AttemptDep,
    key_id: int,
    fields: Annotated[KeyRotate, Body(openapi_examples=examples.ROTATION)],
) -> KeyShown:
    """Make the key that follows one; the old one works until the grace period is over"""
    grace = timedelta(hours=fields.grace_hours)
    make = partial(keys.rotate_key, session, key_id=key_id, grace=grace, by=principal.name)
    return make_once(session, attempt=attempt, make=make, name=keys.name_of, tell=keys.made_before)


@router.delete("/keys/{key_id}", responses=responses(404))
def revoke_key(session: SessionDep, key_id: int) -> KeyPublic:
    """End a key now, with the sign-ins that it opened"""
    return keys.revoke_key(session, key_id=key_id)


@router.get("/people")
def list_people(
    session: SessionDep, reading: ReadingDep
) -> Annotated[list[PersonPublic], at_most(BOUNDS["people"].most)]:
    """List who may sign in, by e-mail"""
    reading.tell("people", 0)
    return people.list_people(session)


@router.put("/people", responses=responses(409, 412))
def put_person(
    session: SessionDep,
    changing: ChangingDep,
    principal: PrincipalDep,
    fields: Annotated[PersonCreate, Body(openapi_examples=examples.PERSON)],
) -> PersonPublic:
    """Let somebody sign in, or change what they may do"""
    with changing.of("people", 0):
        return people.put_person(session, fields=fields, by=principal.name)


@router.delete("/people/{person_id}", status_code=204, responses=responses(404, 412))
def remove_person(session: SessionDep, changing: ChangingDep, person_id: int) -> Response:
    """Let somebody in no more, and sign them out everywhere"""
    changing.require("people", 0)
    people.remove_person(session, person_id=person_id)
    return Response(status_code=204)
