"""The report of an event: attendance, meetings between sides and sectors, what was said, and what came of it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlmodel import Session, col, select

from app.services.answers import list_answers
from app.services.attendance import count_states, list_attendance
from app.services.discretion.pseudonyms import pseudonym_at
from app.services.events import get_event, list_participants
from app.services.plans import latest_plan
from models.actor import Actor
from models.agenda import AnswerPublic
from models.event import Event, ParticipantPublic
from models.plan import MeetingPublic, PlanPublic
from models.report import AnswerFigures, CrossFigure, EventReport, FollowUp, Quote, SideFigures
from models.tandem import Tandem, TandemStatus

Pair = tuple[int, int]


@dataclass(frozen=True)
class Gathered:
    """What a report is drawn up from: the event, who takes part, and the plan in force or else the last draft."""

    event: Event
    people: Sequence[ParticipantPublic]
    plan: PlanPublic | None

    @property
    def meetings(self) -> Sequence[MeetingPublic]:
        """Those of the plan."""
        return self.plan.meetings if self.plan else ()

    @property
    def side(self) -> dict[int, str]:
        """Where each participant stands."""
        return {person.actor_id: person.side for person in self.people}


def gather(session: Session, *, event_id: int) -> Gathered:
    """An event with its people and its plan; NotFound when there is no such event.

    A report is read by others than who runs the event: whoever is anonymous is named as others met them.
    """
    event = get_event(session, event_id=event_id)
    people = [
        p.model_copy(update={"name": p.pseudonym or p.name}) for p in list_participants(session, event_id=event_id)
    ]
    return Gathered(event, people, latest_plan(session, event_id=event_id))


def event_report(session: Session, *, gathered: Gathered) -> EventReport:
    """All figures of an event."""
    event, people, plan = gathered.event, gathered.people, gathered.plan
    meetings, side = gathered.meetings, gathered.side
    attendance = list_attendance(session, event_id=event.id)
    answers = _as_met(session, event.id, list_answers(session, event_id=event.id))
    tandems = _tandems(session, event.id, meetings)
    return EventReport(
        plan=plan.number if plan else None,
        published=plan is not None and plan.state == "published",
        participants=len(people),
        attendance={str(state): n for state, n in count_states(attendance).items()},
        meetings=len(meetings),
        across=_across(meetings, side),
        with_interpreter=sum(m.interpreter is not None for m in meetings),
        distribution=_distribution(meetings, people),
        floor_asked=event.min_meetings,
        sides=_sides(meetings, people, {a.actor_id for a in attendance if a.state in {"here", "late"}}),
        by_side=_crossed(meetings, {a: [s] for a, s in side.items()}),
        by_sector=_crossed(meetings, _sectors(session, side)),
        answers=_answer_figures(answers),
        tandems=dict(Counter(tandems.values())),
        follow_up=_follow_up(answers, tandems),
        quotes=_quotes(answers),
    )


def places_of(session: Session, *, ids: Iterable[int]) -> list[tuple[int, float, float, str | None]]:
    """(id, latitude, longitude, town) of those actors that have a place on the map and do not hide it."""
    columns = select(Actor.id, Actor.lat, Actor.lon, Actor.city)
    chosen = col(Actor.visibility).op("->>")
    told = (~col(Actor.anonymous), chosen("position").is_(None), chosen("city").is_(None))
    found = session.exec(columns.where(col(Actor.id).in_(list(ids)), col(Actor.lat).is_not(None), *told)).all()
    return [(i, lat, lon, city) for i, lat, lon, city in found if lat is not None and lon is not None]


def _as_met(session: Session, event_id: int, answers: Sequence[AnswerPublic]) -> list[AnswerPublic]:
    """Answers with the names under which the two met, whether they are still registered or not."""
    ids = {end for answer in answers for end in (answer.actor_id, answer.target_id)}
    hiding = select(Actor.id, Actor.veil).where(col(Actor.anonymous), col(Actor.id).in_(ids))
    names = {i: pseudonym_at(event_id, anonymous=True, veil=veil) for i, veil in session.exec(hiding)}
    ends = (("actor_name", "actor_id"), ("target_name", "target_id"))
    return [
        a.model_copy(update={name: names[getattr(a, end)] for name, end in ends if getattr(a, end) in names})
        for a in answers
    ]


def _pair(a: int, b: int) -> Pair:
    return (a, b) if a < b else (b, a)


def _across(meetings: Sequence[MeetingPublic], side: Mapping[int, str]) -> float | None:
    if not meetings:
        return None
    return sum(side.get(m.a) != side.get(m.b) for m in meetings) / len(meetings)


def _distribution(meetings: Sequence[MeetingPublic], people: Sequence[ParticipantPublic]) -> dict[int, int]:
    held = Counter(actor for m in meetings for actor in (m.a, m.b))
    counts = Counter(held[p.actor_id] for p in people)
    return {n: counts[n] for n in range(min(counts), max(counts) + 1)} if counts else {}


def _sides(meetings: Sequence[MeetingPublic], people: Sequence[ParticipantPublic], here: set[int]) -> list[SideFigures]:
    held = Counter(actor for m in meetings for actor in (m.a, m.b))
    members: dict[str, list[int]] = defaultdict(list)
    for person in people:
        members[person.side].append(person.actor_id)
    return [
        SideFigures(side=s, participants=len(a), here=len(here & set(a)), meetings=sum(held[i] for i in a))
        for s, a in sorted(members.items())
    ]


def _sectors(session: Session, ids: Iterable[int]) -> dict[int, list[str]]:
    found = session.exec(select(Actor.id, Actor.sectors).where(col(Actor.id).in_(list(ids)))).all()
    return {actor: list(sectors) for actor, sectors in found}


def _crossed(meetings: Sequence[MeetingPublic], words: Mapping[int, Sequence[str]]) -> list[CrossFigure]:
    """How many meetings join each two words; a meeting of actors with several counts for each of them."""
    counts: Counter[tuple[str, str]] = Counter()
    for m in meetings:
        joined = {(min(x, y), max(x, y)) for x in words.get(m.a, ()) for y in words.get(m.b, ())}
        counts.update(joined)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [CrossFigure(one=a, other=b, meetings=n) for (a, b), n in ordered]


def _answer_figures(answers: Sequence[AnswerPublic]) -> AnswerFigures:
    again = Counter(a.again for a in answers)
    steps = Counter(a.next_step for a in answers)
    return AnswerFigures(
        answers=len(answers),
        meetings_answered=len({_pair(a.actor_id, a.target_id) for a in answers}),
        again=again["yes"],
        not_again=again["no"],
        missed=again["missed"],
        very_useful=sum(1 for a in answers if a.useful == "very"),
        mutual=len({_pair(a.actor_id, a.target_id) for a in answers if a.mutual}),
        contact=steps["contact"],
        project=steps["project"],
    )


def _tandems(session: Session, event_id: int, meetings: Iterable[MeetingPublic]) -> dict[Pair, TandemStatus]:
    """Status of the tandems that name this event, or join two who met at it."""
    met = {_pair(m.a, m.b) for m in meetings}
    ids = {actor for pair in met for actor in pair}
    rows = session.exec(
        select(Tandem).where((col(Tandem.event_id) == event_id) | col(Tandem.actor_id).in_(list(ids)))
    ).all()
    pairs = {(row.actor_id, row.partner_id): row for row in rows}
    return {pair: cast(TandemStatus, r.status) for pair, r in pairs.items() if r.event_id == event_id or pair in met}


def _follow_up(answers: Sequence[AnswerPublic], tandems: Mapping[Pair, TandemStatus]) -> list[FollowUp]:
    """Pairs in which somebody wants to go on, the soonest date first."""
    found: dict[Pair, FollowUp] = {}
    for a in answers:
        pair = _pair(a.actor_id, a.target_id)
        wants = a.mutual or (a.again == "yes" and a.next_step in {"contact", "project"})
        if not wants or (pair in found and found[pair].date is not None):
            continue
        found[pair] = FollowUp(
            actor_id=a.actor_id, actor_name=a.actor_name, partner_id=a.target_id, partner_name=a.target_name,
            next_step=a.next_step, date=a.follow_up.isoformat() if a.follow_up else None, tandem=tandems.get(pair),
        )  # fmt: skip
    return sorted(found.values(), key=lambda f: (f.date or "9999", f.actor_name, f.partner_name))


def _quotes(answers: Sequence[AnswerPublic]) -> list[Quote]:
    return [
        Quote(actor_id=a.actor_id, actor_name=a.actor_name, text=a.note.strip())
        for a in answers
        if a.quote and a.note and a.note.strip()
    ]
