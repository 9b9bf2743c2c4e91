"""Plans: pairings of an event, each with its certificate."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Response

from app.api import examples
from app.api.paging import IN_PARTS, in_parts
from app.api.problems import responses
from app.db import session_scope
from app.deps import AttemptDep, EngineDep, MeaningDep, PlannerDep, SessionDep, SettingsDep
from app.editing import ChangingDep, ReadingDep
from app.services import edits, plan_jobs, replans
from app.services import plans as service
from app.services.apart import compute_apart
from app.services.cursors import Part
from app.services.idempotency import Keep, make_long_once
from app.services.plan_removal import remove_plan
from app.services.solving import solve_written
from app.services.whatif import outlook_of
from models.edit import EditAnswer, PlanEdit, PlanNote, Seen
from models.plan import EventChanges, Outlook, PlanBrief, PlanCreate, PlanDiff, PlanPublic, ReplanPublic, WhatIfRequest

router = APIRouter(prefix="/events/{event_id}/plans", tags=["plans"], responses=responses(404))


@router.get("", responses=IN_PARTS)
def list_plans(session: SessionDep, event_id: int, part: Annotated[Part, Depends(in_parts(500))]) -> list[PlanBrief]:
    """List the plans of an event, newest first"""
    return service.list_plans(session, event_id=event_id, part=part)


@dataclass(frozen=True)
class _Solver:
    """What computing a plan asks for."""

    settings: SettingsDep
    meaning: MeaningDep
    planner: PlannerDep
    engine: EngineDep

    def plan(self, event_id: int, options: PlanCreate, keep: Keep) -> PlanPublic:
        """A draft, or a plan that is being computed. Short transactions with the solver between them."""
        with self.planner.turn() as turn:
            written = self.planner.pose(meaning=self.meaning, event_id=event_id, options=options)
            if not options.wait:
                with session_scope(self.engine) as session:
                    started = plan_jobs.start_plan(session, event_id=event_id, written=written)
                    keep(session, {"number": started.number})
                self.planner.submit(turn, event_id, started.number)
                return started
            with session_scope(self.engine) as session:
                origin = service.origin_of(session, event_id=event_id)
            limit = self.planner.limit(written.time_limit_s)
            outcome = turn.wait_for(compute_apart, solve_written, written.text, stop=limit)
        with session_scope(self.engine) as session:
            made = service.store_written(session, event_id=event_id, written=written, outcome=outcome, origin=origin)
            keep(session, {"number": made.number})
            return made


SolverDep = Annotated[_Solver, Depends()]


@router.post(
    "", status_code=201, responses={**responses(409), 202: {"model": PlanPublic, "description": "Being computed"}}
)
def create_plan(
    solver: SolverDep,
    attempt: AttemptDep,
    response: Response,
    event_id: int,
    options: Annotated[PlanCreate, Body(openapi_examples=examples.PLAN)],
) -> PlanPublic:
    """Compute a plan and keep it as a draft; with wait=false answer at once and compute in the background"""

    plan = make_long_once(
        solver.engine,
        attempt=attempt,
        work=partial(solver.plan, event_id, options),
        tell=lambda session, made: service.plan_public(session, event_id=event_id, number=made["number"]),
        longest_s=solver.settings.plan_seconds,
    )
    if plan.state == "computing":
        response.status_code = 202
    return plan


@router.post("/{number}/stop", status_code=202, responses=responses(409))
def stop_plan(session: SessionDep, event_id: int, number: int) -> PlanPublic:
    """Ask a plan that is being computed for the best it has so far"""
    return plan_jobs.stop_plan(session, event_id=event_id, number=number)


@router.get("/{number}")
def read_plan(session: SessionDep, reading: ReadingDep, event_id: int, number: int) -> PlanPublic:
    """Read a plan with its meetings; the ETag is that of its note, edits name the revision instead"""
    reading.tell("note", event_id, number)
    return service.plan_public(session, event_id=event_id, number=number)


@router.delete("/{number}", status_code=204, responses=responses(409, 412))
def delete_plan(
    session: SessionDep,
    changing: ChangingDep,
    event_id: int,
    number: int,
    revision: Annotated[int | None, Query(ge=0, description="The one that you saw: 409 when it is another")] = None,
) -> Response:
    """Remove a draft for good; what was published stays, and what is being computed is stopped first"""
    changing.require("note", event_id, number)
    remove_plan(session, event_id=event_id, number=number, revision=revision)
    return Response(status_code=204)


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
    attempt: AttemptDep,
    event_id: int,
    number: int,
    changes: Annotated[EventChanges, Body(openapi_examples=examples.CHANGES)],
) -> ReplanPublic:
    """Re-plan what is left of the day as a draft, with its diff; publish it to apply, the old plan to undo"""
    longest_s = settings.plan_seconds

    def work(keep: Keep) -> ReplanPublic:
        with session_scope(engine) as session:
            day = replans.load_day(session, meaning=meaning, event_id=event_id, number=number, changes=changes)
        answer = replans.compute(day, longest_s=longest_s)
        with session_scope(engine) as session:
            made = replans.store_replan(session, event_id=event_id, number=number, answer=answer)
            keep(session, {"number": made.plan.number})
            return made

    tell = partial(replans.replan_public, event_id=event_id)
    return make_long_once(engine, attempt=attempt, work=work, tell=tell, longest_s=longest_s)


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
