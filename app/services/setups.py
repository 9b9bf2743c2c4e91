"""How an event was set up when a problem was made of it: a plan holds for this set-up and no other."""

from dataclasses import dataclass

from sqlmodel import Session

from app.services.row_versions import rows_told, version_of

_TABLES = ("round", "event_place", "event_interpreter")
"""What plans know by numbers, which another set-up gives to others."""
_VERSION = version_of(rows_told(table, "event_id = :event") for table in _TABLES)


@dataclass(frozen=True)
class WrittenProblem:
    """A problem in its stored form, JSON (DESIGN §6.1), and what there is to know without reading it."""

    text: str
    seed: int
    time_limit_s: float
    set_up: str
    """The version of the set-up that it was made of."""


def set_up_version(session: Session, *, event_id: int) -> str:
    """A word that is another one as soon as rounds, places or interpreters are."""
    session.flush()
    return str(session.connection().execute(_VERSION, {"event": event_id}).scalar_one())
