"""Events that organisers create themselves: who created one runs it from then on."""

from sqlalchemy import func, or_, update
from sqlmodel import Session, col

from app.security import Principal
from app.services.events import create_event
from models.access import AccessKey, AccessPerson
from models.event import EventCreate, EventPublic


def create_own_event(session: Session, *, principal: Principal, fields: EventCreate) -> EventPublic:
    """Store an event; an organiser who creates it becomes its organiser in the same transaction.

    The policy table has seen to it that they may create events. Admins run every event as it is.
    """
    event = create_event(session, fields=fields)
    kind, _, number = principal.name.partition(":")
    if principal.role == "organiser" and number.isdigit():
        if kind == "key":
            # The key that follows one is held by the same program.
            held = or_(col(AccessKey.id) == int(number), col(AccessKey.rotated_from) == int(number))
            events = func.array_append(col(AccessKey.events), event.id)
            session.exec(update(AccessKey).where(held).values(events=events))
        elif kind == "person":
            events = func.array_append(col(AccessPerson.events), event.id)
            session.exec(update(AccessPerson).where(col(AccessPerson.id) == int(number)).values(events=events))
    return event
