"""What happens on the day, and the problem as it is afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching.pairing.problem import (
    Lock,
    Participant,
    Place,
    PlaceId,
    Plan,
    Problem,
    ProblemError,
    as_matrix,
    index_of,
)


@dataclass(frozen=True, slots=True)
class WalkIn:
    """Somebody who was not on the list, with what the pairs are worth (others take the default)."""

    participant: Participant
    utility: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened. Rounds before `now` are past and stay as they were.

    `absent` are gone from `now` on; `late` arrive for the given round; `away` miss single rounds; `lost_places` cannot
    be used from `now` on; `cancelled` rounds do not take place.
    """

    now: int
    absent: tuple[str, ...] = ()
    late: tuple[tuple[str, int], ...] = ()
    away: tuple[tuple[str, tuple[int, ...]], ...] = ()
    walk_ins: tuple[WalkIn, ...] = ()
    lost_places: tuple[PlaceId, ...] = ()
    cancelled: tuple[int, ...] = ()


def apply_changes(problem: Problem, plan: Plan, changes: Changes) -> Problem:
    """The problem as it is now: past meetings locked, rounds people and places no longer have taken away.

    Raises:
        ProblemError: the changes name an unknown participant, place or round, or a walk-in that is already there.
    """
    _refuse_unknown(problem, changes)
    gone = set(changes.absent)
    met: dict[str, set[int]] = {}
    for m in plan.meetings:
        if m.round < changes.now:
            met.setdefault(m.a, set()).add(m.round)
            met.setdefault(m.b, set()).add(m.round)
    participants = tuple(_present(problem, p, changes, met) for p in problem.participants)
    walk_ins = tuple(_from_now(problem, w.participant, changes) for w in changes.walk_ins)
    return replace(
        problem,
        participants=participants + walk_ins,
        places=tuple(_place_left(problem, p, changes) for p in problem.places),
        utility=_wider(problem, changes),
        must=tuple(pair for pair in problem.must if not gone & set(pair) or _met(plan, pair, changes.now)),
        locked=_locks(problem, plan, changes),
    )


def _met(plan: Plan, pair: tuple[str, str], now: int) -> bool:
    return any({m.a, m.b} == set(pair) and m.round < now for m in plan.meetings)


def _refuse_unknown(problem: Problem, changes: Changes) -> None:
    people, places = set(index_of(problem.participants)), {p.id for p in problem.places}
    if not 0 <= changes.now <= problem.rounds:
        raise ProblemError("now", f"must lie between 0 and {problem.rounds}, not {changes.now}")
    named: Iterable[tuple[str, str]] = [
        *((f"absent[{k}]", who) for k, who in enumerate(changes.absent)),
        *((f"late[{k}]", who) for k, (who, _) in enumerate(changes.late)),
        *((f"away[{k}]", who) for k, (who, _) in enumerate(changes.away)),
    ]
    for path, who in named:
        if who not in people:
            raise ProblemError(path, f"no participant has the id {who!r}")
    for k, place in enumerate(changes.lost_places):
        if place not in places:
            raise ProblemError(f"lost_places[{k}]", f"no place has the id {place!r}")
    for k, t in enumerate(changes.cancelled):
        if not changes.now <= t < problem.rounds:
            raise ProblemError(f"cancelled[{k}]", f"round {t} is past or does not exist")
    for k, walk_in in enumerate(changes.walk_ins):
        if walk_in.participant.id in people:
            raise ProblemError(f"walk_ins[{k}]", f"{walk_in.participant.id!r} is already a participant")
        people.add(walk_in.participant.id)


def _minus(available: tuple[int, ...] | None, rounds: int, missed: set[int]) -> tuple[int, ...]:
    return tuple(t for t in (range(rounds) if available is None else available) if t not in missed)


def _present(problem: Problem, person: Participant, changes: Changes, met: dict[str, set[int]]) -> Participant:
    missed = set(range(changes.now)) - met.get(person.id, set())
    if person.id in changes.absent:
        missed |= set(range(changes.now, problem.rounds))
    for who, arrival in changes.late:
        if who == person.id:
            missed |= set(range(changes.now, arrival))
    for who, rounds in changes.away:
        if who == person.id:
            missed |= {t for t in rounds if t >= changes.now}
    if not missed:
        return person
    low = 0 if person.id in changes.absent else person.min
    return replace(person, available=_minus(person.available, problem.rounds, missed), min=low)


def _from_now(problem: Problem, person: Participant, changes: Changes) -> Participant:
    return replace(person, available=_minus(person.available, problem.rounds, set(range(changes.now))))


def _place_left(problem: Problem, place: Place, changes: Changes) -> Place:
    missed = set(changes.cancelled)
    if place.id in changes.lost_places:
        missed |= set(range(changes.now, problem.rounds))
    return replace(place, available=_minus(place.available, problem.rounds, missed)) if missed else place


def _wider(problem: Problem, changes: Changes) -> NDArray[np.float64] | None:
    if not changes.walk_ins:
        return problem.utility
    n, extra = len(problem.participants), len(changes.walk_ins)
    wide = np.full((n + extra, n + extra), problem.default_utility)
    wide[:n, :n] = as_matrix(problem)
    index = index_of(problem.participants) | {w.participant.id: n + k for k, w in enumerate(changes.walk_ins)}
    for k, walk_in in enumerate(changes.walk_ins):
        for who, value in walk_in.utility:
            if who not in index or not 0.0 <= value <= 1.0:
                raise ProblemError(
                    f"walk_ins[{k}].utility", f"{who!r}: {value} is no value in [0, 1] for a participant"
                )
            wide[n + k, index[who]] = wide[index[who], n + k] = value
    np.fill_diagonal(wide, 0.0)
    return wide


def _locks(problem: Problem, plan: Plan, changes: Changes) -> tuple[Lock, ...]:
    """Past meetings, and the organiser's locks that can still be kept."""
    # One lock a pair: who asked for several meetings with one other has had the first of them for certain.
    locks: dict[frozenset[str], Lock] = {}
    for m in plan.meetings:
        if m.round < changes.now:
            locks.setdefault(frozenset((m.a, m.b)), Lock(m.a, m.b, m.round, m.place))
    unable = set(changes.absent)
    late = dict(changes.late)
    away = {who: set(rounds) for who, rounds in changes.away}
    for k in problem.locked:
        broken = k.round < changes.now or k.round in changes.cancelled or k.place in changes.lost_places
        for who in (k.a, k.b):
            broken |= who in unable or k.round < late.get(who, 0) or k.round in away.get(who, set())
        if not broken:
            locks.setdefault(frozenset((k.a, k.b)), k)
    return tuple(locks.values())
