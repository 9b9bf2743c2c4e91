"""Events: the list, and an event's page with its schedule."""

from collections import defaultdict
from typing import Any

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.db import session_scope
from app.deps import EngineDep, HolderDep, MeaningDep, SessionDep, SettingsDep
from app.services import events as service
from app.services import plans
from app.services.backlog import count_backlog
from app.services.pairings import compute
from app.services.problems import build_problem
from app.web.board import columns, shares, unmet
from app.web.origin import same_origin
from app.web.render import page
from models.plan import PlanCreate, PlanPublic

router = APIRouter(prefix="/console/events", include_in_schema=False)


@router.get("")
def event_list(request: Request, session: SessionDep) -> Response:
    """Every event, newest first."""
    return page(request, "events.html", {"events": service.list_events(session)})


@router.get("/{event_id}")
def event_page(
    request: Request, session: SessionDep, holder: HolderDep, event_id: int, plan: int | None = None
) -> Response:
    """Facts, participants and the schedule: the plan asked for, else the published one, else the newest draft."""
    context = event_context(session, event_id=event_id, number=plan)
    waiting = count_backlog(session, encoder=holder.name) if holder.name else 0
    return page(request, "event.html", context | {"waiting_texts": waiting})


@router.post("/{event_id}/plans", dependencies=[Depends(same_origin)])
def compute_plan(settings: SettingsDep, meaning: MeaningDep, engine: EngineDep, event_id: int) -> Response:
    """Compute a draft, then show it."""
    # Two short transactions with the solver between them: no connection waits for it.
    with session_scope(engine) as session:
        problem = build_problem(session, meaning=meaning, event_id=event_id, options=PlanCreate())
        origin = plans.origin_of(session, event_id=event_id)
    result = compute(problem, longest_s=settings.plan_seconds)
    with session_scope(engine) as session:
        plan = plans.store_plan(session, event_id=event_id, problem=problem, result=result, origin=origin)
    return RedirectResponse(f"/console/events/{event_id}?plan={plan.number}#schedule", status_code=303)


def event_context(session: Session, *, event_id: int, number: int | None) -> dict[str, Any]:
    """Everything the page says of an event."""
    event = service.event_public(session, event=service.get_event(session, event_id=event_id))
    rounds = service.list_rounds(session, event_id=event_id)
    places = service.list_places(session, event_id=event_id)
    people = service.list_participants(session, event_id=event_id)
    plan = _plan(session, event_id, number)
    return {
        "event": event,
        "rounds": rounds,
        "places": places,
        "people": people,
        "versions": plans.list_plans(session, event_id=event_id),
        "sides": defaultdict(str, {p.actor_id: p.side for p in people}),
        "plan": plan,
        "columns": columns(plan, rounds, places, people) if plan else [],
        "shares": shares(plan, people) if plan else [],
        "unmet": unmet(plan.certificate, people) if plan else [],
    }


def _plan(session: Session, event_id: int, number: int | None) -> PlanPublic | None:
    if number is not None:
        return plans.plan_public(session, event_id=event_id, number=number)
    return plans.latest_plan(session, event_id=event_id)
