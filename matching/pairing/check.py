"""Does a plan keep every hard rule? Written apart from the solver on purpose: it shares only the dataclasses."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

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
from matching.pairing.readings import read_requests


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


def broken_anew(problem: Problem, before: Plan, after: Plan) -> list[Violation]:
    """What `check` says of `after` and does not say of `before`, found among the meetings around what differs.

    A rule speaks of one meeting, of a pair, of somebody's day, or of a place or an interpreter in one round. Of each
    of these that a change touches every meeting is looked at, before and after; the others say the same of both. Only
    requested meetings are judged together.
    """
    if not problem.requested:
        before, after = _around_changes(before, after)
    known = set(check(problem, before))
    return [v for v in check(problem, after) if v not in known]


def _around_changes(before: Plan, after: Plan) -> tuple[Plan, Plan]:
    """Of two plans the meetings that share somebody, or a place or an interpreter of a round, with what differs."""
    # By identity: what an edit leaves alone is the same object; others that are equal are looked at for nothing.
    old, new = (Counter(map(id, plan.meetings)) for plan in (before, after))
    changed = [m for m in (*before.meetings, *after.meetings) if old[id(m)] != new[id(m)]]
    people = {who for m in changed for who in (m.a, m.b)}
    spots = {(m.round, m.place) for m in changed}
    helpers = {(m.round, m.interpreter) for m in changed if m.interpreter is not None}

    def touched(m: Meeting) -> bool:
        return m.a in people or m.b in people or (m.round, m.place) in spots or (m.round, m.interpreter) in helpers

    one, other = (Plan(tuple(filter(touched, plan.meetings))) for plan in (before, after))
    return one, other


def _spoken(meeting: Meeting) -> str:
    return f"{meeting.a} with {meeting.b} in round {meeting.round}"


def _broken(rule: str, message: str, **about: Any) -> Violation:
    return Violation(rule, message, tuple(about.items()))


def _at(rule: str, what: str, m: Meeting, told: str, **about: Any) -> Violation:
    """A rule broken by one meeting; `what` says which thing of it does not fit."""
    return _broken(rule, f"{_spoken(m)}: {told}", what=what, a=m.a, b=m.b, round=m.round, place=m.place, **about)


def _unknown(problem: Problem, plan: Plan, people: dict[str, Participant]) -> Iterator[Violation]:
    places = {p.id for p in problem.places}
    interpreters = {x.id for x in problem.interpreters}
    for m in plan.meetings:
        for who in (m.a, m.b):
            if who not in people:
                yield _at("unknown", "participant", m, f"no participant {who}", who=who)
        if m.a == m.b:
            yield _at("unknown", "self", m, "nobody meets themselves", who=m.a)
        if not 0 <= m.round < problem.rounds:
            yield _at("unknown", "round", m, "there is no such round")
        if m.place is None or m.place not in places:
            yield _at("unknown", "place", m, f"no place {m.place!r}")
        if m.interpreter is not None and m.interpreter not in interpreters:
            yield _at("unknown", "interpreter", m, f"no interpreter {m.interpreter}")
        for who, delegate in ((m.a, m.delegate_a), (m.b, m.delegate_b)):
            known = {d.id for d in people[who].delegates} if who in people else set()
            if (delegate is None) != (not known) or (known and delegate not in known):
                yield _at("unknown", "delegate", m, f"{delegate!r} is no delegate of {who}", who=who)


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
            told = f"{kind} {item} has {times} meetings in round {when}"
            who, delegate = item if isinstance(item, tuple) else (item, None)
            yield _broken("twice", told, what=kind, who=who, delegate=delegate, round=when, times=times)


def _meeting_rules(
    problem: Problem, m: Meeting, people: dict[str, Participant], places: dict[PlaceId | None, Place]
) -> Iterator[Violation]:
    a, b = people[m.a], people[m.b]
    place = places[m.place]
    if place.available is not None and m.round not in place.available:
        yield _at("availability", "place", m, f"place {m.place} is not open then")
    for who in (a, b):
        if who.available is not None and m.round not in who.available:
            yield _at("availability", "participant", m, f"{who.id} is not available then", who=who.id)
    for who, chosen in ((a, m.delegate_a), (b, m.delegate_b)):
        delegate = next((d for d in who.delegates if d.id == chosen), None)
        if delegate and delegate.available is not None and m.round not in delegate.available:
            told = f"delegate {chosen} of {who.id} is not available then"
            yield _at("availability", "delegate", m, told, who=who.id, delegate=chosen)
    if problem.cross_side_only and not problem.requested and a.side == b.side:
        yield _at("side", "side", m, f"both are of side {a.side}", side=a.side)
    yield from _language_rule(problem, m, a, b)
    yield from _track_rule(problem, m, a, b)


def _words(who: Participant, chosen: str | None) -> set[str]:
    delegate: Delegate | None = next((d for d in who.delegates if d.id == chosen), None)
    return set(delegate.languages) if delegate and delegate.languages else set(who.languages)


def _language_rule(problem: Problem, m: Meeting, a: Participant, b: Participant) -> Iterator[Violation]:
    mine, theirs = _words(a, m.delegate_a), _words(b, m.delegate_b)
    if m.interpreter is None:
        if mine and theirs and not mine & theirs:
            yield _at("language", "none", m, "no common language and no interpreter")
        return
    interpreter = next(x for x in problem.interpreters if x.id == m.interpreter)
    if interpreter.available is not None and m.round not in interpreter.available:
        told = f"interpreter {m.interpreter} is not available then"
        yield _at("availability", "interpreter", m, told, who=m.interpreter)
    known = set(interpreter.languages)
    if (mine and not mine & known) or (theirs and not theirs & known):
        told = f"interpreter {m.interpreter} does not speak to both"
        yield _at("language", "interpreter", m, told, who=m.interpreter)


def _track_rule(problem: Problem, m: Meeting, a: Participant, b: Participant) -> Iterator[Violation]:
    if not a.tracks and not b.tracks:
        return
    shared = [t for t in problem.tracks if (not a.tracks or t.id in a.tracks) and (not b.tracks or t.id in b.tracks)]
    fits = [
        t for t in shared if (t.rounds is None or m.round in t.rounds) and (t.places is None or m.place in t.places)
    ]
    if not fits:
        yield _at("track", "track", m, f"no track of both runs in that round at place {m.place}")


def _counts(plan: Plan, people: dict[str, Participant]) -> Iterator[Violation]:
    degree = Counter(who for m in plan.meetings for who in (m.a, m.b))
    for who, count in degree.items():
        most = people[who].max
        if most is not None and count > most:
            told = f"{who} has {count} meetings, at most {most} are allowed"
            yield _broken("cap", told, what="cap", who=who, count=count, limit=most)


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
                told = f"{who} has more than {min(limits)} meetings in a row from round {first}"
                yield _broken("rest", told, what="rest", who=who, limit=min(limits), round=first)
                break


def _pair_rules(problem: Problem, plan: Plan) -> Iterator[Violation]:
    met = Counter(frozenset((m.a, m.b)) for m in plan.meetings)
    for pair, times in met.items():
        if times > 1:
            one, other = sorted(pair)
            yield _broken("repeat", f"{one} and {other} meet {times} times", what="pair", a=one, b=other, times=times)
    for a, b in problem.never:
        if frozenset((a, b)) in met:
            yield _broken("veto", f"{a} and {b} must not meet", what="pair", a=a, b=b)
    for a, b in problem.must:
        if frozenset((a, b)) not in met:
            yield _broken("must", f"{a} and {b} must meet and do not", what="pair", a=a, b=b)
    for lock in problem.locked:
        kept = any(
            {m.a, m.b} == {lock.a, lock.b} and m.round == lock.round and lock.place in (None, m.place)
            for m in plan.meetings
        )
        if not kept:
            where = "" if lock.place is None else f" at place {lock.place}"
            told = f"{lock.a} and {lock.b} are locked to round {lock.round}{where}"
            yield _broken("lock", told, what="pair", a=lock.a, b=lock.b, round=lock.round, place=lock.place)


def _requested_rules(problem: Problem, plan: Plan) -> Iterator[Violation]:
    rounds: defaultdict[frozenset[str], list[int]] = defaultdict(list)
    for m in plan.meetings:
        rounds[frozenset((m.a, m.b))].append(m.round)
    wanted = [frozenset((r.a, r.b)) for r in problem.requested]
    counted = Counter(wanted)
    for pair in rounds.keys() | counted.keys():
        times, asked = len(rounds[pair]), counted[pair]
        if times != asked:
            spoken = " and ".join(sorted(pair))
            about = (("asked", asked), ("times", times))
            yield Violation("request", f"{spoken}: {asked} meetings requested, {times} in the plan", about)
    yield from _times(problem, read_requests(problem, rounds))
    yield from _fairness(problem, plan)


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
