"""Requested meetings: small events by hand, agreement with brute force, published instances where they are at hand."""

import itertools
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.pairing import MaxRuntime, ProblemError, check, problem_from_dict, problem_from_dzn, solve
from matching.pairing.breaks import count_breaks
from matching.pairing.idle import holes
from matching.pairing.maxsat import Formula

FOLDER = Path(os.environ.get("VIADUC_SHARED", Path(__file__).parents[4] / "shared")) / "data" / "b2bsp"


def event(pairs, rounds=4, places=3, **rules):
    people = sorted({x for pair in pairs for x in pair[:2]})
    return problem_from_dict(
        {
            "rounds": rounds,
            "places": places,
            "participants": [{"id": x, "side": "S"} for x in people],
            "requested": [{"a": p[0], "b": p[1], **({"rounds": p[2]} if len(p) > 2 else {})} for p in pairs],
            **rules,
        }
    )


def fewest_breaks(problem):
    """By trying every assignment of rounds: the fewest breaks, None when there is no plan."""
    from matching.pairing import Meeting, Plan

    best = None
    options = [r.rounds if r.rounds is not None else range(problem.rounds) for r in problem.requested]
    for rounds in itertools.product(*options):
        count = [0] * problem.rounds
        meetings = []
        for wish, t in zip(problem.requested, rounds, strict=True):
            meetings.append(Meeting(wish.a, wish.b, t, min(count[t], len(problem.places))))
            count[t] += 1
        if check(problem, Plan(tuple(meetings))):
            continue
        busy = {}
        for m in meetings:
            busy.setdefault(m.a, []).append(m.round)
            busy.setdefault(m.b, []).append(m.round)
        breaks = sum(count_breaks(x)[0] for x in busy.values())
        best = breaks if best is None else min(best, breaks)
    return best


@st.composite
def small_events(draw):
    rounds = draw(st.integers(2, 4))
    couples = list(itertools.combinations("abcd", 2))
    pairs = draw(st.lists(st.sampled_from(couples), min_size=1, max_size=5))
    some = st.lists(st.integers(0, rounds - 1), unique=True, min_size=1)
    wishes = [(*p, draw(some)) if draw(st.booleans()) else p for p in pairs]
    rules = {"fairness": draw(st.one_of(st.none(), st.integers(0, 1)))}
    meetings = len(pairs)
    if meetings > 1:
        rules["precedences"] = draw(st.lists(st.sampled_from([[0, 1], [1, meetings - 1]]), max_size=1))
        rules["precedences"] = [p for p in rules["precedences"] if p[0] != p[1]]
    if draw(st.booleans()):
        rules["fixed"] = [{"meeting": 0, "round": draw(st.integers(0, rounds - 1))}]
    return event(wishes, rounds, draw(st.integers(1, 2)), **rules)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small_events())
def test_the_fewest_breaks_are_found_and_proven(problem):
    best = fewest_breaks(problem)
    result = solve(problem, MaxRuntime(30))
    if best is None:
        assert result.certificate.status == "infeasible"
        assert result.certificate.contradiction
    else:
        assert check(problem, result.plan) == []
        assert (result.certificate.status, result.certificate.breaks) == ("optimal", best)


def test_a_chain_of_meetings_needs_no_break():
    result = solve(event([("a", "b"), ("b", "c"), ("c", "d")]), MaxRuntime(30))
    assert (result.certificate.status, result.certificate.breaks, result.certificate.idle_rounds) == ("optimal", 0, 0)


def test_sessions_force_a_break():
    """b meets in round 0 and in round 3 and has nothing between."""
    result = solve(event([("a", "b", [0]), ("b", "c", [3])]), MaxRuntime(30))
    assert (result.certificate.breaks, result.certificate.idle_rounds, result.certificate.bound) == (1, 2, 1.0)


def test_a_meeting_without_a_common_round_is_explained():
    problem = problem_from_dict(
        {
            "rounds": 2,
            "places": 1,
            "participants": [{"id": "a", "side": "S", "available": [0]}, {"id": "b", "side": "S", "available": [1]}],
            "requested": [{"a": "a", "b": "b"}],
        }
    )
    certificate = solve(problem).certificate
    assert certificate.status == "infeasible"
    assert certificate.contradiction == ("meeting 0 (a with b) is requested", "no round is open to a and b for it")


def test_an_interpreter_serves_one_meeting_a_round():
    people = [{"id": x, "side": "S", "languages": ["fr" if x in "ab" else "nl"]} for x in "abcd"]
    data = {"rounds": 2, "places": 2, "participants": people, "interpreters": [{"languages": ["fr", "nl"]}]}
    problem = problem_from_dict({**data, "requested": [{"a": "a", "b": "c"}, {"a": "b", "b": "d"}]})
    result = solve(problem, MaxRuntime(30))
    assert check(problem, result.plan) == []
    assert sorted((m.round, m.interpreter) for m in result.plan.meetings) == [
        (0, "interpreter-1"),
        (1, "interpreter-1"),
    ]


def test_who_understands_only_one_delegate_sits_with_that_one():
    """b would do with either delegate of a, c with the first alone; both meetings are in the only round."""
    delegates = [{"id": "x", "languages": ["fr"]}, {"id": "y", "languages": ["nl"]}]
    people = [{"id": "a", "side": "S", "delegates": delegates, "parallel": 2}, {"id": "b", "side": "S"}]
    people.append({"id": "c", "side": "S", "languages": ["fr"]})
    data = {"rounds": 1, "places": 2, "participants": people}
    problem = problem_from_dict({**data, "requested": [{"a": "a", "b": "b"}, {"a": "a", "b": "c"}]})
    result = solve(problem, MaxRuntime(30))
    assert [(m.b, m.delegate_a) for m in result.plan.meetings] == [("b", "y"), ("c", "x")]


