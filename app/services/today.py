"""The rest of the day planned anew: from what the desk said, as a draft with its diff, applied and taken back."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from app.db import session_scope
from app.errors import BadInput, Conflict, NotFound
from app.services.attendance import (
    AWAY,
    Losses,
    Step,
    is_away,
    keep_step,
    list_attendance,
    list_losses,
    lock_day,
)
from app.services.editions import set_up_edition
from app.services.events import list_interpreters, list_participants, list_rounds, list_wishes
from app.services.hours import SetUp, as_set_up, without_delegates
from app.services.idempotency import Keep, keep_nothing
from app.services.meaning import Meaning
from app.services.pairings import read_form
from app.services.plans import get_plan, publish, stored_plan
from app.services.posed import posed_frame
from app.services.problems import set_up_problem
from app.services.repairs import standing_plan
from app.services.replans import Day, Newcomers, compare_plans, compute, day_changes, newcomers, store_replan
from app.services.timetable import Moment, moment
from app.services.weights import stored_weights
from matching.pairing.parse import problem_from_dict
from matching.pairing.problem import Interpreter, Plan, Problem
from matching.pairing.replan import Replan, compare
from models.day import AttendancePublic, AttendanceSay, DayApplied, DayReplan, DayStep
from models.event import ParticipantPublic, WishCreate
from models.plan import Away, EventChanges, Late, PlanDiff, ReplanPublic
from models.plan import Plan as PlanRow


@dataclass(frozen=True)
class Happened:
    """What the desk said, as far as it changes who can meet whom."""

    absent: tuple[int, ...]
    late: tuple[tuple[int, int], ...]
    gone: tuple[tuple[int, int], ...]
    delegates: tuple[tuple[int, str, str, int], ...]
    """(actor, delegate, late | gone, round); gone for good: round 0."""
    losses: Losses

    def told(self, first: int) -> dict[str, Any]:
        """What of it matters for the rounds from `first` on, to compare with what a draft was made for."""
        return {
            "absent": sorted([*self.absent, *(a for a, r in self.gone if r <= first)]),
            "late": sorted([a, r] for a, r in self.late if r > first),
            "gone": sorted([a, r] for a, r in self.gone if r > first),
            "delegates": sorted([a, d, s, r] for a, d, s, r in self.delegates),
            "places": sorted(self.losses.places),
            "rounds": sorted(r for r in self.losses.rounds if r >= first),
        }


@dataclass(frozen=True)
class Desk:
    """Who asks for a new plan of the day, at which moment, and for how many seconds it may be computed."""

    by: str
    now: datetime
    longest_s: float


@dataclass(frozen=True)
class Today:
    """Everything a re-plan of today needs, read in one go so that the solver holds no connection."""

    number: int
    original: Plan
    day: Day
    step: Step


def list_happened(session: Session, *, event_id: int) -> Happened:
    """What the desk said so far."""
    people = list_attendance(session, event_id=event_id)
    return happened_of(people, list_losses(session, event_id=event_id))


def happened_of(people: Sequence[AttendancePublic], losses: Losses) -> Happened:
    """The same, of what was read already."""
    late = tuple((p.actor_id, p.round) for p in people if p.state == "late" and p.round is not None)
    gone = tuple((p.actor_id, p.round) for p in people if p.state in AWAY and p.round is not None)
    return Happened(
        tuple(p.actor_id for p in people if is_away(p)),
        late,
        gone,
        tuple(word for p in people for word in _delegate_words(p)),
        losses,
    )


def _delegate_words(person: AttendancePublic) -> Iterable[tuple[int, str, str, int]]:
    def word(said: AttendanceSay) -> tuple[int, str, str, int] | None:
        if said.state in AWAY:
            return (person.actor_id, said.delegate, "gone", said.round or 0)
        if said.state == "late" and said.round is not None:
            return (person.actor_id, said.delegate, "late", said.round)
        return None

    return (told for told in map(word, person.delegates) if told is not None)


def published_number(session: Session, *, event_id: int) -> int | None:
    """The plan in force."""
    query = select(PlanRow.number).where(PlanRow.event_id == event_id, PlanRow.state == "published")
    return session.exec(query).first()


def replan_today(
    engine: Engine,
    *,
    meaning: Callable[[], Meaning],
    event_id: int,
    asked: DayReplan,
    desk: Desk,
    keep: Keep = keep_nothing,
) -> ReplanPublic:
    """Plan the rest of the day as a draft with its diff against the plan in force.

    Two short transactions with the solver between them: no connection waits for it. The meaning is asked for only when
    somebody came who is not in the plan. `keep` remembers for the request what was stored.

    Raises:
        Conflict: nothing is published. BadInput: the first round asked for is over, or nothing is left.
    """
    with session_scope(engine) as session:
        today = _load(session, meaning=meaning, event_id=event_id, asked=asked, now=desk.now)
    answer = compute(today.day, longest_s=desk.longest_s)
    answer = replace(answer, diff=compare(today.original, answer.plan))
    with session_scope(engine) as session:
        made = _store(session, event_id=event_id, today=today, answer=answer, by=desk.by)
        keep(session, {"number": made.plan.number})
        return made


def _load(session: Session, *, meaning: Callable[[], Meaning], event_id: int, asked: DayReplan, now: datetime) -> Today:
    """The published plan, the event as it is set up now, and what the desk said."""
    # Before what it counts is read: what changes between the two makes the draft outdated, not unnoticed.
    set_up = set_up_edition(session, event_id=event_id)
    number = published_number(session, event_id=event_id)
    if number is None:
        raise Conflict.by_code("nothing_published")
    first = _first_round(session, event_id, asked, now)
    stored = get_plan(session, event_id, number)
    plan = stored_plan(session, event_id=event_id, number=number)
    happened = list_happened(session, event_id=event_id)
    people = {str(p.actor_id): p for p in list_participants(session, event_id=event_id)}
    there = read_set_up(session, event_id=event_id)
    problem = as_set_up(read_form(problem_from_dict, stored.problem, "problem"), there, first)
    problem = without_delegates(problem, happened.delegates, first)
    known = {p.id for p in problem.participants}
    away = set(happened.absent)
    fresh = [int(i) for i in people if i not in known and int(i) not in away]
    said = _said(happened, known, people, first, fresh, asked)
    valued = Newcomers(fresh, stored_weights(stored.weights))
    joining = newcomers(session, meaning(), event_id, problem, valued) if fresh else ()
    changes = day_changes(said.model_copy(update=no_longer_there(problem, there, said)), joining)
    vetoes = _vetoes(list_wishes(session, event_id=event_id), plan, first)
    planned = known.union(map(str, fresh))
    problem = replace(problem, never=tuple(pair for pair in vetoes if planned.issuperset(pair)))
    begun = _moment(session, event_id, now).first_open
    made_for = {"begun": begun, "walk_ins": fresh, **happened.told(first)}
    made_for["set_up"] = set_up
    step = Step("replan", {"of": number, "keep": asked.keep, "first": first}, {}, made_for)
    return Today(number, plan, Day(problem, standing_plan(problem, plan, changes), changes, said), step)


def _store(session: Session, *, event_id: int, today: Today, answer: Replan, by: str) -> ReplanPublic:
    """Keep the new plan as a draft, and what it was made for."""
    lock_day(session, event_id)
    stored = store_replan(session, event_id=event_id, number=today.number, answer=answer)
    step = replace(today.step, subject=dict(today.step.subject) | {"plan": stored.plan.number})
    keep_step(session, event_id, step, by)
    return stored


def draft_step(session: Session, *, event_id: int, number: int) -> DayStep:
    """What a draft of today was made for; NotFound when it is no such draft."""
    rows = session.exec(
        select(DayStep)
        .where(DayStep.event_id == event_id, DayStep.kind == "replan")
        .order_by(col(DayStep.number).desc())
    )
    step = next((row for row in rows if row.subject["plan"] == number), None)
    if step is None:
        raise NotFound(f"plan {number} was not made at the desk")
    return step


def is_outdated(session: Session, *, event_id: int, step: DayStep) -> bool:
    """Whether the desk has said something since that the draft does not know, or the set-up has changed."""
    people = list_attendance(session, event_id=event_id)
    told = happened_of(people, list_losses(session, event_id=event_id)).told(step.subject["first"])
    if any(step.after[name] != value for name, value in told.items()):
        return True
    if step.after.get("set_up") != set_up_edition(session, event_id=event_id):
        return True
    return bool(list_newcomers(session, event_id=event_id, number=step.subject["plan"], people=people))


def list_newcomers(session: Session, *, event_id: int, number: int, people: Sequence[AttendancePublic]) -> list[int]:
    """Participants who are not in a plan at all: registered since, and not away."""
    known = {asked.id for asked in posed_frame(session, event_id=event_id, number=number).asked}
    return [p.actor_id for p in people if p.actor_id not in known and not is_away(p)]


def apply_draft(session: Session, *, event_id: int, number: int, now: datetime, by: str = "") -> DayApplied:
    """Publish a draft of today.

    Raises:
        NotFound: no such draft. Conflict: another plan was published since, or a round it would change has begun.
    """
    lock_day(session, event_id)
    step = draft_step(session, event_id=event_id, number=number)
    before = int(step.subject["of"])
    in_force = published_number(session, event_id=event_id)
    if in_force is None:
        raise Conflict.by_code("nothing_published")
    if in_force != before:
        raise Conflict.by_code("another_in_force", number=number, before=before, now=in_force)
    diff = compare_plans(session, event_id=event_id, number=number, base=before)
    begun = _moment(session, event_id, now).first_open
    if begun != step.after["begun"]:
        _refuse_begun(diff, begun, "round_begun")
    publish(session, event_id=event_id, number=number)
    keep_step(session, event_id, Step("plan", {"begun": begun}, {"plan": before}, {"plan": number}), by)
    return DayApplied(plan=number, before=before, diff=diff)


def return_to_plan(session: Session, *, event_id: int, step: DayStep, now: datetime) -> None:
    """Publish the plan that was in force before a step.

    Raises:
        Conflict: a round has begun that the two plans hold differently.
    """
    former, number = step.before["plan"], step.after["plan"]
    diff = compare_plans(session, event_id=event_id, number=former, base=number)
    begun = _moment(session, event_id, now).first_open
    if begun != step.subject["begun"]:
        _refuse_begun(diff, begun, "round_begun_no_return")
    publish(session, event_id=event_id, number=former)


def _refuse_begun(diff: PlanDiff, begun: int, code: str) -> None:
    touched = [m["round"] for m in (*diff.removed, *diff.added)]
    touched += [m["round"] for move in diff.moved for m in (move.before, move.after)]
    if touched and min(touched) < begun:
        raise Conflict.by_code(code, number=min(touched) + 1)


def _moment(session: Session, event_id: int, now: datetime) -> Moment:
    losses = list_losses(session, event_id=event_id)
    return moment(list_rounds(session, event_id=event_id), now, losses.rounds)


def _first_round(session: Session, event_id: int, asked: DayReplan, now: datetime) -> int:
    here = _moment(session, event_id, now)
    earliest = here.current.index if here.phase == "round" and here.current else here.first_open
    first = here.first_open if asked.first is None else asked.first
    rounds = len(list_rounds(session, event_id=event_id))
    if first < earliest:
        raise BadInput.of("first", f"round {first + 1} is over")
    if first >= rounds:
        raise BadInput.of("first", "the last round has begun: nothing is left to plan")
    return first


def _said(
    happened: Happened,
    known: set[str],
    people: dict[str, ParticipantPublic],
    first: int,
    fresh: Sequence[int],
    asked: DayReplan,
) -> EventChanges:
    """In the words of a re-plan. Those who left the list altogether are absent too."""
    present = {int(i) for i in known if i in people}
    left = {int(i) for i in known if i not in people}
    rounds = happened.losses.rounds
    return EventChanges(
        now=first,
        absent=sorted(a for a in {*happened.absent, *left} if str(a) in known),
        late=[Late(participant=str(a), round=r) for a, r in happened.late if a in present and r > first],
        away=[Away(participant=str(a), rounds=[*range(max(r, first), 200)]) for a, r in happened.gone if a in present],
        lost_places=sorted(happened.losses.places),
        cancelled=sorted(r for r in rounds if r >= first),
        walk_ins=[*fresh],
        keep=asked.keep,
        time_limit_s=asked.time_limit_s,
    )


def read_set_up(session: Session, *, event_id: int) -> SetUp:
    """The event as it is set up now."""
    told = list_interpreters(session, event_id=event_id)
    hours = (None if x.available is None else tuple(x.available) for x in told)
    interpreters = (Interpreter(str(x.index), tuple(x.languages), h) for x, h in zip(told, hours, strict=True))
    return SetUp(set_up_problem(session, event_id=event_id), tuple(interpreters))


def no_longer_there(problem: Problem, there: SetUp, said: EventChanges) -> dict[str, list[Any]]:
    """Lost places and cancelled rounds, with those that the set-up itself has lost."""
    standing = {p.id for p in there.frame.places}
    lost = (*said.lost_places, *(p.id for p in problem.places if p.id not in standing))
    cancelled = (*said.cancelled, *range(max(there.frame.rounds, said.now), problem.rounds))
    return {"lost_places": [*dict.fromkeys(lost)], "cancelled": [*dict.fromkeys(cancelled)]}


def _vetoes(wishes: Sequence[WishCreate], plan: Plan, first: int) -> list[tuple[str, str]]:
    """Today's vetoes; what has taken place cannot be forbidden any more."""
    met = {frozenset((m.a, m.b)) for m in plan.meetings if m.round < first}
    pairs = [(str(w.actor_id), str(w.target_id)) for w in wishes if w.kind == "veto"]
    return [pair for pair in pairs if frozenset(pair) not in met]
