"""Who is here, what was lost, and every step of the day, each of which can be taken back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from app.errors import BadInput, NotFound
from app.services.cursors import Part, in_order, part_of
from app.services.discretion.pseudonyms import pseudonym_at
from app.services.events import get_event, list_places, list_rounds
from models.actor import Actor
from models.base import utc_now
from models.day import (
    Attendance,
    AttendancePublic,
    AttendanceSay,
    DayLoss,
    DayStep,
    DayStepPublic,
    LossSay,
    Presence,
)
from models.event import Event, Participant

STATES: tuple[Presence, ...] = get_args(Presence)
AWAY = frozenset({"absent", "gone"})
_WITH_ROUND = frozenset({"late", "gone"})


@dataclass(frozen=True)
class Losses:
    """Places that cannot be used any more and rounds that do not take place, by their index."""

    places: frozenset[int] = frozenset()
    rounds: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Registered:
    """What the desk needs of a registration; profiles stay where they are."""

    actor_id: int
    name: str
    side: str
    delegates: Sequence[str]
    pseudonym: str | None = None


@dataclass(frozen=True)
class Step:
    """What was said, ready to be kept: how it was before and how it is now, by subject."""

    kind: str
    subject: Mapping[str, Any]
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def say_attendance(
    session: Session, *, event_id: int, said: Sequence[AttendanceSay], by: str = ""
) -> list[AttendancePublic]:
    """Note what the desk says of participants or delegates, as one step; what is known already is no news.

    Raises:
        NotFound: no such event. BadInput: not registered, no such delegate, or a round that is missing or unknown.
    """
    lock_day(session, event_id)
    people = {p.actor_id: p for p in _registered(session, event_id)}
    rounds = len(list_rounds(session, event_id=event_id))
    rows = _rows(session, event_id)
    before, after = {}, {}
    for position, word in enumerate(said):
        _refuse_unknown(position, word, people.get(word.actor_id), rounds)
        key = (word.actor_id, word.delegate)
        now = _told(word.state, word.round)
        if _row_told(rows.get(key)) != now:
            before[_name(*key)], after[_name(*key)] = _row_told(rows.get(key)), now
    _put(session, event_id, after)
    if after:
        keep_step(session, event_id, Step("attendance", {}, before, after), by)
    return _public(people.values(), _rows(session, event_id))


def list_attendance(session: Session, *, event_id: int) -> list[AttendancePublic]:
    """Every participant by name with what the desk knows of it."""
    get_event(session, event_id=event_id)
    return _public(_registered(session, event_id), _rows(session, event_id))


def count_states(people: Iterable[AttendancePublic]) -> dict[Presence, int]:
    """How many participants are expected, here, late, absent and gone."""
    states = [p.state for p in people]
    return {state: states.count(state) for state in STATES}


def is_away(person: AttendancePublic) -> bool:
    """Whether nobody of a participant is here any more: the desk said so of it, or of each of its delegates."""

    def away(word: AttendanceSay) -> bool:
        return word.state in AWAY and word.round is None

    return away(person) or (bool(person.delegates) and all(map(away, person.delegates)))


def say_loss(session: Session, *, event_id: int, said: LossSay, by: str = "") -> Losses:
    """Note that a place is lost (or back), a round cancelled (or not).

    Raises:
        NotFound: no such event. BadInput: no such place or round.
    """
    lock_day(session, event_id)
    things = list_places if said.kind == "place" else list_rounds
    if said.index not in {thing.index for thing in things(session, event_id=event_id)}:
        raise BadInput.of_code("index", "nothing_of_number", event=event_id, what=said.kind, number=said.index)
    was = session.get(DayLoss, (event_id, said.kind, said.index)) is not None
    if was != said.lost:
        _set_loss(session, event_id, said)
        subject = {"kind": said.kind, "index": said.index}
        keep_step(session, event_id, Step("loss", subject, {"lost": was}, {"lost": said.lost}), by)
    return list_losses(session, event_id=event_id)


def list_losses(session: Session, *, event_id: int) -> Losses:
    """What was lost."""
    rows = session.exec(select(DayLoss.kind, DayLoss.ordinal).where(DayLoss.event_id == event_id)).all()
    return Losses(*(frozenset(n for kind, n in rows if kind == wanted) for wanted in ("place", "round")))


def list_steps(session: Session, *, event_id: int, limit: int = 50, part: Part | None = None) -> list[DayStepPublic]:
    """What was said, newest first, the last `limit` or a part of it; NotFound when there is no such event."""
    get_event(session, event_id=event_id)
    part = part or Part(limit)
    asked = select(DayStep).where(DayStep.event_id == event_id)
    rows = session.exec(in_order(asked, part, col(DayStep.number), falling=True)).all()
    return [step_public(row) for row in part_of(rows, part, lambda row: (row.number,))]


def step_public(row: DayStep) -> DayStepPublic:
    """A step as answered."""
    said = row.model_dump(include={"number", "kind", "subject", "before", "after", "said_at"})
    return DayStepPublic(**said, undone=row.undone_at is not None)


def keep_step(session: Session, event_id: int, step: Step, by: str) -> DayStep:
    """Add a step to the day's history; the day is locked by the caller, so numbers do not collide."""
    last = session.exec(select(func.max(DayStep.number)).where(DayStep.event_id == event_id)).one()
    row = DayStep(
        event_id=event_id,
        number=(last or 0) + 1,
        kind=step.kind,
        subject=dict(step.subject),
        before=dict(step.before),
        after=dict(step.after),
        said_by=by,
    )
    session.add(row)
    session.flush()
    return row


