"""Reading problems and plans: what is refused, and in which words."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from matching.pairing import (
    ProblemError,
    plan_from_dict,
    plan_to_dict,
    problem_from_dict,
    problem_to_dict,
    solve,
)
from matching.pairing.parse import matrix_of

from .strategies import problems


def example(**changes):
    """The problem of the documentation, small."""
    data = {
        "rounds": 4,
        "places": 2,
        "participants": [
            {"id": "a1", "side": "FR", "min": 1, "max": 3, "languages": ["fr"]},
            {"id": "a2", "side": "FR", "available": [0, 1, 2]},
            {"id": "b1", "side": "BE", "languages": ["fr", "nl"]},
            {"id": "b2", "side": "BE"},
        ],
        "utility": [["a1", "b1", 0.83], ["a2", "b2", 0.4]],
    }
    return {**data, **changes}


def person(**changes):
    return [{"id": "a", "side": "FR"}, {"id": "b", "side": "BE", **changes}]


BAD = [
    ({"rounds": 0}, "rounds: must lie between 1 and 500, not 0"),
    ({"rounds": True}, "rounds: must be a whole number, not True"),
    ({"rounds": 10**9}, "rounds: must lie between 1 and 500, not 1000000000"),
    ({"places": -1}, "places: must lie between 0 and 5000, not -1"),
    ({"places": [{"id": "t"}, {"id": "t"}]}, "places[1]: place 't' is listed twice"),
    ({"places": [{"id": "t", "open": [1]}]}, "places[0].open: unknown field; known fields are id, available"),
    ({"participants": None}, "participants: must be a list, not None"),
    ({"participants": person(id="a")}, "participants[1]: participant 'a' is listed twice"),
    (
        {"participants": person(available=[0, 9])},
        "participants[1].available[1]: round 9 does not exist (rounds are 0–3)",
    ),
    ({"participants": person(available=[1, 1])}, "participants[1].available[1]: round 1 is listed twice"),
    ({"participants": person(min=3, max=2)}, "participants[1].min: asks for 3 meetings but max allows only 2"),
    ({"participants": person(side="")}, "participants[1].side: must be a non-empty text, not ''"),
    (
        {"participants": person(parallel=2)},
        "participants[1].parallel: 2 meetings at once need as many delegates, but 0 are listed",
    ),
    ({"participants": person(tracks=["x"])}, "participants[1].tracks[0]: no track has the id 'x'"),
    ({"utility": [["a1", "b1", math.nan]]}, "utility[0][2]: must lie between 0 and 1, not nan"),
    ({"utility": [["a1", "b1", 1.5]]}, "utility[0][2]: must lie between 0 and 1, not 1.5"),
    ({"utility": [["a1", "b1", 10**400]]}, f"utility[0][2]: must lie between 0 and 1, not 1{56 * '0'}..."),
    ({"utility": [["a1", "b1", 0.1], ["b1", "a1", 0.1]]}, "utility[1]: the pair 'b1', 'a1' is listed twice"),
    ({"utility": [["a1", "b1"]]}, "utility[0]: must be [a, b, value], not ['a1', 'b1']"),
    ({"must": [["a1", "zz"]]}, "must[0][1]: no participant has the id 'zz'"),
    ({"never": [["a1", "a1"]]}, "never[0]: 'a1' cannot meet itself"),
    ({"locked": [{"a": "a1", "b": "b1", "round": 4}]}, "locked[0].round[0]: round 4 does not exist (rounds are 0–3)"),
    ({"locked": [{"a": "a1", "b": "b1", "round": 0, "place": 7}]}, "locked[0].place: no place has the id 7"),
    (
        {"interpreters": [{"languages": ["fr"]}]},
        "interpreters[0].languages: an interpreter needs at least two languages",
    ),
    ({"time_limit_s": -1}, "time_limit_s: must lie between 0.001 and 86400, not -1"),
    ({"seed": -1}, "seed: must lie between 0 and 9223372036854775807, not -1"),
    ({"aim": "fun"}, "aim: must be 'utility' or 'breaks', not 'fun'"),
    ({"fixed": [{"meeting": 0, "round": 1}]}, "fixed[0].meeting: no meeting 0 (there are no requested meetings)"),
    ({"cross_side_only": 1}, "cross_side_only: must be true or false, not 1"),
]


@pytest.mark.parametrize(("change", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_a_wrong_field_is_named_with_its_cause(change, message):
    with pytest.raises(ProblemError) as caught:
        problem_from_dict(example(**change))
    assert str(caught.value).replace(".round[0]", ".round") == message.replace(".round[0]", ".round")


def test_an_unknown_field_is_refused_by_name():
    with pytest.raises(ProblemError) as caught:
        problem_from_dict(example(tables=3))
    assert caught.value.path == "tables"


def test_a_missing_field_is_named():
    with pytest.raises(ProblemError, match=r"^places: is missing$"):
        problem_from_dict({"rounds": 1, "participants": []})


@pytest.mark.parametrize("data", [None, 3, "x", [], [1]])
def test_what_is_no_object_is_refused(data):
    with pytest.raises(ProblemError, match=r"^problem: must be an object"):
        problem_from_dict(data)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_a_problem_survives_writing_and_reading(problem):
    once = problem_to_dict(problem)
    again = problem_from_dict(once)
    assert problem_to_dict(again) == once
    assert again.participants == problem.participants
    assert again.places == problem.places


def test_a_plan_survives_writing_and_reading():
    result = solve(problem_from_dict(example()))
    assert plan_from_dict(plan_to_dict(result.plan, result.certificate)) == result.plan


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"meetings": [{"a": "x", "b": "y"}]}, "meetings[0].round"),
        ({"meetings": [{"a": "x", "b": "y", "round": 1.0}]}, "meetings[0].round"),
        ({"meetings": [{"a": "x", "b": "y", "round": 1, "place": True}]}, "meetings[0].place"),
        ({"meetings": [{"a": "x", "b": "y", "round": 1, "table": 1}]}, "meetings[0].table"),
        ({"meeting": []}, "meeting"),
        ([], "problem"),
    ],
)
def test_a_wrong_plan_is_refused(data, path):
    with pytest.raises(ProblemError) as caught:
        plan_from_dict(data)
    assert caught.value.path == path


def test_a_matrix_must_be_symmetric_finite_and_of_the_right_shape():
    good = np.array([[0.0, 0.5], [0.5, 0.0]])
    assert np.array_equal(matrix_of(good, 2), good)
    for bad in (np.zeros((2, 3)), np.array([[0, 0.5], [0.4, 0]]), np.array([[0, np.nan], [np.nan, 0]]), good * 3):
        with pytest.raises(ProblemError):
            matrix_of(bad, 2)
