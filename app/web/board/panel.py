"""What opens beside the board: a meeting with its reasons, or a free place with who could meet there."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from sqlmodel import Session

from app.deps import get_principal
from app.errors import Unavailable
from app.services import boards
from app.services.discretion.sight import Sight
from app.services.events import list_wishes
from app.services.halls import Hall
from app.services.meaning import MeaningHolder
from app.services.reasons import explain_meeting
from app.services.suggestions import Reader
from app.web.board.view import busy_rounds
from app.web.catalogues import choose_language
from models.edit import Filling, Target
from models.event import ParticipantPublic, RoundPublic, WishCreate
from models.match import Suggestion
from models.plan import MeetingRead, PlanRead


@dataclass(frozen=True)
class Slot:
    """A round as a target: who of the two cannot sit elsewhere then."""

    round: RoundPublic
    busy: list[str]


@dataclass(frozen=True)
class Panel:
    """One meeting, or one free cell (`meeting` None). `reasons` None: the model is not awake, or an actor is gone."""

    meeting: MeetingRead | None
    reasons: Suggestion | None
    slots: list[Slot]
    targets: list[Target] = field(default_factory=list)
    """Free places that the meeting could go to."""
    swaps: list[tuple[Target, MeetingRead]] = field(default_factory=list)
    """Meetings that it could change places with."""
    round: RoundPublic | None = None
    place: int | None = None
    fillings: list[Filling] | None = None
    free: list[ParticipantPublic] | None = None
    words: list[WishCreate] = field(default_factory=list)
    """What the two, or the organiser, said about the pair: for organisers alone."""


def panel_context(request: Request, session: Session, holder: MeaningHolder, context: dict[str, Any]) -> dict[str, Any]:
    """What the address asks to be opened: `m=5-77` a meeting, `move=1` its way elsewhere, `add=3.1` a free place."""
    plan, hall = context["plan"], context["hall"]
    if not context["finished"]:
        return {}
    asked = request.query_params
    ends, cell = read_pair(asked.get("m", "")), read_cell(asked.get("add", ""))
    if ends and asked.get("move"):
        meeting = _meeting(plan, ends)
        return {"moving": meeting} if meeting else {}
    why = Why(request, session, holder)
    return {"panel": meeting_panel(why, plan, hall, ends) if ends else cell_panel(session, plan, hall, cell)}


@dataclass(frozen=True)
class Why:
    """What reasons are told from: who asks, in which language, and the model."""

    request: Request
    session: Session
    holder: MeaningHolder


def _meeting(plan: PlanRead, ends: tuple[int, int]) -> MeetingRead | None:
    return next((m for m in plan.meetings if {m.a, m.b} == set(ends)), None)


def meeting_panel(why: Why, plan: PlanRead, hall: Hall, ends: tuple[int, int]) -> Panel | None:
    """What opens for a pair; None when they do not meet."""
    meeting = _meeting(plan, ends)
    if meeting is None:
        return None
    pair = (meeting.a, meeting.b)
    busy = busy_rounds(plan, pair, hall)
    free, taken = (
        ([], [])
        if meeting.locked
        else boards.list_targets(why.session, event_id=plan.event_id, number=plan.number, pair=pair)
    )
    others = ((target, _meeting(plan, target.other)) for target in taken if target.other)
    return Panel(
        meeting,
        _reasons(why, plan, pair),
        sorted((Slot(r, busy[r.index]) for r in hall.rounds), key=lambda slot: (bool(slot.busy), slot.round.index)),
        free,
        [(target, other) for target, other in others if other],
        next((r for r in hall.rounds if r.index == meeting.round), None),
        meeting.place,
        words=list_wishes(why.session, event_id=plan.event_id, between=pair),
    )


def _reasons(why: Why, plan: PlanRead, pair: tuple[int, int]) -> Suggestion | None:
    try:
        encoder = why.holder.get().name
    except Unavailable:
        return None
    return explain_meeting(
        why.session,
        encoder=encoder,
        event_id=plan.event_id,
        number=plan.number,
        pair=pair,
        reader=Reader(choose_language(why.request), Sight(why.session, get_principal(why.request))),
    )


def cell_panel(session: Session, plan: PlanRead, hall: Hall, cell: tuple[int, int] | None) -> Panel | None:
    """What opens for a free place; None when the event has no such place or round."""
    if cell is None:
        return None
    when, place = cell
    if all(r.index != when for r in hall.rounds) or all(p.index != place for p in hall.places):
        return None
    slot = next(r for r in hall.rounds if r.index == when)
    busy = {x for m in plan.meetings if m.round == when for x in (m.a, m.b)}
    fillings = boards.list_fillings(session, event_id=plan.event_id, number=plan.number, cell=cell)
    there = [p for p in hall.people if p.available is None or when in p.available]
    free = [p for p in there if p.actor_id not in busy or p.parallel > 1]
    return Panel(None, None, [], round=slot, place=place, fillings=fillings, free=free)


def read_pair(text: str) -> tuple[int, int] | None:
    """'5-77' as two actors."""
    one, dash, other = text.partition("-")
    known = dash and one.isdecimal() and other.isdecimal() and len(text) < 40
    return (int(one), int(other)) if known else None


def read_cell(text: str) -> tuple[int, int] | None:
    """'3.1' as round and place."""
    one, dot, other = text.partition(".")
    known = dot and one.isdecimal() and other.isdecimal() and len(text) < 12
    return (int(one), int(other)) if known else None
