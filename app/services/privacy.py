"""Telling and erasing everything about a person or an organisation, wherever it stands."""

import secrets
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select, text, update
from sqlmodel import Session, SQLModel, col
from sqlmodel import select as rows_of

from app.services.actors import apply_fields, as_create, get_actor
from app.services.contacts import forget_contacts
from app.services.idempotency import forget_record
from app.services.mentions import (
    Words,
    find_mentions,
    mask_mentions,
    stored_emails,
    strings,
    uploads_with,
)
from app.services.plan_traces import forget_in_plans, rename_delegates, with_delegates
from app.services.pool_revision import mark_pool_changed
from app.services.tombstones import erased_among, erased_since, organisation_word, person_word, remember, row_word
from models.access import AccessPerson, AccessSession
from models.actor import Actor, IdempotencyRecord
from models.competence_map import ImportChange, MapEntry, MapImport
from models.contact import Contact
from models.plan import Meeting
from models.privacy import PrivacyErased, PrivacyExport

_BY_MACHINES = frozenset(
    {
        *(f"map_import.{name}" for name in ("options", "report", "taken_back")),
        *(f"day_step.{name}" for name in ("subject", "before", "after")),
        *("agenda_state.seen", "import_change.before", "plan.certificate", "plan.progress", "import_job.cause"),
    }
)
"""Where machines wrote an organisation's name. What people wrote is theirs: it is counted, and left to a person."""
_SECRET = ("hash", "digest", "vector", "search_text", "hidden_text", "veil")
Erased = tuple[Counter[str], list[int], Words]


def export_person(session: Session, *, email: str) -> PrivacyExport:
    """Everything in which an e-mail address stands."""
    address = person_word(email)
    tables = {
        "contact": _rows(session, _table(Contact), col(Contact.email) == address),
        "access_person": _rows(session, _table(AccessPerson), col(AccessPerson.email) == address),
        "access_session": _rows(session, _table(AccessSession), _sessions_of([address])),
    }
    words = Words((address,))
    return _told(session, tables, words, uploads_with(session, words=words))


def export_organisation(session: Session, *, actor_id: int) -> PrivacyExport:
    """Everything about an actor: every row that hangs on it, and every text that names it."""
    actor = get_actor(session, actor_id=actor_id)
    tables = {"actor": _rows(session, _table(Actor), col(Actor.id) == actor_id)}
    for table, where in _owned([actor_id]):
        tables[table.name] = _rows(session, table, where)
    words = Words((actor.name,))
    return _told(session, tables, words, _uploads_of(session, [actor], words))


def erase_person(
    session: Session, *, email: str, names: Iterable[str] = (), dry_run: bool = False, note: bool = True
) -> PrivacyErased:
    """Remove a person: contacts, the right to sign in, sessions, and the address in every text.

    Delegates with one of `names` are masked wherever they sit, those with the name of a contact at that contact's actor
    only; texts that hold a name are counted, since it is often also a word.
    """
    address = person_word(email)
    stones = [("person", address)] if note else []
    return _erase(session, lambda: _erase_person(session, address, {*names}), dry_run, stones)


def erase_organisation(session: Session, *, actor_id: int, dry_run: bool = False, note: bool = True) -> PrivacyErased:
    """Remove an actor with everything that hangs on it, and its name where machines wrote it."""
    actor = get_actor(session, actor_id=actor_id)
    stones = [("organisation", word) for word in (_words_of(actor.id, actor.name, actor.country, actor.created_at))]
    return _erase(session, lambda: _erase_organisations(session, [actor]), dry_run, stones if note else [])


def erase_again(session: Session, *, since: datetime | None = None, stayed: frozenset[bytes] = frozenset()) -> int:
    """Erase whatever tombstones say was erased before, as after restoring an older backup; how many came back.

    Everybody at once: each table is gone through once, however many they are. `since` leaves out what was erased
    before (a backup made later holds only who was entered anew); `stayed` are prints of rows that the database held
    before it was replaced (mentions.address_rows): whoever stands in those alone was not erased meanwhile.
    """
    people, companies = (erased_since(session, kind=kind, moment=since) for kind in ("person", "organisation"))
    addresses = [*erased_among(people, stored_emails(session, but=stayed))] if people else []
    if addresses:
        _erase_addresses(session, addresses)
    by_word: dict[str, list[int]] = {}
    for row in session.exec(rows_of(Actor.id, Actor.name, Actor.country, Actor.created_at)) if companies else ():
        for word in _words_of(*row):
            by_word.setdefault(word, []).append(row[0])
    ids = sorted({actor_id for word in erased_among(companies, by_word) for actor_id in by_word[word]})
    if ids:
        _erase_organisations(session, [get_actor(session, actor_id=actor_id) for actor_id in ids])
    return len(addresses) + len(ids) + _forget_contacts_again(session, since)


