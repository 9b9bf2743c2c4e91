"""The admin's page: keys, people who may sign in, and browsers that are signed in."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from pydantic import ValidationError
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import PrincipalDep, SessionDep, SettingsDep
from app.errors import BadInput, complaint
from app.guard import lasting
from app.mail import can_send
from app.reach import public_base
from app.services.access import keys, people, sessions
from app.services.cursors import Part
from app.services.events import list_events
from app.settings import Settings
from app.web.access.letters import sign_in_address
from app.web.origin import same_origin
from app.web.render import page
from models.access import KeyCreate, PersonCreate

router = APIRouter(prefix="/console/access", include_in_schema=False, dependencies=[Depends(same_origin)])

DAYS = (30, 90, 365)
"""How long a key may be made to last; the longest is until it is revoked."""

GRACE = timedelta(hours=24)
_KEYS = 200
"""Keys on the page at once, the newest first; the older ones are a page further."""
Word = Annotated[str, Form(max_length=300)]
Numbers = Annotated[list[int], Form(max_length=1000)]


@router.get("")
def access_page(request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """Who may come in."""
    return _show(request, session, settings)


@router.post("/keys")
def create_key(
    request: Request,
    session: SessionDep,
    settings: SettingsDep,
    principal: PrincipalDep,
    name: Word = "",
    role: Word = "reader",
    events: Numbers = [],  # noqa: B006 - read, never changed
    creates: Word = "",
    days: Word = "",
) -> Response:
    """Make a key and show it, this once: no redirect, since nothing could show it afterwards."""
    try:
        scope = _scope(role, events, creates)
        fields = KeyCreate.model_validate({"name": name, "expires_at": _expiry(days)} | scope)
        made = keys.create_key(session, fields=fields, by=principal.name)
    except (ValidationError, BadInput) as error:
        return _show(request, session, settings, wrong_key=_cause(error), status=422)
    return _show(request, session, settings, made=made)


@router.post("/keys/{key_id}/rotate")
def rotate_key(
    request: Request, session: SessionDep, settings: SettingsDep, principal: PrincipalDep, key_id: int
) -> Response:
    """Make the key that follows, and show it, this once."""
    made = keys.rotate_key(session, key_id=key_id, grace=GRACE, by=principal.name)
    return _show(request, session, settings, made=made)


@router.post("/keys/{key_id}/revoke")
def revoke_key(session: SessionDep, key_id: int) -> Response:
    """End a key now."""
    keys.revoke_key(session, key_id=key_id)
    return _back("keys")


@router.post("/people")
def put_person(
    request: Request,
    session: SessionDep,
    settings: SettingsDep,
    principal: PrincipalDep,
    email: Word = "",
    role: Word = "organiser",
    events: Numbers = [],  # noqa: B006 - read, never changed
    creates: Word = "",
) -> Response:
    """Let somebody sign in, or change what they may do."""
    try:
        fields = PersonCreate.model_validate({"email": email} | _scope(role, events, creates))
        people.put_person(session, fields=fields, by=principal.name)
    except (ValidationError, BadInput) as error:
        return _show(request, session, settings, wrong_person=_cause(error), status=422)
    return _back("people")


@router.post("/people/{person_id}/link")
def make_link(request: Request, session: SessionDep, settings: SettingsDep, person_id: int) -> Response:
    """A link that signs this person in, to be handed over by other means than our letter."""
    person = people.get_person(session, person_id=person_id)
    token = people.make_sign_in_link(session, email=person.email)
    address = sign_in_address(public_base(request, settings), token)
    return _show(request, session, settings, link={"email": person.email, "address": address})


@router.post("/people/{person_id}/remove")
def remove_person(session: SessionDep, person_id: int) -> Response:
    """Let somebody in no more."""
    people.remove_person(session, person_id=person_id)
    return _back("people")


@router.post("/sessions/{session_id}/end")
def end_session(session: SessionDep, session_id: int) -> Response:
    """Sign a browser out."""
    sessions.end_session_number(session, session_id=session_id)
    return _back("sessions")


def _show(request: Request, session: Session, settings: Settings, *, status: int = 200, **told: Any) -> Response:
    part = Part(_KEYS, request.query_params.get("cursor"))
    context: dict[str, Any] = {
        "made": None,
        "link": None,
        "wrong_key": "",
        "wrong_person": "",
        "keys": keys.list_keys(session, part=part),
        "older": part.next_cursor,
        "people": people.list_people(session),
        "sessions": sessions.list_sessions(session, lasting=lasting(settings)),
        "events": list_events(session),
        "event_names": _namer(session),
        "days": DAYS,
        "letters": can_send(settings),
        "grace_hours": int(GRACE.total_seconds() // 3600),
        "link_minutes": int(people.LINK_LASTS.total_seconds() // 60),
    }
    answer = page(request, "access/access.html", context | told, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _namer(session: Session) -> Callable[[list[int]], list[str]]:
    """Events by their names; one that is gone keeps its number."""
    names = {event.id: event.name for event in list_events(session)}
    return lambda numbers: [names.get(n, f"#{n}") for n in numbers]


def _scope(role: str, events: list[int], creates: str) -> dict[str, Any]:
    """What was ticked about events counts for organisers; the form shows it whatever the role is."""
    organises = role == "organiser"
    return {"role": role, "events": events if organises else [], "creates": organises and bool(creates)}


def _expiry(days: str) -> datetime | None:
    if not days:
        return None
    if not days.isdigit() or int(days) not in DAYS:
        raise BadInput.of("days", "choose one of the list")
    return datetime.now(ZoneInfo("UTC")) + timedelta(days=int(days))


def _cause(error: ValidationError | BadInput) -> str:
    """What is wrong, as a word that the template has a sentence for, else in the words of the error."""
    if isinstance(error, BadInput):
        return error.detail
    return complaint(error)[1]


def _back(part: str) -> Response:
    return RedirectResponse(f"/console/access#{part}", status_code=303)
