"""Promised meetings (musts, locks, requests): kept, proven impossible or named as missing, however soon one stops."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.pairing import (
    MaxIterations,
    MaxRuntime,
    Meeting,
    Plan,
    ProblemError,
    check,
    problem_from_dict,
    solve,
)
from matching.pairing.problem import Lock
from matching.pairing.sound import breaches, sound

from .strategies import problems

STOPS = (lambda: MaxIterations(0), lambda: MaxIterations(20), lambda: MaxRuntime(0.001), lambda: MaxRuntime(0))


def event(people, **rules):
    """Four rounds and places enough, everybody may meet everybody; each person as name -> what differs."""
    told = [{"id": name, "side": "S", **more} for name, more in people.items()]
    return problem_from_dict(
        {"rounds": 4, "places": 9, "cross_side_only": False, "default_utility": 0.5, "participants": told, **rules}
    )


RESTING = event(
    {"a": {"max_consecutive": 2}, "b": {"available": [1, 2, 3], "max_consecutive": 2}, "c": {}, "d": {}},
    locked=[{"a": "a", "b": "b", "round": 3}],
)
RESTS_APART = event(
    {"a": {"available": [1]}, "b": {"max_consecutive": 1, "available": [0, 1, 2]}, "c": {}},
    must=[["a", "b"]],
)
INTERPRETED = event(
    {"a": {"languages": ["fr"]}, "b": {"languages": ["nl"]}, "c": {}, "d": {}},
    interpreters=[{"languages": ["fr", "nl"]}],
    locked=[{"a": "a", "b": "b", "round": 2}],
)
ONE_DELEGATE_SPEAKS = event(
    {
        "a": {"delegates": [{"id": "x", "languages": ["fr"], "available": [0]}, {"id": "y", "languages": ["nl"]}]},
        "b": {"languages": ["fr"]},
    },
    interpreters=[{"languages": ["fr", "nl"]}],
    locked=[{"a": "a", "b": "b", "round": 3}],
)
IN_THE_WAY = event(
    {
        "a": {"languages": ["nl"]},
        "b": {"languages": ["fr"]},
        "c": {"available": [1]},
    },
    interpreters=[{"languages": ["fr", "nl"], "available": [1]}],
    must=[["a", "b"]],
)
TWO_AT_ONCE = event(
    {"a": {"delegates": [{"id": "x"}, {"id": "y"}], "parallel": 2}, "b": {}, "c": {}, "d": {}, "e": {}},
    locked=[{"a": "a", "b": "b", "round": 1}, {"a": "a", "b": "d", "round": 1}],
)
SAME_SEAT_TWICE = event(
    {"a": {"delegates": [{"id": "x"}, {"id": "y"}], "parallel": 2, "max": 3}, "b": {}, "c": {}, "d": {}},
    locked=[{"a": "a", "b": who, "round": t} for who, t in (("b", 1), ("c", 2), ("d", 1))],
)


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize(
    "problem",
    [RESTING, RESTS_APART, INTERPRETED, ONE_DELEGATE_SPEAKS, IN_THE_WAY, TWO_AT_ONCE, SAME_SEAT_TWICE],
)
def test_promised_meetings_that_can_all_be_held_are_held(problem, stop):
    result = solve(problem, stop())
    assert check(problem, result.plan) == []
    assert result.certificate.missed_must == ()


def test_locks_that_leave_no_rest_contradict_it():
    locked = [{"a": "a", "b": who, "round": t} for t, who in enumerate("bcd")]
    result = solve(event({"a": {"max_consecutive": 2}, "b": {}, "c": {}, "d": {}}, locked=locked), MaxIterations(0))
    assert result.plan.meetings == ()
    assert result.certificate.status == "infeasible"
    assert "a has at most 2 meetings in a row" in result.certificate.contradiction
    assert len(result.certificate.contradiction) == 4


@st.composite
def promising(draw):
    """Events of every kind with musts and locks, which may contradict."""
    problem = draw(problems())
    names = [p.id for p in problem.participants]
    pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :]]
    some = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=4))
    cut = draw(st.integers(0, len(some)))
    rounds = st.integers(0, problem.rounds - 1)
    locked = tuple(Lock(a, b, draw(rounds)) for a, b in some[cut:])
    return replace(problem, must=tuple(some[:cut]), locked=locked)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(promising(), st.sampled_from(STOPS))
def test_what_is_promised_is_kept_or_impossible_or_named(problem, stop):
    result = solve(problem, stop())
    found, missed = check(problem, result.plan), result.certificate.missed_must
    if result.certificate.status == "infeasible":
        assert result.certificate.contradiction
        assert result.plan.meetings == ()
        return
    assert breaches(problem, result.plan) == []
    assert bool(found) == bool(missed)
    assert not missed or result.certificate.status == "feasible"


REQUESTS = [{"a": "a", "b": "b"}, {"a": "b", "b": "c"}, {"a": "c", "b": "d", "rounds": [3]}, {"a": "a", "b": "d"}]


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize(
    "rules",
    [
        {"fairness": 0},
        {"max_consecutive": 1, "rounds": 6},
        {"people": {"languages": ["fr"]}, "interpreters": [{"languages": ["fr", "nl"]}], "fixed": 1},
        {"people": {"delegates": [{"id": "x"}, {"id": "y"}], "parallel": 2}, "places": 4},
    ],
)
def test_requested_meetings_without_time_keep_every_rule(rules, stop):
    rules = dict(rules)
    more = rules.pop("people", {})
    fixed = [{"meeting": 3, "round": 2}] if rules.pop("fixed", None) else []
    people = {"a": more, "b": {"languages": ["nl"]} if more.get("languages") else {}, "c": {}, "d": {}}
    problem = event(people, requested=REQUESTS, fixed=fixed, **rules)
    result = solve(problem, stop())
    assert check(problem, result.plan) == []
    assert result.certificate.missed_must == ()


def test_a_plan_that_breaks_rules_keeps_what_breaks_none_and_what_is_promised_first():
    problem = event({"a": {"max": 2}, "b": {}, "c": {}, "d": {}}, must=[["c", "d"]])
    wrong = Plan(
        (
            Meeting("a", "b", 0, 0),
            Meeting("a", "c", 1, 1),
            Meeting("a", "d", 2, 2),
            Meeting("b", "c", 3, 3),
            Meeting("c", "d", 3, 4),
        )
    )
    kept = sound(problem, wrong)
    assert check(problem, kept) == []
    assert wrong.meetings[4] in kept.meetings
    assert wrong.meetings[3] not in kept.meetings
    assert len(kept.meetings) == 3


def test_of_a_meeting_that_stands_twice_a_sound_plan_keeps_one():
    problem = event({"a": {}, "b": {}})
    assert sound(problem, Plan((Meeting("a", "b", 0, 0),) * 2)) == Plan((Meeting("a", "b", 0, 0),))


def test_an_id_that_cannot_be_written_is_refused():
    with pytest.raises(ProblemError, match=r"places.*half a character"):
        event({"a": {}, "b": {}}, places=[{"id": "\ud800"}])