def _forget_contacts_again(session: Session, since: datetime | None) -> int:
    """Contacts that were removed one by one, as when consent was withdrawn."""
    stones = erased_since(session, kind="contact", moment=since)
    if not stones:
        return 0
    held = {row_word(id, at): id for id, at in session.exec(rows_of(Contact.id, Contact.created_at))}
    ids = [held[word] for word in erased_among(stones, held)]
    return forget_contacts(session, contacts=session.exec(rows_of(Contact).where(col(Contact.id).in_(ids))))


def _words_of(actor_id: int, name: str, country: str, created_at: datetime) -> tuple[str, str]:
    """What an organisation is known by once it was erased: its name, and its row under whatever name."""
    return organisation_word(name, country), row_word(actor_id, created_at)


def _erase(
    session: Session, remove: Callable[[], Erased], dry_run: bool, stones: list[tuple[str, str]]
) -> PrivacyErased:
    """Remove and tell what went and where mentions are left; a dry run puts everything back.

    `stones`: kinds and words to remember as erased.
    """
    savepoint = session.begin_nested()
    done, uploads, words = remove()
    left = _left(session, words)
    if dry_run:
        savepoint.rollback()
        session.expire_all()
    else:
        for kind, word in stones:
            remember(session, kind=kind, word=word)
    return PrivacyErased(dry_run=dry_run, rows=dict(sorted(done.items())), uploads=uploads, left=left)


def _erase_person(session: Session, address: str, names: set[str]) -> Erased:
    mark = _new_mark()
    done = rename_delegates(session, actor_ids=with_delegates(session, names=names), names=names, mark=mark)
    if names:
        done["idempotency"] = _forget_answers(session, Words(tuple(names)))
    also, uploads, words = _erase_addresses(session, [address], mark)
    return done + also, uploads, Words((*words.said, *sorted(names - {*words.said})))


def _erase_addresses(session: Session, addresses: list[str], mark: str | None = None) -> Erased:
    """Remove the persons with these addresses, each under a mark of its own; the words are addresses and names."""
    batch = mark or _new_mark()
    marks = {address: batch if mark else f"{batch}-{n}" for n, address in enumerate(addresses)}
    done: Counter[str] = Counter()
    theirs: dict[str, list[Contact]] = {}
    for contact in session.exec(rows_of(Contact).where(col(Contact.email).in_(addresses))):
        theirs.setdefault(str(contact.email), []).append(contact)
    for address, contacts in theirs.items():
        ids, names = {c.actor_id for c in contacts}, {c.name for c in contacts}
        done += rename_delegates(session, actor_ids=ids, names=names, mark=marks[address])
    named = sorted({contact.name for contacts in theirs.values() for contact in contacts})
    done["access_session"] = _remove(session, _table(AccessSession), _sessions_of(addresses))
    done["access_person"] = _remove(session, _table(AccessPerson), col(AccessPerson.email).in_(addresses))
    done["contact"] = forget_contacts(session, contacts=[contact for found in theirs.values() for contact in found])
    words = Words(tuple(addresses))
    done["idempotency"] = _forget_answers(session, Words((*addresses, *named)))
    uploads = _empty_uploads(session, uploads_with(session, words=words))
    done += Counter(mask_mentions(session, marks=marks))
    session.expire_all()
    if any(place.startswith("actor.") for place in done):
        _rebuild_profiles(session, batch)
    return +done, uploads, Words((*addresses, *named))


def _erase_organisations(session: Session, actors: list[Actor]) -> Erased:
    """Remove actors with what hangs on each, then their names, in one pass, where machines wrote them."""
    words = Words(tuple(dict.fromkeys(actor.name for actor in actors)))
    ids = [actor.id for actor in actors]
    uploads = _empty_uploads(session, _uploads_of(session, actors, words))
    done = Counter({t.name: _count(session, t, where) for t, where in _owned(ids)})
    for actor_id in ids:
        done += forget_in_plans(session, actor_id=actor_id)
    _remove(session, _table(Meeting), or_(col(Meeting.a).in_(ids), col(Meeting.b).in_(ids)))
    done["actor"] = _remove(session, _table(Actor), col(Actor.id).in_(ids))
    session.expire_all()
    mark_pool_changed(session)
    done["idempotency"] = _forget_answers(session, words)
    mark = _new_mark()
    marks = {name.lower(): f"{mark}-{n}" if n else mark for n, name in enumerate(words.said)}
    done += Counter(mask_mentions(session, marks=marks, only=_BY_MACHINES))
    session.expire_all()
    return +done, uploads, words


