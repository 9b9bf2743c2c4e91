"""Retention: what is over its period is removed, every day, by itself."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, func, text, update
from sqlmodel import Session, col, select

from app.services.audit import forget_before, note_own_deed
from app.services.contacts import forget_contacts
from app.settings import Settings
from models.access import AccessSession, SignInLink
from models.actor import Actor, IdempotencyRecord
from models.agenda import AgendaLink, AgendaState, MeetingAnswer
from models.audit import AuditRecord
from models.base import utc_now
from models.contact import Contact
from models.day import Attendance, DayStep
from models.event import Event, Participant, Round
from models.plan import Meeting, Plan
from models.privacy import Swept

_LOCK = 7_281_005
_MONTH = timedelta(days=30.4375)
_REPEATS = timedelta(days=30)
"""How long an answer is remembered for a request that is sent again."""
_OVER = "RETENTION"
"""What the audit trail calls it, before what went."""


@dataclass(frozen=True)
class Due:
    """Something that goes on a day to come, unless it is confirmed or moved before."""

    kind: Literal["event", "contact", "audit"]
    on: date
    name: str = ""
    id: int | None = None
    """Of the event, or of the contact's organisation."""
    part: int | None = None
    """Of the contact."""


@dataclass(frozen=True)
class Periods:
    """Months that things are kept; None: for ever."""

    event: int | None
    contact: int | None
    audit: int | None


def periods_of(settings: Settings) -> Periods:
    """What the operator has set."""
    return Periods(
        settings.keep_event_months or None, settings.keep_contact_months or None, settings.keep_audit_months or None
    )


def sweep(session: Session, *, periods: Periods, now: datetime | None = None, dry_run: bool = False) -> Swept:
    """Remove what is over its period, or count it. Two processes that sweep at once: the second finds nothing to do."""
    now = now or utc_now()
    session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    savepoint = session.begin_nested()
    done, others = Counter[str](), Counter[str]()
    if periods.event is not None:
        for event_id in _over(session, now - periods.event * _MONTH):
            gone = _forget_persons(session, event_id)
            done += gone
            if not dry_run:
                _note(session, "persons", {"event_id": event_id, **+gone})
    if periods.contact is not None:
        old = select(Contact).where(col(Contact.confirmed_at) < now - periods.contact * _MONTH)
        others["contact"] = forget_contacts(session, contacts=session.exec(old).all())
    if periods.audit is not None:
        others["audit"] = _forget_audit(session, now - periods.audit * _MONTH)
    others["idempotency"] = _run(
        session, delete(IdempotencyRecord).where(col(IdempotencyRecord.created_at) < now - _REPEATS)
    )
    others["access_session"] = _run(session, delete(AccessSession).where(col(AccessSession.ends_at) < now))
    others["sign_in_link"] = _run(session, delete(SignInLink).where(col(SignInLink.expires_at) < now))
    if dry_run:
        savepoint.rollback()
    else:
        for kind, rows in sorted((+others).items()):
            _note(session, kind, {"rows": rows})
    session.expire_all()
    return Swept(dry_run=dry_run, rows=dict(sorted((+(done + others)).items())))


def _note(session: Session, what: str, told: dict[str, int]) -> None:
    """One record for each kind, and for each event; of an event that had nothing left to remove, none."""
    if told.keys() != {"event_id"}:
        note_own_deed(session, route=f"{_OVER} {what}", target=" ".join(f"{name}={n}" for name, n in told.items()))


def next_deletions(session: Session, *, periods: Periods, now: datetime | None = None, most: int = 12) -> list[Due]:
    """What goes next by its period, soonest first: persons of events, contacts nobody confirms, records of the trail.

    What is over already is gone, or goes within a day.
    """
    now = now or utc_now()
    found = [*_events_due(session, periods, now, most), *_contacts_due(session, periods, now, most)]
    oldest = session.exec(select(func.min(AuditRecord.at))).one()
    if periods.audit is not None and oldest is not None:
        found.append(Due("audit", max(now, oldest + periods.audit * _MONTH).date()))
    return sorted(found, key=lambda due: due.on)[:most]


