"""Why a computed plan is not one to publish: it is empty, breaks a rule it was to keep, or is older than the set-up.

What a wish adds, the texts of the actors and who met before are part of what pairs are worth and not compared here.
"""

from collections.abc import Hashable
from typing import Literal

from sqlalchemy import func
from sqlmodel import Session, select

from app.services.pairings import read_form
from app.services.plan_condition import stored_frame
from app.services.problems import set_up_problem
from app.services.weights import weights_of_event
from matching.pairing.parse import problem_from_dict
from matching.pairing.problem import Problem
from models.plan import Meeting, PlanBrief

Doubt = Literal["empty", "broken", "missed", "older"]
"""No meeting; hard rules that cannot hold together; promised meetings left out; posed otherwise than today."""


def plan_doubts(session: Session, *, event_id: int, plan: PlanBrief) -> tuple[Doubt, ...]:
    """What speaks against a finished plan, the gravest first; nothing of one that can be published as it is."""
    held = select(func.count()).select_from(Meeting).where(Meeting.event_id == event_id, Meeting.number == plan.number)
    said: dict[Doubt, bool] = {
        "empty": not session.exec(held).one(),
        "broken": bool(plan.certificate.get("contradiction")),
        "missed": bool(plan.certificate.get("missed_must")),
        "older": plan.parent is None and _is_older(session, event_id, plan),
    }
    return tuple(doubt for doubt, holds in said.items() if holds)


def _is_older(session: Session, event_id: int, plan: PlanBrief) -> bool:
    """Whether the event would be posed otherwise today; a plan made from another follows the day, not the set-up."""
    if plan.weights and plan.weights != weights_of_event(session, event_id=event_id).to_dict():
        return True
    told = stored_frame(session, event_id, plan.number)
    if not told.get("participants"):
        return False
    return _posed(read_form(problem_from_dict, told, "problem")) != _posed(set_up_problem(session, event_id=event_id))


def _posed(problem: Problem) -> Hashable:
    """Who, when, where and by which rules, in no order: lists keep none when they are numbered anew."""
    pairs = tuple(frozenset(frozenset(pair) for pair in named) for named in (problem.must, problem.never))
    lists = (problem.participants, problem.places, problem.interpreters, problem.tracks)
    rules = (problem.cross_side_only, problem.max_consecutive, problem.raise_floor)
    return problem.rounds, pairs, tuple(frozenset(things) for things in lists), rules
