"""What the memory tells on its pages: tandems with their next date, and feedback counted."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, or_
from sqlalchemy import select as sa_select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from app.services.discretion.sight import EVERYBODY, Sight
from app.services.feedback import is_worthy, verdicts
from app.services.search import Words, actors_by_name
from app.services.texts import fold
from models.actor import Actor
from models.agenda import MeetingAnswer
from models.event import Event
from models.feedback import Feedback
from models.tandem import Tandem

Pair = tuple[int, int]
_NAMED = 100
"""Actors of one name that are looked for."""
OPEN_STATUSES = ("suggested", "met", "in_discussion")
"""While a tandem is at one of these, a date that passed without a step asks for somebody."""


@dataclass(frozen=True)
class TandemQuery:
    """What the list of tandems is narrowed to; `events` are those whose answers may be read (None: all)."""

    status: str | None = None
    side: str | None = None
    words: str = ""
    events: frozenset[int] | None = None
    sight: Sight = EVERYBODY
    """For whom: tandems with an end that hides them are left out."""


@dataclass(frozen=True)
class TandemRow:
    """A tandem in the list, with both ends and the date on which somebody goes on."""

    tandem: Tandem
    actor: Actor
    partner: Actor
    event: str | None
    follow_up: date | None = None
    due: bool = False


@dataclass(frozen=True)
class TandemList:
    """One page of tandems, those changed last first, and how many there are at each status."""

    rows: list[TandemRow]
    total: int
    counts: dict[str, int] = field(default_factory=dict)


def list_memory(session: Session, *, query: TandemQuery, today: date, page: int = 1, size: int = 40) -> TandemList:
    """One page of tandems narrowed by side, words and status; counts leave the status open."""
    first, second = aliased(Actor), aliased(Actor)
    where = _narrowed(session, query, first, second)
    ends = (col(first.id) == Tandem.actor_id, col(second.id) == Tandem.partner_id)
    counted = select(Tandem.status, func.count()).join(first, ends[0]).join(second, ends[1]).where(*where)
    counts = dict(session.exec(counted.group_by(col(Tandem.status))).all())
    if query.status:
        where.append(col(Tandem.status) == query.status)
    found = session.exec(
        select(Tandem, first, second, Event.name)
        .join(first, ends[0])
        .join(second, ends[1])
        .outerjoin(Event, col(Event.id) == Tandem.event_id)
        .where(*where)
        .order_by(col(Tandem.updated_at).desc(), col(Tandem.actor_id), col(Tandem.partner_id))
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    dates = next_dates(session, pairs={(t.actor_id, t.partner_id) for t, *_ in found}, events=query.events, today=today)
    rows = [_row(found_row, dates, query.events, today) for found_row in found]
    return TandemList(rows, counts.get(query.status, 0) if query.status else sum(counts.values()), counts)


def next_dates(
    session: Session, *, pairs: Collection[Pair], events: frozenset[int] | None, today: date
) -> dict[Pair, date]:
    """Pair → the date on which one of them wants to go on: the next one, or else the last one that passed."""
    ids = {i for pair in pairs for i in pair}
    where = [col(MeetingAnswer.follow_up).is_not(None), col(MeetingAnswer.again) == "yes"]
    where += [col(MeetingAnswer.actor_id).in_(ids), col(MeetingAnswer.target_id).in_(ids)]
    if events is not None:
        where.append(col(MeetingAnswer.event_id).in_(events))
    dates: dict[Pair, list[date]] = {}
    for said in session.exec(select(MeetingAnswer).where(*where)):
        pair = (min(said.actor_id, said.target_id), max(said.actor_id, said.target_id))
        if said.follow_up is not None and pair in pairs:
            dates.setdefault(pair, []).append(said.follow_up)
    return {pair: min((d for d in days if d >= today), default=max(days)) for pair, days in dates.items()}


def is_due(tandem: Tandem, follow_up: date | None, today: date) -> bool:
    """Whether a date has passed and no step was recorded since."""
    if follow_up is None or follow_up > today or tandem.status not in OPEN_STATUSES:
        return False
    return tandem.since is None or tandem.since < follow_up


def _row(found: Any, dates: dict[Pair, date], events: frozenset[int] | None, today: date) -> TandemRow:
    tandem, actor, partner, event = found
    follow_up = dates.get((tandem.actor_id, tandem.partner_id))
    named = event if events is None or tandem.event_id in events else None
    return TandemRow(tandem, actor, partner, named, follow_up, is_due(tandem, follow_up, today))


def _narrowed(session: Session, query: TandemQuery, first: Any, second: Any) -> list[Any]:
    where: list[Any] = [query.sight.may_relate(first), query.sight.may_relate(second)]
    if query.side:
        where.append(or_(first.side == query.side, second.side == query.side))
    if fold(query.words):
        hits = actors_by_name(session, words=Words.of(query.words), limit=_NAMED, sight=query.sight)
        named = [hit.actor.id for hit in hits]
        where.append(or_(first.id.in_(named), second.id.in_(named)))
    return where


@dataclass(frozen=True)
class Tally:
    """What was said of meetings, or of suggestions: the newest word of each about each."""

    words: int
    worth: int
    outcomes: dict[str, int]


@dataclass(frozen=True)
class Tallies:
    """Feedback counted, and what it comes to for pairs: those judged, and those worth meeting for both."""

    meetings: Tally
    suggestions: Tally
    pairs: int
    worthy: int


def count_feedback(session: Session, *, events: Iterable[int] | None) -> Tallies:
    """Feedback counted, of some events or (None) all there is."""
    asked = sa_select(Feedback.actor_id, Feedback.target_id, Feedback.event_id, Feedback.worth, Feedback.outcome)  # type: ignore[call-overload]
    if events is not None:
        asked = asked.where(col(Feedback.event_id).in_([*events]))
    rows = session.execute(asked.order_by(col(Feedback.id))).all()
    judged = verdicts((a, b, is_worthy(worth, outcome)) for a, b, _, worth, outcome in rows)
    newest = {(a, b, event is None): (worth, outcome) for a, b, event, worth, outcome in rows}
    told: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
    for (_, _, suggested), word in newest.items():
        told[suggested].append(word)
    return Tallies(_tally(told[False]), _tally(told[True]), len(judged), sum(judged.values()))


def _tally(words: list[tuple[str, str]]) -> Tally:
    outcomes: dict[str, int] = {}
    for _, outcome in words:
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    return Tally(len(words), sum(worth == "yes" for worth, _ in words), outcomes)


def list_words(
    session: Session, *, events: Iterable[int] | None, page: int = 1, size: int = 40
) -> list[tuple[Feedback, str, str, str | None]]:
    """(feedback, who, of whom, event) of one page and one more, newest first."""
    actor, target = aliased(Actor), aliased(Actor)
    asked = (
        select(Feedback, actor.name, target.name, Event.name)
        .join(actor, col(actor.id) == Feedback.actor_id)
        .join(target, col(target.id) == Feedback.target_id)
        .outerjoin(Event, col(Event.id) == Feedback.event_id)
    )
    if events is not None:
        asked = asked.where(col(Feedback.event_id).in_([*events]))
    return [*session.exec(asked.order_by(col(Feedback.id).desc()).offset((page - 1) * size).limit(size + 1)).all()]
