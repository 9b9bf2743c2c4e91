"""An actor and its sources: who says what of it, whose word counts, and who knows that it exists."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from app.deps import KnownActor, PrincipalDep, SessionDep
from app.services import maps as service
from app.services.actors import get_actor
from app.services.editions import Subject, edition_of, must_be
from app.services.views import actor_known
from app.web.maps.choices import FormDep, seen_by, words_of
from app.web.maps.imports import written
from app.web.maps.words import MapWords
from app.web.origin import same_origin
from app.web.render import page

router = APIRouter(prefix="/maps/actors")


@router.get("/{actor_id}")
def sources(request: Request, session: SessionDep, principal: PrincipalDep, actor_id: KnownActor) -> Response:
    """The maps an actor stands in, what each says, and how often its profile was looked at."""
    seen = edition_of(session, Subject("actor", actor_id)).n
    context = {
        "seen_edition": seen,
        "actor": get_actor(session, actor_id=actor_id),
        "known": actor_known(session, actor_id=actor_id),
        "fields": service.list_sources(session, actor_id=actor_id),
        "may_choose": principal.role == "admin",
        "words": MapWords.of(request),
        "value": written,
    }
    return page(request, "maps/known.html", context)


@router.post("/{actor_id}/take", dependencies=[Depends(same_origin)])
def take(session: SessionDep, form: FormDep, actor_id: int) -> Response:
    """Take one field from one map; of an actor that somebody changed since it was read, nothing."""
    must_be(session, Subject("actor", actor_id), seen_by(form))
    number = words_of(form, "map", 20) or ""
    map_id = int(number) if number.isdecimal() else 0
    service.take_from(session, actor_id=actor_id, field=words_of(form, "field", 60) or "", map_id=map_id)
    return RedirectResponse(f"/console/maps/actors/{actor_id}", status_code=303)
