"""Drafts that somebody removes: what was told to participants stays, and so does what it was made from."""

from sqlmodel import Session, col, select

from app.errors import Conflict
from app.services.plan_room import forget_plans
from app.services.plans import get_plan, lock_event
from models.plan import Plan


def remove_plan(session: Session, *, event_id: int, number: int, revision: int | None = None) -> None:
    """Remove a draft for good, with its meetings, note and edits; other plans keep their numbers.

    Raises:
        NotFound: no such plan. Conflict: it is being computed, or was published, or a plan that was published was made
        from it, or it is not of the `revision` that was seen (None: any).
    """
    lock_event(session, event_id=event_id)
    plan = get_plan(session, event_id, number)
    session.refresh(plan, ["state", "revision", "published_at"])
    if plan.state == "computing":
        raise Conflict.by_code("plan_computing", number=number)
    if plan.state not in {"draft", "failed"} or plan.published_at is not None:
        raise Conflict.by_code("plan_was_published", number=number)
    made = select(Plan.number).where(Plan.event_id == event_id, Plan.parent == number)
    heir = session.exec(made.where(col(Plan.published_at).is_not(None)).limit(1)).first()
    if heir is not None:
        raise Conflict.by_code("plan_has_heir", heir=heir, number=number)
    if revision not in {None, plan.revision}:
        raise Conflict.by_code("plan_revised", number=number, now=plan.revision, seen=revision)
    session.expunge(plan)
    forget_plans(session, event_id=event_id, numbers=[number])
