"""`viaduc keys`: make, list, rotate and revoke keys, and let people in. Whoever holds the terminal is admin."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import ValidationError
from sqlmodel import SQLModel

from app.commands.sessions import session_of
from app.errors import BadInput, complaint
from app.services.access import keys, people
from app.settings import Settings
from app.web.access.letters import sign_in_address
from models.access import KeyCreate, KeyPublic, KeyShown, PersonCreate
from models.base import utc_now

BY = "terminal"
S = TypeVar("S", bound=SQLModel)


def run_create(settings: Settings, name: str, scope: Mapping[str, object], days: float | None) -> KeyShown:
    """Make a key; `scope` says role, events and whether it creates others."""
    expires = utc_now() + timedelta(days=days) if days else None
    fields = _shape(KeyCreate, {"name": name, "expires_at": expires} | dict(scope))
    with session_of(settings) as session:
        return keys.create_key(session, fields=fields, by=BY)


def run_list(settings: Settings) -> list[str]:
    """One line a key."""
    with session_of(settings) as session:
        return [_line(key) for key in keys.list_keys(session)]


def run_rotate(settings: Settings, key_id: int, grace_hours: float) -> KeyShown:
    """The key that follows one."""
    with session_of(settings) as session:
        return keys.rotate_key(session, key_id=key_id, grace=timedelta(hours=grace_hours), by=BY)


def run_revoke(settings: Settings, key_id: int) -> str:
    """End a key now."""
    with session_of(settings) as session:
        key = keys.revoke_key(session, key_id=key_id)
        return f"key {key.id} ({key.name}) is revoked, and so are the sign-ins that it opened"


def run_link(settings: Settings, email: str, scope: Mapping[str, object] | None) -> str:
    """The address that signs this person in, once; with a scope, the person is let in first, or theirs changed."""
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    with session_of(settings) as session:
        if scope is not None:
            fields = _shape(PersonCreate, {"email": email} | dict(scope))
            people.put_person(session, fields=fields, by=BY)
        return sign_in_address(base, people.make_sign_in_link(session, email=email))


def _shape(shape: type[S], said: dict[str, object]) -> S:
    try:
        return shape.model_validate(said)
    except ValidationError as error:
        raise BadInput(": ".join(filter(None, complaint(error)))) from error


def _line(key: KeyPublic) -> str:
    events = f" of {', '.join(map(str, key.events))}" if key.events else ""
    events += " and of those it creates" if key.creates else ""
    return "\t".join(
        [
            str(key.id),
            key.begins + "…",
            key.name,
            key.role + events,
            f"active until {_minute(key.expires_at)}" if key.state == "active" and key.expires_at else key.state,
            f"used {_minute(key.last_used_at)}" if key.last_used_at else "never used",
        ]
    )


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
