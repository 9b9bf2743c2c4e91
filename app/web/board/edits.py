"""Editing a plan on its page: forms that work as they are, and answers in parts for the board's own script."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import HolderDep, SessionDep
from app.errors import BadInput, Conflict
from app.services import edits as service
from app.web.board.columns import column_drawer
from app.web.board.compare import changes
from app.web.board.context import Asks, board_context
from app.web.board.panel import Panel, Why, cell_panel, meeting_panel, read_cell, read_pair
from app.web.origin import same_origin
from app.web.render import page, wants_fragment
from models.edit import EditAnswer, Operation, PlanEdit
from models.plan import PlanRead

router = APIRouter(dependencies=[Depends(same_origin)])

Text = Annotated[str, Form(max_length=40)]
Number = Annotated[int, Form(ge=0, le=2**31 - 1)]


@dataclass(frozen=True)
class Words:
    """What the form of an edit says."""

    op: str
    ends: str
    other: str
    to: str
    revision: int
    dry: bool


def said(
    op: Text,
    revision: Number,
    m: Text = "",
    other: Text = "",
    to: Text = "",
    a: Text = "",
    b: Text = "",
    dry: Text = "",
) -> Words:
    """The fields of the form: `m` and `other` name pairs, `to` a round and a place."""
    return Words(op, m or f"{a}-{b}", other, to, revision, bool(dry))


@router.post("/plans/{number}/edits")
def edit_plan(
    request: Request,
    session: SessionDep,
    holder: HolderDep,
    event_id: int,
    number: int,
    words: Annotated[Words, Depends(said)],
) -> Response:
    """Make an edit and show what it did; or say why it cannot be made, with everything as it was."""
    edit = _read(words)
    try:
        answer = service.edit_plan(session, event_id=event_id, number=number, edit=edit)
    except Conflict as error:
        return _stale(request, session, event_id, number, error)
    if not answer.made:
        context = board_context(session, Asks(event_id, number))
        if not wants_fragment(request):
            context["panel"] = _panel(Why(request, session, holder), context, edit)
        return _not_made(request, context, answer)
    return _made(request, session, event_id, answer)


@router.post("/plans/{number}/undo")
def undo_edit(request: Request, session: SessionDep, event_id: int, number: int, revision: Number) -> Response:
    """Take the last edit back."""
    try:
        answer = service.undo_edit(session, event_id=event_id, number=number, revision=revision)
    except Conflict as error:
        return _stale(request, session, event_id, number, error)
    return _made(request, session, event_id, answer)


@router.post("/plans/{number}/redo")
def redo_edit(request: Request, session: SessionDep, event_id: int, number: int, revision: Number) -> Response:
    """Make an edit again that was taken back."""
    try:
        answer = service.redo_edit(session, event_id=event_id, number=number, revision=revision)
    except Conflict as error:
        return _stale(request, session, event_id, number, error)
    return _made(request, session, event_id, answer)


_OPERATIONS: dict[str, Operation] = {
    "move": "move", "swap": "swap", "add": "add", "remove": "remove", "lock": "lock", "unlock": "unlock",
}  # fmt: skip


def _read(words: Words) -> PlanEdit:
    """The edit that the form means. Moving onto another meeting exchanges the two."""
    ends, other = read_pair(words.ends), read_pair(words.other) or read_pair(words.to)
    if words.op not in _OPERATIONS:
        raise BadInput.of("op", f"unknown edit {words.op!r}")
    if ends is None:
        raise BadInput.of("m", "choose two participants")
    op = _OPERATIONS["swap" if words.op == "move" and other else words.op]
    cell = read_cell(words.to)
    when = cell[0] if cell else int(words.to) if words.to.isdecimal() and len(words.to) < 4 else None
    if op in {"move", "add"} and when is None:
        raise BadInput.of("to", "choose a round")
    return PlanEdit(
        op=op,
        revision=words.revision,
        a=ends[0],
        b=ends[1],
        round=when if op in {"move", "add"} else None,
        place=cell[1] if cell and op in {"move", "add"} else None,
        other=other if op == "swap" else None,
        dry_run=words.dry,
    )


def _made(request: Request, session: Session, event_id: int, answer: EditAnswer) -> Response:
    context = board_context(session, Asks(event_id, answer.number))
    touched = _touched(answer, context["plan"])
    cell = next((f"c{when}-{place}" for when, place in touched if place is not None), "board")
    address = f"/console/events/{event_id}/schedule?plan={answer.number}#{cell}"
    if not wants_fragment(request):
        return RedirectResponse(address, status_code=303)
    if answer.new_draft:
        # The board shows another plan from here on, so the browser goes there.
        return Response(status_code=204, headers={"X-Board-Address": address})
    return page(request, "board/_edited.html", context | {"touched": touched})


def _touched(answer: EditAnswer, plan: PlanRead) -> list[tuple[int, int | None]]:
    """The cells that look different now, the one that the edit led to first."""
    assert answer.effect is not None
    diff = answer.effect.diff
    cells = [(m.after["round"], m.after["place"]) for m in diff.moved]
    cells += [(m["round"], m["place"]) for m in [*diff.added, *diff.removed]]
    cells += [(m.before["round"], m.before["place"]) for m in diff.moved]
    cells += [(m.round, m.place) for m in plan.meetings if {m.a, m.b} == {answer.a, answer.b}]
    return list(dict.fromkeys(cells))


def _panel(why: Why, context: dict[str, Any], edit: PlanEdit) -> Panel | None:
    """What was open beside the board when the form was sent: the answer stands where the question was asked."""
    plan, hall = context["plan"], context["hall"]
    if edit.op == "add" and edit.round is not None and edit.place is not None:
        return cell_panel(why.session, plan, hall, (edit.round, edit.place))
    return meeting_panel(why, plan, hall, (edit.a, edit.b))


def _not_made(request: Request, context: dict[str, Any], answer: EditAnswer) -> Response:
    context["answer"] = answer
    if answer.effect:
        context["told"] = changes(answer.effect.diff, context["agenda"], (context["plan"],))
    context["drawn"] = column_drawer(request, context)
    template = "board/_said.html" if wants_fragment(request) else "board/schedule.html"
    return page(request, template, context, status=200 if answer.allowed else 422)


def _stale(request: Request, session: Session, event_id: int, number: int, error: Conflict) -> Response:
    """Somebody was faster: the plan as it is now, and that nothing was done."""
    context = board_context(session, Asks(event_id, number)) | {"stale": error.detail}
    context["drawn"] = column_drawer(request, context)
    template = "board/_said.html" if wants_fragment(request) else "board/schedule.html"
    return page(request, template, context, status=409)
