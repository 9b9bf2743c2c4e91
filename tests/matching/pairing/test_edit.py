"""Plans changed by hand: who sits and interprets where a meeting goes, and what is left of the proof."""

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.pairing import MaxIterations, Plan, ProblemError, check, problem_from_dict, solve
from matching.pairing.check import broken_anew
from matching.pairing.edit import Edit, Proof, apply_edit, certify, meeting_of, seated, unmatched
from matching.pairing.problem import Lock, Meeting, Problem

from .strategies import problems


def event(**more: object) -> Problem:
    form = {
        "rounds": 3,
        "places": 2,
        "participants": [
            {"id": "a", "side": "X", "languages": ["fr"], "min": 1, "max": 3},
            {"id": "b", "side": "X", "languages": ["fr"], "delegates": [
                {"id": "early", "languages": ["fr"], "available": [0]},
                {"id": "late", "languages": ["nl"], "available": [1, 2]}]},
            {"id": "c", "side": "Y", "languages": ["fr"]},
            {"id": "d", "side": "Y", "languages": ["nl"], "min": 1, "max": 3},
        ],
        "utility": [["a", "c", 0.8], ["a", "d", 0.6], ["b", "c", 0.5], ["b", "d", 0.4]],
        "interpreters": [{"id": "i", "languages": ["fr", "nl"], "available": [0, 1]}],
    }  # fmt: skip
    return problem_from_dict(form | more)


PLAN = Plan((Meeting("a", "c", 0, 0), Meeting("b", "d", 1, 1, delegate_a="late")))


def test_the_plan_of_these_tests_is_valid() -> None:
    assert check(event(), PLAN) == []


def test_where_the_round_changes_another_delegate_sits_down_with_an_interpreter_if_need_be() -> None:
    moved = apply_edit(event(), PLAN, Edit("move", "d", "b", 0))
    assert moved.violations == ()
    assert meeting_of(moved.plan, "b", "d") == Meeting("b", "d", 0, 1, "i", "early")
    back = apply_edit(event(), moved.plan, Edit("move", "b", "d", 1, 1))
    assert back.plan == PLAN


def test_without_anybody_to_interpret_the_check_says_so() -> None:
    added = apply_edit(event(), PLAN, Edit("add", "a", "d", 2, 0))
    assert [(v.rule, dict(v.about)["what"]) for v in added.violations] == [("language", "none")]


def test_meetings_exchange_round_and_place() -> None:
    swapped = apply_edit(event(), PLAN, Edit("swap", "a", "c", other=("b", "d")))
    assert swapped.violations == ()
    assert [(m.a, m.round, m.place) for m in swapped.plan.meetings] == [("b", 0, 0), ("a", 1, 1)]


def test_a_place_that_is_asked_for_may_be_taken_and_a_free_one_is_found() -> None:
    taken = apply_edit(event(), PLAN, Edit("move", "b", "d", 0, 0))
    assert {(v.rule, dict(v.about)["what"]) for v in taken.violations} == {("twice", "place")}
    full = apply_edit(event(places=1), Plan(PLAN.meetings[:1]), Edit("add", "b", "d", 0))
    assert [(v.rule, dict(v.about)["round"]) for v in full.violations] == [("full", 0)]


def test_only_what_the_edit_itself_breaks_is_held_against_it() -> None:
    problem = event(must=[["a", "d"]])
    assert [v.rule for v in check(problem, PLAN)] == ["must"]
    moved = apply_edit(problem, PLAN, Edit("move", "a", "c", 2))
    assert moved.violations == ()
    mended = apply_edit(problem, moved.plan, Edit("add", "a", "d", 0, 0))
    assert (mended.violations, check(problem, mended.plan)) == ((), [])
    broken = apply_edit(problem, mended.plan, Edit("remove", "a", "d"))
    assert [v.rule for v in broken.violations] == ["must"]


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        (Edit("move", "a", "z", 0), "b"),
        (Edit("move", "a", "a", 0), "b"),
        (Edit("remove", "a", "d"), "a"),
        (Edit("unlock", "a", "c"), "a"),
        (Edit("move", "a", "c"), "round"),
        (Edit("move", "a", "c", 7), "round"),
        (Edit("move", "a", "c", 1, 9), "place"),
        (Edit("swap", "a", "c", other=("c", "a")), "other"),
    ],
)
def test_an_edit_that_makes_no_sense_names_its_field(edit: Edit, path: str) -> None:
    with pytest.raises(ProblemError) as error:
        apply_edit(event(), PLAN, edit)
    assert error.value.path == path


