"""Does a plan keep every hard rule? Written apart from the solver on purpose: it shares only the dataclasses."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice, permutations, product

from matching.pairing.problem import (
    Delegate,
    Meeting,
    Participant,
    Place,
    PlaceId,
    Plan,
    Problem,
    Violation,
)


def check(problem: Problem, plan: Plan) -> list[Violation]:
    """Every violation of a hard rule, in plain words; empty when the plan is valid.

    Hard rules: known people, rounds and places; nobody and nothing twice in a round; availability; sides; vetoes;
    musts and locks; languages and interpreters; tracks; caps; rests; no pair twice; and for requested meetings
    exactly those, in their rounds, fixed where fixed and in the order asked for. Floors are an aim, not a rule.
    """
    people = {p.id: p for p in problem.participants}
    unknown = list(_unknown(problem, plan, people))
    if unknown:
        return unknown
    found = list(_clashes(plan, people))
    places: dict[PlaceId | None, Place] = {p.id: p for p in problem.places}
    for meeting in plan.meetings:
        found += _meeting_rules(problem, meeting, people, places)
    found += _counts(plan, people)
    found += _rests(problem, plan, people)
    found += _requested_rules(problem, plan) if problem.requested else _pair_rules(problem, plan)
    return found


def _spoken(meeting: Meeting) -> str:
    return f"{meeting.a} with {meeting.b} in round {meeting.round}"


def _unknown(problem: Problem, plan: Plan, people: dict[str, Participant]) -> Iterator[Violation]:
    places = {p.id for p in problem.places}
    interpreters = {x.id for x in problem.interpreters}
    for m in plan.meetings:
        for who in (m.a, m.b):
            if who not in people:
                yield Violation("unknown", f"{_spoken(m)}: no participant {who}")
        if m.a == m.b:
            yield Violation("unknown", f"{_spoken(m)}: nobody meets themselves")
        if not 0 <= m.round < problem.rounds:
            yield Violation("unknown", f"{_spoken(m)}: there is no such round")
        if m.place is None or m.place not in places:
            yield Violation("unknown", f"{_spoken(m)}: no place {m.place!r}")
        if m.interpreter is not None and m.interpreter not in interpreters:
            yield Violation("unknown", f"{_spoken(m)}: no interpreter {m.interpreter}")
        for who, delegate in ((m.a, m.delegate_a), (m.b, m.delegate_b)):
            known = {d.id for d in people[who].delegates} if who in people else set()
            if (delegate is None) != (not known) or (known and delegate not in known):
                yield Violation("unknown", f"{_spoken(m)}: {delegate!r} is no delegate of {who}")


def _clashes(plan: Plan, people: dict[str, Participant]) -> Iterator[Violation]:
    busy: Counter[tuple[str, object, int]] = Counter()
    for m in plan.meetings:
        busy["place", m.place, m.round] += 1
        if m.interpreter is not None:
            busy["interpreter", m.interpreter, m.round] += 1
        for who, delegate in ((m.a, m.delegate_a), (m.b, m.delegate_b)):
            busy["participant", who, m.round] += 1
            if delegate is not None:
                busy["delegate", (who, delegate), m.round] += 1
    for (kind, item, when), times in busy.items():
        allowed = people[str(item)].parallel if kind == "participant" else 1
        if times > allowed:
            yield Violation("twice", f"{kind} {item} has {times} meetings in round {when}")


def _meeting_rules(
    problem: Problem, m: Meeting, people: dict[str, Participant], places: dict[PlaceId | None, Place]
) -> Iterator[Violation]:
    a, b = people[m.a], people[m.b]
    place = places[m.place]
    if place.available is not None and m.round not in place.available:
        yield Violation("availability", f"{_spoken(m)}: place {m.place} is not open then")
    for who in (a, b):
        if who.available is not None and m.round not in who.available:
            yield Violation("availability", f"{_spoken(m)}: {who.id} is not available then")
    for who, chosen in ((a, m.delegate_a), (b, m.delegate_b)):
        delegate = next((d for d in who.delegates if d.id == chosen), None)
        if delegate and delegate.available is not None and m.round not in delegate.available:
            yield Violation("availability", f"{_spoken(m)}: delegate {chosen} of {who.id} is not available then")
    if problem.cross_side_only and not problem.requested and a.side == b.side:
        yield Violation("side", f"{_spoken(m)}: both are of side {a.side}")
    yield from _language_rule(problem, m, a, b)
    yield from _track_rule(problem, m, a, b)


def _words(who: Participant, chosen: str | None) -> set[str]:
    delegate: Delegate | None = next((d for d in who.delegates if d.id == chosen), None)
    return set(delegate.languages) if delegate and delegate.languages else set(who.languages)


def _language_rule(problem: Problem, m: Meeting, a: Participant, b: Participant) -> Iterator[Violation]:
    mine, theirs = _words(a, m.delegate_a), _words(b, m.delegate_b)
    if m.interpreter is None:
        if mine and theirs and not mine & theirs:
            yield Violation("language", f"{_spoken(m)}: no common language and no interpreter")
        return
    interpreter = next(x for x in problem.interpreters if x.id == m.interpreter)
    if interpreter.available is not None and m.round not in interpreter.available:
        yield Violation("availability", f"{_spoken(m)}: interpreter {m.interpreter} is not available then")
    known = set(interpreter.languages)
    if (mine and not mine & known) or (theirs and not theirs & known):
        yield Violation("language", f"{_spoken(m)}: interpreter {m.interpreter} does not speak to both")


def _track_rule(problem: Problem, m: Meeting, a: Participant, b: Participant) -> Iterator[Violation]:
    if not a.tracks and not b.tracks:
        return
    shared = [t for t in problem.tracks if (not a.tracks or t.id in a.tracks) and (not b.tracks or t.id in b.tracks)]
    fits = [
        t for t in shared if (t.rounds is None or m.round in t.rounds) and (t.places is None or m.place in t.places)
    ]
    if not fits:
        yield Violation("track", f"{_spoken(m)}: no track of both runs in that round at place {m.place}")


def _counts(plan: Plan, people: dict[str, Participant]) -> Iterator[Violation]:
    degree = Counter(who for m in plan.meetings for who in (m.a, m.b))
    for who, count in degree.items():
        most = people[who].max
        if most is not None and count > most:
            yield Violation("cap", f"{who} has {count} meetings, at most {most} are allowed")


def _rests(problem: Problem, plan: Plan, people: dict[str, Participant]) -> Iterator[Violation]:
    busy: defaultdict[str, set[int]] = defaultdict(set)
    for m in plan.meetings:
        busy[m.a].add(m.round)
        busy[m.b].add(m.round)
    for who, rounds in busy.items():
        limits = [x for x in (problem.max_consecutive, people[who].max_consecutive) if x is not None]
        if not limits:
            continue
        for first in rounds:
            window = range(first, first + min(limits) + 1)
            if all(t in rounds for t in window):
                yield Violation("rest", f"{who} has more than {min(limits)} meetings in a row from round {first}")
                break


def _pair_rules(problem: Problem, plan: Plan) -> Iterator[Violation]:
    met = Counter(frozenset((m.a, m.b)) for m in plan.meetings)
    for pair, times in met.items():
        if times > 1:
            yield Violation("repeat", f"{' and '.join(sorted(pair))} meet {times} times")
    for a, b in problem.never:
        if frozenset((a, b)) in met:
            yield Violation("veto", f"{a} and {b} must not meet")
    for a, b in problem.must:
        if frozenset((a, b)) not in met:
            yield Violation("must", f"{a} and {b} must meet and do not")
    for lock in problem.locked:
        kept = any(
            {m.a, m.b} == {lock.a, lock.b} and m.round == lock.round and lock.place in (None, m.place)
            for m in plan.meetings
        )
        if not kept:
            where = "" if lock.place is None else f" at place {lock.place}"
            yield Violation("lock", f"{lock.a} and {lock.b} are locked to round {lock.round}{where}")


def _requested_rules(problem: Problem, plan: Plan) -> Iterator[Violation]:
    rounds: defaultdict[frozenset[str], list[int]] = defaultdict(list)
    for m in plan.meetings:
        rounds[frozenset((m.a, m.b))].append(m.round)
    wanted = [frozenset((r.a, r.b)) for r in problem.requested]
    for pair in rounds.keys() | set(wanted):
        times, asked = len(rounds[pair]), wanted.count(pair)
        if times != asked:
            spoken = " and ".join(sorted(pair))
            yield Violation("request", f"{spoken}: {asked} meetings requested, {times} in the plan")
    yield from min((list(_times(problem, when)) for when in _readings(wanted, rounds)), key=len)
    yield from _fairness(problem, plan)


def _readings(wanted: list[frozenset[str]], rounds: dict[frozenset[str], list[int]]) -> Iterator[dict[int, int]]:
    """Rounds by request. A pair requested twice may be read either way round, so every reading is offered."""
    requests: defaultdict[frozenset[str], list[int]] = defaultdict(list)
    for k, pair in enumerate(wanted):
        requests[pair].append(k)
    pairs = list(requests)
    for orders in islice(product(*(permutations(rounds[pair]) for pair in pairs)), 10_000):
        yield {
            k: t for pair, order in zip(pairs, orders, strict=True) for k, t in zip(requests[pair], order, strict=False)
        }


def _times(problem: Problem, when: dict[int, int]) -> Iterator[Violation]:
    for k, r in enumerate(problem.requested):
        if k in when and r.rounds is not None and when[k] not in r.rounds:
            yield Violation("request", f"meeting {k} ({r.a} with {r.b}) may not be in round {when[k]}")
    for k, fixed in problem.fixed:
        if k in when and when[k] != fixed:
            yield Violation("fixed", f"meeting {k} is fixed to round {fixed}, not {when[k]}")
    for first, later in problem.precedences:
        if first in when and later in when and when[first] >= when[later]:
            yield Violation("precedence", f"meeting {first} must come before meeting {later}")


def _fairness(problem: Problem, plan: Plan) -> Iterator[Violation]:
    if problem.fairness is None:
        return
    busy: defaultdict[str, set[int]] = defaultdict(set)
    for m in plan.meetings:
        busy[m.a].add(m.round)
        busy[m.b].add(m.round)
    breaks = {
        p.id: sum(1 for t in busy[p.id] if t + 1 not in busy[p.id]) - 1 if busy[p.id] else 0
        for p in problem.participants
    }
    if breaks and max(breaks.values()) - min(breaks.values()) > problem.fairness:
        most, least = max(breaks, key=lambda k: breaks[k]), min(breaks, key=lambda k: breaks[k])
        yield Violation(
            "fairness",
            f"{most} has {breaks[most]} breaks, {least} has {breaks[least]}; the difference may be {problem.fairness}",
        )
