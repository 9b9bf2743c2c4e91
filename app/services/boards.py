"""What the schedule board tells beside a plan: what was asked for whom, what was changed by hand, what would fit."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sqlmodel import Session, col, select

from app.services.edit_log import read_diff
from app.services.pairings import read_form
from app.services.plans import get_plan, stored_plan
from app.services.replans import diff_public
from matching.pairing.check import check
from matching.pairing.edit import Edit, apply_edit, meeting_of, seated
from matching.pairing.model import build_model
from matching.pairing.parse import problem_from_dict
from matching.pairing.problem import Plan as Schedule
from matching.pairing.problem import Problem
from models.edit import Asked, EditMade, Filling
from models.plan import Plan

_TRIED = 24
"""So many of the best pairs are looked at for a free cell."""


def list_asked(session: Session, *, event_id: int, number: int) -> list[Asked]:
    """What the plan asked for each participant; the rest of its problem, a megabyte, stays in the database."""
    query = select(col(Plan.problem)["participants"], col(Plan.problem)["rounds"])
    told, rounds = session.exec(query.where(Plan.event_id == event_id, Plan.number == number)).one()
    return [
        Asked(
            id=int(p["id"]),
            min=p.get("min", 0),
            max=p.get("max"),
            rounds=len(p["available"]) if p.get("available") is not None else int(rounds),
        )
        for p in told or []
    ]


def list_edits(session: Session, *, event_id: int, number: int, limit: int = 20) -> list[EditMade]:
    """The edits of a draft that stand, the last one first."""
    row = get_plan(session, event_id, number)
    standing = row.edits[: row.edits_done][-limit:]
    return [_made(entry) for entry in reversed(standing)]


def _made(entry: dict[str, Any]) -> EditMade:
    effect = entry["effect"]
    told = {name: effect[name] for name in EditMade.model_fields if name in effect}
    return EditMade(
        op=entry["op"], a=entry["a"], b=entry["b"], at=entry["at"], diff=diff_public(read_diff(entry)), **told
    )


def list_fillings(
    session: Session, *, event_id: int, number: int, cell: tuple[int, int], limit: int = 6
) -> list[Filling]:
    """The pairs worth most that could meet at a free place (round, place) without breaking a rule."""
    row = get_plan(session, event_id, number)
    problem = read_form(problem_from_dict, row.problem, "problem")
    plan = seated(problem, stored_plan(session, event_id=event_id, number=number))
    known = set(check(problem, plan))
    found: list[Filling] = []
    for a, b, worth in _candidates(problem, plan, cell[0]):
        made = apply_edit(problem, plan, Edit("add", a, b, *cell), known)
        if not made.violations:
            meeting = meeting_of(made.plan, a, b)
            interpreter = meeting.interpreter if meeting else None
            found.append(Filling(a=int(a), b=int(b), utility=worth, interpreter=interpreter))
            if len(found) == limit:
                break
    return found


def _candidates(problem: Problem, plan: Schedule, when: int) -> Iterator[tuple[str, str, float]]:
    """Pairs who are both free then and have not met, best first."""
    if not 0 <= when < problem.rounds:
        return
    model = build_model(problem)
    ids = [p.id for p in problem.participants]
    degree = dict.fromkeys(ids, 0)
    busy = set()
    open_to = np.triu(model.allowed, 1)
    position = {who: i for i, who in enumerate(ids)}
    for m in plan.meetings:
        i, j = position[m.a], position[m.b]
        open_to[i, j] = open_to[j, i] = False
        degree[m.a] += 1
        degree[m.b] += 1
        if m.round == when:
            busy |= {m.a, m.b}
    free = np.array([_free(problem, i, busy, degree) for i in range(model.n)], dtype=bool)
    open_to &= (free & model.presence[:, when])[:, None] & (free & model.presence[:, when])[None, :]
    if model.interpreted is not None and not _interpreter_left(problem, plan, when):
        open_to &= ~model.interpreted
    rows, columns = np.nonzero(open_to)
    best = np.argsort(-model.weight[rows, columns], kind="stable")[:_TRIED]
    for k in best:
        yield ids[rows[k]], ids[columns[k]], float(model.weight[rows[k], columns[k]])


def _interpreter_left(problem: Problem, plan: Schedule, when: int) -> bool:
    taken = {m.interpreter for m in plan.meetings if m.round == when}
    there = (x.id for x in problem.interpreters if x.available is None or when in x.available)
    return any(x not in taken for x in there)


def _free(problem: Problem, i: int, busy: set[str], degree: dict[str, int]) -> bool:
    person = problem.participants[i]
    return (person.id not in busy or person.parallel > 1) and (person.max is None or degree[person.id] < person.max)
