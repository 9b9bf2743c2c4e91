"""Retention: what is over its period goes by itself, and nothing else does."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from app.services.actors import create_actor
from app.services.audit import append, check_chain, deed
from app.services.contacts import create_contact
from app.services.events import create_event, register, set_rounds
from app.services.links import make_link
from app.services.meaning import Meaning, MeaningHolder
from app.services.retention import Periods, sweep
from app.worker import Worker
from models.access import AccessSession
from models.actor import ActorCreate, IdempotencyRecord
from models.agenda import AgendaLink, MeetingAnswer
from models.audit import AuditRecord
from models.base import utc_now
from models.contact import Contact, ContactFields
from models.day import Attendance, DayStep
from models.event import EventCreate, Participant, ParticipantCreate, RoundCreate
from models.plan import Meeting, Plan

NOW = datetime(2030, 6, 1, tzinfo=UTC)
YEAR = Periods(event=12, contact=12, audit=12)
PERSONS = Periods(event=12, contact=12, audit=None)
EVER = Periods(event=None, contact=None, audit=None)


@pytest.fixture
def filled(session: Session) -> Session:
    """Two actors, two events 2 years and 1 month ago, with persons in both; ids 1 and 2."""
    for name in ("Weaver", "Centre"):
        create_actor(session, fields=ActorCreate(name=name, country="FR"))
    for event_id, days in ((1, 730), (2, 30)):
        create_event(session, fields=EventCreate(name=f"Event {event_id}"))
        rounds = [RoundCreate(starts_at=NOW - timedelta(days=days), minutes=20)]
        set_rounds(session, event_id=event_id, rounds=rounds)
        for actor_id, person in ((1, "Anne"), (2, "Luc")):
            fields = {"actor_id": actor_id, "delegates": [{"id": person}]}
            register(session, event_id=event_id, fields=ParticipantCreate.model_validate(fields))
        make_link(session, event_id=event_id, actor_id=1, expires=utc_now() + timedelta(days=9999))
        people = [{"id": "1", "delegates": [{"id": "Anne"}]}, {"id": "2"}]
        plan = Plan(event_id=event_id, number=1, problem={"participants": people}, certificate={})
        session.add(plan)
        session.flush()
        session.add(Meeting(event_id=event_id, number=1, a=1, b=2, round=0, delegate_a="Anne", delegate_b="Luc"))
        session.add(Attendance(event_id=event_id, actor_id=1, delegate="Anne", state="here"))
        session.add(DayStep(event_id=event_id, number=1, kind="attendance", after={"1/Anne": {"state": "here"}}))
        session.add(MeetingAnswer(event_id=event_id, actor_id=1, target_id=2, again="yes", note="Fine", quote=True))
    for months in (2, 20):
        fields = ContactFields(name="Anne", email="a@x.example", basis="contract", basis_note="7")
        told = create_contact(session, actor_id=1, fields=fields)
        session.get_one(Contact, (1, told.id)).confirmed_at = NOW - timedelta(days=30 * months)
    session.commit()
    return session


def persons(session: Session, event_id: int) -> list[object]:
    """Every trace of a person at an event."""
    session.expire_all()
    of = [session.exec(select(t).where(t.event_id == event_id)).all() for t in (AgendaLink, Attendance, DayStep)]
    answer = session.get_one(MeetingAnswer, (event_id, 1, 2))
    people = session.exec(select(Participant).where(Participant.event_id == event_id).order_by(Participant.actor_id))
    meeting = session.exec(select(Meeting).where(Meeting.event_id == event_id)).one()
    plan = session.get_one(Plan, (event_id, 1))
    return [*map(len, of), answer.again, answer.note, answer.quote, [p.delegates[0]["id"] for p in people],
            (meeting.delegate_a, meeting.delegate_b), plan.problem["participants"][0]["delegates"]]  # fmt: skip


def test_persons_leave_an_old_event_and_what_came_of_it_stays(filled: Session) -> None:
    recent = persons(filled, 2)
    done = sweep(filled, periods=YEAR, now=NOW)
    filled.commit()
    assert persons(filled, 1) == [0, 0, 0, "yes", None, False, ["delegate 1", "delegate 1"],
                                  ("delegate 1", "delegate"), [{"id": "delegate 1"}]]  # fmt: skip
    assert persons(filled, 2) == recent
    assert recent[:3] == [1, 1, 1]
    assert done.rows == {"agenda_link": 1, "attendance": 1, "contact": 1, "day_step": 1, "meeting": 1,
                         "meeting_answer.note": 1, "participant.delegates": 2, "plan.problem": 1}  # fmt: skip
    assert sweep(filled, periods=PERSONS, now=NOW).rows == {}


def test_what_goes_by_itself_stands_in_the_audit_trail_once_and_names_nobody(filled: Session) -> None:
    sweep(filled, periods=PERSONS, now=NOW, dry_run=True)
    filled.commit()
    sweep(filled, periods=PERSONS, now=NOW)
    filled.rollback()
    filled.commit()
    assert filled.exec(select(AuditRecord.id)).all() == []
    for _ in range(2):
        sweep(filled, periods=PERSONS, now=NOW)
        filled.commit()
    told = filled.exec(select(AuditRecord).order_by(col(AuditRecord.id))).all()
    assert {(one.who, one.role, one.action) for one in told} == {("service", "service", "change")}
    assert [(one.route, set(one.target.split())) for one in told] == [
        ("RETENTION persons", {"event_id=1", "agenda_link=1", "attendance=1", "day_step=1", "meeting=1",
                               "meeting_answer.note=1", "participant.delegates=2", "plan.problem=1"}),
        ("RETENTION contact", {"rows=1"}),
    ]  # fmt: skip
    assert check_chain(filled).whole


def test_a_contact_goes_when_nobody_confirmed_it(filled: Session) -> None:
    sweep(filled, periods=Periods(None, 12, None), now=NOW)
    assert filled.exec(select(Contact.id)).all() == [1]


def test_for_ever_is_for_ever_and_a_dry_run_removes_nothing(filled: Session) -> None:
    assert sweep(filled, periods=EVER, now=NOW).rows == {}
    before = persons(filled, 1)
    tried = sweep(filled, periods=YEAR, now=NOW, dry_run=True)
    assert tried.dry_run
    assert persons(filled, 1) == before
    assert tried.rows == sweep(filled, periods=YEAR, now=NOW).rows


def test_old_records_of_the_audit_trail_go_and_the_chain_holds(session: Session) -> None:
    for years in (2, 1, 0):
        record = deed(who="key:1", role="admin", action="change", route="POST /x", target="", status=200)
        append(session, [type(record)(**{f: getattr(record, f) for f in record.__slots__}
                                      | {"at": NOW - timedelta(days=300 * years)})])  # fmt: skip
    assert sweep(session, periods=YEAR, now=NOW).rows == {"audit": 1}
    session.commit()
    left = session.exec(select(AuditRecord.route).order_by(col(AuditRecord.id))).all()
    assert left == ["POST /x", "POST /x", "RETENTION audit"]
    assert check_chain(session).whole


def test_sign_ins_that_ended_and_remembered_answers_go(session: Session) -> None:
    for hash_, days in (("old", -1), ("new", 1)):
        session.add(AccessSession(hash=hash_, vouched_role="reader", ends_at=NOW + timedelta(days=days)))
    for key, days in (("old", 40), ("new", 20)):
        at = NOW - timedelta(days=days)
        session.add(IdempotencyRecord(key=key, route="", body_hash="", status=201, answer={}, created_at=at))
    session.flush()
    assert sweep(session, periods=EVER, now=NOW).rows == {"access_session": 1, "idempotency": 1}
    assert session.exec(select(AccessSession.hash)).all() == ["new"]
    assert session.exec(select(IdempotencyRecord.key)).all() == ["new"]


def until(happened: Callable[[], bool]) -> bool:
    """Whether it happens within ten seconds."""
    end = time.monotonic() + 10
    while not happened() and time.monotonic() < end:
        time.sleep(0.02)
    return happened()


@pytest.mark.parametrize("with_model", [True, False])
def test_the_worker_sweeps_by_itself(engine: Engine, filled: Session, meaning: Meaning, with_model: bool) -> None:
    for contact in filled.exec(select(Contact)):
        contact.confirmed_at = utc_now() - timedelta(days=400 if contact.id == 1 else 1)
    filled.commit()
    holder = MeaningHolder.ready(meaning) if with_model else MeaningHolder(lambda: meaning)
    worker = Worker(engine, holder, 10, periods=Periods(None, 12, None))

    def gone() -> bool:
        with Session(engine) as session:
            return session.exec(select(Contact.id).order_by(col(Contact.id))).all() == [2]

    worker.start()
    try:
        assert until(gone)
    finally:
        worker.stop()
