"""A new plan on the day: what happened stays, what survives stays where it is, what broke is filled anew.

With `keep` every surviving meeting stays in its round and place and the holes are filled by solving the residual
problem (free people, free places, pairs that have not met): the minimal-perturbation answer (Barták, Müller &
Rudová 2004).
Without it the remaining rounds are optimised again, with a bonus for pairs that stay, and survivors change their round
only along short Kempe chains. Either answer is a `Diff` that can be applied and undone.
"""

from collections import Counter
from dataclasses import dataclass, field, replace

from matching.pairing.changes import Changes, apply_changes
from matching.pairing.model import build_model, consecutive_limit, repeat_adjusted
from matching.pairing.plan import describe
from matching.pairing.problem import (
    Certificate,
    Interpreter,
    Meeting,
    Participant,
    Place,
    Plan,
    Problem,
    Result,
    index_of,
)
from matching.pairing.select import BMatching
from matching.pairing.solve import Stay, choose_and_schedule
from matching.pairing.stop import Run


@dataclass(frozen=True, slots=True)
class Diff:
    """From one plan to the next: meetings dropped, new, and moved (before, after). Undone by `inverse`."""

    removed: tuple[Meeting, ...] = ()
    added: tuple[Meeting, ...] = ()
    moved: tuple[tuple[Meeting, Meeting], ...] = ()

    def inverse(self) -> "Diff":
        """The way back."""
        return Diff(self.added, self.removed, tuple((after, before) for before, after in self.moved))

    def apply(self, plan: Plan) -> Plan:
        """The plan after the change.

        Raises:
            ValueError: a meeting to drop or move is not in the plan (it was made for another plan).
        """
        meetings = list(plan.meetings)
        for gone in (*self.removed, *(before for before, _ in self.moved)):
            if gone not in meetings:
                raise ValueError(f"{gone.a} with {gone.b} in round {gone.round} is not in this plan")
            meetings.remove(gone)
        return Plan(tuple(sorted([*meetings, *self.added, *(after for _, after in self.moved)], key=_by_time)))

    def of(self, participant: str) -> "Diff":
        """The part that concerns one participant."""

        def concerns(m: Meeting) -> bool:
            return participant in (m.a, m.b)

        return Diff(
            tuple(m for m in self.removed if concerns(m)),
            tuple(m for m in self.added if concerns(m)),
            tuple(pair for pair in self.moved if concerns(pair[0])),
        )

    def people(self) -> tuple[str, ...]:
        """Everybody whose agenda changes, each once."""
        touched = (*self.removed, *self.added, *(after for _, after in self.moved))
        return tuple(dict.fromkeys(who for m in touched for who in (m.a, m.b)))


@dataclass(frozen=True, slots=True)
class Replan:
    """The answer: the problem as it now is, the new plan with its certificate, and the difference."""

    problem: Problem
    plan: Plan
    certificate: Certificate
    diff: Diff
    lost_must: tuple[tuple[str, str], ...] = field(default=())


def _by_time(m: Meeting) -> tuple[int, str, str]:
    return (m.round, m.a, m.b)


def compare(before: Plan, after: Plan) -> Diff:
    """What changed between two plans of one event; a pair that meets in both is moved, not dropped and added."""
    old = {_key(m): m for m in before.meetings}
    new = {_key(m): m for m in after.meetings}
    return Diff(
        tuple(m for k, m in old.items() if k not in new),
        tuple(m for k, m in new.items() if k not in old),
        tuple((m, new[k]) for k, m in old.items() if k in new and not _same(m, new[k])),
    )


def _key(m: Meeting) -> tuple[str, ...]:
    return tuple(sorted((m.a, m.b)))


def _same(one: Meeting, other: Meeting) -> bool:
    """Same time and place, and the same persons at the table."""

    def told(m: Meeting) -> tuple[object, ...]:
        return (m.round, m.place, m.interpreter, frozenset({(m.a, m.delegate_a), (m.b, m.delegate_b)}))

    return told(one) == told(other)


