"""The schedule of an event: computing and publishing one, and comparing two."""

from collections import defaultdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.db import session_scope
from app.deps import EngineDep, HolderDep, MeaningDep, PlannerDep, SessionDep
from app.errors import Conflict
from app.services import events as service
from app.services import plan_jobs, plans, replans
from app.services.backlog import count_backlog
from app.services.problems import build_problem
from app.web.board import columns, interpreter_names, shares, unmet
from app.web.compare import Agenda, changes
from app.web.origin import same_origin
from app.web.render import page, wants_fragment
from models.plan import PlanBrief, PlanCreate, PlanPublic

router = APIRouter(prefix="/console/events", include_in_schema=False)


@router.get("/{event_id}/schedule")
def event_page(
    request: Request, session: SessionDep, holder: HolderDep, event_id: int, plan: int | None = None
) -> Response:
    """The schedule: the plan asked for, else the published one, else the newest draft."""
    context = event_context(session, event_id=event_id, number=plan)
    waiting = count_backlog(session, encoder=holder.name) if holder.name else 0
    # A schedule that is being computed asks for itself again, without the page around it.
    template = "_schedule.html" if wants_fragment(request) else "console/schedule.html"
    return page(request, template, context | {"waiting_texts": waiting, "tab": "schedule"})


@router.post("/{event_id}/plans", dependencies=[Depends(same_origin)])
def compute_plan(meaning: MeaningDep, engine: EngineDep, planner: PlannerDep, event_id: int) -> Response:
    """Begin to compute a draft, and show how it goes."""
    # The plan is committed before the planner looks for it.
    with session_scope(engine) as session:
        problem = build_problem(session, meaning=meaning, event_id=event_id, options=PlanCreate())
        started = plan_jobs.start_plan(session, event_id=event_id, problem=problem)
    planner.submit(event_id, started.number)
    return _show(event_id, started.number)


@router.post("/{event_id}/plans/{number}/stop", dependencies=[Depends(same_origin)])
def stop_plan(session: SessionDep, event_id: int, number: int) -> Response:
    """Take the best so far; when it was finished meanwhile, that is the best."""
    try:
        plan_jobs.stop_plan(session, event_id=event_id, number=number)
    except Conflict:
        return _show(event_id, number)
    return _show(event_id, number)


@router.post("/{event_id}/plans/{number}/publish", dependencies=[Depends(same_origin)])
def publish_plan(session: SessionDep, event_id: int, number: int) -> Response:
    """Make a plan the published one."""
    plans.publish(session, event_id=event_id, number=number)
    return _show(event_id, number)


@router.get("/{event_id}/compare")
def compare(
    request: Request, session: SessionDep, event_id: int, base: Annotated[int, Query()], plan: Annotated[int, Query()]
) -> Response:
    """Whose agenda changes from one plan to another, in plain words."""
    event = service.get_event(session, event_id=event_id)
    before, after = (plans.plan_public(session, event_id=event_id, number=n) for n in (base, plan))
    diff = replans.compare_plans(session, event_id=event_id, number=plan, base=base)
    people = service.list_participants(session, event_id=event_id)
    agenda = Agenda.of(
        service.list_rounds(session, event_id=event_id), service.list_places(session, event_id=event_id), people
    )
    told = {"event": event, "before": before, "after": after, "diff": diff, "everybody": len(people)}
    return page(request, "compare.html", told | {"changes": changes(diff, agenda, (before, after))})


def _show(event_id: int, number: int) -> Response:
    return RedirectResponse(f"/console/events/{event_id}/schedule?plan={number}#schedule", status_code=303)


def event_context(session: Session, *, event_id: int, number: int | None) -> dict[str, Any]:
    """Everything the page says of an event."""
    event = service.event_public(session, event=service.get_event(session, event_id=event_id))
    rounds = service.list_rounds(session, event_id=event_id)
    places = service.list_places(session, event_id=event_id)
    people = service.list_participants(session, event_id=event_id)
    versions = plans.list_plans(session, event_id=event_id)
    plan = _plan(session, event_id, number or (versions[0].number if _only_unfinished(versions) else None))
    return {
        "event": event,
        "rounds": rounds,
        "places": places,
        "people": people,
        "versions": versions,
        "sides": defaultdict(str, {p.actor_id: p.side for p in people}),
        "interpreters": interpreter_names(service.list_interpreters(session, event_id=event_id)),
        "plan": plan,
        "stopping": plan is not None and plans.get_plan(session, event_id, plan.number).stop_requested,
        "columns": columns(plan, rounds, places, people) if plan else [],
        "shares": shares(plan, people) if plan else [],
        "unmet": unmet(plan.certificate, people) if plan else [],
    }


def _only_unfinished(versions: list[PlanBrief]) -> bool:
    return bool(versions) and all(v.state in {"computing", "failed"} for v in versions)


def _plan(session: Session, event_id: int, number: int | None) -> PlanPublic | None:
    if number is not None:
        return plans.plan_public(session, event_id=event_id, number=number)
    return plans.latest_plan(session, event_id=event_id)
