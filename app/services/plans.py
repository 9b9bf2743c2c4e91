"""Plans: an event becomes a problem, the problem a plan with a certificate, the plan rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import and_, func
from sqlmodel import Session, col, select

from app.errors import AppError, BadInput, Conflict, NotFound, Unavailable
from app.services.backlog import waiting
from app.services.events import (
    get_event,
    list_interpreters,
    list_locks,
    list_participants,
    list_places,
    list_rounds,
    list_wishes,
)
from app.services.meaning import Meaning
from app.services.pool import histories, load_actors
from matching.pairing.check import check
from matching.pairing.dzn import problem_from_dzn
from matching.pairing.parse import problem_from_dict
from matching.pairing.problem import Problem, ProblemError, Result, as_matrix, index_of
from matching.pairing.solve import solve
from matching.pairing.stop import MaxRuntime, Progress
from matching.pairing.write import certificate_to_dict, plan_from_dict, plan_to_dict, problem_to_dict
from matching.ranking.parts import Scoring
from matching.ranking.rank import score_matrix
from models.actor import Actor
from models.base import utc_now
from models.event import Delegate, Event, ParticipantPublic, WishCreate
from models.passage import Passage
from models.plan import Meeting, MeetingPublic, Plan, PlanBrief, PlanCreate, PlanPublic

Shape = TypeVar("Shape")

WISH_BONUS = 0.25
"""What a participant's wish adds to the score of a pair (capped at 1)."""


class OnProgress(Protocol):
    """Hears how a computation goes: its stage, the best value so far, the bound, the gap."""

    def __call__(self, stage: str, best: float | None, bound: float | None, gap: float | None, /) -> None:
        """Called now and then while the solver works."""


def pair_problem(data: Mapping[str, Any], *, longest_s: float, on_progress: OnProgress | None = None) -> dict[str, Any]:
    """A problem in the form of DESIGN §6.1 in, its plan with certificate out. Nothing is stored."""
    problem = read_form(problem_from_dict, data, "body")
    result = _solved(problem, min(problem.time_limit_s, longest_s), on_progress)
    return plan_to_dict(result.plan, result.certificate)


def read_requests(text: str) -> dict[str, Any]:
    """A published instance of requested meetings (.dzn) as a problem in the form of DESIGN §6.1."""
    try:
        return problem_to_dict(problem_from_dzn(text))
    except ProblemError as error:
        raise BadInput.of(error.path or "file", error.cause) from error


def check_plan(problem: Mapping[str, Any], plan: Mapping[str, Any]) -> list[str]:
    """Every hard rule a plan breaks, one sentence each."""
    parsed = read_form(problem_from_dict, problem, "problem")
    return [f"{v.rule}: {v.message}" for v in check(parsed, read_form(plan_from_dict, plan, "plan"))]


def read_form(parse: Callable[[Any], Shape], data: Mapping[str, Any], what: str) -> Shape:
    """Parse a problem or a plan; BadInput names the field."""
    try:
        return parse(dict(data))
    except ProblemError as error:
        raise BadInput.of(error.path or what, error.cause) from error


def build_problem(session: Session, *, meaning: Meaning, event_id: int, options: PlanCreate) -> Problem:
    """The pairing problem an event poses today: who, when, where, and how much each pair is worth."""
    event = get_event(session, event_id=event_id)
    people = list_participants(session, event_id=event_id)
    rounds, places = list_rounds(session, event_id=event_id), list_places(session, event_id=event_id)
    _require_enough(event, people, len(rounds), len(places))
    _require_meaning(session, meaning, [p.actor_id for p in people])
    wishes = list_wishes(session, event_id=event_id)
    data = {
        "rounds": len(rounds),
        "places": [{"id": p.index, **_given("available", p.available)} for p in places],
        "participants": [participant_form(event, person, len(rounds)) for person in people],
        "utility": _utilities(session, meaning, people, wishes),
        "interpreters": _interpreters(session, event),
        "must": _pairs(wishes, "must"),
        "never": _pairs(wishes, "veto"),
        "locked": [
            {"a": str(lock.a), "b": str(lock.b), "round": lock.round, **_given("place", lock.place)}
            for lock in list_locks(session, event_id=event_id)
        ],
        "past": _past_pairs(session, event_id, people) if event.avoid_repeats else [],
        "tracks": [{name: value for name, value in track.items() if value is not None} for track in event.tracks],
        **_given("max_consecutive", event.max_consecutive),
        "raise_floor": event.raise_floor,
        "cross_side_only": event.cross_side_only,
        "time_limit_s": options.time_limit_s,
        "seed": options.seed,
    }
    return read_form(problem_from_dict, data, "event")


