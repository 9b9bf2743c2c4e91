"""Many registrations at once: paste a list or choose a file, look at what it would do, then do it."""

from collections import Counter

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import SessionDep, SightDep
from app.services.importing.encodings import find_decoder
from app.services.registration import MOST_CHARACTERS, Row, read_list, register_list
from app.web.catalogues import choose_language
from app.web.console.forms import Fields, FormDep
from app.web.console.frame import event_frame
from app.web.origin import same_origin
from app.web.render import page

router = APIRouter(prefix="/events/{event_id}/participants/list")


@router.get("")
def empty(request: Request, session: SessionDep, event_id: int) -> Response:
    """An empty list."""
    return _shown(request, session, event_id, Fields(), [])


@router.post("", dependencies=[Depends(same_origin)])
def read(request: Request, session: SessionDep, sight: SightDep, event_id: int, form: FormDep) -> Response:
    """Preview the list, or register those of it that are new."""
    text = _text(form)
    form.values["list"] = [text]
    lang = choose_language(request)
    if not text.strip():
        form.refuse("list", "required")
    elif len(text) > MOST_CHARACTERS:
        form.refuse("list", "long", high=MOST_CHARACTERS)
    if form.errors:
        return _shown(request, session, event_id, form, [], status=422)
    if form.has("do", "register"):
        register_list(session, event_id=event_id, text=text, lang=lang, sight=sight)
        return RedirectResponse(f"/console/events/{event_id}/participants", status_code=303)
    rows = read_list(session, event_id=event_id, text=text, lang=lang, sight=sight)
    return _shown(request, session, event_id, form, rows)


def _text(form: Fields) -> str:
    """What was pasted, else the file that was chosen."""
    data = form.files.get("file", b"")
    return form.shown("list") if form.shown("list").strip() or not data else find_decoder(data).text(data)


def _shown(
    request: Request, session: Session, event_id: int, form: Fields, rows: list[Row], status: int = 200
) -> Response:
    told = Counter(row.state for row in rows)
    context = event_frame(session, event_id, "participants") | {"form": form, "rows": rows, "told": told}
    return page(request, "console/list.html", context, status=status)
