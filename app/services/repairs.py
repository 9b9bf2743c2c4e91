"""What of a plan can still stand after the set-up itself changed: other delegates, a veto, a place that is gone.

Absences and lost places are the business of `matching.pairing.replan`. This is what it takes for granted: that every
meeting that is left keeps the rules of the problem as it now is.
"""

from collections.abc import Iterator
from dataclasses import replace

from matching.pairing.changes import Changes, apply_changes
from matching.pairing.check import check
from matching.pairing.problem import Meeting, Participant, Plan, Problem, Violation, index_of
from matching.pairing.replan import surviving

SOFT = frozenset({"must", "lock"})
"""Promises that the day may break; the certificate names those it could not keep."""
_TRIES = 20


def standing_plan(problem: Problem, plan: Plan, changes: Changes) -> Plan:
    """The plan without the meetings still to come that break a rule of the problem as it is now.

    A delegate who left is replaced by another one of the same participant where that keeps the meeting. What nobody
    can change any more (rounds before `changes.now`) stays as it was.
    """
    fresh = apply_changes(problem, plan, changes)
    for _ in range(_TRIES):
        left = Plan(tuple(surviving(fresh, plan, changes.now)))
        broken = dict(_broken(fresh, left, changes.now))
        if not broken:
            return plan
        plan = Plan(tuple(m for m in (broken.get(m, m) for m in plan.meetings) if m is not None))
    return plan


def fallen_meetings(problem: Problem, plan: Plan, now: int) -> list[tuple[Meeting, Violation]]:
    """The meetings from round `now` on that cannot stand, each with the rule that it breaks.

    Without them nothing is broken: of several that clash, the last ones fall.
    """
    fallen: list[tuple[Meeting, Violation]] = []
    left = plan
    for _ in range(_TRIES):
        broken = dict(broken_meetings(problem, left, now))
        if not broken:
            break
        fallen += broken.items()
        left = Plan(tuple(m for m in left.meetings if m not in broken))
    return fallen


def broken_meetings(problem: Problem, plan: Plan, now: int) -> Iterator[tuple[Meeting, Violation]]:
    """Meetings to come that break a rule; one a pair, since the next pass sees what a change led to."""
    done: set[frozenset[str]] = set()
    for violation in check(problem, plan):
        if violation.rule in SOFT:
            continue
        for meeting in _meant(plan, violation, now):
            pair = frozenset((meeting.a, meeting.b))
            if pair not in done:
                done.add(pair)
                yield meeting, violation


def _broken(problem: Problem, plan: Plan, now: int) -> Iterator[tuple[Meeting, Meeting | None]]:
    """Meetings that break a rule, each with what to put in its place (None: nothing)."""
    for meeting, violation in broken_meetings(problem, plan, now):
        yield meeting, _with_another_delegate(problem, plan, meeting, violation)


def _meant(plan: Plan, violation: Violation, now: int) -> list[Meeting]:
    """The meetings to come that a violation speaks of; where several clash, the last of them gives way."""
    about = dict(violation.about)
    found = [m for m in plan.meetings if m.round >= now and _concerns(m, about)]
    return found[-1:] if violation.rule in {"twice", "cap", "rest", "repeat"} else found


def _concerns(m: Meeting, about: dict[str, object]) -> bool:
    who = {about[key] for key in ("a", "b") if key in about}
    if who:
        return who == {m.a, m.b} and about.get("round", m.round) == m.round
    if "round" in about and about["round"] != m.round:
        return False
    if about.get("what") == "place":
        return about.get("who") == m.place
    if about.get("what") == "interpreter":
        return about.get("who") == m.interpreter
    if about.get("delegate") is not None:
        return (about["who"], about["delegate"]) in {(m.a, m.delegate_a), (m.b, m.delegate_b)}
    return about.get("who") in {m.a, m.b}


def _with_another_delegate(problem: Problem, plan: Plan, m: Meeting, violation: Violation) -> Meeting | None:
    about = dict(violation.about)
    who = about.get("who")
    if about.get("what") != "delegate" or who not in {m.a, m.b}:
        return None
    person: Participant = problem.participants[index_of(problem.participants)[who]]
    busy = {
        delegate
        for other in plan.meetings
        if other.round == m.round
        for name, delegate in ((other.a, other.delegate_a), (other.b, other.delegate_b))
        if name == who
    }
    free = (d for d in person.delegates if d.id not in busy and (d.available is None or m.round in d.available))
    chosen = next(free, None)
    if chosen is None:
        return None
    return replace(m, delegate_a=chosen.id) if who == m.a else replace(m, delegate_b=chosen.id)
