"""Editions of what people edit: nobody overwrites what they have not seen.

Triggers count every change, whichever way it came (revisions 0012 and 0013); here they are read, and compared with what
somebody saw. From the comparison to the commit the row stays locked: of two who saw the same edition one is told.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import text
from sqlmodel import Session

from app.errors import Stale

Kind = Literal[
    "event", "rounds", "places", "interpreters", "participant", "agenda", "note",
    "actor", "relations", "contact", "tandem", "programme", "import", "people", "bridges",
]  # fmt: skip

_KEY = "kind = :kind AND id = :id AND part = :part"
_OWNER = {
    "actor": "SELECT 1 FROM actor WHERE id = :id FOR NO KEY UPDATE",
    "relations": "SELECT 1 FROM actor WHERE id = :id FOR NO KEY UPDATE",
    "participant": "SELECT 1 FROM participant WHERE event_id = :id AND actor_id = :part FOR NO KEY UPDATE",
    "contact": "SELECT 1 FROM contact WHERE actor_id = :id AND id = :part FOR NO KEY UPDATE",
    "tandem": "SELECT 1 FROM tandem WHERE actor_id = :id AND partner_id = :part FOR NO KEY UPDATE",
    "note": "SELECT 1 FROM plan WHERE event_id = :id AND number = :part FOR NO KEY UPDATE",
    "programme": "SELECT 1 FROM programme WHERE id = :id FOR NO KEY UPDATE",
    "import": "SELECT 1 FROM map_import WHERE id = :id FOR NO KEY UPDATE",
    "people": "SELECT 1 FROM access_person ORDER BY id FOR NO KEY UPDATE",
    "bridges": "SELECT 1 FROM sector_bridge ORDER BY one, other FOR NO KEY UPDATE",
}
_EVENT = "SELECT 1 FROM event WHERE id = :id FOR NO KEY UPDATE"
_NAMES = {
    "key": "SELECT name FROM access_key WHERE id = :id",
    "session": "SELECT coalesce(p.email, k.name, s.vouched_for) FROM access_session s "
    "LEFT JOIN access_person p ON p.id = s.person_id LEFT JOIN access_key k ON k.id = s.key_id WHERE s.id = :id",
}
# Where nothing was changed yet there is no row to lock: it is made.
_HOLD = (
    "INSERT INTO edition AS e (kind, id, part, n, changed_at, changed_by) VALUES (:kind, :id, :part, 0, now(), '') "
    "ON CONFLICT (kind, id, part) DO UPDATE SET n = e.n RETURNING n, changed_at, changed_by"
)


@dataclass(frozen=True)
class Subject:
    """One thing that is edited as a whole.

    `id` and `part`: of an event (its own fields, one of its lists, what agendas allow) or an actor (itself, its
    relations), a programme, an import: its number. A registration: event and actor. A contact: actor and contact. A
    tandem: the lower and the higher of the two. A note: event and number of the plan. People who sign in, bridges
    between sectors: one list each.
    """

    kind: Kind
    id: int
    part: int = 0


@dataclass(frozen=True)
class Edition:
    """How often a thing was changed since it was made, and the last time: when, and by whom."""

    n: int = 0
    changed_at: datetime | None = None
    changed_by: str = ""


def say_who(session: Session, who: str) -> None:
    """Changes of this transaction are made by `who` (as in the audit trail, never a person's name)."""
    session.connection().execute(text("SELECT set_config('viaduc.who', :who, true)"), {"who": who})


def edition_of(session: Session, subject: Subject) -> Edition:
    """The present edition."""
    session.flush()
    row = session.connection().execute(
        text(f"SELECT n, changed_at, changed_by FROM edition WHERE {_KEY}"),  # noqa: S608 - a constant
        vars(subject),
    )
    found = row.one_or_none()
    return Edition(*found) if found else Edition()


def set_up_edition(session: Session, *, event_id: int) -> int:
    """How often anything that a plan of the event rests on was changed: a number to compare with a later one."""
    session.flush()
    told = "SELECT coalesce(sum(n), 0) FROM edition WHERE id = :id AND kind = ANY (:kinds)"
    kinds = ["event", "rounds", "places", "interpreters", "participant"]
    return int(session.connection().execute(text(told), {"id": event_id, "kinds": kinds}).scalar_one())


def named(session: Session, who: str) -> str:
    """What people call who made a change: the name of a key, the address of a person; "" where nothing is known."""
    kind, _, number = who.partition(":")
    if kind not in _NAMES or not number.isdigit():
        return ""
    return str(session.connection().execute(text(_NAMES[kind]), {"id": int(number)}).scalar() or "")


def must_be(session: Session, subject: Subject, seen: frozenset[int] | None) -> None:
    """Hold the thing until the commit, and raise Stale unless it is one of the editions `seen` (None: any)."""
    connection = session.connection()
    connection.execute(text(_OWNER.get(subject.kind, _EVENT)), vars(subject))
    now = Edition(*connection.execute(text(_HOLD), vars(subject)).one())
    if seen is not None and now.n not in seen:
        raise Stale(_told(now, seen), headers={"ETag": f'"{now.n}"'})


def _told(now: Edition, seen: frozenset[int]) -> str:
    saw = ", ".join(str(n) for n in sorted(seen)) or "another one"
    when = f"{now.changed_at:%Y-%m-%d %H:%M:%S} UTC" if now.n and now.changed_at else "never"
    by = f" by {now.changed_by}" if now.changed_by else ""
    return (
        f"this is edition {now.n}, last changed {when}{by}; you saw edition {saw}. Nothing was stored: read it again, "
        "then send your change with the new ETag"
    )
