"""Contacts of an actor: who may enter and see them, and with whom they are shared after an event."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.errors import Forbidden, NotFound
from app.security import Principal
from app.services.actors import apply_fields, as_create, get_actor, read_anew
from app.services.bounds import refuse_beyond
from app.services.discretion.redaction import without_people
from app.services.discretion.sight import Sight
from app.services.idempotency import Made, forget_made
from app.services.tombstones import remember, row_word
from models.actor import ActorCreate
from models.agenda import AgendaRules
from models.base import utc_now
from models.contact import Contact, ContactFields, ContactPublic
from models.event import Participant


def require_runner(session: Session, *, principal: Principal, actor_id: int) -> None:
    """Let admins through, and organisers of an event that the actor comes to; nobody else handles its persons.

    Raises:
        NotFound: no such actor, or one they must not know. Forbidden: it comes to none of their events.
    """
    Sight(session, principal).must_know(actor_id)
    get_actor(session, actor_id=actor_id)
    if principal.role == "admin":
        return
    theirs = select(Participant.event_id).where(Participant.actor_id == actor_id)
    if not any(principal.runs(event_id) for event_id in session.exec(theirs)):
        raise Forbidden.by_code("contacts_closed")


def list_contacts(session: Session, *, actor_id: int) -> list[ContactPublic]:
    """Every contact of an actor, by name."""
    rows = session.exec(select(Contact).where(Contact.actor_id == actor_id).order_by(Contact.name, col(Contact.id)))
    return [_public(row) for row in rows]


def read_contact(session: Session, *, actor_id: int, contact_id: int) -> ContactPublic:
    """One contact of an actor, or NotFound."""
    return _public(_get(session, actor_id, contact_id))


def create_contact(session: Session, *, actor_id: int, fields: ContactFields) -> ContactPublic:
    """Store a person of an actor; the shape has seen to it that there is a ground for it."""
    get_actor(session, actor_id=actor_id)
    refuse_beyond(session, "contacts", select(func.count()).where(Contact.actor_id == actor_id))
    row = Contact(actor_id=actor_id, **fields.model_dump())
    session.add(row)
    session.flush()
    read_anew(session, actor_id=actor_id)
    return _public(row)


def name_of(contact: Contact | ContactPublic) -> Made:
    """What may be remembered of a person who was stored: where, not who."""
    return {"actor_id": contact.actor_id, "contact_id": contact.id}


def replace_contact(session: Session, *, actor_id: int, contact_id: int, fields: ContactFields) -> ContactPublic:
    """Say anew what is stored of a person; that counts as a confirmation."""
    row = _get(session, actor_id, contact_id)
    if row.name != fields.name:
        _take_out(session, actor_id, [row.name])
    row.sqlmodel_update(fields.model_dump())
    row.confirmed_at = utc_now()
    session.add(row)
    session.flush()
    read_anew(session, actor_id=actor_id)
    return _public(row)


def delete_contact(session: Session, *, actor_id: int, contact_id: int) -> None:
    """Forget a person of an actor, as when consent is withdrawn."""
    forget_contacts(session, contacts=[_get(session, actor_id, contact_id)])


def forget_contacts(session: Session, *, contacts: Iterable[Contact]) -> int:
    """Remove persons, and their names from the texts of anonymous actors; how many were removed."""
    names: dict[int, list[str]] = {}
    contacts = [*contacts]
    forget_made(session, made=[name_of(row) for row in contacts])
    for row in contacts:
        names.setdefault(row.actor_id, []).append(row.name)
        # A backup that holds this row must not bring it back: consent may have been withdrawn.
        remember(session, kind="contact", word=row_word(row.id, row.created_at))
        session.delete(row)
    for actor_id, gone in names.items():
        _take_out(session, actor_id, gone)
    session.flush()
    return sum(map(len, names.values()))


def _take_out(session: Session, actor_id: int, names: Sequence[str]) -> None:
    """Nobody will know any more that these names are to be left out where its texts are shown: they go for good."""
    actor = get_actor(session, actor_id=actor_id, lock=True)
    if not actor.anonymous:
        return
    told = {
        facet: [item | {"text": text} for item in items if (text := without_people(item["text"], names))]
        for facet, items in actor.texts.items()
    }
    if told != actor.texts:
        fields = ActorCreate.model_validate(as_create(actor).model_dump() | told)
        apply_fields(session, actor=actor, fields=fields)


def contacts_opened(
    session: Session, *, event_id: int, viewer: int, mutual: Collection[int]
) -> dict[int, list[ContactPublic]]:
    """Whom a participant may write to at those with whom it is a yes on both sides, as far as each contact goes.

    Nobody where the organiser puts people in touch, or where one of the two is not registered (any more).
    """
    rules = session.get(AgendaRules, event_id) if mutual else None
    if not mutual or (rules is not None and not rules.contacts):
        return {}
    there = select(Participant.actor_id).where(
        Participant.event_id == event_id, col(Participant.actor_id).in_({viewer, *mutual})
    )
    registered = {*session.exec(there)}
    if viewer not in registered:
        return {}
    found: dict[int, list[ContactPublic]] = {other: [] for other in registered if other != viewer}
    rows = session.exec(
        select(Contact)
        .where(col(Contact.actor_id).in_(found), Contact.visibility != "organiser")
        .order_by(Contact.name, col(Contact.id))
    )
    for row in rows:
        found[row.actor_id].append(_public(row))
    return found


def _get(session: Session, actor_id: int, contact_id: int) -> Contact:
    row = session.get(Contact, (actor_id, contact_id)) if 0 < contact_id < 2**63 and 0 < actor_id < 2**63 else None
    if row is None:
        raise NotFound(f"actor {actor_id} has no contact {contact_id}")
    return row


def _public(row: Contact) -> ContactPublic:
    return ContactPublic(**row.model_dump(exclude={"created_at"}))
