"""Links that open a participant's agenda without an account: made, opened, revoked, renewed.

A link is `event-secret`: 160 random bits, of which the database keeps only the SHA-256. Whoever reads the database or a
copy of it cannot open an agenda, and nothing (no key that could leak) turns ids into links. The price is that a link is
told once: whoever needs it again (a second print, a lost mail) makes another one, and all work until they expire or are
revoked together.
"""

import hashlib
import re
import secrets
from base64 import b32encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy import func, or_
from sqlmodel import Session, col, select, update

from app.errors import BadInput, NotFound
from app.security import Principal, participant
from app.services.bounds import refuse_beyond
from app.services.cursors import Part, in_order, part_of
from app.services.events import get_event
from app.services.idempotency import Made, shown_once
from models.actor import Actor
from models.agenda import AgendaLink, LinkPublic
from models.base import utc_now
from models.event import Participant, Round

DAYS_AFTER = 90
"""How long a link outlives its event, so that there is time for answers and for contact details."""
_SECRET_BYTES = 20
_NAMED = 10
"""Links that a sentence names by their numbers."""
_TOKEN = re.compile(r"([0-9a-f]{1,15})-([a-z2-7]{32})")


@dataclass(frozen=True)
class Link:
    """What an open link leads to."""

    id: int
    event_id: int
    actor_id: int
    language: str | None
    expires_at: datetime

    @property
    def name(self) -> str:
        """For the audit trail: says which link, not whose."""
        return f"link:{self.id}"

    @property
    def principal(self) -> Principal:
        """Who holds it."""
        return participant(self.event_id, self.actor_id, self.name)


@dataclass(frozen=True)
class Handed:
    """A link that was just made: its number, whose it is, and its token, which is told this once."""

    id: int
    name: str
    token: str
    expires_at: datetime


@dataclass(frozen=True)
class Handing:
    """How links are handed out."""

    purpose: str = "link"
    language: str | None = None
    expires: datetime | None = None


def make_link(
    session: Session,
    *,
    event_id: int,
    actor_id: int,
    language: str | None = None,
    expires: datetime | None = None,
    purpose: str = "link",
) -> str:
    """A new token for one participant; links made before stay as they are."""
    handing = Handing(purpose, language, expires)
    return make_links(session, event_id=event_id, actor_ids=[actor_id], handing=handing)[actor_id].token


def make_links(
    session: Session, *, event_id: int, actor_ids: Collection[int] | None = None, handing: Handing | None = None
) -> dict[int, Handed]:
    """A new link for each of these participants (absent: everybody), in the order of their ids."""
    handing = handing or Handing()
    expires = _checked_expiry(session, event_id, handing.expires)
    names = _participants(session, event_id, actor_ids)
    _refuse_too_many(session, event_id, [*names])
    tokens = {actor_id: _new_token(event_id) for actor_id in names}
    rows = [
        AgendaLink(
            event_id=event_id,
            actor_id=actor_id,
            digest=digest_of(token),
            purpose=handing.purpose,
            language=handing.language,
            expires_at=expires,
        )
        for actor_id, token in tokens.items()
    ]
    session.add_all(rows)
    session.flush()
    until = expires or default_expiry(session, event_id=event_id)
    return {r.actor_id: Handed(r.id, names[r.actor_id], tokens[r.actor_id], until) for r in rows}


def open_link(session: Session, *, token: str, now: datetime | None = None) -> Link:
    """Whose agenda a token opens; NotFound, in the same words, when it is unknown, expired or revoked."""
    told = _TOKEN.fullmatch(token)
    if told is None:
        raise NotFound.by_code("link_closed")
    event_id, now = int(told[1], 16), now or utc_now()
    row = session.exec(
        select(AgendaLink).where(AgendaLink.event_id == event_id, AgendaLink.digest == digest_of(token))
    ).first()
    if row is None or row.revoked_at is not None:
        raise NotFound.by_code("link_closed")
    expires = row.expires_at or default_expiry(session, event_id=event_id)
    if expires <= now:
        raise NotFound.by_code("link_closed")
    if row.opened_at is None:
        row.opened_at = now
    return Link(row.id, event_id, row.actor_id, row.language, expires)


def revoke_links(
    session: Session, *, event_id: int, actor_ids: Collection[int] | None = None, link_id: int | None = None
) -> int:
    """Close links for good: one, those of some participants, or all of the event; how many were open."""
    get_event(session, event_id=event_id)
    where = [col(AgendaLink.event_id) == event_id, col(AgendaLink.revoked_at).is_(None)]
    if actor_ids is not None:
        where.append(col(AgendaLink.actor_id).in_(actor_ids))
    if link_id is not None:
        where.append(col(AgendaLink.id) == link_id)
    return int(session.exec(update(AgendaLink).where(*where).values(revoked_at=utc_now())).rowcount)


