"""The day: who is here, what was lost, the timetable moved, the rest planned anew, and every step taken back."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query

from app.api import examples
from app.api.paging import IN_PARTS, at_most, in_parts
from app.api.problems import responses
from app.deps import AttemptDep, EngineDep, HolderDep, NowDep, PrincipalDep, SessionDep, SettingsDep
from app.services import attendance, today
from app.services import day as service
from app.services.bounds import MAX_PARTICIPANTS
from app.services.cursors import Part
from app.services.idempotency import make_long_once
from app.services.replans import replan_public
from models.day import (
    AttendancePublic,
    AttendanceSay,
    DayApplied,
    DayApply,
    DayPublic,
    DayReplan,
    DayStepPublic,
    LossSay,
    TimetableSay,
)
from models.event import RoundPublic
from models.plan import ReplanPublic

router = APIRouter(prefix="/events/{event_id}", tags=["day"], responses=responses(404))


@router.get("/day")
def read_day(session: SessionDep, now: NowDep, event_id: int) -> DayPublic:
    """Say where the day stands: by the clock, by the desk, and against the plan in force"""
    return service.day_public(session, event_id=event_id, now=now)


@router.get("/attendance")
def list_attendance(session: SessionDep, event_id: int) -> Annotated[list[AttendancePublic], at_most(MAX_PARTICIPANTS)]:
    """List participants with what the desk knows of them"""
    return attendance.list_attendance(session, event_id=event_id)


@router.put("/attendance")
def say_attendance(
    session: SessionDep,
    who: PrincipalDep,
    event_id: int,
    said: Annotated[list[AttendanceSay], Body(max_length=5000, openapi_examples=examples.ATTENDANCE)],
) -> list[AttendancePublic]:
    """Note who is here, late, absent or gone; one call is one step that can be taken back"""
    return attendance.say_attendance(session, event_id=event_id, said=said, by=who.name)


@router.put("/day/losses")
def say_loss(
    session: SessionDep,
    now: NowDep,
    who: PrincipalDep,
    event_id: int,
    said: Annotated[LossSay, Body(openapi_examples=examples.LOSS)],
) -> DayPublic:
    """Note that a place is lost or back, or that a round is cancelled or takes place after all"""
    attendance.say_loss(session, event_id=event_id, said=said, by=who.name)
    return service.day_public(session, event_id=event_id, now=now)


@router.put("/day/timetable")
def say_timetable(
    session: SessionDep,
    now: NowDep,
    who: PrincipalDep,
    event_id: int,
    said: Annotated[TimetableSay, Body(openapi_examples=examples.TIMETABLE)],
) -> list[RoundPublic]:
    """Give a round another length or start; the rounds after it follow"""
    return service.say_timetable(session, event_id=event_id, said=said, now=now, by=who.name)


@router.get("/day/steps", responses=IN_PARTS)
def list_steps(
    session: SessionDep, event_id: int, part: Annotated[Part, Depends(in_parts(500, usual=50))]
) -> list[DayStepPublic]:
    """List what was said on the day, newest first"""
    return attendance.list_steps(session, event_id=event_id, part=part)


@router.post("/day/undo", responses=responses(409))
def undo_step(
    session: SessionDep, now: NowDep, event_id: int, step: Annotated[int | None, Query(ge=1)] = None
) -> DayStepPublic:
    """Take a step of the day back; absent: the last one that stands"""
    return service.undo_step(session, event_id=event_id, now=now, number=step)


@router.post("/day/replan", status_code=201, responses=responses(409))
def replan_today(
    engine: EngineDep,
    settings: SettingsDep,
    holder: HolderDep,
    now: NowDep,
    who: PrincipalDep,
    attempt: AttemptDep,
    event_id: int,
    asked: Annotated[DayReplan, Body(openapi_examples=examples.REPLAN_TODAY)],
) -> ReplanPublic:
    """Plan the rest of the day around what the desk said, as a draft with its diff"""
    desk = today.Desk(who.name, now, settings.plan_seconds)
    work = partial(today.replan_today, engine, meaning=holder.get, event_id=event_id, asked=asked, desk=desk)
    return make_long_once(
        engine,
        attempt=attempt,
        work=lambda keep: work(keep=keep),
        tell=partial(replan_public, event_id=event_id),
        longest_s=settings.plan_seconds,
    )


@router.post("/day/apply", responses=responses(409))
def apply_draft(
    session: SessionDep,
    now: NowDep,
    who: PrincipalDep,
    event_id: int,
    asked: Annotated[DayApply, Body(openapi_examples=examples.APPLY)],
) -> DayApplied:
    """Publish a draft of today, unless a round it would change has begun meanwhile; undo returns to the former plan"""
    return today.apply_draft(session, event_id=event_id, number=asked.plan, now=now, by=who.name)
