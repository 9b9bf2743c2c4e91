"""A solver in a process of its own: what it answers, what it refuses, and what becomes of it when things go wrong."""

import os
import pickle
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import AppError, BadInput, Unavailable
from app.services import apart
from app.services.pairings import compute, pair_problem
from app.services.solving import solve_problem
from matching.pairing.parse import problem_from_dict
from matching.pairing.problem import Problem, ProblemError
from matching.pairing.stop import MaxRuntime, Progress, StopFlag
from tests.faults.killed import children_of

FORM = {
    "rounds": 3,
    "places": 2,
    "participants": [{"id": f"{side}{n}", "side": side} for side in ("FR", "BE") for n in range(3)],
    "time_limit_s": 5,
}


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """No process of one test serves another."""
    apart.end_all()
    yield
    apart.end_all()


def large(people: int = 120) -> Problem:
    """An event that a solver goes on improving for a while."""
    rounds = 12
    sides = ("FR", "BE", "NL")
    return problem_from_dict({
        "rounds": rounds, "places": people // 3, "time_limit_s": 60,
        "participants": [
            {"id": f"p{n}", "side": sides[n % 3], "available": [r for r in range(rounds) if (n * 7 + r * r) % 5]}
            for n in range(people)
        ],
        "utility": [[f"p{a}", f"p{b}", (a * 31 + b * 17) % 97 / 97] for a in range(people) for b in range(a)],
        "cross_side_only": False,
    })  # fmt: skip


def test_it_answers_as_a_solver_in_this_process_does() -> None:
    problem = problem_from_dict(FORM)
    here, there = (compute(problem, longest_s=5, apart=where) for where in (False, True))
    assert there.plan == here.plan
    assert there.certificate.status == "optimal"


def test_one_process_answers_one_question_after_the_other() -> None:
    for _ in range(2):
        pair_problem(FORM, longest_s=5, apart=True)
    assert len(apart._idle) == 1


def test_it_stops_when_it_is_asked_to_and_tells_how_far_it_is() -> None:
    told: list[Progress] = []
    flag = StopFlag(MaxRuntime(60))

    def hear(progress: Progress) -> None:
        told.append(progress)
        flag.set()

    begun = time.monotonic()
    result = apart.compute_apart(solve_problem, large(), stop=flag, tell=hear)
    assert time.monotonic() - begun < 30
    assert result.plan.meetings
    assert told


def test_what_ends_the_service_is_not_meant_for_what_it_computes() -> None:
    """Ctrl-C reaches all that a terminal started, a stop of systemd all that it started: the best so far is wanted."""
    flag = StopFlag(MaxRuntime(60))

    def hear(_progress: Progress) -> None:
        for process in children_of(os.getpid()):
            if b"apart_child" in Path(f"/proc/{process}/cmdline").read_bytes():
                assert os.getpgid(process) != os.getpgid(0)
                os.kill(process, signal.SIGINT)
                os.kill(process, signal.SIGTERM)
        flag.set()

    assert apart.compute_apart(solve_problem, large(), stop=flag, tell=hear).plan.meetings


def test_it_has_what_the_service_leaves_of_the_processor() -> None:
    """In the service's own session: Linux gives each the same share, however far behind its processes stand."""
    pair_problem(FORM, longest_s=5, apart=True)
    solver = apart._idle[0]._process.pid
    assert os.getsid(solver) == os.getsid(0)
    assert os.getpriority(os.PRIO_PROCESS, solver) >= min(19, os.getpriority(os.PRIO_PROCESS, 0) + apart.NICER)
    if hasattr(os, "SCHED_IDLE"):
        assert os.sched_getscheduler(solver) == os.SCHED_IDLE


def test_it_keeps_its_time() -> None:
    begun = time.monotonic()
    apart.compute_apart(solve_problem, large(), stop=MaxRuntime(1.0))
    assert time.monotonic() - begun < 20


def test_one_that_dies_is_told_and_the_next_works() -> None:
    pair_problem(FORM, longest_s=5, apart=True)
    apart._idle[0]._process.kill()
    apart._idle[0]._process.wait()
    assert pair_problem(FORM, longest_s=5, apart=True)["certificate"]["status"] == "optimal"

    class Killing(MaxRuntime):
        def __call__(self, best: float) -> bool:
            running[0]._process.kill()
            return super().__call__(best)

    running = [apart._idle[0]]
    with pytest.raises(Unavailable, match="has ended"):
        apart.compute_apart(solve_problem, large(), stop=Killing(30))
    assert apart._idle == []


def test_one_that_does_not_come_to_an_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "GRACE_S", 0.0)
    with pytest.raises(Unavailable, match="did not come to an end"):
        apart.compute_apart(solve_problem, large(400), stop=MaxRuntime(0.0))
    assert apart._idle == []


def test_what_it_raises_is_raised_here() -> None:
    with pytest.raises(TypeError, match="at most 2 arguments"):
        apart.compute_apart(int, "7", stop=MaxRuntime(5.0))
    told = pickle.loads(pickle.dumps(ProblemError("participants[0].id", "must be a name")))
    assert (type(told), told.path, told.cause) == (ProblemError, "participants[0].id", "must be a name")


def test_a_question_that_it_cannot_read_ends_it() -> None:
    with pytest.raises(Unavailable, match="has ended"):
        apart.compute_apart(only_here, stop=MaxRuntime(5.0))


def only_here(*_: object) -> None:
    """Another process does not find this module."""


def test_promises_for_which_time_did_not_suffice_are_told() -> None:
    people = [{"id": f"p{n}", "side": "S"} for n in range(50)]  # more meetings than are proven or placed at once
    asked = [{"a": f"p{a}", "b": f"p{b}"} for a in range(50) for b in range(a)]
    form = {"rounds": 49, "places": 25, "participants": people, "requested": asked, "aim": "breaks", "fairness": 2,
            "cross_side_only": False, "time_limit_s": 0.001}  # fmt: skip
    with pytest.raises(AppError) as refused:
        pair_problem(form, longest_s=0.001)
    assert isinstance(refused.value, BadInput)
    assert "give it more time" in refused.value.detail


def test_more_meetings_than_rounds_are_impossible_at_once() -> None:
    asked = [{"a": "p1", "b": "p2"} for _ in range(9)]
    form = {"rounds": 4, "places": 2, "participants": [{"id": p, "side": "S"} for p in ("p1", "p2")],
            "requested": asked, "cross_side_only": False, "time_limit_s": 0.05}  # fmt: skip
    certificate = pair_problem(form, longest_s=1)["certificate"]
    assert certificate["status"] == "infeasible"
    assert certificate["contradiction"] == ["p1 has 9 requested meetings", "p1 has time for 4 at most"]
