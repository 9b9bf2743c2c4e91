"""A plan changed by hand, one meeting at a time: what the change makes of the plan, and what `check` says to it.

Nothing here decides what is right. An edit gives the plan it leads to, `check` judges what differs, and only what the
edit itself breaks is held against it: a plan that broke a rule before may still be mended step by step.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from matching.pairing.check import broken_anew
from matching.pairing.explain import cause_of
from matching.pairing.model import Model, build_model
from matching.pairing.places import Seating
from matching.pairing.plan import describe
from matching.pairing.problem import (
    Cause,
    Certificate,
    Delegate,
    Lock,
    Meeting,
    Pair,
    Participant,
    PlaceId,
    Plan,
    Problem,
    ProblemError,
    Violation,
    index_of,
)

Operation = Literal["move", "swap", "add", "remove", "lock", "unlock"]


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be done with the meeting of `a` and `b`.

    `move` and `add` name a round, and a place if it matters; `swap` names the pair whose round and place are taken in
    exchange (`other`).
    """

    op: Operation
    a: str
    b: str
    round: int | None = None
    place: PlaceId | None = None
    other: Pair | None = None


@dataclass(frozen=True, slots=True)
class Edited:
    """Where an edit leads, and the rules it breaks that were kept before; with any, it must not be made."""

    problem: Problem
    plan: Plan
    violations: tuple[Violation, ...]


def apply_edit(problem: Problem, plan: Plan, edit: Edit) -> Edited:
    """The plan after the edit, and what it breaks that was kept before.

    Raises:
        ProblemError: the edit speaks of somebody or of a meeting that is not there, or leaves out what it needs.
    """
    for path, who in (("a", edit.a), ("b", edit.b)):
        if who not in index_of(problem.participants):
            raise ProblemError(path, f"no participant of this plan has the id {who!r}")
    if edit.a == edit.b:
        raise ProblemError("b", "nobody meets themselves")
    if edit.op in ("lock", "unlock"):
        return Edited(_relocked(problem, plan, edit), plan, ())
    if edit.op in ("move", "add") and edit.place is None and _free_place(problem, plan, edit) is None:
        told = f"{edit.a} with {edit.b}: no place they may use is free in round {edit.round}"
        about = (("what", "place"), ("a", edit.a), ("b", edit.b), ("round", edit.round))
        return Edited(problem, plan, (Violation("full", told, about),))
    after = _changed(problem, plan, edit)
    return Edited(problem, after, tuple(broken_anew(problem, plan, after)))


def meeting_of(plan: Plan, a: str, b: str) -> Meeting | None:
    """The meeting of two participants, whoever is named first."""
    return next((m for m in plan.meetings if {m.a, m.b} == {a, b}), None)


def _standing(plan: Plan, a: str, b: str) -> Meeting:
    meeting = meeting_of(plan, a, b)
    if meeting is None:
        raise ProblemError("a", f"{a} and {b} do not meet in this plan")
    return meeting


def _changed(problem: Problem, plan: Plan, edit: Edit) -> Plan:
    if edit.op == "add":
        ends = sorted((edit.a, edit.b), key=index_of(problem.participants).__getitem__)
        fresh = Meeting(ends[0], ends[1], _round(problem, edit), _place(problem, plan, edit))
        return _with(problem, plan, [], [fresh])
    meeting = _standing(plan, edit.a, edit.b)
    if edit.op == "remove":
        return _with(problem, plan, [meeting], [])
    if edit.op == "move":
        moved = _at(meeting, _round(problem, edit), _place(problem, plan, edit))
        return _with(problem, plan, [meeting], [moved])
    if edit.other is None or set(edit.other) == {edit.a, edit.b}:
        raise ProblemError("other", "a swap names the two of another meeting")
    other = _standing(plan, *edit.other)
    exchanged = [_at(meeting, other.round, other.place), _at(other, meeting.round, meeting.place)]
    return _with(problem, plan, [meeting, other], exchanged)


