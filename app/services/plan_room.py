"""How many plans of an event are kept: each has a number of its own for ever; untouched drafts make room for others."""

from sqlalchemy import delete, exists, func, text
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from app.services.audit import note_own_deed
from app.services.bounds import BOUNDS
from models.plan import Plan

_FRESH = 10
"""Drafts that stay though nobody has touched them yet: somebody may be looking at what was just computed."""
_REMOVAL = "DELETE /events/{event_id}/plans/{number}"
"""What the audit trail calls it, whoever removes a plan."""
# Under the number that no plan has, beside the editions of notes: gone with the event, told to nobody.
_REMEMBER = (
    "INSERT INTO edition AS e (kind, id, part, n, changed_at, changed_by) "
    "VALUES ('note', :event, 0, :number, now(), '') "
    "ON CONFLICT (kind, id, part) DO UPDATE SET n = greatest(e.n, excluded.n)"
)
_REMEMBERED = "SELECT n FROM edition WHERE kind = 'note' AND id = :event AND part = 0"


def next_number(session: Session, *, event_id: int) -> int:
    """The number of the event's next plan: one that no plan ever had, whatever was removed. The event is locked."""
    last = session.exec(select(func.max(Plan.number)).where(Plan.event_id == event_id)).one()
    removed = session.connection().execute(text(_REMEMBERED), {"event": event_id}).scalar()
    return max(last or 0, removed or 0) + 1


def forget_plans(session: Session, *, event_id: int, numbers: list[int]) -> None:
    """Remove plans with their meetings; their numbers are not given again."""
    session.connection().execute(text(_REMEMBER), {"event": event_id, "number": max(numbers)})
    session.exec(delete(Plan).where(col(Plan.event_id) == event_id, col(Plan.number).in_(numbers)))


def make_room(session: Session, *, event_id: int) -> None:
    """See to it that one more plan may be kept: the oldest drafts that nobody touched go, and the audit trail says so.

    The event is locked.

    Raises:
        Conflict: no draft may go, or too many plans were published.
    """
    session.flush()
    counts = select(func.count(col(Plan.published_at)), func.count()).where(Plan.event_id == event_id)
    published, there = session.exec(counts).one()
    if published >= BOUNDS["published plans"].most:
        raise BOUNDS["published plans"].refusal
    over = there - published + 1 - BOUNDS["drafts"].most
    if over <= 0:
        return
    gone = _untouched(session, event_id)[:-_FRESH][:over]
    if len(gone) < over:
        raise BOUNDS["drafts"].refusal
    forget_plans(session, event_id=event_id, numbers=gone)
    for number in gone:
        note_own_deed(session, route=_REMOVAL, target=f"event_id={event_id} number={number}")


def _untouched(session: Session, event_id: int) -> list[int]:
    """Drafts that were never published, named, changed by hand or gone on from, what failed first, then by age."""
    later = aliased(Plan)
    asked = select(Plan.number).where(
        Plan.event_id == event_id,
        col(Plan.state).in_(("draft", "failed")),
        col(Plan.published_at).is_(None),
        Plan.note == "",
        func.jsonb_array_length(Plan.edits) == 0,
        ~exists().where(col(later.event_id) == event_id, col(later.parent) == col(Plan.number)),
    )
    return [*session.exec(asked.order_by(col(Plan.state) != "failed", col(Plan.number)))]
