"""What the schedule board tells beside a plan: what was asked for whom, what was changed by hand, what would fit."""

from collections import Counter
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

import numpy as np
from sqlalchemy import cast, func
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlmodel import Session, col, select

from app.services.edit_log import read_diff
from app.services.plans import stored_plan
from app.services.posed import Posed, posed_frame, posed_problem
from app.services.replans import diff_public
from matching.pairing.edit import Edit, apply_edit, meeting_of, seated
from matching.pairing.model import Model
from matching.pairing.problem import Meeting, Problem
from matching.pairing.problem import Plan as Schedule
from models.edit import Asked, EditMade, Filling, Target
from models.plan import Plan

_TRIED = 24
"""So many of the best pairs are looked at for a free cell, and so many cells for a meeting that moves."""
_A_ROUND = 3
"""Free places offered of one round."""


def list_asked(session: Session, *, event_id: int, number: int) -> list[Asked]:
    """What the plan asked for each participant."""
    return [*posed_frame(session, event_id=event_id, number=number).asked]


def list_edits(session: Session, *, event_id: int, number: int, limit: int = 20) -> list[EditMade]:
    """The edits of a draft that stand, the last one first."""
    # Hundreds may stand; the others stay in the database.
    done = col(Plan.edits_done)
    path = cast(func.concat("$[", func.greatest(done - limit, 0), " to ", done - 1, "]"), JSONPATH)
    query = select(func.jsonb_path_query_array(Plan.edits, path)).where(done > 0)
    standing = session.exec(query.where(Plan.event_id == event_id, Plan.number == number)).first()
    return [_made(entry) for entry in reversed(standing or [])]


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
    posed, plan = _opened(session, event_id, number)
    found: list[Filling] = []
    for a, b, worth in _candidates(posed.model, plan, cell[0]):
        made = apply_edit(posed.problem, plan, Edit("add", a, b, *cell))
        if not made.violations:
            meeting = meeting_of(made.plan, a, b)
            interpreter = meeting.interpreter if meeting else None
            found.append(Filling(a=int(a), b=int(b), utility=worth, interpreter=interpreter))
            if len(found) == limit:
                break
    return found


def list_targets(
    session: Session, *, event_id: int, number: int, pair: tuple[int, int], limit: int = 8
) -> tuple[list[Target], list[Target]]:
    """Where a meeting of a plan could go without breaking a rule: free places, and meetings to change places with.

    At most `limit` of each, in the order of the day; other tables in the round it is in come last. Empty when the pair
    does not meet, and where nothing fits.
    """
    posed, plan = _opened(session, event_id, number)
    problem = posed.problem
    a, b = map(str, pair)
    meeting = meeting_of(plan, a, b)
    if meeting is None:
        return [], []
    hall = _Hall(problem, plan, meeting)

    def stands(edit: Edit) -> bool:
        return not apply_edit(problem, plan, edit).violations

    # Each is tried, a millisecond or two a time, until as many are found as are shown.
    moves = islice(hall.free(), _TRIED)
    free = (Target(round=when, place=at) for when, at in moves if stands(Edit("move", a, b, when, at)))
    swaps = islice(hall.taken(), _TRIED)
    taken = (_place_of(other) for other in swaps if stands(Edit("swap", a, b, other=(other.a, other.b))))
    return list(islice(free, limit)), list(islice(taken, limit))


def _place_of(meeting: Meeting) -> Target:
    place = None if meeting.place is None else int(meeting.place)
    return Target(round=meeting.round, place=place, other=(int(meeting.a), int(meeting.b)))


class _Hall:
    """Who sits where around one meeting of a plan."""

    def __init__(self, problem: Problem, plan: Schedule, meeting: Meeting) -> None:
        self.problem, self.meeting = problem, meeting
        self.people = {p.id: p for p in problem.participants}
        self.others = [m for m in plan.meetings if m != meeting]
        self.sits = Counter((m.round, who) for m in self.others for who in (m.a, m.b))
        later = (r for r in range(problem.rounds) if r != meeting.round)
        self.rounds = [*later, meeting.round]

    def free(self) -> Iterator[tuple[int, int]]:
        """Places that are open and empty while both have time: a few a round, where they sit now first."""
        for when in self.rounds:
            if not self._have_time(self.meeting, when):
                continue
            taken = {m.place for m in self.others if m.round == when}
            places = [p for p in self.problem.places if p.id not in taken and _is_open(p.available, when)]
            places = [p for p in places if (when, p.id) != (self.meeting.round, self.meeting.place)]
            places.sort(key=lambda p: p.id != self.meeting.place)
            for place in places[:_A_ROUND]:
                yield when, int(place.id)

    def taken(self) -> Iterator[Meeting]:
        """Meetings of other rounds whose two have time when this one is held, and the other way round."""
        for when in self.rounds[:-1]:
            for other in (m for m in self.others if m.round == when):
                if self._have_time(self.meeting, when, other) and self._have_time(other, self.meeting.round):
                    yield other

    def _have_time(self, meeting: Meeting, when: int, instead: Meeting | None = None) -> bool:
        """Whether both could sit at one table more in a round, or at one instead of that meeting's."""
        gone = (instead.a, instead.b) if instead else ()
        return all(
            _is_open(self.people[who].available, when)
            and self.sits[when, who] - gone.count(who) < self.people[who].parallel
            for who in (meeting.a, meeting.b)
        )


def _is_open(available: Collection[int] | None, when: int) -> bool:
    return available is None or when in available


def _opened(session: Session, event_id: int, number: int) -> tuple[Posed, Schedule]:
    """What a plan solved, and the plan with everybody seated."""
    posed = posed_problem(session, event_id=event_id, number=number)
    return posed, seated(posed.problem, stored_plan(session, event_id=event_id, number=number))


def _candidates(model: Model, plan: Schedule, when: int) -> Iterator[tuple[str, str, float]]:
    """Pairs who are both free then and have not met, best first."""
    problem = model.problem
    if not 0 <= when < problem.rounds:
        return
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
