"""Tandems in the console: found by status and side, and created; one of them is in tandem.py."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import NowDep, PrincipalDep, SessionDep, SightDep
from app.errors import NotFound
from app.security import Principal
from app.services import events, tandems
from app.services.memory import TandemQuery, list_memory
from app.services.pages import list_sides
from app.web.console.forms import Fields, FormDep
from app.web.memory.life import short_life
from app.web.memory.pair import End, read_pair
from app.web.memory.words import MemoryWords
from app.web.origin import same_origin
from app.web.render import page
from models.tandem import STATUSES, TandemCreate, TandemPublic

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
    sight: SightDep,
    now: NowDep,
    asked: Annotated[Asked, Depends(_asked)],
) -> Response:
    """Tandems, those changed last first, with where they stand and what is to follow."""
    query = TandemQuery(asked.status or None, asked.side or None, asked.q, principal.sees, sight)
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
    sight: SightDep,
    now: NowDep,
    a: Id = None,
    b: Id = None,
    event: Id = None,
) -> Response:
    """An empty tandem, perhaps with its ends and its event named in the address."""
    named = {name: sight.known_actor(i) for name, i in (("a", a), ("b", b)) if i is not None}
    values: dict[str, Any] = {"status": "met", "since": now.date().isoformat(), "event": event}
    for name, actor in named.items():
        values |= {name: actor.name, f"{name}_id": actor.id, f"{name}_was": actor.name}
    return _new(request, session, principal, Fields.of(values), {})


@router.post("/tandems/new", dependencies=[Depends(same_origin)])
def create(request: Request, session: SessionDep, principal: PrincipalDep, sight: SightDep, form: FormDep) -> Response:
    """Store a tandem, or say what does not fit; of several of the same name one is chosen."""
    ends = read_pair(session, form, sight)
    status = form.choice("status", STATUSES)
    if status is None:
        form.refuse("status", "required")
    said = read_about(session, principal, form) | {
        "since": form.day("since"),
        "step_note": form.text("step_note", longest=2000),
    }
    sight.must_relate(*(end.chosen for end in ends.values() if end.chosen is not None))
    known = _known(session, ends)
    if form.errors or known:
        return _new(request, session, principal, form, ends, known, status=409 if known else 422)
    fields = TandemCreate.model_validate(
        {"actor_id": ends["a"].chosen, "partner_id": ends["b"].chosen, "status": status} | said
    )
    made = tandems.create_tandem(session, fields=fields)
    return RedirectResponse(f"{address(made)}?saved=1", status_code=303)


def address(told: TandemPublic) -> str:
    """The page of a tandem."""
    return f"/console/memory/tandems/{told.actor_id}/{told.partner_id}"


def read_about(session: Session, principal: Principal, form: Fields) -> dict[str, Any]:
    """What a form says of a tandem beside its status."""
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
