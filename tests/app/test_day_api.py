"""The day through the JSON door: attendance, losses, the timetable, re-planning by the clock, and every step back."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy import event as sql_event

from app.db import session_scope
from app.services.today import draft_step, is_outdated
from tests.app.conftest import create_actor
from tests.app.test_replan_api import pairs
from tests.shelf import Shelf

MORNING = datetime(2027, 3, 9, 7, 0, tzinfo=UTC)
"""An hour before the first round (09:00 in Brussels, UTC+1)."""


@pytest.fixture
def planned(shelf: Shelf, client: TestClient, event: str, at: Callable[[str], None]) -> str:
    """The event with its plan published: F1, F2 (actors 1, 2) meet B1, B2 (3, 4) in two of three rounds."""

    def make() -> None:
        client.post(f"{event}/plans", json={})
        client.post(f"{event}/plans/1/publish")

    shelf.fill("day_api", make)
    return event


def say(client: TestClient, event: str, *said: tuple, status: int = 200) -> dict:
    words = [dict(zip(("actor_id", "state", "round"), word, strict=False)) for word in said]
    answer = client.put(f"{event}/attendance", json=words)
    assert answer.status_code == status, answer.text
    return answer.json()


def states(client: TestClient, event: str) -> dict[str, tuple]:
    return {p["name"]: (p["state"], p["round"]) for p in client.get(f"{event}/attendance").json()}


def replan(client: TestClient, event: str, **asked: object) -> dict:
    answer = client.post(f"{event}/day/replan", json=asked)
    assert answer.status_code == 201, answer.text
    return answer.json()


def meetings(client: TestClient, event: str, number: int) -> list[dict]:
    return client.get(f"{event}/plans/{number}").json()["meetings"]


def published(client: TestClient, event: str) -> int:
    return next(p["number"] for p in client.get(f"{event}/plans").json() if p["state"] == "published")


def test_the_desk_says_who_is_here_and_takes_it_back(client: TestClient, event: str) -> None:
    say(client, event, (1, "here"), (2, "late", 1))
    say(client, event, (1, "gone", 2))
    expected = ("expected", None)
    assert states(client, event) == {"F1": ("gone", 2), "F2": ("late", 1), "B1": expected, "B2": expected}
    counts = client.get(f"{event}/day").json()["counts"]
    assert counts == {"expected": 2, "here": 0, "late": 1, "absent": 0, "gone": 1}
    assert client.post(f"{event}/day/undo").json()["before"] == {"1/": {"state": "here", "round": None}}
    assert states(client, event)["F1"] == ("here", None)
    client.post(f"{event}/day/undo")
    assert set(states(client, event).values()) == {expected}
    assert client.post(f"{event}/day/undo").status_code == 404
    assert [(s["number"], s["undone"]) for s in client.get(f"{event}/day/steps").json()] == [(2, True), (1, True)]


def test_what_is_known_already_is_no_step(client: TestClient, event: str) -> None:
    say(client, event, (1, "here"))
    say(client, event, (1, "here"))
    assert len(client.get(f"{event}/day/steps").json()) == 1


def test_an_older_step_is_taken_back_only_if_nothing_was_said_about_the_same_since(
    client: TestClient, event: str
) -> None:
    say(client, event, (1, "here"))
    say(client, event, (2, "here"))
    say(client, event, (1, "absent"))
    assert client.post(f"{event}/day/undo", params={"step": 1}).status_code == 409
    assert client.post(f"{event}/day/undo", params={"step": 2}).status_code == 200
    assert client.post(f"{event}/day/undo", params={"step": 2}).status_code == 409
    assert (states(client, event)["F1"], states(client, event)["F2"]) == (("absent", None), ("expected", None))


@pytest.mark.parametrize(
    ("word", "field", "reason"),
    [
        ({"actor_id": 99, "state": "here"}, "[0].actor_id", "actor 99 is not registered for this event"),
        ({"actor_id": 1, "state": "late"}, "[0].round", "say the first round they are there for"),
        ({"actor_id": 1, "state": "late", "round": 3}, "[0].round", "the event has no round 3"),
        ({"actor_id": 1, "state": "here", "round": 1}, "[0].round", "a round goes with late and gone, not with here"),
        ({"actor_id": 1, "delegate": "x", "state": "here"}, "[0].delegate", "F1 has no delegate 'x'"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_of_it_kept(
    client: TestClient, event: str, word: dict, field: str, reason: str
) -> None:
    answer = client.put(f"{event}/attendance", json=[word, {"actor_id": 2, "state": "here"}])
    assert answer.status_code == 422
    assert [(e["field"], e["reason"]) for e in answer.json()["errors"]] == [(field, reason)]
    assert states(client, event)["F2"] == ("expected", None)


def test_where_the_day_stands_follows_the_clock(client: TestClient, planned: str, at) -> None:
    def stand(time: str) -> tuple:
        at(time)
        day = client.get(f"{planned}/day").json()
        return day["phase"], day["round"], day["first_open"]

    assert stand("08:59") == ("before", 0, 0)
    assert stand("09:00") == ("round", 0, 1)
    assert stand("09:19") == ("round", 0, 1)
    assert stand("09:20") == ("pause", 1, 1)
    assert stand("11:10") == ("round", 2, 3)
    assert stand("11:20") == ("after", None, 3)
    client.put(f"{planned}/day/losses", json={"kind": "round", "index": 2})
    assert stand("10:30") == ("after", None, 2)


def test_an_absence_is_replanned_applied_and_undone(client: TestClient, planned: str) -> None:
    before = meetings(client, planned, 1)
    say(client, planned, (3, "absent"))
    assert client.get(f"{planned}/day").json()["disturbed"] == 2
    answer = replan(client, planned)
    assert answer["plan"]["state"] == "draft"
    assert pairs(answer["diff"]["removed"]) == {frozenset((1, 3)), frozenset((2, 3))}
    assert published(client, planned) == 1
    applied = client.post(f"{planned}/day/apply", json={"plan": 2}).json()
    assert (applied["plan"], applied["before"], applied["diff"]) == (2, 1, answer["diff"])
    assert (published(client, planned), client.get(f"{planned}/day").json()["disturbed"]) == (2, 0)
    undone = client.post(f"{planned}/day/undo").json()
    assert (undone["kind"], published(client, planned)) == ("plan", 1)
    assert meetings(client, planned, 1) == before


def test_who_comes_back_is_planned_again(client: TestClient, planned: str) -> None:
    say(client, planned, (3, "absent"))
    replan(client, planned)
    client.post(f"{planned}/day/apply", json={"plan": 2})
    say(client, planned, (3, "here"))
    answer = replan(client, planned)
    assert pairs(answer["plan"]["meetings"]) == {frozenset(p) for p in ((1, 3), (2, 3), (1, 4), (2, 4))}


def test_rounds_that_have_begun_stay_as_they_were(client: TestClient, planned: str, at) -> None:
    first = pairs(meetings(client, planned, 1), 0)
    assert first
    at("09:05")
    say(client, planned, (3, "absent"))
    new = replan(client, planned)["plan"]["meetings"]
    assert pairs(new, 0) == first
    assert all(3 not in (m["a"], m["b"]) for m in new if m["round"] > 0)
    at("09:30")
    refused = client.post(f"{planned}/day/replan", json={"first": 0})
    assert refused.json()["errors"][0]["reason"] == "round 1 is over"


def test_the_running_round_may_be_planned_anew_when_asked(client: TestClient, planned: str, at) -> None:
    at("09:05")
    say(client, planned, (3, "absent"))
    new = replan(client, planned, first=0)["plan"]["meetings"]
    assert all(3 not in (m["a"], m["b"]) for m in new)


def test_a_draft_is_refused_when_a_round_it_changes_has_begun(client: TestClient, planned: str, at) -> None:
    held = sorted(m["round"] for m in meetings(client, planned, 1) if 3 in (m["a"], m["b"]))
    say(client, planned, (3, "absent"))
    replan(client, planned)
    at(("09:01", "10:01", "11:01")[held[0]])
    refused = client.post(f"{planned}/day/apply", json={"plan": 2})
    assert refused.status_code == 409
    assert refused.json()["detail"] == f"round {held[0] + 1} has begun meanwhile, and it would change: compute it again"
    assert published(client, planned) == 1


def test_going_back_is_refused_when_a_round_has_begun_by_the_new_plan(client: TestClient, planned: str, at) -> None:
    say(client, planned, (3, "absent"))
    replan(client, planned)
    client.post(f"{planned}/day/apply", json={"plan": 2})
    at("11:01")
    refused = client.post(f"{planned}/day/undo")
    assert refused.status_code == 409
    assert refused.json()["detail"].endswith("re-plan instead of going back")
    assert published(client, planned) == 2


def test_a_draft_made_for_another_plan_is_refused(client: TestClient, planned: str) -> None:
    say(client, planned, (3, "absent"))
    replan(client, planned)
    replan(client, planned)
    client.post(f"{planned}/day/apply", json={"plan": 2})
    refused = client.post(f"{planned}/day/apply", json={"plan": 3})
    assert refused.json()["detail"] == "plan 3 was made for plan 1, but plan 2 is in force: compute it again"
    assert client.post(f"{planned}/day/apply", json={"plan": 1}).status_code == 404


def test_late_people_are_there_from_their_round_on(client: TestClient, planned: str) -> None:
    say(client, planned, (1, "late", 1), (3, "gone", 2))
    new = replan(client, planned)["plan"]["meetings"]
    assert {m["round"] for m in new if 1 in (m["a"], m["b"])} <= {1, 2}
    assert {m["round"] for m in new if 3 in (m["a"], m["b"])} <= {0, 1}


def test_a_lost_place_and_a_cancelled_round_are_left_and_come_back(client: TestClient, planned: str) -> None:
    client.put(f"{planned}/day/losses", json={"kind": "place", "index": 1})
    day = client.put(f"{planned}/day/losses", json={"kind": "round", "index": 2}).json()
    assert (day["lost_places"], day["cancelled"]) == ([1], [2])
    new = replan(client, planned)["plan"]["meetings"]
    assert {(m["place"], m["round"]) for m in new} <= {(0, 0), (0, 1)}
    client.post(f"{planned}/day/apply", json={"plan": 2})
    for _ in range(3):
        client.post(f"{planned}/day/undo")
    assert (client.get(f"{planned}/day").json()["lost_places"], published(client, planned)) == ([], 1)
    assert client.put(f"{planned}/day/losses", json={"kind": "place", "index": 7}).status_code == 422


def test_a_walk_in_fills_holes(client: TestClient, planned: str, embed) -> None:
    newcomer = create_actor(client, "F3", "FR")
    embed()
    client.post(f"{planned}/participants", json={"actor_id": newcomer, "min": 1})
    client.put(f"{planned}/wishes", json={"actor_id": newcomer, "target_id": 3, "kind": "veto"})
    diff = replan(client, planned)["diff"]
    assert (diff["removed"], diff["moved"]) == ([], [])
    assert pairs(diff["added"]) == {frozenset((newcomer, 4))}


def test_a_veto_of_the_day_ends_a_meeting_to_come(client: TestClient, planned: str) -> None:
    client.put(f"{planned}/wishes", json={"actor_id": 1, "target_id": 3, "kind": "veto"})
    answer = replan(client, planned)
    assert pairs(answer["diff"]["removed"]) == {frozenset((1, 3))}


def test_a_delegate_who_leaves_is_replaced_by_the_other(client: TestClient, event: str, at) -> None:
    client.put(f"{event}/participants", json={"actor_id": 1, "delegates": [{"id": "Anna"}, {"id": "Bart"}]})
    client.post(f"{event}/plans", json={})
    client.post(f"{event}/plans/1/publish")
    sitting = {m["delegate_a"] if m["a"] == 1 else m["delegate_b"] for m in meetings(client, event, 1)
               if 1 in (m["a"], m["b"])}  # fmt: skip
    gone = sorted(sitting)[0]
    client.put(f"{event}/attendance", json=[{"actor_id": 1, "delegate": gone, "state": "gone"}])
    answer = replan(client, event)
    assert (answer["diff"]["removed"], answer["diff"]["added"]) == ([], [])
    left = {m["delegate_a"] if m["a"] == 1 else m["delegate_b"] for m in answer["plan"]["meetings"]
            if 1 in (m["a"], m["b"])}  # fmt: skip
    assert left == {"Anna", "Bart"} - {gone}
    other = ({"Anna", "Bart"} - {gone}).pop()
    client.put(f"{event}/attendance", json=[{"actor_id": 1, "delegate": other, "state": "absent"}])
    new = replan(client, event)["plan"]["meetings"]
    assert all(1 not in (m["a"], m["b"]) for m in new)


def test_a_promise_that_became_impossible_is_named_and_the_plan_stands(client: TestClient, event: str, at) -> None:
    client.put(f"{event}/wishes", json={"actor_id": 1, "target_id": 3, "kind": "must"})
    client.post(f"{event}/plans", json={})
    client.post(f"{event}/plans/1/publish")
    say(client, event, (1, "late", 2), (3, "gone", 2))
    plan = replan(client, event)["plan"]
    assert [sorted(pair) for pair in plan["certificate"]["missed_must"]] == [["1", "3"]]


def test_nothing_published_is_nothing_to_replan(client: TestClient, event: str, at) -> None:
    assert client.post(f"{event}/day/replan", json={}).status_code == 409


def test_the_timetable_moves_and_is_put_back(client: TestClient, planned: str, at) -> None:
    def times() -> list[tuple[str, int]]:
        rounds = client.get(f"{planned}/rounds").json()
        return [
            (datetime.fromisoformat(r["starts_at"]).astimezone(UTC).strftime("%H:%M"), r["minutes"]) for r in rounds
        ]

    def change(**said: object) -> int:
        return client.put(f"{planned}/day/timetable", json=said).status_code

    assert times() == [("08:00", 20), ("09:00", 20), ("10:00", 20)]
    assert change(round=1, shift=5) == 200
    assert times() == [("08:00", 20), ("09:05", 20), ("10:05", 20)]
    at("09:10")
    assert change(round=0, minutes=15) == 200
    assert times() == [("08:00", 15), ("09:00", 20), ("10:00", 20)]
    assert change(round=0, minutes=90, follow=False) == 422
    assert change(round=0, shift=5) == 422
    assert change(round=7, minutes=5) == 404
    at("09:30")
    assert change(round=0, minutes=10) == 422
    client.post(f"{planned}/day/undo")
    client.post(f"{planned}/day/undo")
    assert times() == [("08:00", 20), ("09:00", 20), ("10:00", 20)]


def test_two_desks_at_once_both_keep_their_step(client: TestClient, event: str, engine: Engine) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def mark(actor_id: int) -> int:
        return client.put(f"{event}/attendance", json=[{"actor_id": actor_id, "state": "here"}]).status_code

    with ThreadPoolExecutor(4) as desks:
        assert [*desks.map(mark, [1, 2, 3, 4])] == [200] * 4
    assert sorted(s["number"] for s in client.get(f"{event}/day/steps").json()) == [1, 2, 3, 4]


def test_unregistering_forgets_the_attendance(client: TestClient, event: str) -> None:
    say(client, event, (1, "here"))
    client.delete(f"{event}/participants/1")
    assert sorted(states(client, event)) == ["B1", "B2", "F2"]
    assert client.post(f"{event}/day/undo").status_code == 409


def test_a_set_up_that_changes_while_it_is_read_makes_the_draft_outdated_or_is_known_to_it(
    client: TestClient, planned: str, engine: Engine
) -> None:
    """Somebody saves the moment the editions are counted, by which a draft is judged later."""
    crossed: list[int] = []

    def cross(*call: object) -> None:
        if "FROM edition" in str(call[2]) and not crossed:
            crossed.append(1)
            away = {"actor_id": 4, "available": []}
            assert client.put(f"{planned}/participants", json=away).status_code == 200

    sql_event.listen(engine, "before_cursor_execute", cross)
    try:
        number = replan(client, planned)["plan"]["number"]
    finally:
        sql_event.remove(engine, "before_cursor_execute", cross)
    assert crossed
    with session_scope(engine) as session:
        outdated = is_outdated(session, event_id=1, step=draft_step(session, event_id=1, number=number))
    held = [m for m in meetings(client, planned, number) if 4 in (m["a"], m["b"])]
    assert outdated or not held
