"""What state an agenda is in, told without making it: who has read this state already need not be sent it again.

The version is a digest of who last wrote the rows that an agenda is made of (row_versions.py), found in one statement.
`tests/web/test_agenda_version.py` looks which tables an agenda reads, and fails when one of them is missing here.
"""

from datetime import datetime

from sqlmodel import Session

from app.services.links import Link
from app.services.row_versions import rows_told, version_of

_OF_EVENT = "event_id = :event"
_THERE = "IN (SELECT actor_id FROM participant WHERE event_id = :event)"
_SHOWN = "ROW(a, b, round, place, interpreter, delegate_a, delegate_b)"
"""What an agenda says of a meeting: each publication writes all meetings anew, and most of them say the same."""
_PUBLISHED = "(SELECT number FROM plan WHERE event_id = :event AND state = 'published')"

_ANSWERS = (
    "SELECT ctid FROM meeting_answer WHERE event_id = :event AND actor_id = :me "
    "UNION SELECT theirs.ctid FROM meeting_answer theirs JOIN meeting_answer mine ON mine.event_id = theirs.event_id "
    "AND mine.actor_id = :me AND mine.target_id = theirs.actor_id "
    "WHERE theirs.target_id = :me AND theirs.again = 'yes' AND mine.again = 'yes'"
)
"""What I said here, and who anywhere said yes as I did: each part by an index.

Nothing else that others say: whoever is sent a page again on which nothing changed would know that they said it."""
_ANSWERED = "CASE WHEN actor_id = :me THEN concat(xmin, ctid) ELSE concat(event_id, ' ', actor_id) END"
_INTRODUCED = "(actor_id = :me OR partner_id = :me) AND actor_by IS NOT NULL AND partner_by IS NOT NULL"

_ROWS = {
    "pool_revision": ("n", "true"),
    "event": ("xmin", "id = :event"),
    "programme": ("xmin", "id = (SELECT programme_id FROM event WHERE id = :event)"),
    "round": ("xmin", _OF_EVENT),
    "event_place": ("xmin", _OF_EVENT),
    "event_interpreter": ("xmin", _OF_EVENT),
    "participant": ("xmin", _OF_EVENT),
    "actor": ("xmin", f"id {_THERE}"),
    "contact": ("xmin", f"actor_id {_THERE}"),
    # Which one it is, nobody is told.
    "plan": ("state", f"{_OF_EVENT} AND state = 'published'"),
    "meeting": (_SHOWN, f"{_OF_EVENT} AND number = {_PUBLISHED} AND (a = :me OR b = :me)"),
    "wish": ("xmin", f"{_OF_EVENT} AND actor_id = :me"),
    # Of every event: who knows each other from one does so at the next.
    "meeting_answer": (_ANSWERED, f"ctid = ANY (ARRAY({_ANSWERS}))"),
    "introduction": ("xmin", _INTRODUCED),
    "agenda_state": ("xmin", f"{_OF_EVENT} AND actor_id = :me"),
    "agenda_rules": ("xmin", _OF_EVENT),
    "agenda_link": ("xmin", f"{_OF_EVENT} AND id = :link"),
}
"""Table → what of its rows is told, and which rows of it an agenda shows something of."""

TABLES = frozenset(_ROWS)
"""The tables that a version tells of."""

# What only the clock changes: which rounds have begun and which are over, and whether words are still taken.
_CLOCK = (
    "(SELECT concat(count(*) FILTER (WHERE starts_at <= :now), ' ', count(*) FILTER (WHERE starts_at + "
    "make_interval(mins => minutes) <= :now)) FROM round WHERE event_id = :event)",
    "(SELECT until <= :now FROM agenda_rules WHERE event_id = :event)",
)


_VERSION = version_of([*(rows_told(table, where, told) for table, (told, where) in _ROWS.items()), *_CLOCK])


def agenda_version(session: Session, *, link: Link, now: datetime) -> str:
    """The state of the agenda that a link opens, at this moment; equal versions are equal agendas."""
    asked = {"event": link.event_id, "me": link.actor_id, "link": link.id, "now": now}
    session.flush()
    return str(session.connection().execute(_VERSION, asked).scalar_one())
