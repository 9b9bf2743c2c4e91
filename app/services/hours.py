"""A plan's problem after the set-up, or the delegates, changed: who is there when, what they speak, which rules hold.

Rounds before `first` are past: hours in them stay as the plan knew them, so that what took place stays valid.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matching.pairing.problem import Delegate, Interpreter, Participant, Place, Problem

Available = Sequence[int] | None

DelegateWord = tuple[int, str, str, int]
"""(actor, delegate, "late" or "gone", round): late is there from the round on, gone misses it and those after."""


@dataclass(frozen=True)
class SetUp:
    """The event as it is set up now: everything but what pairs are worth, and its interpreters, needed or not."""

    frame: Problem
    interpreters: tuple[Interpreter, ...]


@dataclass(frozen=True)
class _Clock:
    """Which rounds are past, and how many there are."""

    first: int
    rounds: int

    def hours(self, old: Available, new: Available) -> tuple[int, ...] | None:
        """The past as the plan knew it, the rest as it is set up now."""
        if old is None and new is None:
            return None
        past = (t for t in range(self.first) if old is None or t in old)
        return (*past, *(t for t in range(self.first, self.rounds) if new is None or t in new))


def as_set_up(problem: Problem, there: SetUp, first: int) -> Problem:
    """The problem as it would be posed today: who was taken out of a former plan and came back is available again.

    Rounds and places that are no longer there stay known, so that what the plan says of them can be judged; so do
    participants who left. Who came since is no part of it.
    """
    now = there.frame
    clock = _Clock(first, max(problem.rounds, now.rounds))
    people = {p.id: p for p in now.participants}
    places = {p.id: p.available for p in now.places}
    known = {p.id for p in problem.places}
    met = {p.id for p in problem.participants}
    added = (Place(i, clock.hours((), given)) for i, given in places.items() if i not in known)
    return replace(
        problem,
        rounds=clock.rounds,
        participants=tuple(_person(p, people.get(p.id), clock) for p in problem.participants),
        places=(
            *(replace(p, available=clock.hours(p.available, places.get(p.id, p.available))) for p in problem.places),
            *added,
        ),
        interpreters=_interpreters(problem, there, clock),
        must=tuple(pair for pair in now.must if met.issuperset(pair)),
        tracks=now.tracks,
        cross_side_only=now.cross_side_only,
        max_consecutive=now.max_consecutive,
        raise_floor=now.raise_floor,
    )


def without_delegates(problem: Problem, words: Sequence[DelegateWord], first: int) -> Problem:
    """The problem without the delegates who are late or gone; a participant is there while one of them is."""
    said: dict[str, list[DelegateWord]] = {}
    for word in words:
        said.setdefault(str(word[0]), []).append(word)

    def person(p: Participant) -> Participant:
        if p.id not in said or not p.delegates:
            return p
        delegates = tuple(_cut(d, said[p.id], _Clock(first, problem.rounds)) for d in p.delegates)
        seated = {t for d in delegates for t in d.available or ()}
        held = range(problem.rounds) if p.available is None else p.available
        return replace(p, delegates=delegates, available=tuple(t for t in held if t < first or t in seated))

    return replace(problem, participants=tuple(map(person, problem.participants)))


def _person(p: Participant, now: Participant | None, clock: _Clock) -> Participant:
    """What the registration says now; whom the past has seen more often than they want now is not over the limit."""
    if now is None:
        return p
    most = None if now.max is None else max(now.max, clock.first * now.parallel)
    delegates = _delegates(p, now, clock)
    return replace(now, available=clock.hours(p.available, now.available), max=most, delegates=delegates)


def _delegates(p: Participant, now: Participant, clock: _Clock) -> tuple[Delegate, ...]:
    """Those of the plan as they are now, and who came for them; a plan that names none goes on without."""
    if not p.delegates or not now.delegates:
        return p.delegates
    given = {d.id: d for d in now.delegates}
    known = {d.id for d in p.delegates}
    stayed = (
        replace(given[d.id], available=clock.hours(d.available, given[d.id].available))
        if d.id in given
        else replace(d, available=clock.hours(d.available, ()))
        for d in p.delegates
    )
    return (*stayed, *(replace(d, available=clock.hours((), d.available)) for d in now.delegates if d.id not in known))


def _interpreters(problem: Problem, there: SetUp, clock: _Clock) -> tuple[Interpreter, ...]:
    """Those of now; who is there no more has only served in the past."""
    before = {x.id: x.available for x in problem.interpreters}
    now = {x.id for x in there.interpreters}
    stayed = (replace(x, available=clock.hours(before.get(x.id, ()), x.available)) for x in there.interpreters)
    gone = (replace(x, available=clock.hours(x.available, ())) for x in problem.interpreters if x.id not in now)
    return (*stayed, *gone)


def _cut(delegate: Delegate, words: Sequence[DelegateWord], clock: _Clock) -> Delegate:
    held = set(range(clock.rounds) if delegate.available is None else delegate.available)
    for _, name, state, at in words:
        if name == delegate.id:
            late = state == "late"
            held -= set(range(clock.first, at) if late else range(max(clock.first, at), clock.rounds))
    return replace(delegate, available=tuple(sorted(held)))
