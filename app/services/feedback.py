"""Feedback: who found whom worth meeting, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from app.errors import BadInput
from app.services.actors import get_actor
from app.services.cursors import Part, in_order
from app.services.events import get_event
from models.actor import Actor
from models.feedback import Feedback, FeedbackCreate, FeedbackPage, FeedbackPublic

_CAME_OF_IT = frozenset({"follow_up", "project"})
"""Outcomes that show that a meeting was worth it, whatever was ticked."""


def give_feedback(session: Session, *, fields: FeedbackCreate) -> FeedbackPublic:
    """Store what one actor says of another; what it said before is kept and counts no more."""
    if fields.actor_id == fields.target_id:
        raise BadInput.of("target_id", "nobody meets itself")
    actor, target = (get_actor(session, actor_id=i) for i in (fields.actor_id, fields.target_id))
    if fields.event_id is not None:
        get_event(session, event_id=fields.event_id)
    row = Feedback(**fields.model_dump())
    session.add(row)
    session.flush()
    return FeedbackPublic(**_told(row, actor.name, target.name))


@dataclass(frozen=True)
class FeedbackQuery:
    """What a list of feedback is narrowed to."""

    actor_id: int | None = None
    target_id: int | None = None
    event_id: int | None = None


def list_feedback(
    session: Session, *, query: FeedbackQuery, cursor: str | None = None, limit: int = 50
) -> FeedbackPage:
    """One page of feedback, newest first."""
    wanted = {name: value for name, value in vars(query).items() if value is not None}
    where = [col(getattr(Feedback, name)) == value for name, value in wanted.items()]
    total = session.exec(select(func.count()).select_from(Feedback).where(*where)).one()
    actor, target = aliased(Actor), aliased(Actor)
    listed = (
        select(Feedback, actor.name, target.name)
        .join(actor, col(actor.id) == Feedback.actor_id)
        .join(target, col(target.id) == Feedback.target_id)
        .where(*where)
    )
    part = Part(limit, cursor)
    found = session.exec(in_order(listed, part, col(Feedback.id), falling=True)).all()
    items = [FeedbackPublic(**_told(*row)) for row in part.cut(found, lambda row: (row[0].id,))]
    return FeedbackPage(items=items, next_cursor=part.next_cursor, total=total)


def is_worthy(worth: str, outcome: str) -> bool:
    """Whether an answer speaks for the meeting."""
    return worth == "yes" or outcome in _CAME_OF_IT


def verdicts(answers: Iterable[tuple[int, int, bool]]) -> dict[tuple[int, int], bool]:
    """(lower id, higher id) → whether both found it worth it, from (actor, target, worthy), oldest answer first.

    The newest answer of each counts; one "no" is enough, because both must want a meeting. The pair judged last comes
    last.
    """
    newest: dict[tuple[int, int], bool] = {}
    for actor, target, worthy in answers:
        newest.pop((actor, target), None)
        newest[actor, target] = worthy
    pairs: dict[tuple[int, int], bool] = {}
    for (actor, target), worthy in newest.items():
        pair = (min(actor, target), max(actor, target))
        pairs[pair] = pairs.pop(pair, True) and worthy
    return pairs


def judged_pairs(session: Session) -> dict[tuple[int, int], bool]:
    """Every pair that somebody judged, and whether it was worth it."""
    rows = session.exec(
        select(Feedback.actor_id, Feedback.target_id, Feedback.worth, Feedback.outcome).order_by(col(Feedback.id))
    )
    return verdicts((actor, target, is_worthy(worth, outcome)) for actor, target, worth, outcome in rows)


def _told(row: Feedback, actor_name: str, target_name: str) -> dict[str, Any]:
    return row.model_dump() | {"actor_name": actor_name, "target_name": target_name}
