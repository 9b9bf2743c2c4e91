"""The edits of a draft as they are kept: what each changed, so that it can be taken back, and what was proven."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlmodel import Session

from app.services.events import get_event
from app.services.posed import Posed
from matching.pairing.edit import Edited, Proof
from matching.pairing.problem import Lock, Meeting, Problem
from matching.pairing.problem import Plan as Schedule
from matching.pairing.replan import Diff
from matching.pairing.write import plan_from_dict, plan_to_dict
from models.base import utc_now
from models.edit import PlanEdit
from models.plan import Plan

_MOST_EDITS = 500
"""So many edits of one draft can be undone; the next one begins a new history."""


@dataclass(frozen=True)
class Open:
    """A stored plan taken up for editing."""

    row: Plan
    posed: Posed
    schedule: Schedule

    @property
    def problem(self) -> Problem:
        """The problem that it solves."""
        return self.posed.problem


def new_entry(session: Session, opened: Open, edit: PlanEdit, found: Edited, diff: Diff) -> dict[str, Any]:
    """An edit as it is kept: what it changed, so that it can be taken back, and what was proven before the first."""
    entry: dict[str, Any] = {
        "op": edit.op,
        "a": edit.a,
        "b": edit.b,
        "at": utc_now().isoformat(),
        "removed": _dicts(diff.removed),
        "added": _dicts(diff.added),
        "moved": [_dicts(pair) for pair in diff.moved],
        "locks": None,
    }
    if edit.op in {"lock", "unlock"}:
        entry["locks"] = _lock_change(session, opened, edit, found.problem)
    if not standing_edits(opened.row):
        entry["base"] = opened.row.certificate
    return entry


def standing_edits(row: Plan) -> list[dict[str, Any]]:
    """The edits that a new one comes after; none of a plan that is left as it is."""
    kept = row.state == "draft" and row.edits_done < _MOST_EDITS
    return row.edits[: row.edits_done] if kept else []


def _lock_change(session: Session, opened: Open, edit: PlanEdit, after: Problem) -> dict[str, Any]:
    """The locks of a pair before and after: in the plan with their position, and in the event."""
    ends = {str(edit.a), str(edit.b)}
    event = get_event(session, event_id=opened.row.event_id)

    def of(problem: Problem, stands: list[dict[str, Any]]) -> dict[str, Any]:
        held = [(i, lock_form(k)) for i, k in enumerate(problem.locked) if {k.a, k.b} == ends]
        return {"plan": held, "event": stands}

    now = [lock for lock in event.locks if {str(lock["a"]), str(lock["b"])} == ends]
    return {"before": of(opened.problem, now), "after": of(after, _event_locks(after, ends))}


def _event_locks(problem: Problem, ends: set[str]) -> list[dict[str, Any]]:
    return [
        {"a": int(k.a), "b": int(k.b), "round": k.round, "place": None if k.place is None else int(k.place)}
        for k in problem.locked
        if {k.a, k.b} == ends
    ]


def lock_form(lock: Lock) -> dict[str, Any]:
    """A lock as problems and edits keep it."""
    return {name: value for name, value in asdict(lock).items() if value is not None}


def relocked(problem: Problem, change: dict[str, Any] | None) -> Problem:
    """The problem with the locks of one pair replaced, each at its old position."""
    if change is None:
        return problem
    gone = [lock for _, lock in change["before"]["plan"]]
    locked = [lock for lock in map(lock_form, problem.locked) if lock not in gone]
    for position, lock in change["after"]["plan"]:
        locked.insert(position, lock)
    return replace(problem, locked=tuple(Lock(**lock) for lock in locked))


def proof_of(base: dict[str, Any], edits: Sequence[dict[str, Any]]) -> Proof:
    """What was proven before the edits, and what they changed of its grounds."""
    degrees: Counter[str] = Counter()
    locks: Counter[str] = Counter()
    for edit in edits:
        for name, sign in (("added", 1), ("removed", -1)):
            for meeting in edit[name]:
                degrees[meeting["a"]] += sign
                degrees[meeting["b"]] += sign
        for name, sign in (("after", 1), ("before", -1)):
            for _, lock in (edit["locks"] or {name: {"plan": []}})[name]["plan"]:
                locks[str(sorted(lock.items()))] += sign
    return Proof(
        status=base.get("status", "feasible"),
        utility=base.get("utility", 0.0),
        bound=base.get("bound"),
        degrees=dict(degrees),
        released=any(count < 0 for count in locks.values()),
    )


def _dicts(meetings: Sequence[Meeting]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = plan_to_dict(Schedule(tuple(meetings)))["meetings"]
    return told


def read_diff(entry: dict[str, Any]) -> Diff:
    """What an edit that was kept changed."""

    def read(meetings: list[dict[str, Any]]) -> tuple[Meeting, ...]:
        return plan_from_dict({"meetings": meetings}).meetings

    moved = tuple((before, after) for before, after in (read(pair) for pair in entry["moved"]))
    return Diff(read(entry["removed"]), read(entry["added"]), moved)