def test_a_stop_at_once_still_gives_a_valid_partial_plan():
    problem = event([("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")])
    result = solve(problem, MaxRuntime(0))
    assert {v.rule for v in check(problem, result.plan)} <= {"request"}
    assert result.certificate.status in ("feasible", "optimal")


@pytest.mark.parametrize("kind", ["at_most", "at_least", "exactly"])
def test_counters_count(kind):
    from pysat.solvers import Solver

    holds = {"at_most": int.__le__, "at_least": int.__ge__, "exactly": int.__eq__}[kind]
    for n, k in itertools.product(range(1, 7), range(8)):
        formula = Formula()
        literals = [formula.fresh() for _ in range(n)]
        if kind != "at_most" and k > n:
            continue
        getattr(formula, kind)(literals, k)
        with Solver(name="glucose4", bootstrap_with=formula.hard) as solver:
            for bits in itertools.product((0, 1), repeat=n):
                chosen = [x if bit else -x for x, bit in zip(literals, bits, strict=True)]
                assert solver.solve(assumptions=chosen) == holds(sum(bits), k)


@given(st.integers(0, 2**12))
def test_breaks_of_bits_and_of_lists_agree(busy):
    assert holes(busy) == count_breaks(t for t in range(13) if busy >> t & 1)


TINY = """% a comment
nBusiness = 3; nMeetings = 2; nTables = 1; nTotalSlots = 4; nMorningSlots = 2;
requested = [|1, 2, 1,
|2, 3, 3,|];
nMeetingsBusiness = [1, 2, 1,];
meetingsxBusiness = [{1,2},{1,2,3},{1,3}];
forbidden = [{0,1,},{0,},{3..4}];
fixed = [0, 3];
precedences = [{}, {1}];
"""


def test_every_field_of_the_published_format_is_read():
    problem = problem_from_dzn(TINY)
    assert [p.available for p in problem.participants] == [(1, 2, 3), None, (0, 1)]
    assert [(r.a, r.b, r.rounds) for r in problem.requested] == [("p1", "p2", (0, 1)), ("p2", "p3", None)]
    assert (problem.fixed, problem.precedences, problem.fairness) == (((1, 2),), ((0, 1),), 2)
    assert (problem.rounds, len(problem.places), problem.cross_side_only) == (4, 1, False)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("nTables = 1;", "", "nTables: is missing or not a whole number"),
        ("fixed = [0, 3]", "fixed = [0]", "fixed: must hold 2 numbers, not 1"),
        ("forbidden", "forbiden", "forbiden: is no field of a B2B meeting scheduling instance"),
        ("{3..4}", "{9}", "forbidden[3]: slot 9 does not exist (slots are 1–4)"),
        ("nMeetings = 2", "nMeetings = 999999999", "nMeetings: must lie between 0 and 20000, not 999999999"),
        ("{3..4}", "{3..99999999}", "forbidden[3]: must lie between 0 and 500, not 99999999"),
        (
            "fixed = [0, 3]",
            f"fixed = [0, {'9' * 5000}]",
            "fixed: must lie between 0 and 20000, not a number of 5000 digits",
        ),
        ("2, 3, 3", "2, 3, 4", "requested[2]: session 4 is none of 1 (morning), 2 (afternoon), 3 (any)"),
    ],
)
def test_a_broken_instance_is_refused(old, new, message):
    with pytest.raises(ProblemError) as caught:
        problem_from_dzn(TINY.replace(old, new))
    assert str(caught.value) == message


def test_ranges_of_thousands_are_not_written_out_thousands_of_times():
    n = 2_000
    requested, before = ", ".join(["1, 2, 3"] * n), ", ".join([f"1..{n}"] * n)
    text = f"""nBusiness = 2; nMeetings = {n}; nTables = 1; nTotalSlots = 4; nMorningSlots = 2;
    requested = [{requested}]; forbidden = [{{}}, {{}}]; precedences = [{before}];"""
    with pytest.raises(ProblemError, match="precedences: must hold at most 250000 numbers in all"):
        problem_from_dzn(text)


@pytest.mark.skipif(not FOLDER.exists(), reason="the published instances are not beside the repository")
@pytest.mark.parametrize(("name", "breaks"), [("tic-12", 0), ("tic-12crafc", 0), ("tic-13", 0)])
def test_published_optimum(name, breaks):
    problem = problem_from_dzn((FOLDER / f"{name}.dzn").read_text(encoding="utf-8"))
    result = solve(problem, MaxRuntime(60))
    assert (result.certificate.status, result.certificate.breaks) == ("optimal", breaks)
    assert check(problem, result.plan) == []


def test_requests_that_contradict_each_other_are_a_smallest_set():
    pairs = [("a", "b", [0]), ("a", "c", [0]), ("c", "d"), ("b", "d")]
    certificate = solve(event(pairs), MaxRuntime(30)).certificate
    assert certificate.status == "infeasible"
    assert certificate.contradiction == (
        "meeting 0 (a with b) is requested in one of the rounds 0",
        "meeting 1 (a with c) is requested in one of the rounds 0",
        "a holds at most 1 meetings in round 0",
    )


def test_an_order_that_leaves_a_meeting_no_round_is_named():
    pairs = [("a", "b", [1]), ("c", "d", [2])]
    certificate = solve(event(pairs, precedences=[[1, 0]]), MaxRuntime(30)).certificate
    assert certificate.contradiction == (
        "meeting 0 (a with b) is requested in one of the rounds 1",
        "meeting 1 (c with d) is requested in one of the rounds 2",
        "meeting 1 comes before meeting 0",
    )
