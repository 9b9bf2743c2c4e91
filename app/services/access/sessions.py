"""Sessions of browsers: on the server, so that they can be ended; idle ones end by themselves, and all end in days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, col, select

from app.errors import NotFound, NotSignedIn
from app.security import Principal
from app.services.access.keys import NOTED_EVERY, note_use, principal_of_key
from app.services.access.people import principal_of_person
from app.services.access.secrets import hash_of, new_secret
from models.access import AccessKey, AccessPerson, AccessSession, SessionPublic
from models.base import utc_now


@dataclass(frozen=True)
class Lasting:
    """How long a session lasts: unused, and in all."""

    idle: timedelta
    longest: timedelta


@dataclass(frozen=True)
class Source:
    """What vouches for a session: exactly one of a key, a person, or the identity provider's word."""

    key_id: int | None = None
    person_id: int | None = None
    vouched_role: Literal["admin", "reader"] | None = None
    vouched_for: str | None = None


@dataclass(frozen=True)
class SignedIn:
    """Who is signed in, and the word to greet them with."""

    principal: Principal
    shown_as: str


def open_session(session: Session, *, source: Source, lasting: Lasting) -> str:
    """Sign a browser in: the secret for its cookie. Sessions that are over are swept away."""
    now = utc_now()
    session.exec(delete(AccessSession).where(_over(now, lasting)))
    secret = new_secret("session")
    row = AccessSession(
        hash=secret.hash,
        key_id=source.key_id,
        person_id=source.person_id,
        vouched_role=source.vouched_role,
        vouched_for=source.vouched_for,
        ends_at=now + lasting.longest,
    )
    session.add(row)
    session.flush()
    return secret.text


def recognise_session(session: Session, *, token: str, lasting: Lasting, uses: bool = True) -> SignedIn | None:
    """Who is signed in with this cookie; nobody when the session ended, or what vouched for it did.

    `uses`: whether that is a use of it, after which it is not idle.
    """
    row = session.exec(select(AccessSession).where(AccessSession.hash == hash_of(token))).one_or_none()
    now = utc_now()
    if row is None or now >= row.ends_at or now - row.last_seen_at >= lasting.idle:
        return None
    try:
        found = _signed_in(session, row, uses)
    except NotSignedIn:
        return None
    if uses and abs(now - row.last_seen_at) > NOTED_EVERY:  # to come: noted by a clock that was set back since
        session.exec(update(AccessSession).where(col(AccessSession.id) == row.id).values(last_seen_at=now))
    return found


def end_session(session: Session, *, token: str) -> None:
    """Sign this browser out."""
    session.exec(delete(AccessSession).where(col(AccessSession.hash) == hash_of(token)))


def end_session_number(session: Session, *, session_id: int) -> None:
    """Sign some browser out, by the number in the list."""
    row = session.get(AccessSession, session_id) if 0 < session_id < 2**63 else None
    if row is None:
        raise NotFound(f"there is no session {session_id}")
    session.delete(row)


def list_sessions(session: Session, *, lasting: Lasting) -> list[SessionPublic]:
    """Browsers that are signed in, the last seen first."""
    rows = session.exec(
        select(AccessSession, AccessKey, AccessPerson)
        .outerjoin(AccessKey, col(AccessKey.id) == AccessSession.key_id)
        .outerjoin(AccessPerson, col(AccessPerson.id) == AccessSession.person_id)
        .where(~_over(utc_now(), lasting))
        .order_by(col(AccessSession.last_seen_at).desc(), col(AccessSession.id).desc())
    ).all()
    return [_public(row, key, person) for row, key, person in rows if key is None or key.revoked_at is None]


def _public(row: AccessSession, key: AccessKey | None, person: AccessPerson | None) -> SessionPublic:
    source = key or person
    return SessionPublic.model_validate(
        row.model_dump(include={"id", "created_at", "last_seen_at", "ends_at"})
        | {
            "who": key.name if key else person.email if person else row.vouched_for,
            "role": source.role if source else row.vouched_role,
            "by": "key" if key else "provider" if row.vouched_for else "link",
        }
    )


def _signed_in(session: Session, row: AccessSession, uses: bool) -> SignedIn:
    if row.key_id is not None:
        key = session.get_one(AccessKey, row.key_id)
        return SignedIn(principal_of_key(note_use(session, key) if uses else key), key.name)
    if row.person_id is not None:
        person = session.get_one(AccessPerson, row.person_id)
        return SignedIn(principal_of_person(person), person.email)
    return SignedIn(Principal(row.vouched_role, f"session:{row.id}"), row.vouched_for or "")  # type: ignore[arg-type]


def _over(now: datetime, lasting: Lasting) -> ColumnElement[bool]:
    return (col(AccessSession.ends_at) <= now) | (col(AccessSession.last_seen_at) <= now - lasting.idle)