def replan(problem: Problem, plan: Plan, changes: Changes, run: Run, keep: bool = True) -> Replan:
    """A plan for what is left of the day.

    With `keep`, every surviving meeting stays as it is and only holes are filled; without, the remaining rounds are
    optimised again and surviving pairs keep their round where little is lost by it. The certificate's bound is that of
    the freely re-optimised rest when `keep` is false, and when it is true that of the best filling of those that first
    give back to everybody, as far as can be, the meetings they lost.

    Raises:
        ProblemError: the changes name something the problem does not have.
    """
    fresh = apply_changes(problem, plan, changes)
    survivors = surviving(fresh, plan, changes.now)
    bound = None
    standing = survivors
    if not keep:
        standing, bound = _rearranged(fresh, survivors, changes.now, run)
    kept = set(survivors)
    lost = Counter(who for m in plan.meetings if m not in kept for who in (m.a, m.b))
    now_held = Counter(who for m in standing if m not in kept for who in (m.a, m.b))
    result = _filled(residual(fresh, standing, changes.now, lost - now_held), run)
    if bound is None:
        bound = _bound(fresh, standing, changes.now, result.certificate)
    whole = Plan(tuple(sorted([*standing, *result.plan.meetings], key=_by_time)))
    gone = tuple(pair for pair in problem.must if pair not in fresh.must)
    return Replan(fresh, whole, _certificate(fresh, whole, bound), compare(plan, whole), gone)


def _filled(problem: Problem, run: Run, stay: Stay | None = None) -> Result:
    """What is left of the day, planned; a promise that has become impossible takes nobody else's meetings along."""
    result = choose_and_schedule(problem, run, stay)
    for left in (replace(problem, must=()), replace(problem, must=(), locked=())):
        if result.certificate.status == "infeasible":
            result = choose_and_schedule(left, run, stay)
    return result


def _pair(index: dict[str, int], m: Meeting) -> tuple[int, int]:
    i, j = index[m.a], index[m.b]
    return (i, j) if i < j else (j, i)


def _rearranged(problem: Problem, survivors: list[Meeting], now: int, run: Run) -> tuple[list[Meeting], float]:
    """The past and the remaining rounds optimised again around the survivors; and the bound on any such plan."""
    past = [m for m in survivors if m.round < now]
    future = [m for m in survivors if m.round >= now]
    index = index_of(problem.participants)
    stay = Stay(
        {_pair(index, m): m.round for m in future},
        {(*_pair(index, m), m.round): m.place for m in future if m.place is not None},
    )
    result = _filled(residual(problem, past, now, Counter()), run, stay)
    return [*past, *result.plan.meetings], _bound(problem, past, now, result.certificate)


def _bound(problem: Problem, standing: list[Meeting], now: int, found: Certificate) -> float:
    """A bound on the utility of every plan around the meetings that stand; `found` is that of the residual problem.

    Rests, and tables beside one that stands, take rounds from the residual that another filling could use. Where
    there are such, the bound is that of a selection without these cuts.
    """
    rest = found.bound
    resting = any(consecutive_limit(problem, i) is not None for i in range(len(problem.participants)))
    if resting or any(p.parallel > 1 for p in problem.participants):
        lp = BMatching(build_model(_uncut(problem, standing, now)))
        lp.solve()
        rest = lp.bound()
    return _worth(problem, standing) + rest


def _uncut(problem: Problem, standing: list[Meeting], now: int) -> Problem:
    """The residual problem with every round in which somebody has a table free, and nothing promised."""
    held = Counter(who for m in standing for who in (m.a, m.b))
    tables = Counter((who, m.round) for m in standing for who in (m.a, m.b))

    def free(person: Participant) -> Participant:
        busy = {t for t in range(now, problem.rounds) if tables[person.id, t] >= person.parallel}
        rounds = _left(person.available, busy, range(now, problem.rounds))
        return replace(
            person, available=rounds, min=0, max=None if person.max is None else max(0, person.max - held[person.id])
        )

    left = residual(replace(problem, must=(), locked=()), standing, now, Counter())
    people = tuple(free(person) for person in problem.participants)
    return replace(left, participants=people, max_consecutive=problem.max_consecutive)


def _worth(problem: Problem, meetings: list[Meeting]) -> float:
    weight, index = repeat_adjusted(problem, index_of(problem.participants)), index_of(problem.participants)
    return float(sum(weight[_pair(index, m)] for m in meetings))