def participant_names(session: Session, *, event_id: int) -> dict[str, str]:
    """Names by the id that problems and plans use."""
    return {str(p.actor_id): p.name for p in list_participants(session, event_id=event_id)}


def compute(problem: Problem, *, longest_s: float) -> Result:
    """Solve and check; touches no database, so that no connection is held meanwhile."""
    return _solved(problem, min(problem.time_limit_s, longest_s))


def store_plan(
    session: Session, *, event_id: int, problem: Problem, result: Result, parent: int | None = None
) -> PlanPublic:
    """Keep a computed plan as the event's next draft; `parent` is the plan it was re-planned from."""
    get_event(session, event_id=event_id)
    last = session.exec(select(func.max(Plan.number)).where(Plan.event_id == event_id)).one()
    plan = Plan(
        event_id=event_id,
        number=(last or 0) + 1,
        seed=problem.seed,
        parent=parent,
        problem=problem_to_dict(problem),
        certificate=certificate_to_dict(result.certificate),
    )
    session.add(plan)
    session.flush()
    position, utility = index_of(problem.participants), as_matrix(problem)
    session.add_all(
        Meeting(
            event_id=event_id,
            number=plan.number,
            a=int(m.a),
            b=int(m.b),
            round=m.round,
            place=None if m.place is None else int(m.place),
            interpreter=m.interpreter,
            utility=float(utility[position[m.a], position[m.b]]),
        )
        for m in result.plan.meetings
    )
    session.flush()
    return plan_public(session, event_id=event_id, number=plan.number)


def list_plans(session: Session, *, event_id: int) -> list[PlanBrief]:
    """The event's plans, newest first."""
    get_event(session, event_id=event_id)
    rows = session.exec(select(Plan).where(Plan.event_id == event_id).order_by(col(Plan.number).desc())).all()
    return [PlanBrief(**_brief(plan)) for plan in rows]


def plan_public(session: Session, *, event_id: int, number: int) -> PlanPublic:
    """A plan with its meetings by round and place."""
    plan = get_plan(session, event_id, number)
    rows = session.exec(
        select(Meeting)
        .where(Meeting.event_id == event_id, Meeting.number == number)
        .order_by(col(Meeting.round), col(Meeting.place), col(Meeting.a))
    ).all()
    names = _names(session, {m.a for m in rows} | {m.b for m in rows})
    meetings = [
        MeetingPublic(
            **m.model_dump(exclude={"event_id", "number"}),
            a_name=names.get(m.a, f"actor {m.a}"),
            b_name=names.get(m.b, f"actor {m.b}"),
        )
        for m in rows
    ]
    return PlanPublic(**_brief(plan), meetings=meetings)


def latest_plan(session: Session, *, event_id: int) -> PlanPublic | None:
    """The published plan, else the newest draft, else None."""
    plans = list_plans(session, event_id=event_id)
    chosen = next((p for p in plans if p.state == "published"), plans[0] if plans else None)
    return plan_public(session, event_id=event_id, number=chosen.number) if chosen else None


def publish(session: Session, *, event_id: int, number: int) -> PlanPublic:
    """Make a draft the published plan; the one before it is kept as superseded."""
    plan = get_plan(session, event_id, number)
    if plan.certificate.get("status") == "infeasible":
        raise Conflict("this plan breaks a hard rule and cannot be published; its certificate says which")
    for other in session.exec(select(Plan).where(Plan.event_id == event_id, Plan.state == "published")):
        other.state = "superseded"
    plan.state, plan.published_at = "published", utc_now()
    session.flush()
    return plan_public(session, event_id=event_id, number=number)


def _solved(problem: Problem, seconds: float, on_progress: OnProgress | None = None) -> Result:
    def tell(progress: Progress) -> None:
        if on_progress is not None:
            on_progress(progress.stage, progress.best, progress.bound, progress.gap)

    result = solve(problem, stop=MaxRuntime(seconds), seed=problem.seed, on_progress=tell)
    violations = check(problem, result.plan)
    if violations and result.certificate.status != "infeasible":
        raise AppError(f"the plan that was computed breaks a rule and was thrown away: {violations[0].message}")
    return result


def _require_enough(event: Event, people: Sequence[ParticipantPublic], rounds: int, places: int) -> None:
    if not rounds:
        raise BadInput.of("rounds", "the event has no rounds yet")
    if not places:
        raise BadInput.of("places", "the event has no places yet")
    if len(people) < 2:
        raise BadInput.of("participants", f"a plan needs two participants or more; {len(people)} registered so far")
    sides = sorted({p.side for p in people})
    if event.cross_side_only and len(sides) < 2:
        raise BadInput.of(
            "participants",
            f"all {len(people)} participants stand on side {sides[0]!r} and meetings go across sides only: "
            "register actors of another side, or switch cross_side_only off",
        )