def _round(problem: Problem, edit: Edit) -> int:
    if edit.round is None:
        raise ProblemError("round", f"{edit.op} needs a round")
    if not 0 <= edit.round < problem.rounds:
        raise ProblemError("round", f"must lie between 0 and {problem.rounds - 1}, not {edit.round}")
    return edit.round


def _place(problem: Problem, plan: Plan, edit: Edit) -> PlaceId | None:
    if edit.place is None:
        return _free_place(problem, plan, edit)
    if edit.place not in {p.id for p in problem.places}:
        raise ProblemError("place", f"there is no place {edit.place!r}")
    return edit.place


def _free_place(problem: Problem, plan: Plan, edit: Edit) -> PlaceId | None:
    """A place for the pair in the round of the edit: where they sit now if that is free, else the first."""
    wanted = _round(problem, edit)
    index = index_of(problem.participants)
    seating = Seating(problem, {})
    allowed = seating.allowed(index[edit.a], index[edit.b], wanted, seating.open_places(wanted))
    now = meeting_of(plan, edit.a, edit.b)
    taken = {m.place for m in plan.meetings if m.round == wanted and m is not now}
    free = [p for p in allowed if p not in taken]
    return now.place if now is not None and now.place in free else next(iter(free), None)


def _at(meeting: Meeting, when: int, place: PlaceId | None) -> Meeting:
    """The meeting elsewhere; in another round other people may have to sit and interpret."""
    if when == meeting.round:
        return replace(meeting, place=place)
    return replace(meeting, round=when, place=place, interpreter=None, delegate_a=None, delegate_b=None)


def _with(problem: Problem, plan: Plan, gone: list[Meeting], new: list[Meeting]) -> Plan:
    meetings = [m for m in plan.meetings if m not in gone]
    for meeting in new:
        meetings.append(_seated(problem, meetings, meeting))
    return Plan(tuple(sorted(meetings, key=lambda m: (m.round, m.a, m.b))))


def seated(problem: Problem, plan: Plan) -> Plan:
    """The plan with a delegate at every table where somebody sends delegates and none is named."""
    if not any(p.delegates for p in problem.participants):
        return plan
    named = {p.id for p in problem.participants if p.delegates}
    whole = [m for m in plan.meetings if not _lacks(m, named)]
    return _with(problem, Plan(tuple(whole)), [], [m for m in plan.meetings if _lacks(m, named)])


def _lacks(meeting: Meeting, named: set[str]) -> bool:
    return (meeting.a in named and meeting.delegate_a is None) or (meeting.b in named and meeting.delegate_b is None)


def _seated(problem: Problem, others: Iterable[Meeting], meeting: Meeting) -> Meeting:
    """The meeting with delegates who are free and understand each other, or with an interpreter who is.

    Where nobody fits, the first delegates are put down and no interpreter: `check` then says what is wrong.
    """
    people = {p.id: p for p in problem.participants}
    a, b = people[meeting.a], people[meeting.b]
    here = [m for m in others if m.round == meeting.round]
    mine, theirs = (_choices(who, meeting.round, here) for who in (a, b))
    keep = meeting.delegate_a, meeting.delegate_b
    pairs = sorted(((x, y) for x in mine for y in theirs), key=lambda p: (_id(p[0]), _id(p[1])) != keep)
    for one, other in pairs:
        words, other_words = _words(a, one), _words(b, other)
        if not words or not other_words or words & other_words:
            return replace(meeting, interpreter=None, delegate_a=_id(one), delegate_b=_id(other))
    for one, other in pairs:
        for interpreter in _free_interpreters(problem, meeting, here, (_words(a, one), _words(b, other))):
            return replace(meeting, interpreter=interpreter, delegate_a=_id(one), delegate_b=_id(other))
    one, other = (next(iter(who.delegates), None) for who in (a, b))
    if pairs:
        one, other = pairs[0]
    return replace(meeting, interpreter=None, delegate_a=_id(one), delegate_b=_id(other))


def _id(delegate: Delegate | None) -> str | None:
    return None if delegate is None else delegate.id


