"""What participants say after their meetings. It stands once, can be changed, and teaches the ranking.

Whoever said yes learns of the other's yes only when both said it. Each answer is handed on: to feedback, by which
suggestions learn, and once both said yes to the tandem of the two, which has met or is in discussion.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.errors import Conflict, NotFound
from app.services.cursors import Part, in_order, part_of
from app.services.discretion.openings import yes_on_both_sides
from app.services.events import get_event
from app.services.feedback import give_feedback
from app.services.tandems import BOTH_SAID, create_tandem, delete_tandem, get_tandem, tandem_public, update_tandem
from models.actor import Actor
from models.agenda import AnswerFields, AnswerPublic, MeetingAnswer
from models.base import utc_now
from models.event import Round
from models.feedback import FeedbackCreate, Outcome, Worth
from models.plan import Meeting, Plan
from models.tandem import TandemCreate, TandemStatus, TandemUpdate

_OWN: tuple[TandemStatus, ...] = ("met", "in_discussion")


@dataclass(frozen=True)
class Meant:
    """Who says something of whom, at which event."""

    event_id: int
    actor_id: int
    target_id: int


def save_answer(
    session: Session,
    *,
    meant: Meant,
    fields: AnswerFields,
    said_at: datetime | None = None,
    now: datetime | None = None,
) -> MeetingAnswer:
    """Keep what one says of a meeting; sent again it changes nothing, and an older word never covers a newer one.

    `said_at` is when the person said it: answers given without a connection arrive late and in any order.

    Raises:
        NotFound: the two do not meet by the published plan. Conflict: the event has not begun.
    """
    now = now or utc_now()
    said_at = min(said_at or now, now)
    _require_meeting(session, meant, now)
    _one_at_a_time(session, meant)
    row = session.get(MeetingAnswer, (meant.event_id, meant.actor_id, meant.target_id))
    # A word from the future was said before a clock was set back: whatever comes after that is newer.
    if row is not None and said_at < row.said_at <= now:
        return row
    before, was_mutual = _judgement(row), _is_mutual(session, meant)
    row = row or MeetingAnswer(**vars(meant), again=fields.again)
    consented = row.quote_at if row.quote and row.note == fields.note else said_at
    row.sqlmodel_update(fields.model_dump())
    row.quote = fields.quote and fields.note is not None
    row.quote_at = consented if row.quote else None
    row.said_at = said_at
    session.add(row)
    session.flush()
    _teach(session, row, before)
    _keep_tandem(session, row)
    # A page that looks again and finds nothing new would tell that the other said something else than yes.
    opened = was_mutual != _is_mutual(session, meant)
    tell_agendas(session, event_id=meant.event_id, who=(meant.actor_id, *([meant.target_id] if opened else ())))
    return row


def tell_agendas(session: Session, *, event_id: int, who: Iterable[int]) -> None:
    """The open agendas of these look again once this is committed; nobody else's do (app/live.py)."""
    session.execute(select(func.pg_notify("viaduc_event", " ".join(map(str, (event_id, "answer", *who))))))


def answers_of(session: Session, *, event_id: int, actor_id: int) -> dict[int, MeetingAnswer]:
    """What a participant said, by whom it met."""
    rows = session.exec(
        select(MeetingAnswer).where(MeetingAnswer.event_id == event_id, MeetingAnswer.actor_id == actor_id)
    )
    return {row.target_id: row for row in rows}


def mutual_yes(session: Session, *, event_id: int, a: int, b: int) -> bool:
    """Whether both said at this event that they would meet again."""
    return b in yes_on_both_sides(session, actor_id=a, event_id=event_id)


def list_answers(session: Session, *, event_id: int, part: Part | None = None) -> list[AnswerPublic]:
    """Every answer of an event, in the order of who gave it and of whom."""
    get_event(session, event_id=event_id)
    asked = select(MeetingAnswer).where(MeetingAnswer.event_id == event_id)
    found = session.exec(in_order(asked, part, col(MeetingAnswer.actor_id), col(MeetingAnswer.target_id))).all()
    rows = part_of(found, part, lambda row: (row.actor_id, row.target_id))
    ids = {row.actor_id for row in rows} | {row.target_id for row in rows}
    names = dict(session.exec(select(Actor.id, Actor.name).where(col(Actor.id).in_(ids))).all())
    yes = {(row.actor_id, row.target_id) for row in rows if row.again == "yes"}
    return [
        AnswerPublic(
            **row.model_dump(exclude={"event_id", "quote_at", "created_at"}),
            actor_name=names[row.actor_id],
            target_name=names[row.target_id],
            mutual={(row.actor_id, row.target_id), (row.target_id, row.actor_id)} <= yes,
        )
        for row in rows
    ]


