"""The hall: rounds moved or cancelled, places lost, and who sits where in each."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Form, Request
from pydantic import Field
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import NowDep, PrincipalDep, SessionDep
from app.errors import BadInput, NotFound
from app.services import events
from app.services.attendance import say_loss
from app.services.day import say_timetable
from app.services.seats import list_seats
from app.services.timetable import end_round_now
from app.web.day.context import frame_context
from app.web.day.frame import DayFrame, load_frame
from app.web.day.seats import Hall, lines, round_lines, when
from app.web.origin import same_origin
from app.web.render import page
from models.actor import Shape
from models.day import LossSay, TimetableSay
from models.event import InterpreterPublic, PlacePublic, RoundPublic

router = APIRouter(prefix="/console/events/{event_id}", include_in_schema=False)

Numbered = TypeVar("Numbered", RoundPublic, PlacePublic, InterpreterPublic)


@router.get("/day/rounds")
def hall(request: Request, session: SessionDep, now: NowDep, event_id: int) -> Response:
    """Rounds, places and interpreters: what changes, and links to who sits where."""
    frame = load_frame(session, event_id=event_id, now=now)
    seats = list_seats(session, event_id=event_id, number=frame.number)
    held = {r.index: sum(s.round == r.index for s in seats) for r in frame.rounds}
    context = {"held": held, "whens": {r.index: when(frame, r) for r in frame.rounds}}
    return _page(request, session, frame, "rounds", "day/rounds.html", context)


class Timing(Shape):
    """What a form of a round says: one of a new length, a later start, or its end now."""

    round: int = Field(ge=0, le=200)
    say: Literal["minutes", "shift", "end"]
    number: int = Field(default=0, ge=-480, le=480)
    follow: bool = False


@router.post("/day/timetable", dependencies=[Depends(same_origin)])
def timetable(
    session: SessionDep, now: NowDep, who: PrincipalDep, event_id: int, told: Annotated[Timing, Form()]
) -> Response:
    """Give a round another length or start."""
    minutes = told.number if told.say == "minutes" else None
    if told.say == "end":
        slot = next((r for r in events.list_rounds(session, event_id=event_id) if r.index == told.round), None)
        minutes = end_round_now(slot, now) if slot else None
    if minutes is not None and not 1 <= minutes <= 480:
        raise BadInput.of("number", "a round lasts between 1 and 480 minutes")
    said = TimetableSay(
        round=told.round, minutes=minutes, shift=told.number if told.say == "shift" else 0, follow=told.follow
    )
    say_timetable(session, event_id=event_id, said=said, now=now, by=who.name)
    return RedirectResponse(f"/console/events/{event_id}/day/rounds#r{told.round}", status_code=303)


class Lost(Shape):
    """What a button of a place or a round says."""

    kind: Literal["place", "round"]
    index: int = Field(ge=0, le=2000)
    lost: bool = False


@router.post("/day/losses", dependencies=[Depends(same_origin)])
def losses(session: SessionDep, who: PrincipalDep, event_id: int, told: Annotated[Lost, Form()]) -> Response:
    """A place is lost or back; a round is cancelled or takes place after all."""
    say_loss(session, event_id=event_id, said=LossSay(**told.model_dump()), by=who.name)
    mark = "#places" if told.kind == "place" else f"#r{told.index}"
    return RedirectResponse(f"/console/events/{event_id}/day/rounds{mark}", status_code=303)


@router.get("/rounds/{index}")
def one_round(request: Request, session: SessionDep, now: NowDep, event_id: int, index: int) -> Response:
    """Who sits where in a round."""
    frame = load_frame(session, event_id=event_id, now=now)
    slot = _one("round", frame.rounds, event_id, index)
    told = round_lines(_hall(session, frame), slot, list_seats(session, event_id=event_id, number=frame.number))
    busy = {s.actor_id for line in told for s in line.pair}
    pausing = [p for p in frame.people if p.actor_id not in busy and p.state not in {"absent", "gone"}]
    context = {"slot": slot, "lines": told, "pausing": pausing, "when": when(frame, slot)}
    return _page(request, session, frame, "round", "day/round.html", context)


@router.get("/places/{index}")
def one_place(request: Request, session: SessionDep, now: NowDep, event_id: int, index: int) -> Response:
    """Who sits at a place in each round."""
    frame = load_frame(session, event_id=event_id, now=now)
    place = _one("place", frame.places, event_id, index)
    seats = [s for s in list_seats(session, event_id=event_id, number=frame.number) if s.place == index]
    context = {"place": place, "lines": lines(_hall(session, frame), seats)}
    return _page(request, session, frame, "place", "day/place.html", context)


@router.get("/interpreters/{index}")
def one_interpreter(request: Request, session: SessionDep, now: NowDep, event_id: int, index: int) -> Response:
    """Where an interpreter is to be in each round."""
    frame = load_frame(session, event_id=event_id, now=now)
    helper = _one("interpreter", events.list_interpreters(session, event_id=event_id), event_id, index)
    number = str(index)
    seats = [s for s in list_seats(session, event_id=event_id, number=frame.number) if s.interpreter == number]
    context = {"helper": helper, "lines": lines(_hall(session, frame), seats)}
    return _page(request, session, frame, "interpreter", "day/interpreter.html", context)


def _one(what: str, known: Sequence[Numbered], event_id: int, index: int) -> Numbered:
    found = next((one for one in known if one.index == index), None)
    if found is None:
        raise NotFound.by_code("nothing_of_number", event=event_id, what=what, number=index)
    return found


def _hall(session: Session, frame: DayFrame) -> Hall:
    return Hall.of(frame, events.list_participants(session, event_id=frame.event.id))


def _page(
    request: Request, session: Session, frame: DayFrame, room: str, template: str, context: dict[str, Any]
) -> Response:
    helpers: list[InterpreterPublic] = events.list_interpreters(session, event_id=frame.event.id)
    return page(request, template, frame_context(session, frame, room=room) | {"helpers": helpers} | context)
