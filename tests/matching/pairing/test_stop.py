"""Stop criteria, progress, and the best so far when stopped."""

import math

import pytest

from matching.pairing import MaxIterations, MaxRuntime, NoImprovement, Progress, StopFlag, check, solve

from .test_replan import event


def test_iterations_run_out():
    stop = MaxIterations(2)
    assert [stop(0.0) for _ in range(3)] == [False, False, True]
    assert stop.remaining() == math.inf


def test_time_runs_out():
    assert MaxRuntime(0)(0.0)
    assert not MaxRuntime(60)(0.0)
    assert 0 < MaxRuntime(60).remaining() <= 60


def test_no_improvement_counts_only_stale_questions():
    stop = NoImprovement(2)
    assert [stop(x) for x in (1.0, 2.0, 2.0, 2.0)] == [False, False, False, True]


def test_a_flag_stops_whatever_the_inner_criterion_says():
    stop = StopFlag(MaxIterations(10))
    assert not stop(0.0)
    stop.set()
    assert stop(0.0)
    assert stop.remaining() == 0.0


@pytest.mark.parametrize("make", [lambda: MaxRuntime(-1), lambda: MaxIterations(-1), lambda: NoImprovement(0)])
def test_nonsense_is_refused(make):
    with pytest.raises(ValueError, match="must be"):
        make()


def test_a_stopped_run_returns_a_valid_plan_and_reports_progress():
    reports: list[Progress] = []
    flag = StopFlag()
    flag.set()
    problem = event(15, 6)
    result = solve(problem, flag, on_progress=reports.append)
    assert check(problem, result.plan) == []
    assert len(result.plan.meetings) > 50
    assert reports[0].stage == "selection"
    assert reports[0].bound == pytest.approx(result.certificate.bound)
