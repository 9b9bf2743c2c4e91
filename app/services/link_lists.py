"""What became of the links to agendas, participant by participant: who has one, who opened one, who still needs one."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from app.services.events import list_participants
from app.services.links import default_expiry, digest_of
from models.agenda import AgendaLink
from models.base import utc_now

Whom = Literal["without", "unopened", "everybody", "ticked"]
"""For whom links are made, renewed or closed."""
WHOM: tuple[Whom, ...] = get_args(Whom)


@dataclass(frozen=True)
class Holder:
    """A participant with what became of its links: how many open its agenda now, when one was first opened."""

    actor_id: int
    name: str
    side: str
    live: int = 0
    opened_at: datetime | None = None
    made_at: datetime | None = None
    purpose: str = ""
    """What the newest was handed out by; empty while there is none."""
    closes_at: datetime | None = None
    """When the last of those that are open closes."""

    def is_meant(self, whom: Whom, ticked: Collection[int]) -> bool:
        """Whether a choice means this participant."""
        return {
            "without": not self.live,
            "unopened": self.opened_at is None,
            "everybody": True,
            "ticked": self.actor_id in ticked,
        }[whom]


def list_holders(session: Session, *, event_id: int, now: datetime | None = None) -> list[Holder]:
    """Every participant by name; three queries whatever their number."""
    people = list_participants(session, event_id=event_id)
    usual, now = default_expiry(session, event_id=event_id), now or utc_now()
    rows = session.exec(select(AgendaLink).where(AgendaLink.event_id == event_id).order_by(col(AgendaLink.id))).all()
    held: dict[int, list[AgendaLink]] = {}
    for row in rows:
        held.setdefault(row.actor_id, []).append(row)
    return [_holder(Holder(p.actor_id, p.name, p.side), held.get(p.actor_id, ()), usual, now) for p in people]


def count_holders(session: Session, *, event_id: int, now: datetime | None = None) -> int:
    """How many participants have a link that opens their agenda now."""
    now = now or utc_now()
    usual = default_expiry(session, event_id=event_id) > now
    opens = col(AgendaLink.expires_at) > now
    return session.exec(
        select(func.count(func.distinct(AgendaLink.actor_id))).where(
            AgendaLink.event_id == event_id,
            col(AgendaLink.revoked_at).is_(None),
            or_(col(AgendaLink.expires_at).is_(None), opens) if usual else opens,
        )
    ).one()


def _holder(person: Holder, links: Sequence[AgendaLink], usual: datetime, now: datetime) -> Holder:
    if not links:
        return person
    ends = [end for row in links if row.revoked_at is None and (end := row.expires_at or usual) > now]
    opened = [row.opened_at for row in links if row.opened_at is not None]
    return Holder(
        person.actor_id,
        person.name,
        person.side,
        live=len(ends),
        opened_at=min(opened, default=None),
        made_at=links[-1].created_at,
        purpose=links[-1].purpose,
        closes_at=max(ends, default=None),
    )


def owners_of(session: Session, *, event_id: int, tokens: Iterable[str], now: datetime | None = None) -> dict[int, str]:
    """Of these tokens those that open an agenda of this event now, by participant; asking does not count as opening."""
    told = {digest_of(token): token for token in tokens}
    usual, now = default_expiry(session, event_id=event_id), now or utc_now()
    rows = session.exec(
        select(AgendaLink)
        .where(AgendaLink.event_id == event_id, col(AgendaLink.digest).in_(told))
        .order_by(col(AgendaLink.id))
    )
    return {
        row.actor_id: told[row.digest] for row in rows if row.revoked_at is None and (row.expires_at or usual) > now
    }