def _choices(who: Participant, when: int, here: list[Meeting]) -> list[Delegate | None]:
    """Delegates who are there and sit nowhere else in that round; just None for those who send none."""
    if not who.delegates:
        return [None]
    busy = {m.delegate_a for m in here if m.a == who.id} | {m.delegate_b for m in here if m.b == who.id}
    return [d for d in who.delegates if d.id not in busy and (d.available is None or when in d.available)]


def _words(who: Participant, delegate: Delegate | None) -> set[str]:
    return set(delegate.languages if delegate and delegate.languages else who.languages)


def _free_interpreters(
    problem: Problem, meeting: Meeting, here: list[Meeting], words: tuple[set[str], set[str]]
) -> Iterator[str]:
    taken = {m.interpreter for m in here}
    first = sorted(problem.interpreters, key=lambda x: x.id != meeting.interpreter)
    for x in first:
        there = x.id not in taken and (x.available is None or meeting.round in x.available)
        if there and all(own & set(x.languages) for own in words):
            yield x.id


def _relocked(problem: Problem, plan: Plan, edit: Edit) -> Problem:
    meeting = _standing(plan, edit.a, edit.b)
    ends = {edit.a, edit.b}
    rest = tuple(k for k in problem.locked if {k.a, k.b} != ends)
    if edit.op == "unlock":
        if len(rest) == len(problem.locked):
            raise ProblemError("a", f"the meeting of {edit.a} and {edit.b} is not locked")
        return replace(problem, locked=rest)
    if len(rest) < len(problem.locked):
        raise ProblemError("a", f"the meeting of {edit.a} and {edit.b} is locked already")
    return replace(problem, locked=(*rest, Lock(meeting.a, meeting.b, meeting.round, meeting.place)))


def unmatched(posed: Problem | Model, plan: Plan) -> list[tuple[str, Cause]]:
    """Everybody who meets nobody, with what first leaves them without a partner."""
    problem = posed.problem if isinstance(posed, Model) else posed
    busy = {who for m in plan.meetings for who in (m.a, m.b)}
    alone = [i for i, p in enumerate(problem.participants) if p.id not in busy]
    if not alone:
        return []
    model = posed if isinstance(posed, Model) else build_model(posed)
    return [(problem.participants[i].id, cause_of(model, i, 1)) for i in alone]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven before anything was edited, and what the edits since have changed of its grounds.

    `degrees`: meetings won or lost by participant; `released`: a lock that the proof counted on is gone.
    """

    status: str
    utility: float
    bound: float | None
    degrees: Mapping[str, int]
    released: bool


def certify(problem: Problem, plan: Plan, proof: Proof, found: Certificate | None = None) -> tuple[Certificate, bool]:
    """The facts of an edited plan, and whether the bound still says something of it.

    `found`: what `describe` says of the plan, where the caller knows it already.

    The bound holds for plans that keep the rules and the floors of the computed one: more locks only make it easier
    to keep, a lock that is gone or a floor that is given up take its ground away.
    """
    found = found or describe(build_model(problem), plan)
    held = Counter(who for m in plan.meetings for who in (m.a, m.b))
    asked = {p.id: p.min for p in problem.participants}
    given_up = any(
        change < 0 and (problem.raise_floor or held[who] < asked.get(who, 0)) for who, change in proof.degrees.items()
    )
    stands = proof.bound is not None and proof.status != "infeasible" and not proof.released and not given_up
    if not stands or proof.bound is None:
        return replace(found, status="infeasible" if found.missed_must else "feasible"), False
    bound = max(proof.bound, found.utility)
    near = 1e-6 * max(1.0, bound)
    same = proof.status == "optimal" and found.utility >= proof.utility - near
    best = same or (bound - found.utility <= near and not found.unmet and not found.missed_must)
    gap = 0.0 if best or bound <= 0 else (bound - found.utility) / bound
    return replace(found, status="optimal" if best else "feasible", bound=bound, gap=gap), True
