"""Plans: computed schedules of an event, kept as drafts, one of them published."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Text, cast, func, insert, literal
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from app.errors import Conflict, NotFound, Stale
from app.services.cursors import Part, in_order, part_of
from app.services.events import get_event
from app.services.plan_room import make_room, next_number
from app.services.posed import posed_frame
from app.services.setups import WrittenProblem, set_up_version
from app.services.solving import Outcome, meeting_values, outcome_of
from app.services.weights import weights_of_event
from matching.pairing.problem import Meeting as Sitting
from matching.pairing.problem import Plan as Schedule
from matching.pairing.problem import Problem, Result
from matching.pairing.write import problem_to_dict
from models.actor import Actor
from models.base import utc_now
from models.event import Event
from models.plan import Meeting, MeetingPublic, MeetingRead, Plan, PlanBrief, PlanPublic, PlanRead

_USUAL_S = Problem(rounds=1, participants=(), places=()).time_limit_s


@dataclass(frozen=True)
class Origin:
    """Where a plan comes from: the plan it was re-planned from, and the weights its pairs were valued with.

    Weights that are not given are the event's of this moment.
    """

    parent: int | None = None
    weights: Mapping[str, float] | None = None


def origin_of(session: Session, *, event_id: int) -> Origin:
    """The origin of a plan for the problem the event poses in this transaction; the solver runs outside of it."""
    return Origin(weights=weights_of_event(session, event_id=event_id).to_dict())


def store_plan(
    session: Session, *, event_id: int, problem: Problem, result: Result, origin: Origin | None = None
) -> PlanPublic:
    """Keep a computed plan as the event's next draft."""
    plan = open_plan(session, event_id=event_id, problem=problem, origin=origin)
    return fill_plan(session, plan=plan, outcome=outcome_of(problem, result))


def store_written(
    session: Session, *, event_id: int, written: WrittenProblem, outcome: Outcome, origin: Origin | None = None
) -> PlanPublic:
    """The same for a problem that was written down elsewhere; Conflict as `open_written`."""
    plan = open_written(session, event_id=event_id, written=written, origin=origin)
    return fill_plan(session, plan=plan, outcome=outcome)


def open_plan(session: Session, *, event_id: int, problem: Problem, origin: Origin | None = None) -> Plan:
    """The event's next plan, still without meetings; the oldest untouched draft makes room where there is none."""
    lock_event(session, event_id=event_id)
    return _open(session, event_id, problem.seed, problem_to_dict(problem), origin)


def open_written(session: Session, *, event_id: int, written: WrittenProblem, origin: Origin | None = None) -> Plan:
    """The same for a problem that was written down elsewhere; Conflict when its event was set up anew meanwhile."""
    lock_event(session, event_id=event_id)
    if set_up_version(session, event_id=event_id) != written.set_up:
        raise Conflict.by_code("set_up_changed")
    # As it was written: to read a megabyte here and to write it again would hold up everybody beside this thread.
    return _open(session, event_id, written.seed, cast(literal(written.text, Text), JSONB), origin)


def _open(session: Session, event_id: int, seed: int, problem: Any, origin: Origin | None) -> Plan:
    origin = origin or Origin()
    weights = origin.weights
    if weights is None:
        weights = weights_of_event(session, event_id=event_id).to_dict()
    make_room(session, event_id=event_id)
    plan = Plan(
        event_id=event_id,
        number=next_number(session, event_id=event_id),
        state="computing",
        seed=seed,
        parent=origin.parent,
        problem=problem,
        certificate={},
        weights=dict(weights),
    )
    session.add(plan)
    session.flush()
    return plan


def lock_event(session: Session, *, event_id: int) -> None:
    """Let whoever else numbers, publishes or edits plans of this event wait until this transaction ends.

    Two that count the plans at once would else both come to the same number.
    """
    get_event(session, event_id=event_id)
    session.execute(sa_select(col(Event.id)).where(col(Event.id) == event_id).with_for_update(key_share=True))


