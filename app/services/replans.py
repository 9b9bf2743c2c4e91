"""Re-planning on the day: what happened goes in, a plan for the rest and a diff per person come out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from app.errors import AppError, BadInput
from app.services.bridges import affinity_in_force
from app.services.events import get_event, list_participants
from app.services.histories import histories
from app.services.idempotency import Made
from app.services.meaning import Meaning
from app.services.pairings import read_form
from app.services.plans import Origin, get_plan, plan_public, store_plan, stored_plan
from app.services.pool import hub_level, load_actors
from app.services.problems import participant_form
from app.services.weights import stored_weights
from matching.pairing.changes import Changes, WalkIn
from matching.pairing.check import check
from matching.pairing.parse import problem_from_dict
from matching.pairing.problem import Meeting, Participant, Plan, Problem, ProblemError, Result, Violation
from matching.pairing.replan import Diff, Replan, compare, replan
from matching.pairing.stop import MaxRuntime, Run, noop
from matching.pairing.write import plan_from_dict, plan_to_dict, problem_to_dict
from matching.ranking.parts import Scoring
from matching.ranking.rank import score_matrix
from matching.ranking.weights import Weights
from models.plan import DayChanges, EventChanges, MeetingMove, PlanDiff, ReplanAnswer, ReplanPublic, ReplanRequest

_ASKED = {"lock", "request", "fixed", "precedence", "fairness"}
"""Rules somebody set by hand, which the day can make impossible."""


@dataclass(frozen=True)
class Day:
    """An event's problem and plan as they were, and what happened since."""

    problem: Problem
    plan: Plan
    changes: Changes
    options: DayChanges


@dataclass(frozen=True)
class Newcomers:
    """Actors registered since the plan was made, and the weights they are valued with."""

    ids: Sequence[int]
    weights: Weights


def replan_form(request: ReplanRequest, *, longest_s: float) -> ReplanAnswer:
    """Re-plan a problem that is not stored."""
    day = Day(
        read_form(problem_from_dict, request.problem, "problem"),
        read_form(plan_from_dict, request.plan, "plan"),
        day_changes(request.changes, ()),
        request.changes,
    )
    answer = compute(day, longest_s=longest_s)
    return ReplanAnswer(
        plan=plan_to_dict(answer.plan, answer.certificate),
        diff=diff_public(answer.diff),
        problem=problem_to_dict(answer.problem),
    )


def load_day(session: Session, *, meaning: Meaning, event_id: int, number: int, changes: EventChanges) -> Day:
    """Everything a re-plan needs, read in one go so that the solver holds no connection."""
    stored = get_plan(session, event_id, number)
    problem = read_form(problem_from_dict, stored.problem, "problem")
    # Newcomers are valued as everybody was when the plan was made.
    weights = stored_weights(stored.weights)
    walk_ins = newcomers(session, meaning, event_id, problem, Newcomers(changes.walk_ins, weights))
    plan = stored_plan(session, event_id=event_id, number=number)
    return Day(problem, plan, day_changes(changes, walk_ins), changes)


def compute(day: Day, *, longest_s: float) -> Replan:
    """The plan for what is left; it is checked like every other.

    A promise (must) may have become impossible on the day: the certificate names it and the plan stands.
    """
    before = check(day.problem, day.plan)
    if any(v.rule == "unknown" for v in before):
        raise BadInput.of("plan", f"it does not fit the problem: {before[0].message}")
    run = Run(MaxRuntime(min(day.options.time_limit_s, longest_s)), day.problem.seed, noop)
    try:
        answer = replan(day.problem, day.plan, day.changes, run, keep=day.options.keep)
    except ProblemError as error:
        raise BadInput.of(error.path or "changes", error.cause) from error
    found = check(answer.problem, answer.plan)
    violations = [v for v in found if v.rule != "must" and not _is_over(v, day.changes.now)]
    old = next((v for v in violations if v in before), None)
    if old is not None:
        raise BadInput.of("plan", f"the plan to begin with breaks a rule already: {old.message}")
    asked = next((v for v in violations if v.rule in _ASKED), None)
    if asked is not None:
        raise BadInput.of("changes", f"{asked.message}: that cannot be kept in what is left of the day, so release it")
    if violations:
        raise AppError(f"the new plan breaks a rule and was thrown away: {violations[0].message}")
    return answer


