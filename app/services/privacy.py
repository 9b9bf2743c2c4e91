"""Telling and erasing everything about a person or an organisation, wherever it stands."""

import secrets
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select, text, update
from sqlmodel import Session, SQLModel, col
from sqlmodel import select as rows_of

from app.services.actors import apply_fields, as_create, get_actor
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
from app.services.tombstones import erased_among, organisation_word, person_word, remember
from models.access import AccessPerson, AccessSession
from models.actor import Actor, IdempotencyRecord
from models.competence_map import MapEntry, MapImport
from models.contact import Contact, Tombstone
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
_SECRET = ("hash", "digest", "vector", "search_text")
Erased = tuple[Counter[str], list[int], Words]


def export_person(session: Session, *, email: str) -> PrivacyExport:
    """Everything in which an e-mail address stands."""
    address = person_word(email)
    tables = {
        "contact": _rows(session, _table(Contact), col(Contact.email) == address),
        "access_person": _rows(session, _table(AccessPerson), col(AccessPerson.email) == address),
        "access_session": _rows(session, _table(AccessSession), _sessions_of(address)),
    }
    return _told(session, tables, Words((address,)))


def export_organisation(session: Session, *, actor_id: int) -> PrivacyExport:
    """Everything about an actor: every row that hangs on it, and every text that names it."""
    actor = get_actor(session, actor_id=actor_id)
    tables = {"actor": _rows(session, _table(Actor), col(Actor.id) == actor_id)}
    for table, where in _owned(actor_id):
        tables[table.name] = _rows(session, table, where)
    return _told(session, tables, Words((actor.name,)))


def erase_person(
    session: Session, *, email: str, names: Iterable[str] = (), dry_run: bool = False, note: bool = True
) -> PrivacyErased:
    """Remove a person: contacts, the right to sign in, sessions, and the address in every text.

    Delegates with one of `names` are masked wherever they sit, those with the name of a contact at that contact's actor
    only; texts that hold a name are counted, since it is often also a word.
    """
    address = person_word(email)
    stone = ("person", address) if note else None
    return _erase(session, lambda: _erase_person(session, address, {*names}), dry_run, stone)


def erase_organisation(session: Session, *, actor_id: int, dry_run: bool = False, note: bool = True) -> PrivacyErased:
    """Remove an actor with everything that hangs on it, and its name where machines wrote it."""
    actor = get_actor(session, actor_id=actor_id)
    stone = ("organisation", organisation_word(actor.name, actor.country)) if note else None
    return _erase(session, lambda: _erase_organisation(session, actor), dry_run, stone)


def erase_again(session: Session) -> int:
    """Erase whatever tombstones say was erased before, as after restoring an older backup; how many came back."""
    kinds = set(session.exec(rows_of(Tombstone.kind)))
    again = 0
    for address in erased_among(session, kind="person", words=stored_emails(session) if "person" in kinds else ()):
        erase_person(session, email=address, note=False)
        again += 1
    actors = session.exec(rows_of(Actor.id, Actor.name, Actor.country)).all() if "organisation" in kinds else []
    by_word: dict[str, list[int]] = {}
    for actor_id, name, country in actors:
        by_word.setdefault(organisation_word(name, country), []).append(actor_id)
    for word in erased_among(session, kind="organisation", words=by_word):
        for actor_id in by_word[word]:
            erase_organisation(session, actor_id=actor_id, note=False)
            again += 1
    return again


def _erase(
    session: Session, remove: Callable[[], Erased], dry_run: bool, stone: tuple[str, str] | None
) -> PrivacyErased:
    """Remove and tell what went and where mentions are left; a dry run puts everything back.

    `stone` is the kind and the word to remember as erased.
    """
    savepoint = session.begin_nested()
    done, uploads, words = remove()
    left = _left(session, words)
    if dry_run:
        savepoint.rollback()
        session.expire_all()
    elif stone is not None:
        kind, word = stone
        remember(session, kind=kind, word=word)
    return PrivacyErased(dry_run=dry_run, rows=dict(sorted(done.items())), uploads=uploads, left=left)


