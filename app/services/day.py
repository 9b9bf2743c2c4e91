"""The day as a whole: where it stands, the timetable moved, and any step taken back."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from app.errors import Conflict, NotFound
from app.services.attendance import (
    Step,
    attendance_told,
    count_states,
    keep_step,
    list_attendance,
    list_losses,
    lock_day,
    restore_attendance,
    restore_loss,
    step_public,
)
from app.services.events import list_rounds
from app.services.seats import Seat, list_seats
from app.services.timetable import change_timetable, moment
from app.services.today import Happened, happened_of, published_number, return_to_plan
from models.base import utc_now
from models.day import DayLoss, DayPublic, DayStep, DayStepPublic, TimetableSay
from models.event import Round, RoundPublic


def day_public(session: Session, *, event_id: int, now: datetime) -> DayPublic:
    """Where the day stands: by the clock, by the desk, and against the plan in force."""
    rounds, losses = list_rounds(session, event_id=event_id), list_losses(session, event_id=event_id)
    here = moment(rounds, now, losses.rounds)
    number = published_number(session, event_id=event_id)
    people = list_attendance(session, event_id=event_id)
    seats = list_seats(session, event_id=event_id, number=number, first=here.first_open)
    return DayPublic(
        phase=here.phase,
        round=here.current.index if here.current else None,
        first_open=here.first_open,
        counts=count_states(people),
        lost_places=sorted(losses.places),
        cancelled=sorted(losses.rounds),
        plan=number,
        disturbed=len(disturbed_seats(seats, happened_of(people, losses))),
    )


def disturbed_seats(seats: Sequence[Seat], happened: Happened) -> list[Seat]:
    """The meetings of these that cannot take place after what the desk said."""
    absent, late, gone = set(happened.absent), dict(happened.late), dict(happened.gone)
    delegates: dict[tuple[int, str], list[tuple[str, int]]] = defaultdict(list)
    for actor, delegate, state, at in happened.delegates:
        delegates[actor, delegate].append((state, at))

    def misses(end: tuple[int, str | None], now: int) -> bool:
        actor, delegate = end
        if actor in absent or late.get(actor, 0) > now or gone.get(actor, now + 1) <= now:
            return True
        words = delegates.get((actor, delegate), ()) if delegate is not None else ()
        return any(now < at if state == "late" else at <= now for state, at in words)

    def falls(m: Seat) -> bool:
        lost = m.round in happened.losses.rounds or m.place in happened.losses.places
        return lost or any(misses(end, m.round) for end in ((m.a, m.delegate_a), (m.b, m.delegate_b)))

    return [seat for seat in seats if falls(seat)]


def say_timetable(
    session: Session, *, event_id: int, said: TimetableSay, now: datetime, by: str = ""
) -> list[RoundPublic]:
    """Change the timetable as one step that can be taken back (see `change_timetable` for what is refused)."""
    lock_day(session, event_id)
    before = _timetable(session, event_id)
    rounds = change_timetable(session, event_id=event_id, said=said, now=now)
    after = _timetable(session, event_id)
    if after != before:
        subject = said.model_dump()
        keep_step(session, event_id, Step("rounds", subject, {"rounds": before}, {"rounds": after}), by)
    return rounds


def undo_step(session: Session, *, event_id: int, now: datetime, number: int | None = None) -> DayStepPublic:
    """Take a step back (absent: the last one that stands); what it was about is as before.

    Raises:
        NotFound: there is no such step, or none is left.
        Conflict: it was taken back already, or something was said about the same since; or a round it would change
            has begun.
    """
    lock_day(session, event_id)
    step = _step(session, event_id, number)
    if step.undone_at is not None:
        raise Conflict.by_code("step_taken_back", number=step.number)
    if _known_now(session, event_id, step) != step.after:
        raise Conflict.by_code("step_overtaken", number=step.number)
    match step.kind:
        case "attendance":
            restore_attendance(session, event_id, step.before)
        case "loss":
            restore_loss(session, event_id, step.subject, step.before["lost"])
        case "rounds":
            _restore_timetable(session, event_id, step.before["rounds"])
        case "plan":
            return_to_plan(session, event_id=event_id, step=step, now=now)
    step.undone_at = utc_now()
    session.flush()
    return step_public(step)


def _step(session: Session, event_id: int, number: int | None) -> DayStep:
    # A draft that was computed is no step to take back: it changed nothing.
    query = select(DayStep).where(DayStep.event_id == event_id, DayStep.kind != "replan")
    which = col(DayStep.undone_at).is_(None) if number is None else DayStep.number == number
    step = session.exec(query.where(which).order_by(col(DayStep.number).desc())).first()
    if step is None:
        raise NotFound.by_code("nothing_to_take_back") if number is None else NotFound(f"there is no step {number}")
    return step


def _known_now(session: Session, event_id: int, step: DayStep) -> dict[str, Any]:
    """What step.after would be if it were said now."""
    match step.kind:
        case "attendance":
            return attendance_told(session, event_id, step.after)
        case "loss":
            return {"lost": session.get(DayLoss, (event_id, step.subject["kind"], step.subject["index"])) is not None}
        case "rounds":
            return {"rounds": _timetable(session, event_id)}
    return {"plan": published_number(session, event_id=event_id)}


def _timetable(session: Session, event_id: int) -> list[list[Any]]:
    return [[r.starts_at.isoformat(), r.minutes] for r in list_rounds(session, event_id=event_id)]


def _restore_timetable(session: Session, event_id: int, told: Sequence[Sequence[Any]]) -> None:
    rows = session.exec(select(Round).where(Round.event_id == event_id).order_by(col(Round.ordinal))).all()
    for row, (starts_at, minutes) in zip(rows, told, strict=True):
        row.starts_at, row.minutes = datetime.fromisoformat(starts_at), minutes
    session.flush()
