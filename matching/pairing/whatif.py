"""Before invitations go out: how many rounds, places and interpreters a floor needs, who will be short, whom to invite.

Each question is answered by planning: a number is the smallest for which a plan that keeps the floor was found, by
bisection. A guest is judged first by the prices of the selection program (what its best pairs would earn above the
prices of the others, an upper estimate), then by planning again with the few best.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from matching.pairing.model import build_model, spoken
from matching.pairing.problem import (
    MAX_ROUNDS,
    Interpreter,
    Participant,
    Place,
    PlaceId,
    Plan,
    Problem,
    Result,
    Unmet,
    as_matrix,
    index_of,
)
from matching.pairing.select import BMatching
from matching.pairing.solve import choose_and_schedule
from matching.pairing.stop import MaxIterations, Progress, Run, noop


@dataclass(frozen=True, slots=True)
class Guest:
    """A profile like that of `like`: the utility gained and the floor reached with one more of it."""

    like: str
    side: str
    languages: tuple[str, ...]
    utility_gain: float
    floor: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a floor takes. None = no number of them is enough (up to the limits tried)."""

    floor: int
    reached: int
    rounds: int | None
    places: int | None
    interpreters: int | None
    short: tuple[Unmet, ...]
    invite: tuple[Guest, ...]


def what_if(problem: Problem, floor: int, run: Run, guests: int = 3) -> Outlook:
    """What it takes that everybody has `floor` meetings (or its own cap, if lower).

    Every probe plans the event anew; at 1,000 participants that is a fraction of a second a probe.
    """
    asked = ask(problem, floor)
    now = _plan(asked, run)
    run.on_progress(Progress("what-if: as it is", now.certificate.utility, now.certificate.bound, 0.0))
    return Outlook(
        floor=floor,
        reached=now.certificate.floor.reached,
        rounds=_rounds_needed(asked, run),
        places=_places_needed(asked, run),
        interpreters=_interpreters_needed(asked, run),
        short=now.certificate.unmet,
        invite=_whom_to_invite(asked, now, run, guests),
    )


def ask(problem: Problem, floor: int) -> Problem:
    """The same event where everybody asks for `floor` meetings, or for its cap if that is lower."""
    people = tuple(replace(p, min=floor if p.max is None else min(floor, p.max)) for p in problem.participants)
    return replace(problem, participants=people)


def _plan(problem: Problem, run: Run) -> Result:
    return choose_and_schedule(problem, Run(MaxIterations(30), run.seed, noop))


def _kept(problem: Problem, run: Run) -> bool:
    model = build_model(problem)
    lp = BMatching(model)
    if (model.low > model.high).any():
        return False
    lp.set_floors(model.low)
    if not lp.solve():
        return False
    result = _plan(problem, run)
    return result.certificate.status != "infeasible" and not result.certificate.unmet


def _smallest(low: int, high: int, make: Callable[[int], Problem], run: Run) -> int | None:
    if run.stop(0.0) or not _kept(make(high), run):
        return None
    while low < high and not run.stop(0.0):
        middle = (low + high) // 2
        if _kept(make(middle), run):
            high = middle
        else:
            low = middle + 1
    return high


def with_rounds(problem: Problem, rounds: int) -> Problem:
    """The event cut to or lengthened to so many rounds; people free in all rounds stay so."""

    def cut(available: tuple[int, ...] | None) -> tuple[int, ...] | None:
        return None if available is None else tuple(t for t in available if t < rounds)

    people = tuple(
        replace(
            p, available=cut(p.available), delegates=tuple(replace(d, available=cut(d.available)) for d in p.delegates)
        )
        for p in problem.participants
    )
    return replace(
        problem,
        rounds=rounds,
        participants=people,
        places=tuple(replace(p, available=cut(p.available)) for p in problem.places),
        interpreters=tuple(replace(x, available=cut(x.available)) for x in problem.interpreters),
        tracks=tuple(replace(t, rounds=cut(t.rounds)) for t in problem.tracks),
        locked=tuple(k for k in problem.locked if k.round < rounds),
    )