def fill_plan(session: Session, *, plan: Plan, outcome: Outcome) -> PlanPublic:
    """Give a plan its meetings and its certificate: it is a draft now."""
    plan.state, plan.certificate = "draft", outcome.certificate
    # Written without an object each: a thousand of them hold up everybody beside this thread.
    if outcome.meetings:
        mine = {"event_id": plan.event_id, "number": plan.number}
        meetings = [mine | values for values in outcome.meetings]
        session.connection().execute(insert(Meeting.__table__), meetings)  # type: ignore[attr-defined]
    session.flush()
    return plan_public(session, event_id=plan.event_id, number=plan.number)


def meeting_rows(plan: Plan, problem: Problem, meetings: Iterable[Sitting]) -> list[Meeting]:
    """Meetings of a plan as they are stored, with what each pair is worth."""
    return [
        Meeting(event_id=plan.event_id, number=plan.number, **values) for values in meeting_values(problem, meetings)
    ]


def stored_plan(session: Session, *, event_id: int, number: int) -> Schedule:
    """A stored plan as the solver knows it."""
    get_plan(session, event_id, number)
    told = (Meeting.a, Meeting.b, Meeting.round, Meeting.place, Meeting.interpreter)
    query = sa_select(*told, Meeting.delegate_a, Meeting.delegate_b)  # type: ignore[call-overload]
    here = (col(Meeting.event_id) == event_id, col(Meeting.number) == number)
    rows = session.execute(query.where(*here).order_by(col(Meeting.round), col(Meeting.a), col(Meeting.b)))
    return Schedule(tuple(Sitting(str(a), str(b), *rest) for a, b, *rest in rows))


def list_plans(session: Session, *, event_id: int, part: Part | None = None) -> list[PlanBrief]:
    """The event's plans, newest first."""
    get_event(session, event_id=event_id)
    rows = session.execute(in_order(_briefs(event_id), part, col(Plan.number), falling=True)).mappings().all()
    return [PlanBrief(**row) for row in part_of(rows, part, lambda row: (row["number"],))]


def written_problem(session: Session, event_id: int, number: int) -> tuple[int, str, float]:
    """Of a plan: its revision, its problem as it is stored, and the seconds that are given for it."""
    get_plan(session, event_id, number)
    seconds = col(Plan.problem)["time_limit_s"].as_float()
    told = sa_select(col(Plan.revision), cast(col(Plan.problem), Text), func.coalesce(seconds, _USUAL_S))
    row = session.execute(told.where(col(Plan.event_id) == event_id, col(Plan.number) == number)).one()
    return row[0], row[1], row[2]


def plan_public(session: Session, *, event_id: int, number: int) -> PlanPublic:
    """A plan with its meetings by round and place."""
    get_plan(session, event_id, number)
    session.flush()
    told = session.execute(_briefs(event_id).where(col(Plan.number) == number)).mappings().one()
    locked = locked_pairs(session, event_id=event_id, number=number)
    by_place = (col(Meeting.round), col(Meeting.place), col(Meeting.a))
    rows = session.execute(_meetings(event_id, number).order_by(*by_place)).mappings().all()
    names = _names(session, {m["a"] for m in rows} | {m["b"] for m in rows})
    meetings = [
        MeetingPublic(
            **m,
            a_name=names.get(m["a"], f"actor {m['a']}"),
            b_name=names.get(m["b"], f"actor {m['b']}"),
            locked=frozenset((m["a"], m["b"])) in locked,
        )
        for m in rows
    ]
    return PlanPublic(**told, meetings=meetings)


def read_plan(
    session: Session,
    *,
    event_id: int,
    number: int,
    brief: PlanBrief | None = None,
    names: Mapping[int, str] | None = None,
) -> PlanRead:
    """A plan with its meetings by round and place, for a page; NotFound when there is none.

    `brief`: what lists say of it, and `names`: of actors, where the caller has read them already.
    """
    locked = posed_frame(session, event_id=event_id, number=number).locked
    if brief is None:
        brief = PlanBrief(**session.execute(_briefs(event_id).where(col(Plan.number) == number)).mappings().one())
    stored = [name for name in MeetingRead._fields if name in Meeting.model_fields]
    query = sa_select(*(getattr(Meeting, name) for name in stored))
    here = (col(Meeting.event_id) == event_id, col(Meeting.number) == number)
    by_place = (col(Meeting.round), col(Meeting.place), col(Meeting.a))
    rows = [tuple(row) for row in session.execute(query.where(*here).order_by(*by_place))]
    known = dict(names or {})
    if strangers := {who for row in rows for who in row[:2]} - known.keys():
        known |= _names(session, strangers)
        known |= {who: f"actor {who}" for who in strangers - known.keys()}
    meetings = [MeetingRead._make((*m, known[m[0]], known[m[1]], frozenset(m[:2]) in locked)) for m in rows]
    return PlanRead(**dict(brief), meetings=meetings)


