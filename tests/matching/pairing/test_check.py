"""`check` catches every way of spoiling a valid plan."""

from dataclasses import replace

import pytest

from matching.pairing import Meeting, Plan, check, problem_from_dict, solve

EVENT = problem_from_dict(
    {
        "rounds": 4,
        "places": [{"id": "t1"}, {"id": "t2"}, {"id": "t3", "available": [0, 1]}],
        "participants": [
            {"id": "a1", "side": "FR", "languages": ["fr"], "max": 2},
            {"id": "a2", "side": "FR", "languages": ["fr"], "available": [1, 2], "tracks": ["wool"]},
            {"id": "a3", "side": "FR", "max_consecutive": 1, "delegates": [{"id": "x"}, {"id": "y", "available": [3]}]},
            {"id": "b1", "side": "BE", "languages": ["fr", "nl"]},
            {"id": "b2", "side": "BE", "languages": ["nl"]},
            {"id": "b3", "side": "BE", "languages": ["fr"], "tracks": ["steel"]},
        ],
        "tracks": [{"id": "wool", "rounds": [1], "places": ["t2"]}, {"id": "steel"}],
        "interpreters": [{"id": "i1", "languages": ["fr", "nl"], "available": [0]}],
        "never": [["a1", "b3"]],
        "must": [["a1", "b1"]],
        "locked": [{"a": "a1", "b": "b2", "round": 0, "place": "t1"}],
    }
)
GOOD = Plan(
    (
        Meeting("a1", "b2", 0, "t1", "i1"),
        Meeting("a3", "b1", 0, "t2", delegate_a="x"),
        Meeting("a2", "b1", 1, "t2"),
        Meeting("a1", "b1", 2, "t1"),
        Meeting("a3", "b3", 2, "t2", delegate_a="x"),
    )
)


def spoil(k, **changes):
    meetings = list(GOOD.meetings)
    meetings[k] = replace(meetings[k], **changes)
    return Plan(tuple(meetings))


def test_the_good_plan_is_good():
    assert check(EVENT, GOOD) == []