def with_places(problem: Problem, places: int) -> Problem:
    """The event with the first so many places, and new ones that are always open where there are too few."""
    taken = {p.id for p in problem.places}
    extra: list[PlaceId] = [f"extra-{k}" for k in range(places) if f"extra-{k}" not in taken]
    wider = (*problem.places, *(Place(k) for k in extra))[:places]
    names = {p.id for p in wider}
    tracks = tuple(
        replace(t, places=None if t.places is None else tuple(p for p in t.places if p in names))
        for t in problem.tracks
    )
    locked = tuple(k if k.place in names else replace(k, place=None) for k in problem.locked)
    return replace(problem, places=wider, tracks=tracks, locked=locked)


def _rounds_needed(problem: Problem, run: Run) -> int | None:
    most = min(MAX_ROUNDS, 2 * problem.rounds + 2)
    return _smallest(1, most, partial(with_rounds, problem), run)


def _places_needed(problem: Problem, run: Run) -> int | None:
    return _smallest(0, max(1, len(problem.participants) // 2), partial(with_places, problem), run)


def _interpreters_needed(problem: Problem, run: Run) -> int | None:
    """The most interpreted meetings of one round when any number of interpreters may be had."""
    words = sorted({word for k in range(len(problem.participants)) for word in spoken(problem, k)})
    if not words:
        return 0
    many = tuple(Interpreter(f"any-{k}", tuple(words)) for k in range(min(40, len(problem.places))))
    if len(words) < 2 or not many:
        return 0
    result = _plan(replace(problem, interpreters=many), run)
    if result.certificate.unmet:
        return None
    return busiest_round(result.plan)


def busiest_round(plan: Plan) -> int:
    """Most interpreted meetings in one round."""
    return max(Counter(m.round for m in plan.meetings if m.interpreter is not None).values(), default=0)


def _whom_to_invite(problem: Problem, now: Result, run: Run, most: int) -> tuple[Guest, ...]:
    model = build_model(problem)
    lp = BMatching(model)
    if not lp.solve() or not model.n:
        return ()
    n = model.n
    prices = lp.duals[:n] + max(0.0, float(lp.duals[n]))
    earned = np.where(model.allowed, np.maximum(0, model.weight - prices[None, :]), 0.0)
    short = [index_of(problem.participants)[u.participant] for u in now.certificate.unmet]
    helps = model.allowed[:, short].sum(axis=1) if short else np.zeros(n)
    top = np.sort(earned, axis=1)[:, ::-1]
    worth = [float(top[i, : max(1, int(model.high[i]))].sum()) for i in range(n)]
    order = sorted(range(n), key=lambda i: (-helps[i], -worth[i], i))
    found = []
    for i in _different(problem, order)[:most]:
        if run.stop(0.0):
            break
        found.append(_guest(problem, now, i, run))
    return tuple(sorted(found, key=lambda g: (-g.floor, -g.utility_gain)))


def _different(problem: Problem, order: list[int]) -> list[int]:
    """The first of each side and set of languages, then the others."""
    seen: set[tuple[str, tuple[str, ...]]] = set()
    first: list[int] = []
    later: list[int] = []
    for i in order:
        p = problem.participants[i]
        key = (p.side, tuple(sorted(p.languages)))
        (later if key in seen else first).append(i)
        seen.add(key)
    return first + later


def _guest(problem: Problem, now: Result, i: int, run: Run) -> Guest:
    like = problem.participants[i]
    n = len(problem.participants)
    utility = np.zeros((n + 1, n + 1))
    utility[:n, :n] = as_matrix(problem)
    utility[n, :n] = utility[:n, n] = utility[i, :n]
    languages = tuple(sorted(spoken(problem, i))) if like.delegates else like.languages
    guest = Participant(f"{like.id} (guest)", like.side, None, like.min, like.max, languages, tracks=like.tracks)
    wider = replace(problem, participants=(*problem.participants, guest), utility=utility)
    result = _plan(wider, run)
    gain = result.certificate.utility - now.certificate.utility
    return Guest(like.id, like.side, languages, gain, result.certificate.floor.reached)
