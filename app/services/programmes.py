"""Programmes: what groups events of one border, and on which side of it an actor stands."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.errors import BadInput, NotFound
from app.services.bounds import refuse_beyond
from models.event import Event
from models.programme import Programme, ProgrammeCreate, ProgrammePublic, ProgrammeSide


def create_programme(session: Session, *, fields: ProgrammeCreate) -> ProgrammePublic:
    """Store a programme, still without events."""
    refuse_beyond(session, "programmes", select(func.count()).select_from(Programme))
    programme = Programme(**fields.model_dump())
    session.add(programme)
    session.flush()
    return programme_public(session, programme=programme)


def get_programme(session: Session, *, programme_id: int) -> Programme:
    """The programme, or NotFound."""
    row = session.get(Programme, programme_id) if 0 < programme_id < 2**63 else None
    if row is None:
        raise NotFound.by_code("no_programme", number=programme_id)
    return row


def list_programmes(session: Session) -> list[ProgrammePublic]:
    """All programmes by name, each with its number of events; two queries."""
    rows = session.exec(select(Programme).order_by(col(Programme.name), col(Programme.id))).all()
    counts = dict(session.exec(select(Event.programme_id, func.count()).group_by(col(Event.programme_id))).all())
    return [_public(row, counts.get(row.id, 0)) for row in rows]


def programme_public(session: Session, *, programme: Programme) -> ProgrammePublic:
    """A programme with its number of events."""
    count = select(func.count()).select_from(Event).where(Event.programme_id == programme.id)
    return _public(programme, session.exec(count).one())


def update_programme(session: Session, *, programme_id: int, fields: ProgrammeCreate) -> ProgrammePublic:
    """Replace what a programme says."""
    programme = get_programme(session, programme_id=programme_id)
    programme.sqlmodel_update(fields.model_dump())
    session.add(programme)
    session.flush()
    return programme_public(session, programme=programme)


def delete_programme(session: Session, *, programme_id: int) -> None:
    """Remove a programme; its events stay, without one."""
    session.delete(get_programme(session, programme_id=programme_id))
    session.flush()


def check_programme(session: Session, programme_id: int | None) -> None:
    """BadInput when an event names a programme that is not there."""
    if programme_id is not None:
        try:
            get_programme(session, programme_id=programme_id)
        except NotFound as error:
            raise BadInput.of_code("programme_id", "no_programme", number=programme_id) from error


def programme_of(session: Session, *, event_id: int) -> ProgrammePublic | None:
    """The programme an event belongs to, or None."""
    event = session.get(Event, event_id)
    row = session.get(Programme, event.programme_id) if event and event.programme_id is not None else None
    return programme_public(session, programme=row) if row else None


def sides_of_event(session: Session, *, event: Event) -> list[ProgrammeSide]:
    """The sides that the event's programme declares; empty when it has none."""
    programme = session.get(Programme, event.programme_id) if event.programme_id is not None else None
    return [ProgrammeSide.model_validate(side) for side in programme.sides] if programme else []


class Standing(Protocol):
    """What says where an actor stands."""

    country: str
    nuts: str | None
    side: str


def side_of(actor: Standing, sides: Iterable[ProgrammeSide]) -> str:
    """On which declared side an actor stands: the longest NUTS code that covers it, else its country, else its own."""
    by_code = {code: side.code for side in sides for code in (*side.countries, *side.nuts)}
    if not by_code:
        return actor.side
    nuts = actor.nuts or ""
    ladder: Sequence[str] = [*(nuts[:length] for length in range(len(nuts), 2, -1)), actor.country]
    return next((by_code[code] for code in ladder if code in by_code), actor.side)


def _public(row: Programme, events: int) -> ProgrammePublic:
    return ProgrammePublic(**row.model_dump(exclude={"created_at"}), events=events)