def _require_meeting(session: Session, meant: Meant, now: datetime) -> None:
    event_id, a, b = meant.event_id, meant.actor_id, meant.target_id
    get_event(session, event_id=event_id)
    met = session.exec(
        select(Meeting.round)
        .join(Plan, (col(Plan.event_id) == Meeting.event_id) & (col(Plan.number) == Meeting.number))
        .where(
            Meeting.event_id == event_id,
            Plan.state == "published",
            col(Meeting.a).in_((a, b)),
            col(Meeting.b).in_((a, b)),
        )
    ).first()
    if met is None or a == b:
        raise NotFound.by_code("not_meeting", event=event_id)
    # Days run early as often as late: from the first round on, any meeting may have been held.
    begins = session.exec(select(func.min(Round.starts_at)).where(Round.event_id == event_id)).one()
    if begins is None or now < begins:
        raise Conflict.by_code("event_not_begun")


def _is_mutual(session: Session, meant: Meant) -> bool:
    return mutual_yes(session, event_id=meant.event_id, a=meant.actor_id, b=meant.target_id)


def _one_at_a_time(session: Session, meant: Meant) -> None:
    """Two who answer in the same moment would each not see the other's yes."""
    low, high = sorted((meant.actor_id, meant.target_id))
    pair = f"answer:{meant.event_id}:{low}:{high}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(pair, 0))))


Judgement = tuple[Worth, Outcome] | None


def _judgement(row: MeetingAnswer | None) -> Judgement:
    """What the ranking learns of an answer: nothing where the meeting was missed."""
    if row is None or row.again == "missed":
        return None
    if row.again == "no":
        # A next step that somebody would rather not meet again about is no vote for the pair.
        return "no", "none"
    if row.next_step == "project":
        return "yes", "project"
    if row.next_step == "contact":
        return "yes", "follow_up" if row.follow_up else "soft"
    return "yes", "none"


def _teach(session: Session, row: MeetingAnswer, before: Judgement) -> None:
    """Hand a new or changed judgement on. The words stay here: they are the person's, not the ranking's."""
    told = _judgement(row)
    if told is None or told == before:
        return
    worth, outcome = told
    give_feedback(
        session,
        fields=FeedbackCreate(
            actor_id=row.actor_id, target_id=row.target_id, event_id=row.event_id, worth=worth, outcome=outcome
        ),
    )


def _keep_tandem(session: Session, row: MeetingAnswer) -> None:
    """Two yeses make a tandem that met, and one that is in discussion once either names a next step."""
    a, b = row.actor_id, row.target_id
    known = _tandem_status(session, a, b)
    if not mutual_yes(session, event_id=row.event_id, a=a, b=b):
        if known in _OWN and _is_ours(session, row.event_id, a, b):
            delete_tandem(session, actor_id=a, partner_id=b)
            session.flush()
        return
    theirs = session.get(MeetingAnswer, (row.event_id, b, a))
    wanted = {row.next_step, theirs.next_step if theirs else None} & {"contact", "project"}
    day = row.said_at.date()
    if known is None:
        fields = TandemCreate(
            actor_id=a, partner_id=b, status="met", event_id=row.event_id, since=day, step_note=BOTH_SAID
        )
        create_tandem(session, fields=fields)
    elif known == "suggested":
        changes = TandemUpdate(status="met", event_id=row.event_id, since=day, step_note=BOTH_SAID)
        update_tandem(session, actor_id=a, partner_id=b, changes=changes)
    elif known != "met":
        return
    if wanted:
        changes = TandemUpdate(status="in_discussion", since=day, step_note=BOTH_SAID)
        update_tandem(session, actor_id=a, partner_id=b, changes=changes)


def _tandem_status(session: Session, a: int, b: int) -> str | None:
    try:
        return get_tandem(session, actor_id=a, partner_id=b).status
    except NotFound:
        return None


def _is_ours(session: Session, event_id: int, a: int, b: int) -> bool:
    """Whether nothing but answers of this event made the tandem what it is."""
    tandem = tandem_public(session, actor_id=a, partner_id=b)
    return tandem.event_id == event_id and all(step.note == BOTH_SAID for step in tandem.history)
