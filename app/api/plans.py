"""Plans: pairings of an event, each with its certificate."""

from typing import Annotated

from fastapi import APIRouter, Body, Request

from app.api import examples
from app.api.problems import responses
from app.db import session_scope
from app.deps import MeaningDep, SessionDep, SettingsDep
from app.services import plans as service
from models.plan import PlanBrief, PlanCreate, PlanPublic

router = APIRouter(prefix="/events/{event_id}/plans", tags=["plans"], responses=responses(404))


@router.get("")
def list_plans(session: SessionDep, event_id: int) -> list[PlanBrief]:
    """List the plans of an event, newest first"""
    return service.list_plans(session, event_id=event_id)


@router.post("", status_code=201, responses=responses(409))
def create_plan(
    request: Request,
    settings: SettingsDep,
    meaning: MeaningDep,
    event_id: int,
    options: Annotated[PlanCreate, Body(openapi_examples=examples.PLAN)],
) -> PlanPublic:
    """Compute a plan and keep it as a draft"""
    # Two short transactions with the solver between them: no connection waits for it.
    with session_scope(request.app.state.engine) as session:
        problem = service.build_problem(session, meaning=meaning, event_id=event_id, options=options)
    result = service.compute(problem, longest_s=settings.plan_seconds)
    with session_scope(request.app.state.engine) as session:
        return service.store_plan(session, event_id=event_id, problem=problem, result=result)


@router.get("/{number}")
def read_plan(session: SessionDep, event_id: int, number: int) -> PlanPublic:
    """Read a plan with its meetings"""
    return service.plan_public(session, event_id=event_id, number=number)


@router.post("/{number}/publish", responses=responses(409))
def publish(session: SessionDep, event_id: int, number: int) -> PlanPublic:
    """Publish a plan; the one published before is kept as superseded"""
    return service.publish(session, event_id=event_id, number=number)