def renew_links(
    session: Session, *, event_id: int, actor_ids: Collection[int] | None = None, handing: Handing | None = None
) -> dict[int, Handed]:
    """New links in place of the old ones, which open nothing any more: for a link that fell into other hands."""
    wanted = _participants(session, event_id, actor_ids).keys()
    revoke_links(session, event_id=event_id, actor_ids=wanted)
    return make_links(session, event_id=event_id, actor_ids=wanted, handing=handing)


def list_links(
    session: Session, *, event_id: int, actor_id: int | None = None, part: Part | None = None
) -> list[LinkPublic]:
    """The event's links, newest first, by what became of them; the tokens themselves are not known."""
    get_event(session, event_id=event_id)
    where = [col(AgendaLink.event_id) == event_id]
    if actor_id is not None:
        where.append(col(AgendaLink.actor_id) == actor_id)
    asked = select(AgendaLink, Actor.name).join(Actor, col(Actor.id) == AgendaLink.actor_id).where(*where)
    rows = session.exec(in_order(asked, part, col(AgendaLink.id), falling=True)).all()
    usual, now = default_expiry(session, event_id=event_id), utc_now()
    return [_public(row, name, usual, now) for row, name in part_of(rows, part, lambda both: (both[0].id,))]


def name_of(made: Mapping[int, Handed], *, event_id: int) -> Made:
    """What may be remembered of links that were made."""
    return {"event_id": event_id, "link_ids": [link.id for link in made.values()]}


def made_before(made: Made) -> NoReturn:
    """Conflict: who asks for links again, because the answer was lost, gets no more of them and not these either."""
    event_id, ids = made["event_id"], made["link_ids"]
    numbers = ", ".join(map(str, ids[:_NAMED])) + (f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else "")
    way = f"close them and make others for the same participants (POST /events/{event_id}/links/renew)"
    raise shown_once(f"links {numbers or '(none)'} of event {event_id}", way)


def default_expiry(session: Session, *, event_id: int) -> datetime:
    """90 days after the last round of the event; while it has none, 90 days from now."""
    last = session.exec(
        select(Round).where(Round.event_id == event_id).order_by(col(Round.starts_at).desc()).limit(1)
    ).first()
    end = last.starts_at + timedelta(minutes=last.minutes) if last else utc_now()
    return end + timedelta(days=DAYS_AFTER)


def _checked_expiry(session: Session, event_id: int, expires: datetime | None) -> datetime | None:
    """The end of a new link; None follows the event. After an event that is long over, links live on from today."""
    now = utc_now()
    if expires is None:
        return None if default_expiry(session, event_id=event_id) > now else now + timedelta(days=DAYS_AFTER)
    if expires <= now:
        raise BadInput.of("expires_at", "lies in the past")
    return expires


def _refuse_too_many(session: Session, event_id: int, actor_ids: Collection[int]) -> None:
    """Conflict where one of them has as many open links as there may be; those that are over are not counted."""
    now = utc_now()
    lasts = col(AgendaLink.expires_at) > now
    if default_expiry(session, event_id=event_id) > now:
        lasts = or_(col(AgendaLink.expires_at).is_(None), lasts)
    theirs = (AgendaLink.event_id == event_id, col(AgendaLink.actor_id).in_(actor_ids))
    held = select(func.count()).where(*theirs, col(AgendaLink.revoked_at).is_(None), lasts)
    each = held.group_by(col(AgendaLink.actor_id)).subquery()
    refuse_beyond(session, "links", select(func.coalesce(func.max(each.c[0]), 0)), exact=False)


def _participants(session: Session, event_id: int, actor_ids: Collection[int] | None) -> dict[int, str]:
    """The name of each participant who is meant (None: of all), in the order of their ids."""
    get_event(session, event_id=event_id)
    here = select(Participant.actor_id, Actor.name).join(Actor, col(Actor.id) == Participant.actor_id)
    known = dict(session.exec(here.where(Participant.event_id == event_id).order_by(col(Participant.actor_id))).all())
    if actor_ids is None:
        return known
    missing = sorted(set(actor_ids) - known.keys())
    if missing:
        raise NotFound.by_code("not_registered", number=missing[0], event=event_id)
    return {actor_id: known[actor_id] for actor_id in sorted(set(actor_ids))}


def _new_token(event_id: int) -> str:
    secret = b32encode(secrets.token_bytes(_SECRET_BYTES)).decode().lower()
    return f"{event_id:x}-{secret}"


def digest_of(token: str) -> str:
    """What is stored of a token: 160 random bits cannot be searched for, so plain SHA-256 is as good as salted."""
    return hashlib.sha256(token.encode()).hexdigest()


def _public(row: AgendaLink, name: str, usual: datetime, now: datetime) -> LinkPublic:
    told = row.model_dump(exclude={"event_id", "digest"})
    told["expires_at"] = row.expires_at or usual
    return LinkPublic(**told, name=name, live=row.revoked_at is None and told["expires_at"] > now)
