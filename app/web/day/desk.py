"""The desk: who is here, and what was said so far."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import NowDep, PrincipalDep, SessionDep
from app.errors import BadInput
from app.services.attendance import list_steps, say_attendance
from app.services.day import undo_step
from app.web.day.context import frame_context
from app.web.day.frame import DayFrame, load_frame, wants_parts
from app.web.day.rows import Filter, desk_rows, sides_of
from app.web.day.steps import told_steps
from app.web.origin import same_origin
from app.web.render import page
from models.day import AttendanceSay

router = APIRouter(prefix="/console/events/{event_id}/day", include_in_schema=False)

Words = Annotated[str, Query(max_length=200)]
Choice = Annotated[str, Query(max_length=40)]


@router.get("")
def desk(
    request: Request,
    session: SessionDep,
    now: NowDep,
    event_id: int,
    q: Words = "",
    side: Choice = "",
    state: Choice = "",
) -> Response:
    """Who is here, absent, late; what the plan suffers from it."""
    frame = load_frame(session, event_id=event_id, now=now)
    return page(request, "day/desk.html", _desk_context(session, frame, Filter(q.replace("\x00", ""), side, state)))


@router.post("/mark", dependencies=[Depends(same_origin)])
def mark(
    request: Request,
    session: SessionDep,
    now: NowDep,
    who: PrincipalDep,
    event_id: int,
    mark: Annotated[str, Form(max_length=60)],
    back: Annotated[str, Form(max_length=600)] = "",
) -> Response:
    """Note what a button of the list says: `12:here`."""
    actor_id, _, state = mark.partition(":")
    if not actor_id.isdigit() or state not in {"expected", "here", "absent", "gone"}:
        raise BadInput.of("mark", "say who and what, such as 12:here")
    word = AttendanceSay(actor_id=int(actor_id), state=state)  # type: ignore[arg-type]
    say_attendance(session, event_id=event_id, said=[word], by=who.name)
    if wants_parts(request):
        frame = load_frame(session, event_id=event_id, now=now)
        told = [p for p in frame.people if p.actor_id == word.actor_id]
        context = frame_context(session, frame, room="people") | {"rows": desk_rows(frame, told)}
        return page(request, "day/_marked.html", context)
    return _back(event_id, back, f"#p{word.actor_id}")


@router.post("/missing", dependencies=[Depends(same_origin)])
def mark_missing(session: SessionDep, now: NowDep, who: PrincipalDep, event_id: int) -> Response:
    """Everybody of whom nothing was said is absent; one step, so that it is taken back at once."""
    people = load_frame(session, event_id=event_id, now=now).people
    said = [AttendanceSay(actor_id=p.actor_id, state="absent") for p in people if p.state == "expected"]
    say_attendance(session, event_id=event_id, said=said, by=who.name)
    return RedirectResponse(f"/console/events/{event_id}/day?state=absent", status_code=303)


@router.get("/steps")
def steps(request: Request, session: SessionDep, now: NowDep, event_id: int) -> Response:
    """What was said, newest first."""
    frame = load_frame(session, event_id=event_id, now=now)
    told = told_steps(frame, list_steps(session, event_id=event_id, limit=200))
    return page(request, "day/steps.html", frame_context(session, frame, room="steps") | {"steps": told})


@router.post("/undo", dependencies=[Depends(same_origin)])
def undo(
    session: SessionDep,
    now: NowDep,
    event_id: int,
    step: Annotated[int | None, Form(ge=1)] = None,
    back: Annotated[str, Form(max_length=600)] = "",
) -> Response:
    """Take a step back."""
    undo_step(session, event_id=event_id, now=now, number=step)
    return _back(event_id, back)


def _desk_context(session: Session, frame: DayFrame, wanted: Filter) -> dict[str, Any]:
    shown = [p for p in frame.people if wanted.shows(p)]
    return frame_context(session, frame, room="people") | {
        "rows": desk_rows(frame, shown),
        "wanted": wanted,
        "sides": sides_of(frame.people),
    }


def _back(event_id: int, back: str, mark: str = "") -> Response:
    """To the page of the day that the form stood on; an address from elsewhere is not followed."""
    home = f"/console/events/{event_id}/"
    return RedirectResponse((back if back.startswith(home) else f"{home}day") + mark, status_code=303)
