"""Who is there when: the hours of a plan's problem after the set-up, or the delegates, changed during the day.

Rounds before `first` are past: they stay as the plan knew them, so that what took place stays valid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from matching.pairing.problem import Delegate, Interpreter, Participant, Place, PlaceId, Problem
from models.event import ParticipantPublic

Available = Sequence[int] | None

DelegateWord = tuple[int, str, str, int]
"""(actor, delegate, "late" or "gone", round): late is there from the round on, gone misses it and those after."""


@dataclass(frozen=True)
class SetUp:
    """The event as it is set up now: rounds, and the hours of people, places and interpreters by their id."""

    rounds: int
    people: Mapping[str, ParticipantPublic]
    places: Mapping[PlaceId, Available]
    interpreters: Mapping[str, Available]


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
    """The problem with today's hours: who was taken out of a former plan and came back is available again."""
    clock = _Clock(first, max(problem.rounds, there.rounds))
    known = {p.id for p in problem.places}
    added = (Place(i, clock.hours((), given)) for i, given in there.places.items() if i not in known)
    return replace(
        problem,
        rounds=clock.rounds,
        participants=tuple(_person(p, there, clock) for p in problem.participants),
        places=(*(_place(p, there, clock) for p in problem.places), *added),
        interpreters=tuple(_interpreter(x, there, clock) for x in problem.interpreters),
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


def _person(p: Participant, there: SetUp, clock: _Clock) -> Participant:
    now = there.people.get(p.id)
    if now is None:
        return p
    given = {d.id: d for d in now.delegates}
    known = {d.id for d in p.delegates}
    delegates = [
        replace(d, available=clock.hours(d.available, given[d.id].available)) if d.id in given else d
        for d in p.delegates
    ]
    # Somebody else came for them; a plan that names no delegates goes on without naming any.
    more = [d for d in now.delegates if known and d.id not in known]
    delegates += [Delegate(d.id, tuple(d.languages), clock.hours((), d.available)) for d in more]
    return replace(p, available=clock.hours(p.available, now.available), delegates=tuple(delegates))


def _place(p: Place, there: SetUp, clock: _Clock) -> Place:
    if p.id not in there.places:
        return p
    return replace(p, available=clock.hours(p.available, there.places[p.id]))


def _interpreter(x: Interpreter, there: SetUp, clock: _Clock) -> Interpreter:
    if x.id not in there.interpreters:
        return x
    return replace(x, available=clock.hours(x.available, there.interpreters[x.id]))


def _cut(delegate: Delegate, words: Sequence[DelegateWord], clock: _Clock) -> Delegate:
    held = set(range(clock.rounds) if delegate.available is None else delegate.available)
    for _, name, state, at in words:
        if name == delegate.id:
            late = state == "late"
            held -= set(range(clock.first, at) if late else range(max(clock.first, at), clock.rounds))
    return replace(delegate, available=tuple(sorted(held)))