def _erase_person(session: Session, address: str, names: set[str]) -> Erased:
    mark = f"erased-{secrets.token_hex(4)}"
    done: Counter[str] = Counter()
    contacts = session.exec(rows_of(Contact).where(Contact.email == address)).all()
    of_contacts = {contact.name for contact in contacts}
    done += rename_delegates(session, actor_ids={c.actor_id for c in contacts}, names=of_contacts, mark=mark)
    done += rename_delegates(session, actor_ids=with_delegates(session, names=names), names=names, mark=mark)
    names |= of_contacts
    done["access_session"] = _remove(session, _table(AccessSession), _sessions_of(address))
    done["access_person"] = _remove(session, _table(AccessPerson), col(AccessPerson.email) == address)
    done["contact"] = _remove(session, _table(Contact), col(Contact.email) == address)
    words = Words((address,))
    done["idempotency"] = _forget_answers(session, words)
    uploads = _empty_uploads(session, uploads_with(session, words=words))
    done += Counter(mask_mentions(session, words=words, mark=mark))
    session.expire_all()
    if any(place.startswith("actor.") for place in done):
        _rebuild_profiles(session, mark)
    return +done, uploads, Words((address, *sorted(names)))


def _erase_organisation(session: Session, actor: Actor) -> Erased:
    actor_id, name = actor.id, actor.name
    maps = set(session.exec(rows_of(MapEntry.map_id).where(MapEntry.actor_id == actor_id)))
    done = Counter({t.name: _count(session, t, where) for t, where in _owned(actor_id)})
    uploads = _empty_uploads(session, uploads_with(session, words=Words((name,)), map_ids=maps))
    done += forget_in_plans(session, actor_id=actor_id)
    meetings = or_(col(Meeting.a) == actor_id, col(Meeting.b) == actor_id)
    done["meeting"] = _remove(session, _table(Meeting), meetings)
    session.delete(actor)
    session.flush()
    session.expire_all()
    mark_pool_changed(session)
    done["actor"] = 1
    words = Words((name,))
    done["idempotency"] = _forget_answers(session, words)
    mark = f"erased-{secrets.token_hex(4)}"
    done += Counter(mask_mentions(session, words=words, mark=mark, only=_BY_MACHINES))
    session.expire_all()
    return +done, uploads, words


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
    """Remembered answers to creating requests repeat what was sent."""
    gone = 0
    for row in session.exec(rows_of(IdempotencyRecord)).all():
        if any(words.pattern.search(said) for said in strings(row.answer)):
            session.delete(row)
            gone += 1
    session.flush()
    return gone


def _told(session: Session, tables: dict[str, list[dict[str, Any]]], words: Words) -> PrivacyExport:
    mentions: dict[str, list[str]] = {}
    for place, said in find_mentions(session, words=words):
        mentions.setdefault(place, []).append(said)
    uploads = uploads_with(session, words=words)
    return PrivacyExport(tables={t: r for t, r in tables.items() if r}, mentions=mentions, uploads=uploads)


def _left(session: Session, words: Words) -> dict[str, int]:
    return dict(sorted(Counter(place for place, _ in find_mentions(session, words=words)).items()))


def _owned(actor_id: int) -> Iterable[tuple[Table, ColumnElement[bool]]]:
    """Every table with rows that go when an actor goes, and which rows those are."""
    names = ("actor_id", "target_id", "partner_id")
    for table in SQLModel.metadata.sorted_tables:
        owned = [table.c[n] == actor_id for n in names if n in table.c and table.name not in {"actor", "audit"}]
        if owned:
            yield table, or_(*owned)
        elif table.name == "meeting":
            yield table, or_(table.c.a == actor_id, table.c.b == actor_id)


def _rows(session: Session, table: Table, where: ColumnElement[bool]) -> list[dict[str, Any]]:
    columns = [c for c in table.c if c.name not in _SECRET]
    whole = func.jsonb_build_object(*(part for c in columns for part in (c.name, c)))
    return [row for (row,) in session.connection().execute(select(whole).where(where)).all()]


def _sessions_of(address: str) -> ColumnElement[bool]:
    people = rows_of(AccessPerson.id).where(AccessPerson.email == address)
    vouched = col(AccessSession.vouched_for).ilike(_literal(address), escape="\\")
    return or_(vouched, col(AccessSession.person_id).in_(people))


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _count(session: Session, table: Table, where: ColumnElement[bool]) -> int:
    return int(session.connection().execute(select(func.count()).select_from(table).where(where)).scalar_one())


def _remove(session: Session, table: Table, where: ColumnElement[bool]) -> int:
    return int(session.connection().execute(delete(table).where(where)).rowcount)


def _table(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table
