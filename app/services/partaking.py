"""What a participant does for itself in its agenda: wishes, languages and rounds, leaving, and having seen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from app.errors import BadInput, Conflict, NotFound
from app.services.agenda import Agenda, snapshot
from app.services.attendance import say_attendance
from app.services.events import say_wish
from models.actor import Actor
from models.agenda import AgendaState
from models.day import AttendanceSay, Presence
from models.event import Participant, Wish, WishCreate

Word = Literal["wish", "veto", "none"]


@dataclass(frozen=True)
class Other:
    """Another participant, by name; `number` is its own, by which it is stored."""

    number: int
    actor_id: int
    name: str


def words_said(session: Session, *, event_id: int, actor_id: int) -> dict[int, str]:
    """What this participant said (or what was said for it) about others: wish, veto or must."""
    rows = session.exec(select(Wish).where(Wish.event_id == event_id, Wish.actor_id == actor_id))
    return {row.target_id: row.kind for row in rows}


def others_to_meet(session: Session, *, agenda: Agenda) -> list[Other]:
    """Every participant that this one may be paired with, by name."""
    side = func.coalesce(Participant.side, Actor.side)
    rows = session.exec(
        select(Actor, side)
        .join(Participant, col(Participant.actor_id) == Actor.id)
        .where(Participant.event_id == agenda.event.id, Actor.id != agenda.actor.id)
        .order_by(col(Actor.name), col(Actor.id))
    ).all()
    own, sight = agenda.participant.side or agenda.actor.side, agenda.sight
    met = [actor for actor, other in rows if not agenda.event.cross_side_only or other != own]
    others = [Other(actor.id, sight.number(actor), sight.name(actor)) for actor in met]
    # The order of their names would tell where those are that are withheld.
    return [o for o in others if o.number == o.actor_id] + sorted(
        (o for o in others if o.number != o.actor_id), key=lambda o: o.name
    )


def say_word(session: Session, *, agenda: Agenda, target_id: int, word: Word, now: datetime) -> None:
    """Keep a wish or a veto, or take either back; what the organiser decided stands.

    Raises:
        Conflict: wishes are closed, or the organiser fixed this pair. NotFound: the other is no participant.
    """
    if not agenda.rules.wishes or not agenda.takes_words(now):
        raise Conflict.by_code("wishes_closed")
    event_id, actor_id = agenda.event.id, agenda.actor.id
    if session.get(Participant, (event_id, target_id)) is None:
        raise NotFound.by_code("not_taking_part")
    row = session.get(Wish, (event_id, actor_id, target_id))
    if row is not None and row.kind == "must":
        raise Conflict.by_code("meeting_arranged")
    if word != "none":
        wish = WishCreate(actor_id=actor_id, target_id=target_id, kind=word)
        say_wish(session, event_id=event_id, wish=wish)
    elif row is not None:
        session.delete(row)
    session.flush()


def change_details(
    session: Session, *, agenda: Agenda, languages: list[str], available: list[int] | None, now: datetime
) -> None:
    """Replace a participant's languages and rounds; Conflict when the organiser does not let it."""
    if not agenda.rules.details or not agenda.takes_words(now):
        raise Conflict.by_code("details_closed")
    known = {r.index for r in agenda.rounds}
    if available is not None and not set(available) <= known:
        raise BadInput.of("available", f"the event has the rounds 0 to {len(known) - 1}")
    participant = agenda.participant
    participant.languages = languages
    participant.available = None if available is None or set(available) == known else sorted(set(available))
    session.add(participant)
    session.flush()


def note_visit(session: Session, *, agenda: Agenda, now: datetime) -> None:
    """At the first look at a published plan, remember it: from then on changes are told."""
    if agenda.plan is not None and (agenda.state is None or agenda.state.seen is None):
        mark_seen(session, agenda=agenda, now=now)


def mark_seen(session: Session, *, agenda: Agenda, now: datetime) -> None:
    """The participant knows its agenda as it is now."""
    row = _own_state(session, agenda)
    row.seen, row.seen_at = snapshot(agenda.visits), now
    session.add(row)
    session.flush()


def leave(session: Session, *, agenda: Agenda, note: str | None, now: datetime, by: str = "") -> None:
    """Take no further part: no later plan counts on this participant, and the desk sees it at once."""
    row = _own_state(session, agenda)
    if row.left_at is not None:
        return
    row.left_at, row.left_note = now, note
    session.add(row)
    if agenda.has_begun(now):
        missed = sum(r.starts_at <= now for r in agenda.rounds)
        _tell_desk(session, agenda, "gone", by, missed if missed < len(agenda.rounds) else None)
    else:
        row.available_before = agenda.participant.available
        agenda.participant.available = []
        session.add(agenda.participant)
        _tell_desk(session, agenda, "absent", by)
    session.flush()


def come_back(session: Session, *, agenda: Agenda, now: datetime, by: str = "") -> None:
    """Take part after all, in the rounds it was there for before."""
    row = agenda.state
    if row is None or row.left_at is None:
        return
    if agenda.participant.available == []:
        agenda.participant.available = row.available_before
    row.left_at = row.left_note = row.available_before = None
    session.add_all((row, agenda.participant))
    _tell_desk(session, agenda, "here" if agenda.has_begun(now) else "expected", by)
    session.flush()


def _own_state(session: Session, agenda: Agenda) -> AgendaState:
    """The row, made where there is none: two who share a link may open it in the same moment."""
    if agenda.state is not None:
        return agenda.state
    key = {"event_id": agenda.event.id, "actor_id": agenda.actor.id}
    session.connection().execute(insert(AgendaState).values(key).on_conflict_do_nothing())
    return session.get_one(AgendaState, key)


def _tell_desk(session: Session, agenda: Agenda, state: Presence, by: str, gone_from: int | None = None) -> None:
    said = AttendanceSay(actor_id=agenda.actor.id, state=state, round=gone_from)
    say_attendance(session, event_id=agenda.event.id, said=[said], by=by)
