"""Plans: pairings of an event, each with its certificate."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response

from app.api import examples
from app.api.problems import responses
from app.db import session_scope
from app.deps import EngineDep, MeaningDep, PlannerDep, SessionDep, SettingsDep
from app.editing import ChangingDep, ReadingDep
from app.services import edits, plan_jobs, problems, replans
from app.services import plans as service
from app.services.pairings import compute
from app.services.whatif import outlook_of
from models.edit import EditAnswer, PlanEdit, PlanNote, Seen
from models.plan import EventChanges, Outlook, PlanBrief, PlanCreate, PlanDiff, PlanPublic, ReplanPublic, WhatIfRequest

router = APIRouter(prefix="/events/{event_id}/plans", tags=["plans"], responses=responses(404))


@router.get("")
def list_plans(session: SessionDep, event_id: int) -> list[PlanBrief]:
    """List the plans of an event, newest first"""
    return service.list_plans(session, event_id=event_id)


@router.post(
    "", status_code=201, responses={**responses(409), 202: {"model": PlanPublic, "description": "Being computed"}}
)
def create_plan(
    settings: SettingsDep,
    meaning: MeaningDep,
    planner: PlannerDep,
    engine: EngineDep,
    response: Response,
    event_id: int,
    options: Annotated[PlanCreate, Body(openapi_examples=examples.PLAN)],
) -> PlanPublic:
    """Compute a plan and keep it as a draft; with wait=false answer at once and compute in the background"""
    # Short transactions with the solver between them: no connection waits for it.
    with planner.turn() as turn:
        with planner.posing, session_scope(engine) as session:
            problem = problems.build_problem(session, meaning=meaning, event_id=event_id, options=options)
            origin = service.origin_of(session, event_id=event_id)
            started = None if options.wait else plan_jobs.start_plan(session, event_id=event_id, problem=problem)
        if started is not None:
            planner.submit(turn, event_id, started.number)
            response.status_code = 202
            return started
        limit = planner.limit(problem.time_limit_s)
        result = turn.wait_for(compute, problem, longest_s=settings.plan_seconds, stop=limit, apart=True)
    with session_scope(engine) as session:
        return service.store_plan(session, event_id=event_id, problem=problem, result=result, origin=origin)


@router.post("/{number}/stop", status_code=202, responses=responses(409))
def stop_plan(session: SessionDep, event_id: int, number: int) -> PlanPublic:
    """Ask a plan that is being computed for the best it has so far"""
    return plan_jobs.stop_plan(session, event_id=event_id, number=number)


@router.get("/{number}")
def read_plan(session: SessionDep, reading: ReadingDep, event_id: int, number: int) -> PlanPublic:
    """Read a plan with its meetings; the ETag is that of its note, edits name the revision instead"""
    reading.tell("note", event_id, number)
    return service.plan_public(session, event_id=event_id, number=number)


@router.post("/{number}/publish", responses=responses(409))
def publish(session: SessionDep, event_id: int, number: int) -> PlanPublic:
    """Publish a plan; the one published before is kept as superseded"""
    return service.publish(session, event_id=event_id, number=number)


@router.put("/{number}/note", responses=responses(412))
def name_plan(
    session: SessionDep,
    changing: ChangingDep,
    event_id: int,
    number: int,
    said: Annotated[PlanNote, Body(openapi_examples=examples.PLAN_NOTE)],
) -> PlanPublic:
    """Write down what a version is about"""
    with changing.of("note", event_id, number):
        return service.name_plan(session, event_id=event_id, number=number, note=said.note)


@router.post("/{number}/edits", responses=responses(409))
def edit_plan(
    session: SessionDep, event_id: int, number: int, edit: Annotated[PlanEdit, Body(openapi_examples=examples.EDIT)]
) -> EditAnswer:
    """Move, swap, add, remove, lock or unlock a meeting; says the effect, refused when a hard rule would break"""
    answer = edits.edit_plan(session, event_id=event_id, number=number, edit=edit)
    if not edit.dry_run:
        edits.refuse(answer)
    return answer


@router.post("/{number}/undo", responses=responses(409))
def undo_edit(
    session: SessionDep, event_id: int, number: int, seen: Annotated[Seen, Body(openapi_examples=examples.SEEN)]
) -> EditAnswer:
    """Take the last edit of a draft back"""
    return edits.undo_edit(session, event_id=event_id, number=number, revision=seen.revision)


@router.post("/{number}/redo", responses=responses(409))
def redo_edit(
    session: SessionDep, event_id: int, number: int, seen: Annotated[Seen, Body(openapi_examples=examples.SEEN_UNDONE)]
) -> EditAnswer:
    """Make the edit again that was taken back last"""
    return edits.redo_edit(session, event_id=event_id, number=number, revision=seen.revision)


@router.get("/{number}/diff")
def compare_plans(session: SessionDep, event_id: int, number: int, base: Annotated[int, Query()]) -> PlanDiff:
    """Compare a plan with another one of the event"""
    return replans.compare_plans(session, event_id=event_id, number=number, base=base)


@router.post("/{number}/replan", status_code=201, responses=responses(409))
def replan(
    engine: EngineDep,
    settings: SettingsDep,
    meaning: MeaningDep,
    event_id: int,
    number: int,
    changes: Annotated[EventChanges, Body(openapi_examples=examples.CHANGES)],
) -> ReplanPublic:
    """Re-plan what is left of the day as a draft, with its diff; publish it to apply, the old plan to undo"""
    with session_scope(engine) as session:
        day = replans.load_day(session, meaning=meaning, event_id=event_id, number=number, changes=changes)
    answer = replans.compute(day, longest_s=settings.plan_seconds)
    with session_scope(engine) as session:
        return replans.store_replan(session, event_id=event_id, number=number, answer=answer)


what_if_router = APIRouter(prefix="/events/{event_id}", tags=["plans"], responses=responses(404))


@what_if_router.post("/what-if")
def what_if(
    engine: EngineDep,
    settings: SettingsDep,
    meaning: MeaningDep,
    event_id: int,
    question: Annotated[WhatIfRequest, Body(openapi_examples=examples.FLOOR)],
) -> Outlook:
    """Say what a floor of meetings takes: rounds, places, interpreters, who is short, whom to invite"""
    longest = settings.plan_seconds
    return outlook_of(engine, meaning=meaning, event_id=event_id, question=question, longest_s=longest)
