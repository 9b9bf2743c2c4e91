"""Tandems in the console: found by status and side, created, moved on with a date and a word."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import NowDep, PrincipalDep, SessionDep
from app.errors import NotFound
from app.security import Principal
from app.services import events, tandems
from app.services.actors import get_actor
from app.services.memory import TandemQuery, is_due, list_memory, next_dates
from app.services.pages import list_sides
from app.web.console.forms import Fields, FormDep
from app.web.memory.life import life, short_life
from app.web.memory.pair import End, read_pair
from app.web.memory.words import MemoryWords
from app.web.origin import same_origin
from app.web.render import page
from models.actor import Actor
from models.tandem import STATUSES, TandemCreate, TandemPublic, TandemUpdate

router = APIRouter(prefix="/console/memory")
SIZE = 40


@dataclass(frozen=True)
class Asked:
    """What the list is narrowed to."""

    status: str
    side: str
    q: str
    page: int


def _asked(
    status: Annotated[str, Query(max_length=40)] = "",
    side: Annotated[str, Query(max_length=40)] = "",
    q: Annotated[str, Query(max_length=300)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Asked:
    known = status if status in STATUSES else ""
    return Asked(known, side.replace("\x00", ""), q.replace("\x00", "").strip(), page)


@router.get("")
def tandem_list(
    request: Request,
    session: SessionDep,
    principal: PrincipalDep,
    now: NowDep,
    asked: Annotated[Asked, Depends(_asked)],
) -> Response:
    """Tandems, those changed last first, with where they stand and what is to follow."""
    query = TandemQuery(asked.status or None, asked.side or None, asked.q, principal.sees)
    context = {
        "tab": "tandems",
        "asked": asked,
        "found": list_memory(session, query=query, today=now.date(), page=asked.page, size=SIZE),
        "size": SIZE,
        "sides": list_sides(session),
        "statuses": STATUSES,
        "reached": short_life,
        "words": MemoryWords.of(request),
    }
    return page(request, "memory/tandems.html", context)


Id = Annotated[int | None, Query(ge=1, lt=2**63)]


@router.get("/tandems/new")
def new_tandem(
    request: Request,
    session: SessionDep,
    principal: PrincipalDep,
    now: NowDep,
    a: Id = None,
    b: Id = None,
    event: Id = None,
) -> Response:
    """An empty tandem, perhaps with its ends and its event named in the address."""
    named = {name: get_actor(session, actor_id=i) for name, i in (("a", a), ("b", b)) if i is not None}
    values: dict[str, Any] = {"status": "met", "since": now.date().isoformat(), "event": event}
    for name, actor in named.items():
        values |= {name: actor.name, f"{name}_id": actor.id, f"{name}_was": actor.name}
    return _new(request, session, principal, Fields.of(values), {})


@router.post("/tandems/new", dependencies=[Depends(same_origin)])
def create(request: Request, session: SessionDep, principal: PrincipalDep, form: FormDep) -> Response:
    """Store a tandem, or say what does not fit; of several of the same name one is chosen."""
    ends = read_pair(session, form)
    status = form.choice("status", STATUSES)
    if status is None:
        form.refuse("status", "required")
    said = _own(session, principal, form) | {
        "since": form.day("since"),
        "step_note": form.text("step_note", longest=2000),
    }
    known = _known(session, ends)
    if form.errors or known:
        return _new(request, session, principal, form, ends, known, status=409 if known else 422)
    fields = TandemCreate.model_validate(
        {"actor_id": ends["a"].chosen, "partner_id": ends["b"].chosen, "status": status} | said
    )
    made = tandems.create_tandem(session, fields=fields)
    return RedirectResponse(f"{address(made)}?saved=1", status_code=303)


@router.get("/tandems/{actor_id}/{partner_id}")
def tandem(
    request: Request,
    session: SessionDep,
    principal: PrincipalDep,
    now: NowDep,
    actor_id: int,
    partner_id: int,
    saved: Annotated[bool, Query()] = False,
) -> Response:
    """One tandem: its life, its history, and how it goes on."""
    told = tandems.tandem_public(session, actor_id=actor_id, partner_id=partner_id)
    forms = _forms(told, now)
    return page(request, "memory/tandem.html", _one(request, session, principal, now, told) | forms | {"saved": saved})


@router.post("/tandems/{actor_id}/{partner_id}/steps", dependencies=[Depends(same_origin)])
def move(
    request: Request,
    session: SessionDep,
    principal: PrincipalDep,
    now: NowDep,
    actor_id: int,
    partner_id: int,
    form: FormDep,
) -> Response:
    """Move a tandem on, with a date and a word."""
    told = tandems.tandem_public(session, actor_id=actor_id, partner_id=partner_id)
    status = form.choice("status", told.next_statuses)
    if status is None:
        form.refuse("status", "required")
    since, note = form.day("since"), form.text("step_note", longest=2000)
    if form.errors:
        forms = _forms(told, now) | {"step": form}
        return page(request, "memory/tandem.html", _one(request, session, principal, now, told) | forms, status=422)
    changes = TandemUpdate.model_validate({"status": status, "since": since, "step_note": note})
    tandems.update_tandem(session, actor_id=actor_id, partner_id=partner_id, changes=changes)
    return RedirectResponse(f"{address(told)}?saved=1", status_code=303)


@router.post("/tandems/{actor_id}/{partner_id}/newest", dependencies=[Depends(same_origin)])
def mend(
    request: Request,
    session: SessionDep,
    principal: PrincipalDep,
    now: NowDep,
    actor_id: int,
    partner_id: int,
    form: FormDep,
) -> Response:
    """Mend the date and the word of the newest step; where the tandem has moved on meanwhile, nothing is done."""
    told = tandems.tandem_public(session, actor_id=actor_id, partner_id=partner_id)
    since, note = form.day("newest_since"), form.text("newest_note", longest=2000)
    moved = form.shown("newest_status") != told.status
    if moved or form.errors:
        forms = _forms(told, now) | ({} if moved else {"newest": form})
        context = _one(request, session, principal, now, told) | forms | {"moved": moved}
        return page(request, "memory/tandem.html", context, status=409 if moved else 422)
    changes = TandemUpdate.model_validate({"status": told.status, "since": since, "step_note": note})
    tandems.update_tandem(session, actor_id=actor_id, partner_id=partner_id, changes=changes)
    return RedirectResponse(f"{address(told)}?saved=1", status_code=303)


@router.post("/tandems/{actor_id}/{partner_id}", dependencies=[Depends(same_origin)])
def save(
    request: Request,
    session: SessionDep,
    principal: PrincipalDep,
    now: NowDep,
    actor_id: int,
    partner_id: int,
    form: FormDep,
) -> Response:
    """Save what a tandem is about and where it comes from."""
    told = tandems.tandem_public(session, actor_id=actor_id, partner_id=partner_id)
    said = _own(session, principal, form)
    if form.errors:
        forms = _forms(told, now) | {"about": form}
        return page(request, "memory/tandem.html", _one(request, session, principal, now, told) | forms, status=422)
    if told.event_id is not None and not principal.runs(told.event_id):
        # An event of others is not shown here, so an empty choice does not mean that it should go.
        del said["event_id"]
    tandems.update_tandem(session, actor_id=actor_id, partner_id=partner_id, changes=TandemUpdate.model_validate(said))
    return RedirectResponse(f"{address(told)}?saved=1", status_code=303)


@router.post("/tandems/{actor_id}/{partner_id}/remove", dependencies=[Depends(same_origin)])
def remove(session: SessionDep, actor_id: int, partner_id: int) -> Response:
    """Remove a tandem that was recorded by mistake, with its history."""
    tandems.delete_tandem(session, actor_id=actor_id, partner_id=partner_id)
    return RedirectResponse("/console/memory", status_code=303)


def address(told: TandemPublic) -> str:
    """The page of a tandem."""
    return f"/console/memory/tandems/{told.actor_id}/{told.partner_id}"


def _own(session: Session, principal: Principal, form: Fields) -> dict[str, Any]:
    known = [str(e.id) for e in events.list_events(session, only=principal.sees)]
    event = form.choice("event", known)
    return {
        "theme": form.text("theme"),
        "note": form.text("note", longest=2000),
        "event_id": int(event) if event else None,
    }


def _known(session: Session, ends: dict[str, End]) -> TandemPublic | None:
    a, b = (ends[name].chosen for name in ("a", "b"))
    if a is None or b is None or a == b:
        return None
    try:
        return tandems.tandem_public(session, actor_id=a, partner_id=b)
    except NotFound:
        return None


def _new(
    request: Request,
    session: Session,
    principal: Principal,
    form: Fields,
    ends: dict[str, End],
    known: TandemPublic | None = None,
    status: int = 200,
) -> Response:
    context = {
        "tab": "tandems",
        "form": form,
        "ends": ends,
        "known": known,
        "statuses": STATUSES,
        "events": events.list_events(session, only=principal.sees),
        "words": MemoryWords.of(request),
    }
    return page(request, "memory/new_tandem.html", context, status=status)


def _forms(told: TandemPublic, now: datetime) -> dict[str, Fields]:
    about = {"theme": told.theme, "note": told.note, "event": told.event_id}
    newest = told.history[-1]
    return {
        "step": Fields.of({"since": now.date().isoformat()}),
        "newest": Fields.of({"newest_since": newest.since, "newest_note": newest.note}),
        "about": Fields.of(about),
    }


def _one(request: Request, session: Session, principal: Principal, now: datetime, told: TandemPublic) -> dict[str, Any]:
    pair, today = (told.actor_id, told.partner_id), now.date()
    follow_up: date | None = next_dates(session, pairs={pair}, events=principal.sees, today=today).get(pair)
    ends: list[Actor] = [get_actor(session, actor_id=i) for i in pair]
    row = tandems.get_tandem(session, actor_id=told.actor_id, partner_id=told.partner_id)
    return {
        "tab": "tandems",
        "tandem": told,
        "ends": ends,
        "stages": life(told.history),
        "follow_up": follow_up,
        "due": is_due(row, follow_up, today),
        "events": events.list_events(session, only=principal.sees),
        "may_remove": principal.role == "admin",
        "saved": False,
        "moved": False,
        "words": MemoryWords.of(request),
    }