def test_delegates_that_an_old_plan_does_not_name_are_put_down() -> None:
    old = Plan(tuple(Meeting(m.a, m.b, m.round, m.place, m.interpreter) for m in PLAN.meetings))
    assert [v.rule for v in check(event(), old)] == ["unknown"]
    assert seated(event(), old) == PLAN


def test_who_meets_nobody_is_named_with_the_cause() -> None:
    assert unmatched(event(never=[["b", "c"], ["b", "d"]]), Plan(PLAN.meetings[:1])) == [
        ("b", "veto"),
        ("d", "capacity"),
    ]


def proof(**change: object) -> Proof:
    given = {"status": "optimal", "utility": 1.2, "bound": 1.2, "degrees": {}, "released": False}
    return Proof(**(given | change))


def test_the_proof_outlives_what_leaves_its_grounds_alone() -> None:
    same, stands = certify(event(), PLAN, proof())
    assert (same.status, same.bound, same.gap, stands) == ("optimal", pytest.approx(1.2), 0.0, True)
    less, stands = certify(event(), PLAN, proof(utility=1.6, bound=1.6))
    assert (less.status, less.gap, stands) == ("feasible", pytest.approx(0.25), True)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"released": True}, {}),
        ({"bound": None}, {}),
        ({"status": "infeasible"}, {}),
        ({"degrees": {"c": -1}}, {"raise_floor": True}),
    ],
)
def test_the_proof_falls_with_its_grounds(change: dict, problem: dict) -> None:
    certificate, stands = certify(event(**problem), PLAN, proof(**change))
    assert (certificate.status, stands) == ("feasible", False)


def test_a_floor_that_is_given_up_takes_the_proof_along_and_a_meeting_beyond_it_does_not() -> None:
    alone = Plan(PLAN.meetings[1:])
    assert certify(event(), alone, proof(degrees={"a": -1, "c": -1}))[1] is False
    assert certify(event(), alone, proof(degrees={"c": -1}))[1] is True


def shaken(problem: Problem, plan: Plan, draw: random.Random) -> Plan:
    """The plan with some meetings dropped, put anywhere or made up, whatever rule that breaks."""

    def anywhere(m: Meeting) -> Meeting:
        helpers = [None, *(x.id for x in problem.interpreters)]
        spot = draw.choice(problem.places).id if problem.places else None
        return replace(m, round=draw.randrange(problem.rounds), place=spot, interpreter=draw.choice(helpers))

    meetings = list(plan.meetings)
    for _ in range(draw.randint(1, 3)):
        if meetings and draw.random() < 0.7:
            one = meetings.pop(draw.randrange(len(meetings)))
            meetings += [anywhere(one)] * draw.randint(0, 2)
        else:
            a, b = draw.sample(problem.participants, 2)
            ends = (next((d.id for d in who.delegates), None) for who in (a, b))
            meetings.append(anywhere(Meeting(a.id, b.id, 0, None, None, *ends)))
    return Plan(tuple(sorted(meetings, key=lambda m: (m.round, m.a, m.b))))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems().filter(lambda p: p.places), st.randoms(use_true_random=False))
def test_what_a_change_breaks_anew_is_what_the_whole_check_says_of_it_alone(problem, draw):
    plan = solve(problem, MaxIterations(5)).plan
    locked = tuple(Lock(m.a, m.b, m.round, m.place) for m in plan.meetings[::2])
    problem = replace(problem, locked=locked, must=tuple((m.a, m.b) for m in plan.meetings[1::3]))
    before = shaken(problem, plan, draw) if draw.random() < 0.5 else plan
    after = shaken(problem, before, draw)
    known = set(check(problem, before))
    assert broken_anew(problem, before, after) == [v for v in check(problem, after) if v not in known]


def test_a_meeting_that_stands_there_a_second_time_is_a_change() -> None:
    problem = event()
    plan = solve(problem, MaxIterations(5)).plan
    twice = Plan((*plan.meetings, plan.meetings[0]))
    assert broken_anew(problem, plan, twice) == check(problem, twice) != []