def _events_due(session: Session, periods: Periods, now: datetime, most: int) -> list[Due]:
    if periods.event is None:
        return []
    kept = periods.event * _MONTH
    last = func.coalesce(func.max(Round.starts_at), func.max(Event.created_at))
    query = select(Event.id, Event.name, last).outerjoin(Round, col(Round.event_id) == Event.id)
    rows = session.exec(query.group_by(col(Event.id)).having(last >= now - kept).order_by(last).limit(most)).all()
    return [Due("event", (over + kept).date(), name, event_id) for event_id, name, over in rows]


def _contacts_due(session: Session, periods: Periods, now: datetime, most: int) -> list[Due]:
    if periods.contact is None:
        return []
    kept = periods.contact * _MONTH
    rows = session.exec(
        select(Contact, Actor.name)
        .join(Actor, col(Actor.id) == Contact.actor_id)
        .where(col(Contact.confirmed_at) >= now - kept)
        .order_by(col(Contact.confirmed_at), col(Contact.id))
        .limit(most)
    ).all()
    return [
        Due("contact", (row.confirmed_at + kept).date(), f"{row.name} ({actor})", row.actor_id, row.id)
        for row, actor in rows
    ]


def _over(session: Session, moment: datetime) -> list[int]:
    """Events whose last round began before a moment; those without rounds count from when they were made."""
    last = func.coalesce(func.max(Round.starts_at), func.max(Event.created_at))
    query = select(Event.id).outerjoin(Round, col(Round.event_id) == Event.id).group_by(col(Event.id))
    return [*session.exec(query.having(last < moment).order_by(col(Event.id)))]


def _forget_persons(session: Session, event_id: int) -> Counter[str]:
    """Take the persons out of an event: what stays is which organisations met, and what came of it."""
    done: Counter[str] = Counter()
    for table in (AgendaLink, Attendance, DayStep, AgendaState):
        done[str(table.__tablename__)] = _run(session, delete(table).where(col(table.event_id) == event_id))
    notes = (col(MeetingAnswer.event_id) == event_id, col(MeetingAnswer.note).is_not(None))
    done["meeting_answer.note"] = _run(
        session, update(MeetingAnswer).where(*notes).values(note=None, quote=False, quote_at=None)
    )
    for person in session.exec(select(Participant).where(Participant.event_id == event_id)).all():
        names = {d["id"]: f"delegate {n}" for n, d in enumerate(person.delegates, 1)}
        if any(name != new for name, new in names.items()):
            person.delegates = [d | {"id": names[d["id"]]} for d in person.delegates]
            done["participant.delegates"] += 1
    done += _forget_in_plans(session, event_id)
    session.flush()
    return done


def _forget_in_plans(session: Session, event_id: int) -> Counter[str]:
    done: Counter[str] = Counter()
    for plan in session.exec(select(Plan).where(Plan.event_id == event_id)).all():
        names: dict[tuple[str, str], str] = {}
        people = [_unnamed(person, names) for person in plan.problem.get("participants", [])]
        if people != plan.problem.get("participants", []):
            plan.problem = plan.problem | {"participants": people}
            plan.edits, plan.edits_done = [], 0
            done["plan.problem"] += 1
        sat = (Meeting.event_id == event_id, Meeting.number == plan.number)
        for meeting in session.exec(select(Meeting).where(*sat)).all():
            before = meeting.delegate_a, meeting.delegate_b
            meeting.delegate_a = _name(names, meeting.a, meeting.delegate_a)
            meeting.delegate_b = _name(names, meeting.b, meeting.delegate_b)
            done["meeting"] += before != (meeting.delegate_a, meeting.delegate_b)
    return done


def _unnamed(person: dict[str, Any], names: dict[tuple[str, str], str]) -> dict[str, Any]:
    if not person.get("delegates"):
        return person
    for n, delegate in enumerate(person["delegates"], 1):
        names[person["id"], delegate["id"]] = f"delegate {n}"
    return person | {"delegates": [d | {"id": names[person["id"], d["id"]]} for d in person["delegates"]]}


def _name(names: dict[tuple[str, str], str], actor_id: int, said: str | None) -> str | None:
    return None if said is None else names.get((str(actor_id), said), "delegate")


def _forget_audit(session: Session, moment: datetime) -> int:
    old = select(func.count()).select_from(AuditRecord).where(AuditRecord.at < moment)
    return forget_before(session, moment=moment) if session.exec(old).one() else 0


def _run(session: Session, statement: Any) -> int:
    return int(session.connection().execute(statement).rowcount)