def _require_meaning(session: Session, meaning: Meaning, ids: Sequence[int]) -> None:
    """A plan made before the participants' texts are understood would be proven optimal and mean nothing."""
    query = select(func.count()).select_from(Passage).where(waiting(meaning.name), col(Passage.actor_id).in_(ids))
    missing = session.exec(query).one()
    if missing:
        raise Unavailable(
            f"{missing} texts of the participants still wait for their meaning; it takes a few seconds, try again then"
        )


def participant_form(event: Event, person: ParticipantPublic, rounds: int) -> dict[str, Any]:
    """A registration as a participant of a problem (DESIGN §6.1)."""
    highest = person.max if person.max is not None else event.max_meetings
    highest = min(highest if highest is not None else rounds * person.parallel, rounds * person.parallel)
    lowest = person.min if person.min is not None else event.min_meetings
    said: dict[str, Any] = {
        "id": str(person.actor_id),
        "side": person.side,
        "min": min(lowest, highest),
        "max": highest,
    }
    said |= _given("available", person.available) | _given("max_consecutive", person.max_consecutive)
    if person.delegates:
        said["parallel"] = person.parallel
        said["delegates"] = [_delegate(d, event) for d in person.delegates]
    if person.tracks:
        said["tracks"] = person.tracks
    if event.require_language:
        said["languages"] = person.languages
    return said


def _delegate(delegate: Delegate, event: Event) -> dict[str, Any]:
    languages = delegate.languages if event.require_language else []
    return {"id": delegate.id, "languages": languages, **_given("available", delegate.available)}


def _given(name: str, value: Any) -> dict[str, Any]:
    """A field of a problem, left out where nothing is said."""
    return {} if value is None else {name: value}


def _past_pairs(session: Session, event_id: int, people: Sequence[ParticipantPublic]) -> list[list[str]]:
    """Pairs of participants who met at another event, by its published plan."""
    ids = [p.actor_id for p in people]
    rows = session.exec(
        select(Meeting.a, Meeting.b)
        .join(Plan, and_(col(Plan.event_id) == Meeting.event_id, col(Plan.number) == Meeting.number))
        .where(Plan.state == "published", Plan.event_id != event_id, col(Meeting.a).in_(ids), col(Meeting.b).in_(ids))
    )
    return [[str(a), str(b)] for a, b in sorted({(min(a, b), max(a, b)) for a, b in rows})]


def _interpreters(session: Session, event: Event) -> list[dict[str, Any]]:
    told = list_interpreters(session, event_id=event.id) if event.require_language else []
    return [{"id": str(p.index), "languages": p.languages, **_given("available", p.available)} for p in told]


def _pairs(wishes: Sequence[WishCreate], kind: str) -> list[list[str]]:
    pairs = {tuple(sorted((w.actor_id, w.target_id))) for w in wishes if w.kind == kind}
    return [[str(a), str(b)] for a, b in sorted(pairs)]


def _utilities(
    session: Session, meaning: Meaning, people: Sequence[ParticipantPublic], wishes: Sequence[WishCreate]
) -> list[list[Any]]:
    """Every pair that is worth something, with the ranking's score and what the two wished."""
    ids = [p.actor_id for p in people]
    actors = load_actors(session, encoder=meaning.name, ids=ids)
    profiles = [actors[i].profile for i in ids]
    scores = score_matrix(profiles, scoring=Scoring(relations=histories(session, ids=ids)), same_side=None)
    position = {actor_id: row for row, actor_id in enumerate(ids)}
    for wish in wishes:
        if wish.kind == "wish":
            a, b = position[wish.actor_id], position[wish.target_id]
            scores[a, b] = scores[b, a] = min(1.0, scores[a, b] + WISH_BONUS)
    return [
        [str(ids[a]), str(ids[b]), round(float(scores[a, b]), 6)]
        for a in range(len(ids))
        for b in range(a + 1, len(ids))
    ]


def get_plan(session: Session, event_id: int, number: int) -> Plan:
    """The plan, or NotFound."""
    plan = session.get(Plan, (event_id, number)) if 0 < number < 2**31 and 0 < event_id < 2**63 else None
    if plan is None:
        raise NotFound(f"event {event_id} has no plan {number}")
    return plan


def _brief(plan: Plan) -> dict[str, Any]:
    return {name: getattr(plan, name) for name in PlanBrief.model_fields}


def _names(session: Session, ids: set[int]) -> dict[int, str]:
    return dict(session.exec(select(Actor.id, Actor.name).where(col(Actor.id).in_(ids))).all())
