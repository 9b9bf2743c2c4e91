"""Keys of programs: made, shown once, recognised, rotated, revoked."""

from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy import ColumnElement, and_, func, or_, update
from sqlmodel import Session, col, select

from app.errors import BadInput, Conflict, NotFound, NotSignedIn
from app.security import Principal
from app.services.access.secrets import hash_of, new_secret
from app.services.bounds import refuse_beyond
from app.services.cursors import Part, in_order, part_of
from app.services.idempotency import Made, shown_once
from models.access import AccessKey, AccessPerson, KeyCreate, KeyPublic, KeyShown, Scope
from models.base import utc_now
from models.event import Event

NOTED_EVERY = timedelta(minutes=1)
"""How often a use is written down: often enough to see which keys live, too seldom to cost a write a request."""


def create_key(session: Session, *, fields: KeyCreate, by: str) -> KeyShown:
    """Make a key; the answer is the only place where it stands. `by` is the name of the principal who asked."""
    require_events(session, scope=fields)
    if fields.expires_at is not None and fields.expires_at <= utc_now():
        raise BadInput.of("expires_at", "lies in the past")
    # One that follows another is not counted: rotating is never put off.
    refuse_beyond(session, "keys", select(func.count()).select_from(AccessKey).where(_works()))
    return _issue(session, fields, by)


def list_keys(session: Session, *, part: Part | None = None) -> list[KeyPublic]:
    """Every key ever made, newest first."""
    found = session.exec(in_order(select(AccessKey), part, col(AccessKey.id), falling=True)).all()
    return [key_public(row) for row in part_of(found, part, lambda row: (row.id,))]


def rotate_key(session: Session, *, key_id: int, grace: timedelta, by: str) -> KeyShown:
    """A new key with the same name and scope; the old one works until the grace period is over.

    The new one never outlives the date that was set for the old one.
    """
    old = _get(session, key_id)
    if _state(old) != "active":
        raise Conflict(f"key {key_id} is {_state(old)}; make a new one instead")
    made = _issue(session, old, by, rotated_from=old.id)
    ends = utc_now() + grace
    old.expires_at = min(ends, old.expires_at or ends)
    session.add(old)
    session.flush()
    return made


def name_of(key: KeyShown) -> Made:
    """What may be remembered of a key that was made."""
    return {"key_id": key.id}


def made_before(made: Made) -> NoReturn:
    """Conflict: who sends the request again gets no second key, and not the first one either."""
    key_id = made["key_id"]
    raise shown_once(f"key {key_id}", f"rotate it (POST /keys/{key_id}/rotate) or end it and make another")


def _issue(session: Session, scope: KeyCreate | AccessKey, by: str, rotated_from: int | None = None) -> KeyShown:
    """A new key of this name and scope, ending when it says."""
    secret = new_secret("key")
    row = AccessKey(
        name=scope.name,
        role=scope.role,
        events=scope.events,
        creates=scope.creates,
        expires_at=scope.expires_at,
        created_by=by,
        begins=secret.begins,
        hash=secret.hash,
        rotated_from=rotated_from,
    )
    session.add(row)
    session.flush()
    return _shown(row, secret.text)


def revoke_key(session: Session, *, key_id: int) -> KeyPublic:
    """End a key now, with the sessions that were opened with it. Revoking twice changes nothing."""
    row = _get(session, key_id)
    row.revoked_at = row.revoked_at or utc_now()
    session.add(row)
    session.flush()
    return key_public(row)


def recognise_key(session: Session, *, key: str, uses: bool = True) -> tuple[Principal, AccessKey]:
    """Who holds this key, or NotSignedIn with the cause; who has the key may know why it does not work.

    `uses`: whether that is a use of it.
    """
    row = session.exec(select(AccessKey).where(AccessKey.hash == hash_of(key))).one_or_none()
    if row is None:
        raise NotSignedIn("this key is not known")
    return principal_of_key(row), note_use(session, row) if uses else row


def principal_of_key(row: AccessKey) -> Principal:
    """Whom a key stands for, or NotSignedIn when it is over."""
    state = _state(row)
    if state != "active":
        raise NotSignedIn(f"this key has {'expired' if state == 'expired' else 'been revoked'}")
    return Principal(row.role, f"key:{row.id}", frozenset(row.events), creates=row.creates)  # type: ignore[arg-type]


def note_use(session: Session, row: AccessKey) -> AccessKey:
    """Write down that a key was used, at most once a minute; of two at once, one writes."""
    now = utc_now()
    # A use to come was noted by a clock that has been set back since.
    if row.last_used_at is None or abs(now - row.last_used_at) > NOTED_EVERY:
        noted = col(AccessKey.last_used_at)
        stale = noted.is_(None) | (noted < now - NOTED_EVERY) | (noted > now + NOTED_EVERY)
        session.exec(update(AccessKey).where(col(AccessKey.id) == row.id, stale).values(last_used_at=now))
    return row


def has_admin(session: Session) -> bool:
    """Whether anybody can come in as an admin: with a key that works, or as a person."""
    key = select(AccessKey.id).where(AccessKey.role == "admin", _works())
    person = select(AccessPerson.id).where(AccessPerson.role == "admin")
    return any(session.exec(asked.limit(1)).first() is not None for asked in (key, person))


def require_events(session: Session, *, scope: Scope) -> None:
    """BadInput unless every event of a scope is there."""
    known = set(session.exec(select(Event.id).where(col(Event.id).in_(scope.events))))
    missing = [n for n in scope.events if n not in known]
    if missing:
        raise BadInput.of_code("events", "no_event", number=missing[0])


def _works() -> ColumnElement[bool]:
    """Which keys open something now."""
    lasts = or_(col(AccessKey.expires_at).is_(None), col(AccessKey.expires_at) > utc_now())
    return and_(col(AccessKey.revoked_at).is_(None), lasts)


def key_public(row: AccessKey) -> KeyPublic:
    """A key as answered."""
    return KeyPublic.model_validate(_told(row))


def _shown(row: AccessKey, key: str) -> KeyShown:
    return KeyShown.model_validate(_told(row) | {"key": key})


def _told(row: AccessKey) -> dict[str, object]:
    return row.model_dump(exclude={"hash"}) | {"state": _state(row)}


def _state(row: AccessKey, now: datetime | None = None) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.expires_at is not None and row.expires_at <= (now or utc_now()):
        return "expired"
    return "active"


def _get(session: Session, key_id: int) -> AccessKey:
    row = session.get(AccessKey, key_id, with_for_update=True) if 0 < key_id < 2**63 else None
    if row is None:
        raise NotFound(f"there is no key {key_id}")
    return row
