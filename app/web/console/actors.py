"""Actors in the console: found, created, edited, with what is missing of them and where it comes from."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import HolderDep, KnownActor, PrincipalDep, SessionDep, SightDep
from app.errors import BadInput, Stale
from app.security import Principal
from app.services import events
from app.services.actors import (
    ActorQuery,
    actor_public,
    create_actor,
    delete_actor,
    get_actor,
    list_actors,
    update_actor,
)
from app.services.completeness import completeness, missing
from app.services.editions import Subject, edition_of, must_be, named
from app.services.meaning import MeaningHolder
from app.services.pages import list_sides
from app.web.catalogues import choose_language
from app.web.console.actor_form import FACETS, actor_values, known_countries, read_actor, tongues
from app.web.console.forms import EDITION, Fields, FormDep
from app.web.labels import KINDS, SECTORS
from app.web.origin import same_origin
from app.web.render import page, wants_fragment
from models.actor import ActorPublic, ActorUpdate
from models.visibility import AUDIENCES, HIDEABLE

router = APIRouter(prefix="/actors")

PAGE = 40


@router.get("")
def actor_list(
    request: Request,
    session: SessionDep,
    sight: SightDep,
    q: Annotated[str, Query(max_length=300)] = "",
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """Actors by name, narrowed by words."""
    query = ActorQuery(q=q.replace("\x00", "") or None, sight=sight)
    context = {"q": q, "found": list_actors(session, query=query, cursor=cursor, limit=PAGE)}
    return page(request, "console/_actors.html" if wants_fragment(request) else "console/actors.html", context)


@router.get("/new")
def new_actor(request: Request, session: SessionDep) -> Response:
    """An empty profile."""
    return page(request, "console/actor.html", _context(session, request, Fields.of({"kind": "company"}), None))


@router.post("/new", dependencies=[Depends(same_origin)])
def create(request: Request, session: SessionDep, principal: PrincipalDep, form: FormDep) -> Response:
    """Store a profile, or say what does not fit."""
    fields = read_actor(form, choose_language(request))
    if fields is None:
        return page(request, "console/actor.html", _context(session, request, form, None), status=422)
    actor = create_actor(session, fields=fields, known_to=principal.events)
    return RedirectResponse(f"/console/actors/{actor.id}?saved=1", status_code=303)


@router.get("/{actor_id}")
def edit(
    request: Request,
    session: SessionDep,
    holder: HolderDep,
    principal: PrincipalDep,
    actor_id: KnownActor,
    saved: Annotated[bool, Query()] = False,
) -> Response:
    """One profile, to change it."""
    seen = edition_of(session, Subject("actor", actor_id)).n
    actor = _whole(session, holder, principal, actor_id)
    form = Fields.of(actor_values(actor, choose_language(request)) | {EDITION: seen})
    told = {"saved": saved, "events": events.list_events(session, only=principal.sees)[:8]}
    return page(request, "console/actor.html", _context(session, request, form, actor) | told)


@router.post("/{actor_id}", dependencies=[Depends(same_origin)])
def save(
    request: Request,
    session: SessionDep,
    holder: HolderDep,
    principal: PrincipalDep,
    actor_id: KnownActor,
    form: FormDep,
) -> Response:
    """Save a profile, or say what does not fit. Texts that stay the same are not read again."""
    fields = read_actor(form, choose_language(request))
    if fields is not None:
        try:
            must_be(session, Subject("actor", actor_id), form.saw())
            changes = ActorUpdate.model_validate(fields.model_dump())
            update_actor(session, actor_id=actor_id, changes=changes, known_to=principal.events)
            return RedirectResponse(f"/console/actors/{actor_id}?saved=1", status_code=303)
        except Stale:
            session.rollback()
            edition = edition_of(session, Subject("actor", actor_id))
            actor = _whole(session, holder, principal, actor_id)
            form.overtake(edition, actor_values(actor, choose_language(request)), named(session, edition.changed_by))
            return page(request, "console/actor.html", _context(session, request, form, actor), status=412)
        except BadInput as error:
            form.blame(error, {"nuts": "nuts"}, "name")
    actor = _whole(session, holder, principal, actor_id)
    return page(request, "console/actor.html", _context(session, request, form, actor), status=422)


def _whole(session: Session, holder: MeaningHolder, principal: Principal, actor_id: int) -> ActorPublic:
    return actor_public(session, actor=get_actor(session, actor_id=actor_id), encoder=holder.name, principal=principal)


@router.post("/{actor_id}/remove", dependencies=[Depends(same_origin)])
def remove(session: SessionDep, actor_id: int) -> Response:
    """Remove an actor with its registrations."""
    delete_actor(session, actor_id=actor_id)
    return RedirectResponse("/console/actors", status_code=303)


def _context(session: Session, request: Request, form: Fields, actor: ActorPublic | None) -> dict[str, Any]:
    return {
        "form": form,
        "actor": actor,
        "saved": False,
        "events": [],
        "kinds": [*KINDS],
        "sectors": [*SECTORS],
        "audiences": AUDIENCES,
        "hideable": HIDEABLE,
        "countries": known_countries(session, choose_language(request)),
        "sides": list_sides(session),
        "tongues": {facet: tongues(form, facet) for facet in FACETS},
        "missing": missing(actor) if actor else [],
        "completeness": completeness(actor) if actor else 0.0,
    }
