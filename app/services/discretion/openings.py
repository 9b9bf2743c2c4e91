"""Who knows who somebody is: those who both said yes, and those whom two advisers made known to each other."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import and_, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models.agenda import MeetingAnswer
from models.introduction import Introduction


def yes_on_both_sides(session: Session, *, actor_id: int, event_id: int | None = None) -> set[int]:
    """Everybody with whom it is a yes on both sides, at one event or (None) at any: both at the same one."""
    mine = select(MeetingAnswer.event_id, MeetingAnswer.target_id).where(
        MeetingAnswer.actor_id == actor_id, MeetingAnswer.again == "yes", MeetingAnswer.target_id != actor_id
    )
    if event_id is not None:
        mine = mine.where(MeetingAnswer.event_id == event_id)
    said = mine.subquery()
    theirs = select(MeetingAnswer.actor_id).join(
        said, (col(MeetingAnswer.event_id) == said.c.event_id) & (col(MeetingAnswer.actor_id) == said.c.target_id)
    )
    return {*session.exec(theirs.where(MeetingAnswer.target_id == actor_id, MeetingAnswer.again == "yes"))}


def mutual_pairs(session: Session, *, event_id: int) -> set[frozenset[int]]:
    """Every pair with whom it is a yes on both sides at an event."""
    return {frozenset(pair) for pair in session.exec(_yes_both_ways().where(_ONE.event_id == event_id))}


def opened_pairs(session: Session, *, among: Collection[int]) -> set[frozenset[int]]:
    """Every pair that knows each other and has one of these actors at an end."""
    if not among:
        return set()
    pairs = [*session.exec(_yes_both_ways().where(col(_ONE.actor_id).in_(among)))]
    introduced = select(Introduction.actor_id, Introduction.partner_id).where(*_BOTH_SPOKE)
    ends = or_(col(Introduction.actor_id).in_(among), col(Introduction.partner_id).in_(among))
    return {frozenset(pair) for pair in [*pairs, *session.exec(introduced.where(ends))]}


def introduced_to(session: Session, *, actor_id: int) -> set[int]:
    """Everybody to whom two advisers introduced an actor."""
    rows: Any = session.exec(
        select(Introduction.actor_id, Introduction.partner_id).where(
            or_(col(Introduction.actor_id) == actor_id, col(Introduction.partner_id) == actor_id), *_BOTH_SPOKE
        )
    )
    return {other for pair in rows for other in pair} - {actor_id}


_ONE, _OTHER = aliased(MeetingAnswer), aliased(MeetingAnswer)


def _yes_both_ways() -> Any:
    """(one, other) of every two answers that are a yes to each other."""
    same = and_(
        col(_ONE.event_id) == _OTHER.event_id,
        col(_ONE.actor_id) == _OTHER.target_id,
        col(_ONE.target_id) == _OTHER.actor_id,
    )
    yes = (_ONE.again == "yes", _OTHER.again == "yes", col(_ONE.actor_id) != _ONE.target_id)
    return select(_ONE.actor_id, _ONE.target_id).join(_OTHER, same).where(*yes)


_BOTH_SPOKE = (col(Introduction.actor_at).is_not(None), col(Introduction.partner_at).is_not(None))
