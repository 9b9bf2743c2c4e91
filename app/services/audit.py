"""The audit trail: records in a chain of hashes, each over the one before it (Schneier & Kelsey 1999, without keys).

Changing or removing a record breaks the chain from there on, unless everything after it is made again; the newest hash,
kept elsewhere, shows that too.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Text, cast, event, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session, col, select

from app.db import WROTE
from app.services.cursors import Part, in_order
from models.audit import AuditAction, AuditCheck, AuditPage, AuditPublic, AuditRecord, canonical
from models.base import utc_now

BEGINNING = "0" * 64
_CHAIN = 7_281_004
"""The lock that lets one transaction at a time append."""
_PAGE = 500
_TOUCHED = "touched"
_DUE = "due in the trail"
SERVICE = "service"
"""Who did what nobody asked for: a bound that makes room by itself."""
_NAMED = 40
"""Actors that one record names: an index holds what it names, which has a bound."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did, before it is a record."""

    who: str
    role: str
    action: AuditAction
    route: str
    target: str
    status: int
    at: datetime


def append(session: Session, deeds: Iterable[Deed]) -> None:
    """Add records to the end of the chain; the next writer waits until this transaction ends, so call it last."""
    session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN})
    newest = session.exec(select(AuditRecord.hash).order_by(col(AuditRecord.id).desc()).limit(1)).first()
    before = newest or BEGINNING
    for deed in deeds:
        record = AuditRecord(
            at=deed.at, who=deed.who, role=deed.role, action=deed.action, route=deed.route, target=deed.target,
            status=deed.status, before=before, hash="",
        )  # fmt: skip
        record.hash = before = digest(record)
        session.add(record)
    session.flush()


def note_own_deed(session: Session, *, route: str, target: str) -> None:
    """Have what the service does by itself recorded with this transaction: as the last thing of it, or not at all."""
    done = deed(who=SERVICE, role=SERVICE, action="change", route=route, target=target, status=200)
    session.info.setdefault(_DUE, []).append(done)


@event.listens_for(Session, "before_commit")
def _record_own_deeds(session: Session) -> None:
    if not session.in_nested_transaction() and (due := session.info.pop(_DUE, None)):
        append(session, due)


@event.listens_for(Session, "after_rollback")
def _forget_own_deeds(session: Session) -> None:
    session.info.pop(_DUE, None)


def digest(record: AuditRecord) -> str:
    """SHA-256 of a record with the hash before it."""
    return hashlib.sha256(json.dumps(canonical(record), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class TrailQuery:
    """Which records are meant; what is empty narrows nothing."""

    target: str = ""
    """Words such as "actor_id=12 event_id=3": records that name all of them, and perhaps more."""
    who: str = ""
    action: AuditAction | None = None
    day: date | None = None
    """A day in UTC."""


EVERYTHING = TrailQuery()


def list_records(
    session: Session, *, asked: TrailQuery = EVERYTHING, cursor: str | None = None, limit: int = 100
) -> AuditPage:
    """Records, newest first."""
    query = select(AuditRecord)
    if asked.target.split():
        words = func.string_to_array(AuditRecord.target, " ", type_=ARRAY(Text))
        query = query.where(words.contains(cast(asked.target.split(), ARRAY(Text))))
    if asked.who:
        query = query.where(AuditRecord.who == asked.who)
    if asked.action:
        query = query.where(AuditRecord.action == asked.action)
    if asked.day:
        midnight = datetime.combine(asked.day, time(), UTC)
        query = query.where(AuditRecord.at >= midnight, AuditRecord.at < midnight + timedelta(days=1))
    part = Part(limit, cursor)
    found = session.exec(in_order(query, part, col(AuditRecord.id), falling=True)).all()
    items = [_public(record) for record in part.cut(found, lambda record: (record.id,))]
    return AuditPage(items=items, next_cursor=part.next_cursor)


def name_actors(session: Session, *, actor_ids: Iterable[int]) -> None:
    """Have the record of this request name these actors too: its address may say no more than which event it is of."""
    session.info.setdefault(_TOUCHED, {}).update(dict.fromkeys(actor_ids))
    session.info[WROTE] = True


def named_actors(session: Session) -> Collection[int]:
    """Whom the record of this session's change is to name, once."""
    touched: dict[int, None] = session.info.pop(_TOUCHED, {})
    return touched.keys()


def naming(done: Deed, actor_ids: Collection[int]) -> list[Deed]:
    """The deed with these actors among what it names; as several where they are many."""
    ids = sorted(actor_ids)
    parts = [ids[at : at + _NAMED] for at in range(0, len(ids), _NAMED)] or [[]]
    told = ({*done.target.split(), *(f"actor_id={number}" for number in part)} for part in parts)
    return [replace(done, target=" ".join(sorted(words))) for words in told]


def check_chain(session: Session) -> AuditCheck:
    """Go through all records and see whether each is what was written, after the one before it."""
    seen, before, last = 0, None, 0
    while batch := _after(session, last):
        for record in batch:
            if record.hash != digest(record) or (before is not None and record.before != before):
                return AuditCheck(records=seen, whole=False, broken_at=record.id, head=before or BEGINNING)
            seen, before, last = seen + 1, record.hash, record.id
        session.expunge_all()
    return AuditCheck(records=seen, whole=True, broken_at=None, head=before or BEGINNING)


def forget_before(session: Session, *, moment: datetime) -> int:
    """Take away records older than a moment (their period is over); the chain goes on from the first that is left."""
    session.connection().execute(text("SET LOCAL viaduc.retention = 'on'"))
    gone = session.connection().execute(text("DELETE FROM audit WHERE at < :moment"), {"moment": moment})
    session.connection().execute(text("SET LOCAL viaduc.retention = 'off'"))
    return int(gone.rowcount)


def deed(*, who: str, role: str, action: AuditAction, route: str, target: str, status: int) -> Deed:
    """A deed of now."""
    return Deed(who or "nobody", role, action, route, target, status, utc_now())


def _after(session: Session, last: int) -> Sequence[AuditRecord]:
    query = select(AuditRecord).where(col(AuditRecord.id) > last).order_by(col(AuditRecord.id)).limit(_PAGE)
    return session.exec(query).all()


def _public(record: AuditRecord) -> AuditPublic:
    return AuditPublic.model_validate(record, from_attributes=True)
