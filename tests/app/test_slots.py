"""Rounds from a start, a length, a pause and a number; and what a frame of rounds and places holds."""

from datetime import date, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.capacity import Frame, capacity
from app.services.renumbering import renumbered
from app.services.slots import Break, PastMidnight, Timetable, make_slots, rounds_of
from matching.pairing.problem import Participant, Place, Problem
from matching.pairing.stop import MaxIterations, Run, noop
from matching.pairing.whatif import what_if


def told(table: Timetable) -> list[str]:
    return [f"{s.kind[0]}{s.starts_at.astimezone(ZoneInfo(table.zone)):%d %H:%M}" for s in make_slots(table)]


TABLE = Timetable(date(2027, 3, 9), time(9), "Europe/Brussels", 20, 5, 3)


def test_rounds_follow_each_other_with_their_pause() -> None:
    assert told(TABLE) == ["r09 09:00", "r09 09:25", "r09 09:50"]


def test_a_break_pushes_the_round_that_would_touch_it() -> None:
    with_break = Timetable(TABLE.day, TABLE.start, TABLE.zone, 20, 5, 3, 1, (Break(time(9, 40), 30),))
    assert told(with_break) == ["r09 09:00", "b09 09:40", "r09 10:10", "r09 10:35"]


def test_a_break_before_the_first_round_is_no_break_of_the_day() -> None:
    early = Timetable(TABLE.day, TABLE.start, TABLE.zone, 20, 5, 1, 1, (Break(time(8, 45), 30), Break(time(12), 60)))
    assert told(early) == ["r09 09:15"]


def test_days_repeat_and_rounds_are_counted_through() -> None:
    two = make_slots(Timetable(TABLE.day, TABLE.start, TABLE.zone, 20, 5, 2, 2))
    assert [(s.index, s.starts_at.day) for s in two] == [(0, 9), (1, 9), (2, 10), (3, 10)]
    assert [r.minutes for r in rounds_of(two)] == [20] * 4


def test_a_night_of_changing_clocks_keeps_the_length_of_rounds() -> None:
    slots = make_slots(Timetable(date(2027, 3, 28), time(1, 30), "Europe/Brussels", 20, 10, 3))
    assert [(b.starts_at - a.starts_at).total_seconds() for a, b in pairwise(slots)] == [1800, 1800]


@pytest.mark.parametrize(("start", "fits"), [(time(23, 40), True), (time(23, 41), False)])
def test_the_day_ends_at_midnight(start: time, fits: bool) -> None:
    table = Timetable(TABLE.day, start, TABLE.zone, 20, 5, 1)
    if fits:
        assert len(make_slots(table)) == 1
    else:
        with pytest.raises(PastMidnight):
            make_slots(table)


@settings(max_examples=20, deadline=None)
@given(
    left=st.integers(1, 5), right=st.integers(1, 5), rounds=st.integers(1, 5), places=st.integers(1, 5),
    cap=st.integers(1, 5),
)  # fmt: skip
def test_what_two_sides_can_hold_is_what_the_planner_finds(
    left: int, right: int, rounds: int, places: int, cap: int
) -> None:
    """For two sides the arithmetic is exact: the planner reaches the same floor, and the same number of meetings."""
    held = capacity(Frame({"F": left, "B": right}, rounds, places, 1, cap))
    people = tuple(
        Participant(id=f"{side}{i}", side=side, max=min(cap, rounds))
        for side, n in (("F", left), ("B", right))
        for i in range(n)
    )
    problem = Problem(
        rounds=rounds, places=tuple(Place(id=p) for p in range(places)), participants=people, default_utility=1.0
    )
    run = Run(MaxIterations(30), 0, noop)
    assert held.exact
    assert what_if(problem, min(held.each, rounds) or 1, run, 0).reached >= held.each
    if held.each < min(rounds, cap):
        assert what_if(problem, held.each + 1, run, 0).reached <= held.each


def test_more_sides_are_bounded_and_one_needs_the_rule_off() -> None:
    three = capacity(Frame({"A": 4, "B": 2, "C": 2}, 4, 3))
    assert (three.exact, three.at_once, three.meetings) == (False, 4, 12)
    alone = Frame({"A": 5}, 3, 2)
    assert (capacity(alone).meetings, capacity(alone).each) == (0, 0)
    together = capacity(Frame({"A": 5}, 5, 2, 4, None, False))
    assert (together.at_once, together.meetings, together.each) == (2, 10, 4)


def test_numbers_follow_their_rounds() -> None:
    assert renumbered([0, 2, 3], {0: 1, 3: 0}) == [0, 1]
    assert renumbered(None, {0: 1}) is None
