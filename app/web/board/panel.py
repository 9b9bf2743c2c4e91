"""What opens beside the board: a meeting with its reasons, or a free place with who could meet there."""

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from sqlmodel import Session

from app.deps import get_principal
from app.errors import Unavailable
from app.services import boards
from app.services.discretion.sight import Sight
from app.services.meaning import MeaningHolder
from app.services.reasons import explain_meeting
from app.services.suggestions import Reader
from app.web.board.view import Hall, busy_rounds
from app.web.catalogues import choose_language
from models.edit import Filling
from models.event import ParticipantPublic, RoundPublic
from models.match import Suggestion
from models.plan import MeetingPublic, PlanPublic


@dataclass(frozen=True)
class Slot:
    """A round as a target: who of the two cannot sit elsewhere then."""

    round: RoundPublic
    busy: list[str]


@dataclass(frozen=True)
class Panel:
    """One meeting, or one free cell (`meeting` None). `reasons` None: the model is not awake, or an actor is gone."""

    meeting: MeetingPublic | None
    reasons: Suggestion | None
    slots: list[Slot]
    round: RoundPublic | None = None
    place: int | None = None
    fillings: list[Filling] | None = None
    free: list[ParticipantPublic] | None = None


def panel_context(request: Request, session: Session, holder: MeaningHolder, context: dict[str, Any]) -> dict[str, Any]:
    """What the address asks to be opened: `m=5-77` a meeting, `move=1` its way elsewhere, `add=3.1` a free place."""
    plan, hall = context["plan"], context["hall"]
    if not context["finished"]:
        return {}
    asked = request.query_params
    ends, cell = read_pair(asked.get("m", "")), read_cell(asked.get("add", ""))
    if ends:
        meeting = next((m for m in plan.meetings if {m.a, m.b} == set(ends)), None)
        if meeting is None:
            return {}
        if asked.get("move"):
            return {"moving": meeting}
        return {"panel": _meeting_panel(request, session, holder, plan, hall, meeting)}
    if cell and any(r.index == cell[0] for r in hall.rounds) and any(p.index == cell[1] for p in hall.places):
        return {"panel": _cell_panel(session, plan, hall, cell)}
    return {}


def _meeting_panel(
    request: Request, session: Session, holder: MeaningHolder, plan: PlanPublic, hall: Hall, meeting: MeetingPublic
) -> Panel:
    pair = (meeting.a, meeting.b)
    busy = busy_rounds(plan, pair, hall)
    return Panel(
        meeting,
        _reasons(request, session, holder, plan, pair),
        sorted((Slot(r, busy[r.index]) for r in hall.rounds), key=lambda slot: (bool(slot.busy), slot.round.index)),
        next((r for r in hall.rounds if r.index == meeting.round), None),
        meeting.place,
    )


def _reasons(
    request: Request, session: Session, holder: MeaningHolder, plan: PlanPublic, pair: tuple[int, int]
) -> Suggestion | None:
    try:
        encoder = holder.get().name
    except Unavailable:
        return None
    return explain_meeting(
        session,
        encoder=encoder,
        event_id=plan.event_id,
        number=plan.number,
        pair=pair,
        reader=Reader(choose_language(request), Sight(session, get_principal(request))),
    )


def _cell_panel(session: Session, plan: PlanPublic, hall: Hall, cell: tuple[int, int]) -> Panel:
    when, place = cell
    slot = next(r for r in hall.rounds if r.index == when)
    busy = {x for m in plan.meetings if m.round == when for x in (m.a, m.b)}
    fillings = boards.list_fillings(session, event_id=plan.event_id, number=plan.number, cell=cell)
    there = [p for p in hall.people if p.available is None or when in p.available]
    free = [p for p in there if p.actor_id not in busy or p.parallel > 1]
    return Panel(None, None, [], slot, place, fillings, free)


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
