"""On the day: survivors stay, holes are filled, the difference can be applied and undone."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.pairing import (
    Changes,
    Delegate,
    MaxIterations,
    Meeting,
    Participant,
    Place,
    Plan,
    Problem,
    ProblemError,
    Run,
    WalkIn,
    check,
    compare,
    noop,
    replan,
    solve,
    what_if,
)
from matching.pairing.parse import problem_from_dict
from matching.pairing.replan import surviving
from matching.pairing.write import problem_to_dict

from .strategies import problems


def run(limit=60):
    return Run(MaxIterations(limit), 0, noop)


def event(n=12, rounds=6, seed=1):
    draw = np.random.default_rng(seed)
    utility = np.round(draw.random((2 * n, 2 * n)), 3)
    utility = np.triu(utility, 1) + np.triu(utility, 1).T
    people = tuple(Participant(f"{side}{k}", side, min=2, max=rounds - 1) for side in "ab" for k in range(n))
    return Problem(rounds, people, tuple(Place(k) for k in range(n - 2)), utility, must=(("a0", "b0"),))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems(), st.randoms(use_true_random=False), st.booleans())
def test_every_new_plan_is_valid_and_the_past_stands(problem, random, keep):
    names = [p.id for p in problem.participants]
    now = random.randint(0, problem.rounds)
    changes = Changes(
        now,
        absent=tuple(random.sample(names, 1)),
        late=((random.choice(names), random.randint(0, problem.rounds)),),
        lost_places=tuple(p.id for p in problem.places[:1]),
        cancelled=tuple(t for t in range(now, problem.rounds) if random.random() < 0.2),
    )
    plan = solve(problem, MaxIterations(10)).plan
    answer = replan(problem, plan, changes, run(10), keep)
    assert check(answer.problem, answer.plan) == []
    assert [m for m in answer.plan.meetings if m.round < now] == [m for m in plan.meetings if m.round < now]
    assert set(answer.diff.apply(plan).meetings) == set(answer.plan.meetings)
    assert set(answer.diff.inverse().apply(answer.plan).meetings) == set(plan.meetings)
    if keep:
        assert set(surviving(answer.problem, plan, now)) <= set(answer.plan.meetings)


RESTING = Problem(4, (Participant("a", "X", max_consecutive=1), Participant("b", "Y", available=(2,))), (Place(0),))
TWO_TABLES = Problem(
    1,
    (Participant("a", "X", delegates=(Delegate("x"), Delegate("y")), parallel=2), *(Participant(n, "Y") for n in "bc")),
    (Place(0), Place(1)),
)


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(
    ("problem", "now", "standing", "better"),
    [
        (RESTING, 1, [], [Meeting("a", "b", 2, 0)]),
        (TWO_TABLES, 0, [Meeting("a", "b", 0, 0, None, "x")], [Meeting("a", "c", 0, 1, None, "y")]),
    ],
)
def test_no_plan_for_the_rest_of_the_day_is_worth_more_than_the_bound(problem, now, standing, better, keep):
    """Rests are laid, and a table beside another is closed, before the rest is filled: neither proves anything."""
    problem = replace(problem, default_utility=0.5)
    answer = replan(problem, Plan(tuple(standing)), Changes(now), run(), keep)
    another = Plan((*standing, *better))
    assert check(answer.problem, another) == []
    assert answer.certificate.bound >= 0.5 * len(another.meetings)
    assert (answer.certificate.status == "optimal") == (len(answer.plan.meetings) == len(another.meetings))


def test_who_lost_a_meeting_is_served_again():
    problem = event()
    plan = solve(problem, MaxIterations(60)).plan
    lost = [m for m in plan.meetings if m.a == "a3" and m.round >= 2]
    answer = replan(problem, plan, Changes(2, absent=("a3",)), run())
    assert check(answer.problem, answer.plan) == []
    assert {m.b for m in lost} & set(answer.diff.people())
    assert all(not m.round >= 2 or "a3" not in (m.a, m.b) for m in answer.plan.meetings)
    assert answer.certificate.unmet == ()


def test_nothing_happened_nothing_changes():
    problem = event()
    plan = solve(problem, MaxIterations(60)).plan
    full = Plan(tuple(plan.meetings))
    answer = replan(problem, full, Changes(problem.rounds), run())
    assert answer.diff == compare(full, full)
    assert answer.plan.meetings == tuple(sorted(full.meetings, key=lambda m: (m.round, m.a, m.b)))


def test_a_walk_in_gets_meetings_only_from_now_on():
    problem = event()
    plan = solve(problem, MaxIterations(60)).plan
    guest = WalkIn(Participant("late guest", "a", min=1), (("b1", 1.0),))
    answer = replan(problem, plan, Changes(3, absent=("a1", "a2"), walk_ins=(guest,)), run())
    mine = [m for m in answer.plan.meetings if "late guest" in (m.a, m.b)]
    assert mine
    assert min(m.round for m in mine) >= 3
    assert check(answer.problem, answer.plan) == []


def test_a_must_with_somebody_absent_is_named():
    problem = event()
    plan = solve(problem, MaxIterations(60)).plan
    held = next(m for m in plan.meetings if {m.a, m.b} == {"a0", "b0"})
    answer = replan(problem, plan, Changes(0, absent=("b0",)), run())
    assert answer.lost_must == (("a0", "b0"),)
    assert held in answer.diff.removed


@pytest.mark.parametrize("keep", [True, False])
def test_a_promise_that_became_impossible_takes_nobody_elses_meetings_along(keep):
    problem = replace(event(), must=(("a0", "b0"),), never=())
    plan = solve(problem, MaxIterations(60)).plan
    plan = Plan(tuple(m for m in plan.meetings if {m.a, m.b} != {"a0", "b0"}))
    answer = replan(problem, plan, Changes(1, late=(("a0", problem.rounds),), absent=("a5", "a6", "b7")), run(), keep)
    assert {v.rule for v in check(answer.problem, answer.plan)} == {"must"}
    assert answer.certificate.missed_must == (("a0", "b0"),)
    added = [m for m in answer.plan.meetings if m.round >= 1]
    assert len(added) >= len([m for m in plan.meetings if m.round >= 1 and not {m.a, m.b} & {"a0", "a5", "a6", "b7"}])
    assert keep is False or answer.diff.added


def test_full_optimisation_is_never_worse_than_keeping_by_much_and_reports_its_bound():
    problem = event(20, 8)
    plan = solve(problem, MaxIterations(60)).plan
    changes = Changes(2, absent=("a3", "b4"))
    kept, free = (replan(problem, plan, changes, run(150), keep) for keep in (True, False))
    assert check(free.problem, free.plan) == []
    assert free.certificate.bound >= kept.certificate.utility - 1e-9
    assert free.certificate.utility >= 0.995 * kept.certificate.utility


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (Changes(9), "now: must lie between 0 and 6, not 9"),
        (Changes(1, absent=("zz",)), "absent[0]: no participant has the id 'zz'"),
        (Changes(1, lost_places=(99,)), "lost_places[0]: no place has the id 99"),
        (Changes(3, cancelled=(1,)), "cancelled[0]: round 1 is past or does not exist"),
        (Changes(1, walk_ins=(WalkIn(Participant("a1", "a")),)), "walk_ins[0]: 'a1' is already a participant"),
    ],
)
def test_changes_that_name_nobody_are_refused(changes, message):
    with pytest.raises(ProblemError) as caught:
        replan(event(), Plan(), changes, run())
    assert str(caught.value) == message


def test_a_diff_of_another_plan_is_refused():
    problem = event()
    plan = solve(problem, MaxIterations(60)).plan
    diff = compare(plan, Plan(plan.meetings[1:]))
    assert diff.of(plan.meetings[0].a).removed == (plan.meetings[0],)
    with pytest.raises(ValueError, match="is not in this plan"):
        diff.apply(Plan(plan.meetings[1:]))


def test_what_if_finds_the_smallest_numbers():
    """4 against 4: a floor of 2 takes 2 rounds, and 4 places in the 2 rounds there are, whatever the utilities."""
    people = tuple(Participant(f"{side}{k}", side) for side in "ab" for k in range(4))
    problem = Problem(4, people, tuple(Place(k) for k in range(4)), default_utility=0.5)
    outlook = what_if(problem, 2, run())
    assert (outlook.rounds, outlook.places, outlook.interpreters, outlook.short) == (2, 2, 0, ())
    assert outlook.reached == 2
    assert len(outlook.invite) == 3


def test_what_if_names_who_will_be_short_and_who_would_help():
    people = (*(Participant(f"a{k}", "FR") for k in range(3)), Participant("b0", "BE"))
    outlook = what_if(Problem(2, people, (Place(0), Place(1)), default_utility=0.5), 1, run())
    assert outlook.reached == 0
    assert len(outlook.short) == 1
    assert outlook.invite[0].side == "BE"
    assert outlook.invite[0].floor == 1


def test_a_guest_speaks_what_the_delegates_of_those_like_it_speak():
    french = Participant("a", "FR", delegates=(Delegate("x", ("fr",)),))
    dutch = tuple(Participant(f"b{k}", "BE", languages=("nl",)) for k in range(2))
    outlook = what_if(Problem(2, (french, *dutch), (Place(0),), default_utility=0.5), 1, run(), guests=3)
    assert [(g.languages, g.floor) for g in outlook.invite if g.like == "a"] == [(("fr",), 0)]


def test_random_is_not_needed():
    """The answer does not depend on the global generator."""
    problem = event()
    random.seed(1)
    one = solve(problem, MaxIterations(60)).plan
    random.seed(2)
    assert solve(problem, MaxIterations(60)).plan == one


def test_another_delegate_at_the_table_is_a_change_that_can_be_undone():
    before = Plan((Meeting("p", "q", 0, 0, None, "first", None),))
    after = Plan((Meeting("p", "q", 0, 0, None, "second", None),))
    diff = compare(before, after)
    assert diff.moved == ((before.meetings[0], after.meetings[0]),)
    assert diff.inverse().apply(after) == before


def test_who_has_met_twice_makes_a_day_that_can_be_read_again() -> None:
    twice = problem_from_dict({
        "rounds": 4, "places": 2, "cross_side_only": False,
        "participants": [{"id": f"p{n}", "side": "S"} for n in (1, 2, 3)],
        "requested": [{"a": "p1", "b": "p2"}, {"a": "p2", "b": "p3"}, {"a": "p2", "b": "p3"}],
    })  # fmt: skip
    plan = Plan((Meeting("p2", "p3", 0, 0), Meeting("p2", "p3", 1, 0), Meeting("p1", "p2", 2, 0)))
    answer = replan(twice, plan, Changes(now=2), run(5))
    read = problem_from_dict(problem_to_dict(answer.problem))
    assert [(k.a, k.b, k.round) for k in read.locked] == [("p2", "p3", 0)]
    assert [m for m in answer.plan.meetings if m.round < 2] == [*plan.meetings[:2]]
