"""Tandems: partnerships through their life cycle."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Response

from app.api import examples
from app.api.problems import responses
from app.deps import AttemptDep, SessionDep, SightDep
from app.editing import ChangingDep, ReadingDep
from app.services import tandems as service
from app.services.idempotency import run_once
from models.tandem import TandemCreate, TandemPage, TandemPublic, TandemStatus, TandemUpdate

router = APIRouter(prefix="/tandems", tags=["tandems"], responses=responses(404))

ActorId = Annotated[int, Path(description="One of the two, in either order")]
PartnerId = Annotated[int, Path(description="The other one")]


@router.get("")
def list_tandems(
    session: SessionDep,
    sight: SightDep,
    actor_id: Annotated[int | None, Query(ge=1, lt=2**63, description="Those of this actor")] = None,
    status: Annotated[list[TandemStatus] | None, Query(max_length=20)] = None,
    cursor: Annotated[str | None, Query(max_length=1000, description="next_cursor of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> TandemPage:
    """List tandems, of one actor or of all"""
    query = service.TandemQuery(actor_id, status or (), sight)
    return service.list_tandems(session, query=query, cursor=cursor, limit=limit)


@router.post("", status_code=201, response_model=TandemPublic, responses=responses(409))
def create_tandem(
    session: SessionDep,
    sight: SightDep,
    attempt: AttemptDep,
    fields: Annotated[TandemCreate, Body(openapi_examples=examples.TANDEM)],
) -> dict[str, Any]:
    """Create a tandem of two actors, at any status"""
    sight.must_relate(fields.actor_id, fields.partner_id)
    return run_once(session, attempt=attempt, create=lambda: service.create_tandem(session, fields=fields))


@router.get("/{actor_id}/{partner_id}")
def read_tandem(
    session: SessionDep, sight: SightDep, reading: ReadingDep, actor_id: ActorId, partner_id: PartnerId
) -> TandemPublic:
    """Read the tandem of two actors with its history"""
    sight.must_relate(actor_id, partner_id)
    reading.tell("tandem", *sorted((actor_id, partner_id)))
    return service.tandem_public(session, actor_id=actor_id, partner_id=partner_id)


@router.patch("/{actor_id}/{partner_id}", responses=responses(409, 412))
def update_tandem(
    session: SessionDep,
    sight: SightDep,
    changing: ChangingDep,
    actor_id: ActorId,
    partner_id: PartnerId,
    changes: Annotated[TandemUpdate, Body(openapi_examples=examples.TANDEM_CHANGE)],
) -> TandemPublic:
    """Change the fields that are sent; a new status becomes a step of the history"""
    sight.must_relate(actor_id, partner_id)
    pair = sorted((actor_id, partner_id))
    with changing.of("tandem", *pair):
        return service.update_tandem(session, actor_id=actor_id, partner_id=partner_id, changes=changes)


@router.delete("/{actor_id}/{partner_id}", status_code=204, responses=responses(412))
def delete_tandem(session: SessionDep, changing: ChangingDep, actor_id: ActorId, partner_id: PartnerId) -> Response:
    """Remove a tandem that was recorded by mistake, with its history"""
    changing.require("tandem", *sorted((actor_id, partner_id)))
    service.delete_tandem(session, actor_id=actor_id, partner_id=partner_id)
    return Response(status_code=204)
