"""An event around its plans, read once while nothing of it changes: rounds, places, interpreters and who is registered.

A board and every answer of an edit show all of it, hundreds of registrations, of which nearly always none is new.
"""

from collections.abc import Hashable
from dataclasses import dataclass

from sqlmodel import Session

from app.services.events import (
    event_public,
    get_event,
    list_interpreters,
    list_participants,
    list_places,
    list_rounds,
)
from app.services.lately import Lately
from app.services.row_versions import rows_told, version_of
from models.event import EventPublic, InterpreterPublic, ParticipantPublic, PlacePublic, RoundPublic

_HERE = ("round", "event_place", "event_interpreter", "participant")
HALL_ROWS = dict.fromkeys(_HERE, "event_id = :event") | {
    "event": "id = :event",
    "programme": "id = (SELECT programme_id FROM event WHERE id = :event)",
    "actor": "id IN (SELECT actor_id FROM participant WHERE event_id = :event)",
}
"""Which rows a hall is made of; `tests/app/test_halls.py` finds one that is missing."""
_PLANS = "(SELECT count(*) FROM plan WHERE event_id = :event)"
_STATE = version_of([*(rows_told(table, where) for table, where in HALL_ROWS.items()), _PLANS])
_MOST = 24
_known: Lately[Hashable, "Hall"] = Lately(_MOST)


@dataclass(frozen=True)
class Hall:
    """Where and who; shared by whoever asks, so nobody changes what is in it."""

    event: EventPublic
    rounds: tuple[RoundPublic, ...]
    places: tuple[PlacePublic, ...]
    interpreters: tuple[InterpreterPublic, ...]
    people: tuple[ParticipantPublic, ...]
    """By name, as organisers know them: not for anybody else."""


def read_hall(session: Session, *, event_id: int) -> Hall:
    """The event as it is set up now; NotFound when there is none."""
    event = get_event(session, event_id=event_id)
    session.flush()
    state = session.connection().execute(_STATE, {"event": event_id}).scalar_one()

    def read() -> Hall:
        return Hall(
            event_public(session, event=event),
            tuple(list_rounds(session, event_id=event_id)),
            tuple(list_places(session, event_id=event_id)),
            tuple(list_interpreters(session, event_id=event_id)),
            tuple(list_participants(session, event_id=event_id)),
        )

    return _known.get_or((str(session.get_bind().engine.url), event_id, state), read)
