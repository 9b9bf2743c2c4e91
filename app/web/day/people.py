"""One participant on the day, and those who come unannounced."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import Field
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import NowDep, PrincipalDep, SessionDep, SightDep
from app.errors import NotFound
from app.services.actors import ActorQuery, create_actor, list_actors
from app.services.attendance import list_steps, say_attendance
from app.services.events import list_participants, register
from app.services.pages import list_choices
from app.services.seats import list_seats
from app.services.texts import fold
from app.web.day.context import frame_context
from app.web.day.frame import DayFrame, load_frame
from app.web.day.rows import desk_rows
from app.web.day.seats import Line, person_lines
from app.web.day.steps import told_steps
from app.web.origin import same_origin
from app.web.render import page
from models.actor import ActorBrief, ActorCreate, Country, Language, LocalText, Name, Shape
from models.day import AttendanceSay, Presence
from models.event import ParticipantCreate

router = APIRouter(prefix="/console/events/{event_id}/day", include_in_schema=False)

FOUND = 12


@router.get("/people/{actor_id}")
def person(request: Request, session: SessionDep, now: NowDep, event_id: int, actor_id: int) -> Response:
    """Everything the desk can say of somebody, and their day."""
    frame = load_frame(session, event_id=event_id, now=now)
    told = next((p for p in frame.people if p.actor_id == actor_id), None)
    if told is None:
        raise NotFound.by_code("not_registered", number=actor_id, event=event_id)
    steps = [s for s in list_steps(session, event_id=event_id, limit=500) if _concerns(s.kind, s.after, actor_id)]
    return page(request, "day/person.html", frame_context(session, frame, room="person") | {
        "row": desk_rows(frame, [told])[0],
        "lines": _lines(session, frame, actor_id),
        "steps": told_steps(frame, steps),
        "open_rounds": [r for r in frame.rounds if r.index >= frame.here.first_open],
    })  # fmt: skip


class Said(Shape):
    """What a button says of somebody, or of a delegate."""

    state: Presence
    delegate: str = Field(default="", max_length=100)
    at: int | None = Field(default=None, ge=0, le=200)


@router.post("/people/{actor_id}", dependencies=[Depends(same_origin)])
def say(
    session: SessionDep, who: PrincipalDep, event_id: int, actor_id: int, said: Annotated[Said, Form()]
) -> Response:
    """Note what a button says of somebody or of a delegate."""
    word = AttendanceSay(actor_id=actor_id, delegate=said.delegate, state=said.state, round=said.at)
    say_attendance(session, event_id=event_id, said=[word], by=who.name)
    return RedirectResponse(f"/console/events/{event_id}/day/people/{actor_id}", status_code=303)


@router.get("/walk-in")
def walk_in(
    request: Request,
    session: SessionDep,
    sight: SightDep,
    now: NowDep,
    event_id: int,
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Find an actor who came unannounced, or write down a new one."""
    frame = load_frame(session, event_id=event_id, now=now)
    found: list[ActorBrief] = []
    if q.strip():
        query = ActorQuery(q=q.replace("\x00", ""), sight=sight)
        held = list_actors(session, query=query, cursor=None, limit=5 * FOUND).items
        # Those whose texts hold the words come after those whose name does.
        held = [actor for actor in held if actor.disclosure != "withheld"]
        found = sorted(held, key=lambda actor: fold(q) not in fold(actor.name))[:FOUND]
    known = {p.actor_id for p in frame.people}
    context = {"q": q, "found": found, "known": known, "choices": list_choices(session)}
    return page(request, "day/walk_in.html", frame_context(session, frame, room="walk-in") | context)


@router.post("/walk-in", dependencies=[Depends(same_origin)])
def add_walk_in(
    session: SessionDep, who: PrincipalDep, sight: SightDep, event_id: int, actor_id: Annotated[int, Form(ge=1)]
) -> Response:
    """Register an actor of the directory; they are here."""
    sight.must_know(actor_id)
    return _join(session, event_id, actor_id, who.name)


class NewActor(Shape):
    """What the desk writes down of somebody nobody knew."""

    name: Name = Field(max_length=300)
    country: Country
    languages: list[Language] = Field(default_factory=list, max_length=40)
    offers: str = Field(default="", max_length=5000)
    needs: str = Field(default="", max_length=5000)


@router.post("/walk-in/new", dependencies=[Depends(same_origin)])
def add_new_actor(session: SessionDep, who: PrincipalDep, event_id: int, told: Annotated[NewActor, Form()]) -> Response:
    """Write down an actor nobody knew and register it; they are here."""
    fields = ActorCreate(
        name=told.name,
        country=told.country,
        languages=told.languages,
        offers=_texts(told.offers),
        needs=_texts(told.needs),
    )
    actor = create_actor(session, fields=fields)
    return _join(session, event_id, actor.id, who.name)


def _join(session: Session, event_id: int, actor_id: int, by: str) -> Response:
    registered = {p.actor_id for p in list_participants(session, event_id=event_id)}
    if actor_id not in registered:
        register(session, event_id=event_id, fields=ParticipantCreate(actor_id=actor_id))
    say_attendance(session, event_id=event_id, said=[AttendanceSay(actor_id=actor_id, state="here")], by=by)
    return RedirectResponse(f"/console/events/{event_id}/day/people/{actor_id}", status_code=303)


def _texts(lines: str) -> list[LocalText]:
    return [LocalText(text=line.strip()) for line in lines.splitlines() if line.strip()]


def _concerns(kind: str, after: dict[str, Any], actor_id: int) -> bool:
    return kind == "attendance" and any(name.partition("/")[0] == str(actor_id) for name in after)


def _lines(session: Session, frame: DayFrame, actor_id: int) -> list[Line]:
    seats = list_seats(session, event_id=frame.event.id, number=frame.number)
    return person_lines(frame, seats, actor_id)
