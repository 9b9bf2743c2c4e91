"""People who may sign in, and the links that sign them in once."""

from datetime import timedelta

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from app.errors import NotFound, NotSignedIn
from app.security import Principal
from app.services.access.keys import require_events
from app.services.access.secrets import hash_of, new_secret
from app.services.bounds import refuse_beyond
from models.access import AccessPerson, PersonCreate, PersonPublic, SignInLink
from models.base import utc_now

LINK_LASTS = timedelta(minutes=30)


def put_person(session: Session, *, fields: PersonCreate, by: str) -> PersonPublic:
    """Let somebody sign in, or change what they may do; sessions that are open follow at once."""
    require_events(session, scope=fields)
    row = find_person(session, email=fields.email)
    if row is None:
        refuse_beyond(session, "people", select(func.count()).select_from(AccessPerson))
        row = AccessPerson(email=fields.email, role="", created_by=by)
    row.role, row.events, row.creates = fields.role, fields.events, fields.creates
    session.add(row)
    session.flush()
    return person_public(row)


def list_people(session: Session) -> list[PersonPublic]:
    """Everybody who may sign in, by e-mail."""
    return [person_public(row) for row in session.exec(select(AccessPerson).order_by(AccessPerson.email))]


def remove_person(session: Session, *, person_id: int) -> None:
    """Let somebody in no more; their links and open sessions end with it."""
    session.delete(get_person(session, person_id=person_id))


def get_person(session: Session, *, person_id: int) -> AccessPerson:
    """Somebody who may sign in, or NotFound."""
    row = session.get(AccessPerson, person_id) if 0 < person_id < 2**63 else None
    if row is None:
        raise NotFound(f"there is no person {person_id}")
    return row


def find_person(session: Session, *, email: str) -> AccessPerson | None:
    """Who has this e-mail address."""
    return session.exec(select(AccessPerson).where(AccessPerson.email == email.strip().lower())).one_or_none()


def make_sign_in_link(session: Session, *, email: str) -> str:
    """A secret that signs this person in once, soon; NotFound when the address is not let in.

    Links that are over are swept away with it.
    """
    person = find_person(session, email=email)
    if person is None:
        raise NotFound(f"{email} may not sign in")
    now = utc_now()
    session.exec(delete(SignInLink).where(col(SignInLink.expires_at) < now))
    secret = new_secret("link")
    session.add(SignInLink(hash=secret.hash, person_id=person.id, expires_at=now + LINK_LASTS))
    session.flush()
    return secret.text


def use_sign_in_link(session: Session, *, token: str) -> AccessPerson:
    """Whom a link signs in; NotSignedIn when it was used, is over, or never was. Of two uses at once, one counts."""
    now = utc_now()
    taken = session.exec(
        update(SignInLink)
        .where(
            col(SignInLink.hash) == hash_of(token), col(SignInLink.used_at).is_(None), col(SignInLink.expires_at) > now
        )
        .values(used_at=now)
        .returning(col(SignInLink.person_id))
    ).one_or_none()
    person = session.get(AccessPerson, taken[0]) if taken else None
    if person is None:
        raise NotSignedIn("this link was used already or is over; ask for a new one")
    return person


def principal_of_person(row: AccessPerson) -> Principal:
    """Whom a person signed in stands for; never their name."""
    events = frozenset(row.events)
    return Principal(row.role, f"person:{row.id}", events, creates=row.creates)  # type: ignore[arg-type]


def person_public(row: AccessPerson) -> PersonPublic:
    """Somebody as answered."""
    return PersonPublic.model_validate(row.model_dump())
