"""Texts of consent: what people agreed to, by version. A version that somebody agreed to does not change."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.errors import Conflict, NotFound
from app.services.bounds import refuse_beyond
from models.contact import ConsentText, ConsentTextCreate, ConsentTextPublic, Contact


def list_texts(session: Session) -> list[ConsentTextPublic]:
    """Every version, newest first, with how many contacts stand on it."""
    used = dict(
        session.exec(
            select(Contact.consent_text, func.count())
            .where(col(Contact.consent_text).is_not(None))
            .group_by(col(Contact.consent_text))
        ).all()
    )
    rows = session.exec(select(ConsentText).order_by(col(ConsentText.created_at).desc(), col(ConsentText.version)))
    return [_public(row, used.get(row.version, 0)) for row in rows]


def versions(session: Session) -> list[str]:
    """The names of all versions, newest first."""
    query = select(ConsentText.version).order_by(col(ConsentText.created_at).desc(), col(ConsentText.version))
    return [*session.exec(query)]


def add_text(session: Session, *, fields: ConsentTextCreate) -> ConsentTextPublic:
    """Keep a new version; Conflict when there is one of this name: what was agreed to does not change."""
    if session.get(ConsentText, fields.version) is not None:
        raise Conflict(f"there is a text of version {fields.version} already: give a changed one another version")
    refuse_beyond(session, "consent texts", select(func.count()).select_from(ConsentText))
    row = ConsentText(**fields.model_dump(mode="json"))
    session.add(row)
    session.flush()
    return _public(row, _used(session, fields.version))


def remove_text(session: Session, *, version: str) -> None:
    """Remove a version that nobody agreed to.

    Raises:
        NotFound: there is no such version. Conflict: contacts are stored on it.
    """
    row = session.get(ConsentText, version, with_for_update=True)
    if row is None:
        raise NotFound("there is no such version")
    used = _used(session, version)
    if used:
        raise Conflict(f"{used} contacts were stored on version {version}: it stays as long as they do")
    session.delete(row)
    session.flush()


def _used(session: Session, version: str) -> int:
    return session.exec(select(func.count()).where(col(Contact.consent_text) == version)).one()


def _public(row: ConsentText, contacts: int) -> ConsentTextPublic:
    return ConsentTextPublic(**row.model_dump(), contacts=contacts)
