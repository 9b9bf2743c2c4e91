"""Actors: organisations with a competence profile, and their relations."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Response

from app.api import examples
from app.api.paging import IN_PARTS, at_most, in_parts
from app.api.problems import responses
from app.deps import AttemptDep, HolderDep, KnownActor, PoolDep, PrincipalDep, SeenActor, SessionDep, SightDep
from app.editing import ChangingDep, ReadingDep
from app.errors import Unavailable
from app.services import actors as service
from app.services import maps, relations
from app.services.cursors import Part
from app.services.idempotency import run_once
from app.services.search import search_actors
from app.services.views import Look, record_view
from models.actor import ActorCreate, ActorPage, ActorPublic, ActorSearch, ActorUpdate, RelationCreate, RelationPublic
from models.competence_map import FieldSources

router = APIRouter(prefix="/actors", tags=["actors"], responses=responses(404))


Narrow = Annotated[list[str] | None, Query(max_length=60, description="May be repeated: any of them")]


def _filters(
    sight: SightDep, country: Narrow = None, side: Narrow = None, kind: Narrow = None, sector: Narrow = None
) -> service.ActorQuery:
    return service.ActorQuery(None, country or [], side or [], kind or [], sector or [], sight)


def _query(
    filters: Annotated[service.ActorQuery, Depends(_filters)],
    q: Annotated[str | None, Query(max_length=300, description="Words that the name, texts or sectors have")] = None,
) -> service.ActorQuery:
    return replace(filters, q=q)


@router.get("")
def list_actors(
    session: SessionDep,
    query: Annotated[service.ActorQuery, Depends(_query)],
    cursor: Annotated[str | None, Query(max_length=1000, description="next_cursor of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ActorPage:
    """List or search actors by words"""
    return service.list_actors(session, query=query, cursor=cursor, limit=limit)


@router.post("", status_code=201, response_model=ActorPublic, responses=responses(409, 413, 507))
def create_actor(
    session: SessionDep,
    holder: HolderDep,
    principal: PrincipalDep,
    attempt: AttemptDep,
    fields: Annotated[ActorCreate, Body(openapi_examples=examples.ACTOR)],
) -> dict[str, Any]:
    """Create an actor; found by words at once, by meaning within seconds"""

    def create() -> ActorPublic:
        actor = service.create_actor(session, fields=fields, known_to=principal.events)
        return service.actor_public(session, actor=actor, encoder=holder.name, principal=principal)

    return run_once(session, attempt=attempt, create=create)


@router.get("/search")
def search(
    session: SessionDep,
    holder: HolderDep,
    cache: PoolDep,
    filters: Annotated[service.ActorQuery, Depends(_filters)],
    q: Annotated[
        str, Query(min_length=1, max_length=2000, description="A name, an acronym, trade words, or a whole sentence")
    ],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ActorSearch:
    """Search actors by name, then by words, then by meaning; each hit says how it was found"""
    try:
        meaning = holder.get()
    except Unavailable:
        meaning = None
    hits = search_actors(session, meaning=meaning, cache=cache, query=q, limit=limit, filters=filters)
    return ActorSearch(hits=hits, meaning=holder.availability)


@router.get("/{actor_id}")
def read_actor(
    session: SessionDep,
    reading: ReadingDep,
    holder: HolderDep,
    principal: PrincipalDep,
    sight: SightDep,
    actor_id: SeenActor,
) -> ActorPublic:
    """Read an actor with its texts, and whether it can be found by meaning yet"""
    # How often it was changed would be a mark by which one that is anonymous is known again.
    if not sight.hiding("name", [actor_id]):
        reading.tell("actor", actor_id)
    actor = service.get_actor(session, actor_id=actor_id)
    answer = service.actor_public(session, actor=actor, encoder=holder.name, principal=principal)
    record_view(session, actor_id=actor_id, look=Look(principal, "api"))
    return answer


@router.patch("/{actor_id}", responses=responses(409, 412, 413, 507))
def update_actor(
    session: SessionDep,
    changing: ChangingDep,
    holder: HolderDep,
    principal: PrincipalDep,
    actor_id: KnownActor,
    changes: Annotated[ActorUpdate, Body(openapi_examples=examples.ACTOR_CHANGE)],
) -> ActorPublic:
    """Change the fields that are sent; a list of texts replaces the old one"""
    with changing.of("actor", actor_id):
        actor = service.update_actor(session, actor_id=actor_id, changes=changes, known_to=principal.events)
        return service.actor_public(session, actor=actor, encoder=holder.name, principal=principal)


@router.delete("/{actor_id}", status_code=204, responses=responses(412))
def delete_actor(session: SessionDep, changing: ChangingDep, actor_id: int) -> Response:
    """Remove an actor with its texts, relations and registrations"""
    changing.require("actor", actor_id)
    service.delete_actor(session, actor_id=actor_id)
    return Response(status_code=204)


@router.get("/{actor_id}/relations", responses=IN_PARTS)
def list_relations(
    session: SessionDep,
    principal: PrincipalDep,
    sight: SightDep,
    reading: ReadingDep,
    actor_id: SeenActor,
    part: Annotated[Part, Depends(in_parts())],
) -> list[RelationPublic]:
    """List the relations of an actor; their notes are told to organisers only"""
    if not sight.hiding("relations", [actor_id]):
        reading.tell("relations", actor_id)
    return relations.list_relations(session, actor_id=actor_id, principal=principal, part=part)


@router.put("/{actor_id}/relations", responses=responses(409, 412))
def set_relation(
    session: SessionDep,
    changing: ChangingDep,
    sight: SightDep,
    actor_id: KnownActor,
    relation: Annotated[RelationCreate, Body(openapi_examples=examples.RELATION)],
) -> RelationPublic:
    """Create or change one relation"""
    sight.must_relate(actor_id, relation.target_id)
    with changing.of("relations", actor_id):
        return relations.set_relation(session, actor_id=actor_id, relation=relation)


@router.delete("/{actor_id}/relations/{target_id}/{kind}", status_code=204, responses=responses(412))
def delete_relation(
    session: SessionDep, changing: ChangingDep, sight: SightDep, actor_id: KnownActor, target_id: int, kind: str
) -> Response:
    """Remove one relation"""
    sight.must_relate(actor_id, target_id)
    changing.require("relations", actor_id)
    relations.delete_relation(session, actor_id=actor_id, target_id=target_id, kind=kind)
    return Response(status_code=204)


@router.get("/{actor_id}/sources")
def list_sources(
    session: SessionDep, reading: ReadingDep, actor_id: KnownActor
) -> Annotated[list[FieldSources], at_most(len(ActorCreate.model_fields))]:
    """List what each map says of an actor, field by field"""
    reading.tell("actor", actor_id)
    return maps.list_sources(session, actor_id=actor_id)


@router.put("/{actor_id}/sources/{field}/{map_id}", status_code=204, responses=responses(412))
def take_from(session: SessionDep, changing: ChangingDep, actor_id: int, field: str, map_id: int) -> Response:
    """Take one field of an actor from one map"""
    changing.require("actor", actor_id)
    maps.take_from(session, actor_id=actor_id, field=field, map_id=map_id)
    return Response(status_code=204)