MUTATIONS = {
    "a stranger": (spoil(4, b="zz"), {"unknown"}),
    "oneself": (spoil(4, b="a3"), {"unknown"}),
    "a round after the last": (spoil(4, round=4), {"unknown"}),
    "a negative round": (spoil(4, round=-1), {"unknown"}),
    "an unknown place": (spoil(4, place="t9"), {"unknown"}),
    "no place": (spoil(4, place=None), {"unknown"}),
    "an unknown interpreter": (spoil(0, interpreter="i9"), {"unknown"}),
    "an unknown delegate": (spoil(4, delegate_a="z"), {"unknown"}),
    "no delegate": (spoil(4, delegate_a=None), {"unknown"}),
    "a delegate of one who has none": (spoil(4, delegate_b="x"), {"unknown"}),
    "a person twice": (spoil(4, b="b1"), {"repeat", "twice"}),
    "a place twice": (spoil(4, place="t1"), {"twice"}),
    "a closed place": (spoil(4, place="t3"), {"availability"}),
    "an absent person": (spoil(2, round=3), {"availability", "track"}),
    "an absent delegate": (spoil(4, delegate_a="y"), {"availability"}),
    "an absent interpreter": (spoil(3, b="b2", interpreter="i1"), {"availability", "must", "repeat"}),
    "the same side": (spoil(4, b="a2"), {"side", "track"}),
    "a veto": (spoil(3, b="b3", round=3), {"veto", "must"}),
    "no common language": (spoil(3, b="b2"), {"language", "must", "repeat"}),
    "no interpreter": (spoil(0, interpreter=None), {"language"}),
    "the wrong track's place": (spoil(2, place="t1"), {"track"}),
    "the wrong track's round": (spoil(2, round=2, place="t3"), {"track", "availability", "twice"}),
    "no shared track": (spoil(2, b="b3"), {"track"}),
    "a pair twice": (
        Plan((*GOOD.meetings, Meeting("b1", "a3", 2, "t3", delegate_b="x"))),
        {"repeat", "twice", "availability"},
    ),
    "a missing must": (Plan((*GOOD.meetings[:3], GOOD.meetings[4])), {"must"}),
    "a broken lock": (spoil(0, round=1, place="t3"), {"lock", "availability"}),
    "a lock at another place": (spoil(0, place="t3"), {"lock"}),
    "over the cap": (Plan((*GOOD.meetings, Meeting("a1", "b3", 3, "t1"))), {"cap", "veto"}),
    "no rest": (spoil(4, round=1, place="t1"), {"rest"}),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_is_caught(name):
    plan, rules = MUTATIONS[name]
    found = {v.rule for v in check(EVENT, plan)}
    assert found == rules


def test_requested_meetings_exactly_once_each_in_their_rounds():
    event = problem_from_dict(
        {
            "rounds": 3,
            "places": 2,
            "participants": [{"id": x, "side": "S"} for x in "abcd"],
            "requested": [{"a": "a", "b": "b", "rounds": [0, 1]}, {"a": "a", "b": "c"}, {"a": "b", "b": "d"}],
            "fixed": [{"meeting": 2, "round": 2}],
            "precedences": [[0, 1]],
            "fairness": 0,
        }
    )
    good = Plan((Meeting("a", "b", 1, 0), Meeting("a", "c", 2, 0), Meeting("d", "b", 2, 1)))

    def rules(*changes):
        meetings = list(good.meetings)
        for k, change in changes:
            meetings[k] = replace(meetings[k], **change)
        return {v.rule for v in check(event, Plan(tuple(meetings)))}

    assert check(event, good) == []
    assert {v.rule for v in check(event, Plan(good.meetings[:2]))} == {"request"}
    assert rules((0, {"round": 2, "a": "c", "b": "d"})) == {"request", "twice"}
    assert rules((2, {"round": 0})) == {"fixed"}
    assert rules((1, {"round": 0})) == {"precedence"}
    assert rules((0, {"round": 0})) == {"fairness"}


def twice_requested(pairs, times, rounds, **rules):
    """Pairs that ask for several meetings with each other; meeting k of a pair may be in rounds[k] only."""
    people = [f"{side}{k}" for k in range(pairs) for side in "ab"]
    return problem_from_dict(
        {
            "rounds": times,
            "places": pairs,
            "participants": [{"id": x, "side": "S"} for x in people],
            "requested": [{"a": f"a{k}", "b": f"b{k}", "rounds": own} for k in range(pairs) for own in rounds],
            **rules,
        }
    )


def in_every_round(pairs, times):
    return Plan(tuple(Meeting(f"a{k}", f"b{k}", t, k) for k in range(pairs) for t in range(times)))


@pytest.mark.parametrize(
    ("pairs", "times", "rounds", "rules"),
    [
        (15, 2, [[1], [0]], {}),  # 2^15 readings, of which the last is right
        (1, 14, [[t] for t in range(14)][::-1], {}),  # 14! readings
        (8, 3, [None] * 3, {"precedences": [[3 * k + 2, 3 * k + 1] for k in range(8)] + [[2, 4], [1, 9]]}),
    ],
)
def test_a_plan_is_valid_if_some_reading_of_its_meetings_is(pairs, times, rounds, rules):
    event = twice_requested(pairs, times, rounds, **rules)
    assert check(event, in_every_round(pairs, times)) == []


def test_of_meetings_requested_more_than_once_what_breaks_least_is_told():
    event = twice_requested(2, 3, [[1], [0], [0]], fixed=[{"meeting": 5, "round": 0}])
    assert [v.message for v in check(event, in_every_round(2, 3))] == [
        "meeting 2 (a0 with b0) may not be in round 2",
        "meeting 4 (a1 with b1) may not be in round 2",
    ]


def test_solved_plans_with_everything_are_valid():
    result = solve(EVENT)
    assert check(EVENT, result.plan) == []
    assert result.certificate.status == "optimal"
