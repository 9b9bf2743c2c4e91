"""The schedule of an event: looking at it, computing and publishing one, comparing two."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from app.db import session_scope
from app.deps import EngineDep, HolderDep, MeaningDep, NowDep, PlannerDep, SessionDep
from app.errors import BadInput, Conflict
from app.services import events as service
from app.services import plan_jobs, plans, replans
from app.services.backlog import count_backlog
from app.services.plan_removal import remove_plan
from app.web.board.columns import column_drawer
from app.web.board.compare import Agenda, beside, changes, short
from app.web.board.context import Asks, board_context, shown_condition
from app.web.board.panel import panel_context
from app.web.board.view import Look, shares
from app.web.console.forms import FormDep
from app.web.origin import same_origin
from app.web.render import page, wants_fragment
from models.plan import PlanCreate

router = APIRouter()

Word = Annotated[str, Query(max_length=200)]


def looked_at(
    q: Word = "", side: Word = "", track: Word = "", round: str = "", zoom: Word = "", only: Word = ""
) -> Look:
    """What of the board is looked at; an empty field of the form is nothing."""
    when = int(round) if round.isdecimal() and len(round) < 4 else None
    size = zoom if zoom in {"compact", "wide"} else ""
    return Look(q.replace("\x00", "").strip(), side, track, when, size, bool(only))


def asked_for(look: Annotated[Look, Depends(looked_at)], event_id: int, plan: int | None = None) -> Asks:
    """Which plan, and what of it."""
    return Asks(event_id, plan, look)


@router.get("/schedule")
def schedule_page(
    request: Request, session: SessionDep, holder: HolderDep, now: NowDep, asks: Annotated[Asks, Depends(asked_for)]
) -> Response:
    """The schedule: the plan asked for, else the published one, else the newest draft."""
    context = board_context(session, asks)
    context |= panel_context(request, session, holder, context)
    if wants_fragment(request) and (context["panel"] or "m" in request.query_params):
        return page(request, "board/_panel.html", context)
    context["condition"] = shown_condition(session, context, now)
    context["waiting_texts"] = count_backlog(session, encoder=holder.name) if holder.name else 0
    context["drawn"] = column_drawer(request, context)
    # A schedule that is being computed asks for itself again, without the page around it.
    template = "board/_schedule.html" if wants_fragment(request) else "board/schedule.html"
    return page(request, template, context)


@router.post("/plans", dependencies=[Depends(same_origin)])
def compute_plan(meaning: MeaningDep, engine: EngineDep, planner: PlannerDep, event_id: int) -> Response:
    """Begin to compute a draft, and show how it goes."""
    with planner.turn() as turn:
        written = planner.pose(meaning=meaning, event_id=event_id, options=PlanCreate())
        # The plan is committed before the planner looks for it.
        with session_scope(engine) as session:
            started = plan_jobs.start_plan(session, event_id=event_id, written=written)
        planner.submit(turn, event_id, started.number)
    return show(event_id, started.number)


@router.post("/plans/{number}/stop", dependencies=[Depends(same_origin)])
def stop_plan(session: SessionDep, event_id: int, number: int) -> Response:
    """Take the best so far; when it was finished meanwhile, that is the best."""
    try:
        plan_jobs.stop_plan(session, event_id=event_id, number=number)
    except Conflict:
        return show(event_id, number)
    return show(event_id, number)


@router.post("/plans/{number}/publish", dependencies=[Depends(same_origin)])
def publish_plan(session: SessionDep, event_id: int, number: int) -> Response:
    """Make a plan the published one."""
    plans.publish(session, event_id=event_id, number=number)
    return show(event_id, number)


@router.post("/plans/{number}/note", dependencies=[Depends(same_origin)])
def name_plan(session: SessionDep, event_id: int, number: int, form: FormDep) -> Response:
    """Write down what a version is about, unless somebody wrote something else there since the page was read."""
    note, was = form.text("note", longest=500) or "", form.shown("was") if "was" in form.values else None
    if form.errors:
        raise BadInput.of("note", "at most 500 characters are expected")
    plans.name_plan(session, event_id=event_id, number=number, note=note, was=was)
    return show(event_id, number, "versions")


@router.get("/plans/{number}/remove")
def ask_removal(request: Request, session: SessionDep, event_id: int, number: int) -> Response:
    """What goes with a draft, before it goes."""
    event = service.get_event(session, event_id=event_id)
    plan = plans.read_plan(session, event_id=event_id, number=number)
    return page(request, "board/remove.html", {"event": event, "plan": plan})


@router.post("/plans/{number}/remove", dependencies=[Depends(same_origin)])
def remove(session: SessionDep, event_id: int, number: int, form: FormDep) -> Response:
    """Remove a draft, unless somebody changed it since the page was read."""
    seen = form.whole("revision", 0, 2**31 - 1, required=True)
    if seen is None:
        raise BadInput.of("revision", "look at the plan before you remove it")
    remove_plan(session, event_id=event_id, number=number, revision=seen)
    return RedirectResponse(f"/console/events/{event_id}/schedule#versions", status_code=303)


@router.get("/compare")
def compare(
    request: Request, session: SessionDep, event_id: int, base: Annotated[int, Query()], plan: Annotated[int, Query()]
) -> Response:
    """Whose agenda changes from one plan to another, in plain words."""
    event = service.get_event(session, event_id=event_id)
    before, after = (plans.read_plan(session, event_id=event_id, number=n) for n in (base, plan))
    diff = replans.compare_plans(session, event_id=event_id, number=plan, base=base)
    people = service.list_participants(session, event_id=event_id)
    rounds = service.list_rounds(session, event_id=event_id)
    agenda = Agenda.of(rounds, service.list_places(session, event_id=event_id), people)
    told = {"event": event, "rounds": rounds, "tab": "schedule", "before": before, "after": after, "diff": diff}
    told["everybody"] = len(people)
    versions = [v for v in plans.list_plans(session, event_id=event_id) if v.state not in {"computing", "failed"}]
    told |= {"versions": versions, "changes": changes(diff, agenda, (before, after))}
    told["shared"] = beside(shares(before, people), shares(after, people))
    told["short"] = [short(plan, people) for plan in (before, after)]
    return page(request, "board/compare.html", told)


def show(event_id: int, number: int, part: str = "schedule") -> Response:
    """Lead to a plan after a form."""
    return RedirectResponse(f"/console/events/{event_id}/schedule?plan={number}#{part}", status_code=303)
