"""Choose and schedule: properties over random events, and events whose answer is known."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.pairing import (
    MaxIterations,
    Participant,
    Place,
    Problem,
    check,
    problem_from_dict,
    solve,
)
from matching.pairing.model import build_model
from matching.pairing.places import match
from matching.pairing.problem import Lock
from matching.pairing.select import BMatching

from .strategies import problems

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def answer(problem, seed=0, limit=20):
    return solve(problem, MaxIterations(limit), seed)


def two_sides(n, rounds, places=None, **person):
    """n against n, everybody free, utility by distance on a circle."""
    people = tuple(Participant(f"{side}{k}", side, **person) for side in "ab" for k in range(n))
    utility = np.zeros((2 * n, 2 * n))
    for i, j in itertools.product(range(n), range(n)):
        utility[i, n + j] = utility[n + j, i] = round(1 - ((i - j) % n) / n, 3)
    return Problem(rounds, people, tuple(Place(k) for k in range(n if places is None else places)), utility)


def exact_bound(problem):
    """Optimum of the selection program over every pair, by scipy: an oracle that shares nothing with ours."""
    from scipy.optimize import linprog

    model = build_model(problem)
    pairs = [(i, j) for i in range(model.n) for j in range(i + 1, model.n) if model.allowed[i, j]]
    if not pairs:
        return 0.0
    rows = np.zeros((model.n + 1, len(pairs)))
    for k, (i, j) in enumerate(pairs):
        rows[i, k] = rows[j, k] = rows[-1, k] = 1
    upper = np.append(model.high, BMatching(model).total)
    found = linprog([-model.weight[p] for p in pairs], A_ub=rows, b_ub=upper, bounds=(0, 1), method="highs")
    return -found.fun


@quick
@given(problems())
def test_every_plan_keeps_every_hard_rule(problem):
    result = answer(problem)
    assert check(problem, result.plan) == []
    assert result.certificate.utility <= result.certificate.bound + 1e-9


@quick
@given(problems(rich=False, floors=False))
def test_the_bound_is_that_of_the_full_matrix(problem):
    assert answer(problem).certificate.bound == pytest.approx(exact_bound(problem), abs=1e-6)


@quick
@given(problems(), st.integers(0, 3))
def test_same_seed_same_plan(problem, seed):
    assert answer(problem, seed).plan == answer(problem, seed).plan


@quick
@given(problems(rich=False, floors=False), st.randoms(use_true_random=False))
def test_relabelling_people_changes_neither_the_bound_nor_an_optimal_value(problem, random):
    order = list(range(len(problem.participants)))
    random.shuffle(order)
    shuffled = replace(
        problem,
        participants=tuple(problem.participants[k] for k in order),
        utility=problem.utility[np.ix_(order, order)],
    )
    one, other = answer(problem).certificate, answer(shuffled).certificate
    assert one.bound == pytest.approx(other.bound, abs=1e-6)
    if one.status == other.status == "optimal":
        assert one.utility == pytest.approx(other.utility, abs=1e-6)


@quick
@given(problems(rich=False, floors=False))
def test_one_place_or_one_round_more_never_lowers_the_bound(problem):
    before = answer(problem).certificate.bound
    places = replace(problem, places=(*problem.places, Place(len(problem.places))))
    rounds = replace(problem, rounds=problem.rounds + 1)
    assert answer(places).certificate.bound >= before - 1e-6
    assert answer(rounds).certificate.bound >= before - 1e-6


@quick
@given(problems(rich=False, floors=False))
def test_a_guest_who_can_be_left_out_never_lowers_the_bound(problem):
    n = len(problem.participants)
    utility = np.full((n + 1, n + 1), 0.3)
    utility[:n, :n] = problem.utility
    utility[n, n] = 0
    guest = Participant("guest", "S0")
    wider = replace(problem, participants=(*problem.participants, guest), utility=utility)
    assert answer(wider).certificate.bound >= answer(problem).certificate.bound - 1e-6


def test_round_robin_is_complete_and_proven():
    """n against n in n rounds at n places: everybody meets everybody (König)."""
    result = answer(two_sides(6, 6))
    assert len(result.plan.meetings) == 36
    assert result.certificate.status == "optimal"
    assert result.certificate.distribution == (0, 0, 0, 0, 0, 0, 12)


def test_one_round_is_the_assignment_problem():
    from scipy.optimize import linear_sum_assignment

    draw = np.random.default_rng(5)
    block = np.round(draw.random((8, 8)), 3)
    utility = np.zeros((16, 16))
    utility[:8, 8:], utility[8:, :8] = block, block.T
    problem = replace(two_sides(8, 1), utility=utility)
    rows, columns = linear_sum_assignment(block, maximize=True)
    result = answer(problem)
    assert result.certificate.status == "optimal"
    assert result.certificate.utility == pytest.approx(block[rows, columns].sum())


def test_places_limit_each_round():
    result = answer(two_sides(4, 3, places=2))
    assert [sum(m.round == t for m in result.plan.meetings) for t in range(3)] == [2, 2, 2]
    assert result.certificate.status == "optimal"


def test_a_triangle_of_three_sides_needs_three_rounds():
    """K3 has chromatic index 3: two rounds give one or two meetings, the third completes it."""
    people = tuple(Participant(name, name) for name in "xyz")
    made = [len(answer(Problem(r, people, (Place(0),), default_utility=0.5)).plan.meetings) for r in (1, 2, 3)]
    assert made == [1, 2, 3]


def test_a_floor_nobody_can_reach_is_explained_not_dropped():
    problem = problem_from_dict(
        {
            "rounds": 3,
            "places": 3,
            "participants": [
                {"id": "a1", "side": "FR", "min": 2, "available": [0]},
                {"id": "a2", "side": "FR", "min": 2},
                {"id": "b1", "side": "BE", "min": 2},
                {"id": "b2", "side": "BE", "min": 1},
            ],
            "default_utility": 0.5,
        }
    )
    certificate = answer(problem).certificate
    assert certificate.status == "optimal"
    assert [(u.participant, u.cause, u.asked, u.got) for u in certificate.unmet] == [("a1", "availability", 2, 1)]
    assert (certificate.floor.requested, certificate.floor.reached) == (2, 1)


CAUSES = {
    "side": {"participants": [{"id": "a", "side": "FR", "min": 1}, {"id": "b", "side": "FR"}]},
    "veto": {"participants": [{"id": "a", "side": "FR", "min": 1}, {"id": "b", "side": "BE"}], "never": [["a", "b"]]},
    "language": {
        "participants": [
            {"id": "a", "side": "FR", "min": 1, "languages": ["fr"]},
            {"id": "b", "side": "BE", "languages": ["nl"]},
        ]
    },
    "availability": {
        "participants": [
            {"id": "a", "side": "FR", "min": 1, "available": [0]},
            {"id": "b", "side": "BE", "available": [1]},
        ]
    },
    "capacity": {"places": 0, "participants": [{"id": "a", "side": "FR", "min": 1}, {"id": "b", "side": "BE"}]},
}


@pytest.mark.parametrize("cause", CAUSES)
def test_the_cause_of_an_unmet_floor(cause):
    problem = problem_from_dict({"rounds": 2, "places": 1, **CAUSES[cause]})
    assert [u.cause for u in answer(problem).certificate.unmet] == [cause]


def test_max_min_is_raised_before_utility():
    """One good pair is given up so that everybody has a meeting."""
    people = [{"id": x, "side": x[0], "max": 1, "min": 1} for x in ("a1", "a2", "b1", "b2")]
    data = {"rounds": 1, "places": 2, "participants": people, "never": [["a2", "b2"]]}
    data["utility"] = [["a1", "b1", 1.0], ["a1", "b2", 0.1], ["a2", "b1", 0.1]]
    greedy = problem_from_dict({**data, "participants": [{**p, "min": 0} for p in people]})
    fair = problem_from_dict(data)
    assert answer(greedy).certificate.utility == pytest.approx(1.0)
    assert answer(fair).certificate.utility == pytest.approx(0.2)
    assert answer(replace(greedy, raise_floor=True)).certificate.floor.lowest == 1


def test_a_raised_floor_that_is_kept_at_the_bound_is_optimal():
    """Nobody asked for a minimum: what is promised is what the raising found."""
    certificate = answer(replace(two_sides(3, 2), raise_floor=True)).certificate
    assert (certificate.status, certificate.floor.lowest, certificate.floor.bound) == ("optimal", 2, 2)


def test_no_plan_reaches_a_higher_level_than_the_bound_of_the_floor():
    """One alone asks for meetings and takes every place; those who asked for nothing cannot be raised at all."""
    people = [{"id": "a", "side": "A", "min": 3}, {"id": "c", "side": "A"}]
    people += [{"id": f"b{k}", "side": "B"} for k in range(3)]
    data = {"rounds": 3, "places": 1, "participants": people, "raise_floor": True}
    floor = answer(problem_from_dict(data)).certificate.floor
    assert (floor.reached, floor.lowest, floor.bound) == (3, 0, 3)


def test_a_round_with_more_meetings_than_places_leaves_out_one_however_many_places_there_are():
    places = list(range(1_200))
    assert sum(place is None for place in match([places] * 1_201, range(1_201))) == 1


def test_locks_far_apart_are_kept_on_a_day_of_hundreds_of_rounds():
    """Resting after every meeting on even or on odd rounds alone would close one of the two."""
    people = (Participant("a", "A", max_consecutive=1), Participant("b", "B"), Participant("c", "B"))
    locked = (Lock("a", "b", 0), Lock("a", "c", 3))
    result = answer(Problem(250, people, (Place(0),), locked=locked))
    assert (len(result.plan.meetings), result.certificate.missed_must) == (2, ())


CONTRADICTIONS = [
    ({"must": [["a", "b"]], "never": [["b", "a"]]}, ("a must meet b", "a must never meet b")),
    (
        {"must": [["a", "c"]]},
        ("a must meet c", "both are of side FR and only pairs across sides may meet"),
    ),
    (
        {"locked": [{"a": "a", "b": "b", "round": 0}, {"a": "a", "b": "d", "round": 0}]},
        ("a and b are locked to round 0", "a and d are locked to round 0", "a has one meeting a round"),
    ),
    (
        {"locked": [{"a": "b", "b": "a", "round": 1}, {"a": "c", "b": "d", "round": 1}]},
        ("b and a are locked to round 1", "c and d are locked to round 1", "only 1 places are open in round 1"),
    ),
]


@pytest.mark.parametrize(("rules", "words"), CONTRADICTIONS)
def test_contradicting_rules_are_named(rules, words):
    people = [{"id": x, "side": "FR" if x in "ac" else "BE"} for x in "abcd"]
    certificate = answer(problem_from_dict({"rounds": 2, "places": 1, "participants": people, **rules})).certificate
    assert certificate.status == "infeasible"
    assert certificate.contradiction == words


def test_locks_and_musts_are_kept():
    problem = problem_from_dict(
        {
            "rounds": 3,
            "places": 2,
            "participants": [{"id": x, "side": "FR" if x < "c" else "BE"} for x in "abcd"],
            "utility": [["a", "c", 1.0], ["b", "d", 1.0]],
            "must": [["a", "d"]],
            "locked": [{"a": "b", "b": "c", "round": 2, "place": 1}],
        }
    )
    result = answer(problem)
    met = {(m.a, m.b): (m.round, m.place) for m in result.plan.meetings}
    assert met["b", "c"] == (2, 1)
    assert ("a", "d") in met
    assert result.certificate.missed_must == ()


def test_past_pairs_are_avoided_when_the_alternative_is_worth_it():
    people = tuple(Participant(x, x[0], max=1) for x in ("a1", "b1", "b2"))
    utility = np.array([[0, 0.9, 0.6], [0.9, 0, 0], [0.6, 0, 0]])
    problem = Problem(1, people, (Place(0),), utility, past=(("b1", "a1"),))
    assert [m.b for m in answer(problem).plan.meetings] == ["b2"]
    assert [m.b for m in answer(replace(problem, past=())).plan.meetings] == ["b1"]


def test_an_empty_event_has_an_empty_plan():
    for data in ({"participants": []}, {"participants": [{"id": "a", "side": "FR"}]}):
        result = answer(problem_from_dict({"rounds": 1, "places": 1, **data}))
        assert result.plan.meetings == ()
        assert result.certificate.status == "optimal"


def test_musts_that_cannot_be_seated_together_are_a_smallest_set():
    """Three musts among three people need three rounds (a triangle); the fourth pair has nothing to do with it."""
    people = [{"id": x, "side": x} for x in "abcde"]
    musts = [["a", "b"], ["b", "c"], ["a", "c"], ["d", "e"]]
    data = {"rounds": 3, "places": 2, "participants": people, "must": musts}
    assert answer(problem_from_dict(data)).certificate.missed_must == ()
    people[0] = {**people[0], "available": [0, 1]}
    people[1] = {**people[1], "available": [0, 1]}
    people[2] = {**people[2], "available": [0, 1]}
    certificate = answer(problem_from_dict(data)).certificate
    assert certificate.status == "infeasible"
    assert {"a must meet b", "b must meet c", "a must meet c"} <= set(certificate.contradiction)
    assert "d must meet e" not in certificate.contradiction


@pytest.mark.parametrize("seed", range(12))
def test_a_limit_of_meetings_in_a_row_holds_for_all_delegates_together(seed):
    delegates = [{"id": "d0"}, {"id": "d1"}]
    people = [
        {"id": "a", "side": "X", "delegates": delegates, "parallel": 2, "max_consecutive": 1},
        {"id": "b", "side": "Y", "available": [0]},
        {"id": "c", "side": "Y", "available": [1]},
    ]
    problem = problem_from_dict({"rounds": 2, "places": 3, "participants": people, "default_utility": 0.5})
    assert check(problem, solve(problem, stop=MaxIterations(20), seed=seed).plan) == []
