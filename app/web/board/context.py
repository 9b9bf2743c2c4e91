"""Everything the pages of a schedule say."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.errors import NotFound
from app.services import boards, plans
from app.services.bounds import BOUNDS
from app.services.conflicts import hard_conflicts
from app.services.halls import Hall, read_hall
from app.services.plan_condition import Condition, plan_condition
from app.web.board.certificate import contradiction, lost_at_most, standing
from app.web.board.compare import Agenda, changes
from app.web.board.view import Look, board, interpreter_names, shares
from models.plan import PlanBrief, PlanRead

UNFINISHED = ("computing", "failed")


@dataclass(frozen=True)
class Asks:
    """Which plan of which event, and what of it."""

    event_id: int
    number: int | None = None
    look: Look = field(default_factory=Look)


def board_context(session: Session, asks: Asks) -> dict[str, Any]:
    """The event, its plans, and the plan asked for: else the published one, else the newest draft."""
    event_id = asks.event_id
    hall = read_hall(session, event_id=event_id)
    event = hall.event
    names = {p.actor_id: p.name for p in hall.people}
    versions = plans.list_plans(session, event_id=event_id)
    chosen = _chosen(versions, asks)
    plan = (
        plans.read_plan(session, event_id=event_id, number=chosen.number, brief=chosen, names=names) if chosen else None
    )
    context: dict[str, Any] = {
        "tab": "schedule",
        "event": event,
        "rounds": hall.rounds,
        "places": hall.places,
        "people": hall.people,
        "hall": hall,
        "look": asks.look,
        "versions": versions,
        "most_drafts": BOUNDS["drafts"].most,
        "sides": defaultdict(str, {p.actor_id: p.side for p in hall.people}),
        "agenda": Agenda.of(hall.rounds, hall.places, hall.people),
        "interpreters": interpreter_names(hall.interpreters),
        "plan": plan,
        "finished": plan is not None and plan.state not in UNFINISHED,
        "stopping": _is_stopping(session, plan),
        "names": names,
        "condition": None,
        "panel": None,
        "moving": None,
        "answer": None,
        "stale": "",
        "waiting_texts": 0,
    }
    return context | (_finished(session, plan, hall, asks, event.min_meetings) if context["finished"] and plan else {})


def _finished(session: Session, plan: PlanRead, hall: Hall, asks: Asks, lowest: int) -> dict[str, Any]:
    asked = boards.list_asked(session, event_id=plan.event_id, number=plan.number)
    edits = boards.list_edits(session, event_id=plan.event_id, number=plan.number)
    agenda = Agenda.of(hall.rounds, hall.places, hall.people)
    named = {m.a: m.a_name for m in plan.meetings} | {m.b: m.b_name for m in plan.meetings}
    return {
        "board": board(plan, hall, asks.look),
        "shares": shares(plan, hall.people),
        "standing": standing(plan, asked, hall.people, lowest),
        "contradiction": contradiction(plan.certificate, {p.actor_id: p.name for p in hall.people}),
        "conflicts": hard_conflicts(session, event_id=plan.event_id) if _is_barred(plan) else [],
        "lost": lost_at_most(plan.certificate, len(plan.meetings)),
        "edits": [(edit, changes(edit.diff, agenda, (plan,))) for edit in edits],
        "names": named | {p.actor_id: p.name for p in hall.people},
    }


def _is_barred(plan: PlanRead) -> bool:
    """Whether rules that contradict each other left nothing to plan."""
    return plan.certificate.get("status") == "infeasible" and not plan.meetings


def shown_condition(session: Session, context: dict[str, Any], now: datetime) -> Condition | None:
    """How the plan that is shown stands; of one that was replaced nobody needs to know."""
    plan: PlanRead | None = context["plan"]
    if plan is None or not context["finished"] or plan.state == "superseded":
        return None
    return plan_condition(session, event_id=plan.event_id, number=plan.number, now=now)


def _chosen(versions: list[PlanBrief], asks: Asks) -> PlanBrief | None:
    """The plan that was asked for, or NotFound; else the latest; else the newest, when none is finished yet."""
    if not asks.number:
        return plans.latest_of(versions) or next(iter(versions), None)
    found = next((v for v in versions if v.number == asks.number), None)
    if found is None:
        raise NotFound.by_code("no_plan", event=asks.event_id, number=asks.number)
    return found


def _is_stopping(session: Session, plan: PlanRead | None) -> bool:
    """Whether somebody has asked the computation that goes on to end."""
    if plan is None or plan.state != "computing":
        return False
    return plans.get_plan(session, plan.event_id, plan.number).stop_requested
