"""Contacts of an actor: for organisers and admins only."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Response

from app.api import examples
from app.api.paging import at_most
from app.api.problems import responses
from app.deps import AttemptDep, PrincipalDep, SessionDep
from app.editing import ChangingDep, ReadingDep
from app.services import contacts as service
from app.services.bounds import BOUNDS
from app.services.idempotency import Made, make_once
from models.contact import ContactFields, ContactPublic


def _may(session: SessionDep, principal: PrincipalDep, actor_id: int) -> None:
    service.require_runner(session, principal=principal, actor_id=actor_id)


router = APIRouter(
    prefix="/actors/{actor_id}/contacts",
    tags=["contacts"],
    dependencies=[Depends(_may, scope="function")],
    responses=responses(404),
)

ContactBody = Annotated[ContactFields, Body(openapi_examples=examples.CONTACT)]


@router.get("")
def list_contacts(
    session: SessionDep, response: Response, actor_id: int
) -> Annotated[list[ContactPublic], at_most(BOUNDS["contacts"].most)]:
    """List the persons to write to at an actor"""
    response.headers["Cache-Control"] = "no-store"
    return service.list_contacts(session, actor_id=actor_id)


@router.post("", status_code=201, responses=responses(409))
def create_contact(session: SessionDep, attempt: AttemptDep, actor_id: int, fields: ContactBody) -> ContactPublic:
    """Store a person with the ground for storing it; without a ground nothing is stored"""

    def tell(made: Made) -> ContactPublic:
        return service.read_contact(session, **made)

    make = partial(service.create_contact, session, actor_id=actor_id, fields=fields)
    return make_once(session, attempt=attempt, make=make, name=service.name_of, tell=tell)


@router.get("/{contact_id}")
def read_contact(
    session: SessionDep, reading: ReadingDep, response: Response, actor_id: int, contact_id: int
) -> ContactPublic:
    """Read one person to write to"""
    response.headers["Cache-Control"] = "no-store"
    reading.tell("contact", actor_id, contact_id)
    return service.read_contact(session, actor_id=actor_id, contact_id=contact_id)


@router.put("/{contact_id}", responses=responses(412))
def replace_contact(
    session: SessionDep, changing: ChangingDep, actor_id: int, contact_id: int, fields: ContactBody
) -> ContactPublic:
    """Say anew what is stored of a person, which confirms it"""
    with changing.of("contact", actor_id, contact_id):
        return service.replace_contact(session, actor_id=actor_id, contact_id=contact_id, fields=fields)


@router.delete("/{contact_id}", status_code=204, responses=responses(412))
def delete_contact(session: SessionDep, changing: ChangingDep, actor_id: int, contact_id: int) -> Response:
    """Forget a person, as when consent is withdrawn"""
    changing.require("contact", actor_id, contact_id)
    service.delete_contact(session, actor_id=actor_id, contact_id=contact_id)
    return Response(status_code=204)
