"""Persons, wherever they stand: among contacts, those who sign in, and delegates. For answering somebody who asks."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import func, or_, text
from sqlmodel import Session, col, select

from app.security import AT_THE_TERMINAL
from app.services.actors import ActorQuery, list_actors
from app.services.discretion.sight import Sight
from models.access import AccessPerson, AccessSession
from models.actor import Actor, ActorBrief
from models.contact import Contact

_SEATED = text(
    "SELECT d->>'id', a.id, a.name, e.id, e.name FROM participant p CROSS JOIN jsonb_array_elements(p.delegates) AS d "
    "JOIN actor a ON a.id = p.actor_id JOIN event e ON e.id = p.event_id "
    "WHERE d->>'id' ILIKE ALL (CAST(:patterns AS text[])) OR d->>'id' = ANY (CAST(:names AS text[])) "
    "ORDER BY 1, e.id DESC, a.id LIMIT :most"
)
MOST = 60
"""Rows looked at of each kind: who finds more says more words."""


@dataclass(frozen=True)
class Stand:
    """One place where a person stands, by their name or address."""

    kind: Literal["contact", "sign_in", "session", "delegate"]
    name: str
    actor_id: int | None = None
    actor: str = ""
    part: int | None = None
    """The contact of the actor, or the event at whose tables the delegate sits."""
    event: str = ""


@dataclass
class Person:
    """Somebody found, with every place; the address is empty where none is stored."""

    email: str
    stands: list[Stand] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """What they are called, each name once."""
        return list(dict.fromkeys(s.name for s in self.stands if "@" not in s.name))


@dataclass(frozen=True)
class Found:
    """Persons and organisations that words were found in."""

    people: list[Person]
    organisations: list[ActorBrief]


def find_persons(session: Session, *, words: str) -> Found:
    """Persons whose name, address or telephone holds every word, and organisations with them in their texts or name."""
    asked = words.split()
    if not asked:
        return Found([], [])
    found: dict[str, Person] = {}
    for email, stand in (*_contacts(session, asked), *_sign_ins(session, asked)):
        found.setdefault(email or f"{stand.actor_id} {stand.part}", Person(email)).stands.append(stand)
    # A delegate is the contact of the same name at the same organisation.
    known = {(s.actor_id, s.name): person for person in found.values() for s in person.stands if s.kind == "contact"}
    named = {name for _, name in known}
    for stand in _delegates(session, patterns=[_pattern(word) for word in asked], names=[*named]):
        if (stand.actor_id, stand.name) not in known and not _holds(stand.name, asked):
            continue  # Somebody of the same name, elsewhere.
        key = (stand.actor_id, stand.name)
        if key not in known:
            found[f"{stand.actor_id}/{stand.name}"] = known[key] = Person("")
        known[key].stands.append(stand)
    # Only admins ask for persons, and nobody is anonymous to them.
    sight = Sight(session, AT_THE_TERMINAL)
    companies = list_actors(session, query=ActorQuery(q=words, sight=sight), limit=10).items
    return Found([*found.values()], companies)


def delegates_named(session: Session, *, names: Collection[str]) -> list[Stand]:
    """Where delegates of exactly these names sit."""
    return [*_delegates(session, names=[*names])] if names else []


def _contacts(session: Session, words: Iterable[str]) -> Iterator[tuple[str, Stand]]:
    where = [
        or_(*(col(c).icontains(word, autoescape=True) for c in (Contact.name, Contact.email, Contact.phone)))
        for word in words
    ]
    rows = session.exec(
        select(Contact, Actor.name)
        .join(Actor, col(Actor.id) == Contact.actor_id)
        .where(*where)
        .order_by(Contact.name, col(Contact.id))
        .limit(MOST)
    )
    for row, actor in rows:
        yield row.email or "", Stand("contact", row.name, row.actor_id, actor, row.id)


def _sign_ins(session: Session, words: Iterable[str]) -> Iterator[tuple[str, Stand]]:
    asked = [*words]
    people = select(AccessPerson.email).where(*(col(AccessPerson.email).icontains(w, autoescape=True) for w in asked))
    for email in session.exec(people.order_by(AccessPerson.email).limit(MOST)):
        yield email, Stand("sign_in", email)
    vouched = func.lower(AccessSession.vouched_for)
    sessions = select(vouched).where(*(vouched.icontains(w, autoescape=True) for w in asked))
    for email in session.exec(sessions.distinct().order_by(vouched).limit(MOST)):
        yield email, Stand("session", email)


def _delegates(
    session: Session, *, patterns: list[str] | None = None, names: list[str] | None = None
) -> Iterator[Stand]:
    rows = session.connection().execute(_SEATED, {"patterns": patterns, "names": names, "most": MOST})
    for name, actor_id, actor, event_id, event in rows:
        yield Stand("delegate", name, actor_id, actor, event_id, event)


def _holds(name: str, words: Iterable[str]) -> bool:
    return all(word.lower() in name.lower() for word in words)


def _pattern(word: str) -> str:
    """LIKE's pattern for what holds a word."""
    return "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
