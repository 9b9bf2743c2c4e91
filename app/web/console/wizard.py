"""A new event on one page: sections from its name to its rules, with the rounds and figures beside them."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import PrincipalDep, SessionDep
from app.services import events as service
from app.services.access.own_events import create_own_event
from app.services.pages import list_sides
from app.services.programmes import list_programmes
from app.services.slots import rounds_of
from app.web.catalogues import choose_language
from app.web.console.event_form import (
    EXPECTED,
    FRESH,
    place_word,
    preview,
    read_event,
    read_places,
    read_timetable,
    read_tracks,
)
from app.web.console.forms import Fields, FormDep
from app.web.console.zones import zones
from app.web.origin import same_origin
from app.web.render import page, wants_fragment

router = APIRouter(prefix="/events/new")


@router.get("")
def new_event(request: Request, session: SessionDep, programme: int | None = None) -> Response:
    """The empty form, with what most events want in it."""
    word = place_word(choose_language(request))
    form = Fields.of(FRESH | {"places_word": word, "programme_id": programme})
    return page(request, "console/wizard.html", _context(session, form))


@router.post("/preview", dependencies=[Depends(same_origin)])
def preview_event(request: Request, session: SessionDep, form: FormDep) -> Response:
    """The rounds and figures for what is typed so far: beside the form, or with it where there is no script."""
    if wants_fragment(request):
        return page(request, "console/_preview.html", {"form": form, "preview": preview(form)})
    return page(request, "console/wizard.html", _context(session, form))


@router.post("", dependencies=[Depends(same_origin)])
def create_event(request: Request, session: SessionDep, principal: PrincipalDep, form: FormDep) -> Response:
    """Store the event with its rounds and places, or say what does not fit. Who creates it runs it."""
    programmes = [p.id for p in list_programmes(session)]
    tracks = read_tracks(form)
    zone = form.zone("zone")
    rounds = rounds_of(read_timetable(form, zone))
    places = read_places(form, place_word(choose_language(request)))
    for name in EXPECTED:
        form.whole(name, 0, 5000)
    fields = read_event(form, programmes, tracks)
    if fields is None or form.errors:
        return page(request, "console/wizard.html", _context(session, form), status=422)
    event = create_own_event(session, principal=principal, fields=fields)
    service.set_rounds(session, event_id=event.id, rounds=rounds)
    service.set_places(session, event_id=event.id, places=places)
    return RedirectResponse(f"/console/events/{event.id}", status_code=303)


def _context(session: Session, form: Fields) -> dict[str, Any]:
    # The preview reads a copy: what is missing while somebody still types is no error yet.
    return {
        "form": form,
        "preview": preview(Fields(dict(form.values))),
        "programmes": list_programmes(session),
        "sides": list_sides(session),
        "zones": zones(),
    }