def _uploads_of(session: Session, actors: list[Actor], words: Words) -> list[int]:
    """Stored files that tell of actors: those that name one, that brought one, or call it otherwise in its own maps."""
    ids = [actor.id for actor in actors]
    found = set(uploads_with(session, words=words))
    found.update(session.exec(rows_of(ImportChange.import_id).where(col(ImportChange.actor_id).in_(ids))))
    spelt = {alias for actor in actors for alias in actor.aliases}
    maps: set[int] = set()
    for map_id, said in session.exec(rows_of(MapEntry.map_id, MapEntry.said).where(col(MapEntry.actor_id).in_(ids))):
        maps.add(map_id)
        spelt |= {str(said["name"])} if said.get("name") else set()
    if spelt:
        found.update(uploads_with(session, words=Words(tuple(sorted(spelt))), map_ids=maps))
    return sorted(found)


def _new_mark() -> str:
    return f"erased-{secrets.token_hex(4)}"


def _rebuild_profiles(session: Session, mark: str) -> None:
    """Profiles whose texts were masked are cut into passages anew."""
    held = text("SELECT id FROM actor WHERE strpos(actor::text, :mark) > 0")
    for (actor_id,) in session.connection().execute(held, {"mark": mark}).all():
        actor = get_actor(session, actor_id=actor_id)
        apply_fields(session, actor=actor, fields=as_create(actor))
    session.flush()


def _empty_uploads(session: Session, ids: list[int]) -> list[int]:
    """Empty stored files: what they brought is in the tables, and undoing an import does not need them.

    Those that were only looked at go altogether.
    """
    meant, done = col(MapImport.id).in_(ids), col(MapImport.state).in_(("applied", "applying", "undone"))
    _remove(session, _table(MapImport), and_(meant, ~done))
    session.exec(update(MapImport).where(meant).values(data=zlib.compress(b""), report={}))
    return ids


def _forget_answers(session: Session, words: Words) -> int:
    """Remembered answers to creating requests repeat what was sent. That they were sent stays known."""
    gone = 0
    for row in session.exec(rows_of(IdempotencyRecord)).all():
        if any(words.pattern.search(said) for said in strings(row.answer)):
            forget_record(row)
            gone += 1
    session.flush()
    return gone


def _told(session: Session, tables: dict[str, list[dict[str, Any]]], words: Words, uploads: list[int]) -> PrivacyExport:
    mentions: dict[str, list[str]] = {}
    for place, said in find_mentions(session, words=words):
        mentions.setdefault(place, []).append(said)
    return PrivacyExport(tables={t: r for t, r in tables.items() if r}, mentions=mentions, uploads=uploads)


def _left(session: Session, words: Words) -> dict[str, int]:
    return dict(sorted(Counter(place for place, _ in find_mentions(session, words=words)).items()))


def _owned(ids: list[int]) -> Iterable[tuple[Table, ColumnElement[bool]]]:
    """Every table with rows that go when these actors go, and which rows those are."""
    names = ("actor_id", "target_id", "partner_id")
    for table in SQLModel.metadata.sorted_tables:
        owned = [table.c[n].in_(ids) for n in names if n in table.c and table.name not in {"actor", "audit"}]
        if owned:
            yield table, or_(*owned)
        elif table.name == "meeting":
            yield table, or_(table.c.a.in_(ids), table.c.b.in_(ids))


def _rows(session: Session, table: Table, where: ColumnElement[bool]) -> list[dict[str, Any]]:
    columns = [c for c in table.c if c.name not in _SECRET]
    whole = func.jsonb_build_object(*(part for c in columns for part in (c.name, c)))
    return [row for (row,) in session.connection().execute(select(whole).where(where)).all()]


def _sessions_of(addresses: list[str]) -> ColumnElement[bool]:
    people = rows_of(AccessPerson.id).where(col(AccessPerson.email).in_(addresses))
    return or_(func.lower(AccessSession.vouched_for).in_(addresses), col(AccessSession.person_id).in_(people))


def _count(session: Session, table: Table, where: ColumnElement[bool]) -> int:
    return int(session.connection().execute(select(func.count()).select_from(table).where(where)).scalar_one())


def _remove(session: Session, table: Table, where: ColumnElement[bool]) -> int:
    return int(session.connection().execute(delete(table).where(where)).rowcount)


def _table(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table