def _certificate(problem: Problem, plan: Plan, bound: float) -> Certificate:
    """Facts of the whole plan, with the bound of what was optimised."""
    found = describe(build_model(problem), plan)
    proven = bound - found.utility <= 1e-6 * max(1.0, bound) and not found.unmet and not found.missed_must
    gap = 0.0 if proven or bound <= 0 else max(0.0, (bound - found.utility) / bound)
    return replace(found, status="optimal" if proven else "feasible", bound=max(bound, found.utility), gap=gap)


def surviving(problem: Problem, plan: Plan, now: int) -> list[Meeting]:
    """Past meetings, and future ones whose people, place and interpreter are still there."""
    people = {p.id: p for p in problem.participants}
    places = {p.id: p for p in problem.places}
    served = {x.id: x for x in problem.interpreters}

    def there(available: tuple[int, ...] | None, t: int) -> bool:
        return available is None or t in available

    def stands(m: Meeting) -> bool:
        if m.round < now:
            return True
        helped = m.interpreter is None or (m.interpreter in served and there(served[m.interpreter].available, m.round))
        placed = m.place is not None and m.place in places and there(places[m.place].available, m.round)
        return helped and placed and all(there(people[who].available, m.round) for who in (m.a, m.b))

    return [m for m in plan.meetings if stands(m)]


def residual(problem: Problem, standing: list[Meeting], now: int, first: Counter[str]) -> Problem:
    """What is still open around the meetings that stand: free rounds, places and interpreters from `now` on, minima and
    caps less what is held, no pair that has met. Those in `first` ask for as many meetings as they lost."""
    busy: dict[str, set[int]] = {}
    taken: dict[object, set[int]] = {}
    for m in standing:
        for who in (m.a, m.b):
            busy.setdefault(who, set()).add(m.round)
        taken.setdefault(("place", m.place), set()).add(m.round)
        taken.setdefault(("interpreter", m.interpreter), set()).add(m.round)
    degree = Counter(who for m in standing for who in (m.a, m.b))
    held = {_key(m) for m in standing}
    rest = range(now, problem.rounds)
    open_locks = tuple(k for k in problem.locked if tuple(sorted((k.a, k.b))) not in held and k.round >= now)
    problem = replace(problem, locked=open_locks)
    return replace(
        problem,
        participants=tuple(
            _open_person(problem, i, busy.get(p.id, set()), degree[p.id], now, first[p.id])
            for i, p in enumerate(problem.participants)
        ),
        places=tuple(_open_place(p, taken.get(("place", p.id), set()), rest) for p in problem.places),
        interpreters=tuple(
            _open_helper(x, taken.get(("interpreter", x.id), set()), rest) for x in problem.interpreters
        ),
        never=(*problem.never, *((m.a, m.b) for m in standing)),
        must=tuple(pair for pair in problem.must if tuple(sorted(pair)) not in held),
        max_consecutive=None,
    )


def _left(available: tuple[int, ...] | None, taken: set[int], rest: range) -> tuple[int, ...]:
    return tuple(t for t in rest if t not in taken and (available is None or t in available))


def _open_place(place: Place, taken: set[int], rest: range) -> Place:
    return replace(place, available=_left(place.available, taken, rest))


def _open_helper(helper: Interpreter, taken: set[int], rest: range) -> Interpreter:
    return replace(helper, available=_left(helper.available, taken, rest))


def _open_person(problem: Problem, i: int, busy: set[int], degree: int, now: int, lost: int) -> Participant:
    person = problem.participants[i]
    limit = consecutive_limit(problem, i)
    rounds = _left(person.available, busy, range(now, problem.rounds))
    if limit is not None:
        locked = {k.round for k in problem.locked if person.id in (k.a, k.b)}
        rounds = _with_rests(tuple(sorted(rounds, key=lambda t: t not in locked)), busy, limit)
    most = None if person.max is None else max(0, person.max - degree)
    least = max(0, person.min - degree, lost)
    least = min(least, len(rounds), len(rounds) if most is None else most)
    return replace(person, available=rounds, min=least, max=most, max_consecutive=None)


def _with_rests(rounds: tuple[int, ...], busy: set[int], limit: int) -> tuple[int, ...]:
    """Rounds that can all be filled beside the busy ones without more than `limit` in a row; the first named first."""
    filled, found = set(busy), []
    for t in rounds:
        low = high = t
        while low - 1 in filled:
            low -= 1
        while high + 1 in filled:
            high += 1
        if high - low + 1 <= limit:
            filled.add(t)
            found.append(t)
    return tuple(sorted(found))