def lock_day(session: Session, event_id: int) -> None:
    """Wait for whoever else is changing this day; NotFound when there is no such event."""
    found = None
    if 0 < event_id < 2**63:
        # NO KEY UPDATE: registrations that only refer to the event need not wait.
        found = session.exec(select(Event.id).where(Event.id == event_id).with_for_update(key_share=True)).first()
    if found is None:
        raise NotFound.by_code("no_event", number=event_id)


def restore_attendance(session: Session, event_id: int, told: Mapping[str, Any]) -> None:
    """Put back what was known of the subjects of a step."""
    registered = {p.actor_id for p in _registered(session, event_id)}
    _put(session, event_id, {k: v for k, v in told.items() if _key(k)[0] in registered})


def attendance_told(session: Session, event_id: int, names: Iterable[str]) -> dict[str, Any]:
    """What is known now of the subjects of a step."""
    rows = _rows(session, event_id)
    return {name: _row_told(rows.get(_key(name))) for name in names}


def restore_loss(session: Session, event_id: int, subject: Mapping[str, Any], lost: bool) -> None:
    """Put a loss back, or take it away."""
    _set_loss(session, event_id, LossSay(kind=subject["kind"], index=subject["index"], lost=lost))


def _refuse_unknown(position: int, word: AttendanceSay, person: Registered | None, rounds: int) -> None:
    if person is None:
        raise BadInput.of(f"[{position}].actor_id", f"actor {word.actor_id} is not registered for this event")
    if word.delegate and word.delegate not in person.delegates:
        raise BadInput.of(f"[{position}].delegate", f"{person.name} has no delegate {word.delegate!r}")
    if word.state == "late" and word.round is None:
        raise BadInput.of(f"[{position}].round", "say the first round they are there for")
    if word.round is not None and word.state not in _WITH_ROUND:
        raise BadInput.of(f"[{position}].round", f"a round goes with late and gone, not with {word.state}")
    if word.round is not None and word.round >= rounds:
        raise BadInput.of(f"[{position}].round", f"the event has no round {word.round}")


def _registered(session: Session, event_id: int) -> list[Registered]:
    query = (
        sa_select(Participant, Actor.name, Actor.side, Actor.anonymous, Actor.veil)  # type: ignore[call-overload]
        .join(Actor, col(Actor.id) == Participant.actor_id)
        .where(col(Participant.event_id) == event_id)
        .order_by(col(Actor.name), col(Actor.id))
    )
    return [
        Registered(
            row.actor_id,
            name,
            row.side or side,
            [d["id"] for d in row.delegates],
            pseudonym_at(event_id, anonymous=anonymous, veil=veil),
        )
        for row, name, side, anonymous, veil in session.execute(query)
    ]


def _rows(session: Session, event_id: int) -> dict[tuple[int, str], Attendance]:
    rows = session.exec(select(Attendance).where(Attendance.event_id == event_id)).all()
    return {(row.actor_id, row.delegate): row for row in rows}


def _told(state: str, at: int | None) -> dict[str, Any]:
    return {"state": state, "round": at}


def _row_told(row: Attendance | None) -> dict[str, Any]:
    return _told(row.state, row.round) if row else _told("expected", None)


def _name(actor_id: int, delegate: str) -> str:
    return f"{actor_id}/{delegate}"


def _key(name: str) -> tuple[int, str]:
    actor_id, _, delegate = name.partition("/")
    return int(actor_id), delegate


def _put(session: Session, event_id: int, told: Mapping[str, Any]) -> None:
    rows = _rows(session, event_id)
    for name, now in told.items():
        key = _key(name)
        row = rows.get(key)
        if now["state"] == "expected":
            if row is not None:
                session.delete(row)
        elif row is not None:
            row.state, row.round, row.said_at = now["state"], now["round"], utc_now()
        else:
            session.add(Attendance(event_id=event_id, actor_id=key[0], delegate=key[1], **now))
    session.flush()


def _set_loss(session: Session, event_id: int, said: LossSay) -> None:
    row = session.get(DayLoss, (event_id, said.kind, said.index))
    if said.lost and row is None:
        session.add(DayLoss(event_id=event_id, kind=said.kind, ordinal=said.index))
    elif row is not None and not said.lost:
        session.delete(row)
    session.flush()


def _public(people: Iterable[Registered], rows: Mapping[tuple[int, str], Attendance]) -> list[AttendancePublic]:
    return [_person_public(person, rows) for person in people]


def _person_public(person: Registered, rows: Mapping[tuple[int, str], Attendance]) -> AttendancePublic:
    own = rows.get((person.actor_id, ""))
    delegates = [
        AttendanceSay(actor_id=person.actor_id, delegate=d, **_row_told(rows.get((person.actor_id, d))))
        for d in person.delegates
    ]
    said_at: datetime | None = own.said_at if own else None
    return AttendancePublic(
        actor_id=person.actor_id,
        **_row_told(own),
        name=person.name,
        pseudonym=person.pseudonym,
        side=person.side,
        said_at=said_at,
        delegates=delegates,
    )