def locked_pairs(session: Session, *, event_id: int, number: int) -> set[frozenset[int]]:
    """The pairs whose meeting a plan may not move."""
    query = select(col(Plan.problem)["locked"]).where(Plan.event_id == event_id, Plan.number == number)
    return {frozenset((int(lock["a"]), int(lock["b"]))) for lock in session.exec(query).one() or ()}


def latest_plan(session: Session, *, event_id: int) -> PlanPublic | None:
    """The published plan, else the newest draft, else None."""
    chosen = latest_of(list_plans(session, event_id=event_id))
    return plan_public(session, event_id=event_id, number=chosen.number) if chosen else None


def latest_of(plans: Sequence[PlanBrief]) -> PlanBrief | None:
    """Of plans, newest first, the published one, else the newest draft, else None."""
    finished = [p for p in plans if p.state not in {"computing", "failed"}]
    return next((p for p in finished if p.state == "published"), finished[0] if finished else None)


def publish(session: Session, *, event_id: int, number: int) -> PlanPublic:
    """Make a draft the published plan; the one before it is kept as superseded."""
    lock_event(session, event_id=event_id)
    plan = get_plan(session, event_id, number)
    if plan.state in {"computing", "failed"}:
        raise Conflict.by_code("plan_not_publishable", number=number, state=plan.state)
    if plan.certificate.get("status") == "infeasible":
        raise Conflict.by_code("plan_infeasible")
    earlier = select(Plan).options(defer(col(Plan.problem)))  # type: ignore[arg-type]
    for other in session.exec(earlier.where(Plan.event_id == event_id, Plan.state == "published")):
        other.state = "superseded"
    plan.state, plan.published_at = "published", utc_now()
    session.flush()
    return plan_public(session, event_id=event_id, number=number)


def name_plan(session: Session, *, event_id: int, number: int, note: str, was: str | None = None) -> PlanPublic:
    """Write down what a version is about; an empty note takes it away.

    Raises:
        Stale: the note is neither what it `was` to who writes (None: whatever it is) nor what it is to be.
    """
    plan = get_plan(session, event_id, number)
    session.refresh(plan, ["note"], with_for_update={"key_share": True})
    if was is not None and plan.note not in {was, note.strip()}:
        raise Stale(f"somebody else wrote “{plan.note}” on plan {number} meanwhile; nothing was saved")
    plan.note = note.strip()
    return plan_public(session, event_id=event_id, number=number)


def get_plan(session: Session, event_id: int, number: int) -> Plan:
    """The plan, or NotFound. Its problem, a megabyte for a large event, is read when it is asked for."""
    found = 0 < number < 2**31 and 0 < event_id < 2**63
    later = defer(col(Plan.problem))  # type: ignore[arg-type]
    plan = session.get(Plan, (event_id, number), options=[later]) if found else None
    if plan is None:
        raise NotFound.by_code("no_plan", event=event_id, number=number)
    return plan


def _briefs(event_id: int) -> Select[Any]:
    """What lists say of the plans of an event: no problems, they are large."""
    stored = [getattr(Plan, name) for name in PlanBrief.model_fields if name != "edits_undone"]
    undone = (func.jsonb_array_length(Plan.edits) - col(Plan.edits_done)).label("edits_undone")
    return sa_select(*stored, undone).where(col(Plan.event_id) == event_id)


def _meetings(event_id: int, number: int) -> Select[Any]:
    """The meetings of a plan, as rows: a thousand of them are read for a page, and none is changed."""
    told = [getattr(Meeting, name) for name in Meeting.model_fields if name not in {"event_id", "number"}]
    return sa_select(*told).where(col(Meeting.event_id) == event_id, col(Meeting.number) == number)


def _names(session: Session, ids: set[int]) -> dict[int, str]:
    return dict(session.exec(select(Actor.id, Actor.name).where(col(Actor.id).in_(ids))).all())