def _is_over(violation: Violation, now: int) -> bool:
    """Whether a rule was broken in the past only: a language or a track that changed since breaks nothing there."""
    about = dict(violation.about)
    last = int(about.get("round", now)) + (int(about.get("limit", 0)) if violation.rule == "rest" else 0)
    return violation.rule in {"language", "availability", "track", "side", "rest"} and last < now


def store_replan(session: Session, *, event_id: int, number: int, answer: Replan) -> ReplanPublic:
    """Keep the new plan as a draft that knows where it came from."""
    plan = store_plan(
        session,
        event_id=event_id,
        problem=answer.problem,
        result=Result(answer.plan, answer.certificate),
        origin=Origin(number, get_plan(session, event_id, number).weights),
    )
    return ReplanPublic(plan=plan, diff=diff_public(answer.diff))


def replan_public(session: Session, made: Made, *, event_id: int) -> ReplanPublic:
    """A re-planned draft as it is now, with what differs from the plan it came from."""
    plan = plan_public(session, event_id=event_id, number=made["number"])
    diff = compare_plans(session, event_id=event_id, number=plan.number, base=plan.parent or plan.number)
    return ReplanPublic(plan=plan, diff=diff)


def compare_plans(session: Session, *, event_id: int, number: int, base: int) -> PlanDiff:
    """How one stored plan differs from another."""
    before, after = (stored_plan(session, event_id=event_id, number=n) for n in (base, number))
    return diff_public(compare(before, after))


def diff_public(diff: Diff) -> PlanDiff:
    """A diff as answered."""
    return PlanDiff(
        removed=_meetings(diff.removed),
        added=_meetings(diff.added),
        moved=[MeetingMove(before=_meetings([b])[0], after=_meetings([a])[0]) for b, a in diff.moved],
        people=list(diff.people()),
    )


def _meetings(meetings: Sequence[Meeting]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = plan_to_dict(Plan(tuple(meetings)))["meetings"]
    return told


def day_changes(said: DayChanges, walk_ins: tuple[WalkIn, ...]) -> Changes:
    """What happened as the solver knows it."""
    return Changes(
        now=said.now,
        absent=tuple(map(str, said.absent)),
        late=tuple((str(item.participant), item.round) for item in said.late),
        away=tuple((str(item.participant), tuple(item.rounds)) for item in said.away),
        walk_ins=walk_ins,
        lost_places=tuple(said.lost_places),
        cancelled=tuple(said.cancelled),
    )


def newcomers(
    session: Session, meaning: Meaning, event_id: int, problem: Problem, joining: Newcomers
) -> tuple[WalkIn, ...]:
    """People registered since the plan was made, with what every pair with them is worth."""
    ids = joining.ids
    if not ids:
        return ()
    event = get_event(session, event_id=event_id)
    registered = {p.actor_id: p for p in list_participants(session, event_id=event_id)}
    for position, actor_id in enumerate(ids):
        if actor_id not in registered:
            raise BadInput.of_code(f"walk_ins[{position}]", "not_registered", number=actor_id, event=event_id)
    known = [int(p.id) for p in problem.participants]
    actors = load_actors(session, encoder=meaning.name, ids=[*known, *ids])
    there = [i for i in [*known, *ids] if i in actors]
    scores = score_matrix(
        [actors[i].profile for i in ids],
        [actors[i].profile for i in there],
        Scoring(
            joining.weights,
            affinity=affinity_in_force(session),
            relations=histories(session, ids=list(ids)),
            hub_level=hub_level(session),
        ),
        same_side=None,
    )
    forms = [participant_form(event, registered[i], problem.rounds) for i in ids]
    return tuple(
        WalkIn(person, tuple((str(i), float(u)) for i, u in zip(there, row, strict=True) if str(i) != person.id))
        for person, row in zip(_participants(problem, forms), scores, strict=True)
    )


def _participants(problem: Problem, forms: Sequence[dict[str, Any]]) -> tuple[Participant, ...]:
    """Registrations as the solver knows them, read against the problem they join."""
    around = problem_to_dict(problem)
    data = {name: around[name] for name in ("rounds", "places", "tracks") if name in around}
    return read_form(problem_from_dict, data | {"participants": list(forms)}, "walk_ins").participants
