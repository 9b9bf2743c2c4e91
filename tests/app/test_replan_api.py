"""Re-planning on the day through the JSON door."""

from fastapi.testclient import TestClient

from tests.app.conftest import create_actor


def pairs(meetings: list[dict], round_index: int | None = None) -> set[frozenset[int]]:
    return {frozenset((int(m["a"]), int(m["b"]))) for m in meetings if round_index in (None, m["round"])}


def test_an_absence_drops_only_that_persons_meetings_and_can_be_undone(client: TestClient, event: str) -> None:
    plan = client.post(f"{event}/plans", json={}).json()
    client.post(f"{event}/plans/1/publish")
    answer = client.post(f"{event}/plans/1/replan", json={"now": 0, "absent": [3]})
    assert answer.status_code == 201, answer.text
    new, diff = answer.json()["plan"], answer.json()["diff"]
    assert (new["number"], new["parent"], new["state"]) == (2, 1, "draft")
    assert pairs(diff["removed"]) == {frozenset((1, 3)), frozenset((2, 3))}
    assert diff["moved"] == []
    assert pairs(new["meetings"]) == pairs(plan["meetings"]) - pairs(diff["removed"])
    assert client.get(f"{event}/plans/2/diff", params={"base": 1}).json() == diff
    client.post(f"{event}/plans/2/publish")
    undone = client.post(f"{event}/plans/1/publish").json()
    assert (undone["state"], undone["meetings"]) == ("published", plan["meetings"])


def test_the_past_is_frozen(client: TestClient, event: str) -> None:
    plan = client.post(f"{event}/plans", json={}).json()
    new = client.post(f"{event}/plans/1/replan", json={"now": 1, "absent": [3]}).json()["plan"]
    assert pairs(new["meetings"], 0) == pairs(plan["meetings"], 0)
    assert all(3 not in (m["a"], m["b"]) for m in new["meetings"] if m["round"] >= 1)


def test_a_walk_in_fills_holes_without_moving_anybody(client: TestClient, event: str, embed) -> None:
    client.post(f"{event}/plans", json={})
    newcomer = create_actor(client, "F3", "FR")
    embed()
    client.post(f"{event}/participants", json={"actor_id": newcomer, "min": 1})
    answer = client.post(f"{event}/plans/1/replan", json={"now": 0, "walk_ins": [newcomer]}).json()
    assert answer["diff"]["removed"] == answer["diff"]["moved"] == []
    added = pairs(answer["diff"]["added"])
    assert added
    assert all(newcomer in pair for pair in added)


def test_wrong_changes_are_named(client: TestClient, event: str) -> None:
    client.post(f"{event}/plans", json={})
    unknown = client.post(f"{event}/plans/1/replan", json={"now": 0, "absent": [99]}).json()["errors"][0]
    assert (unknown["field"], unknown["reason"]) == ("absent[0]", "no participant has the id '99'")
    stranger = client.post(f"{event}/plans/1/replan", json={"now": 0, "walk_ins": [99]}).json()["errors"][0]
    assert stranger == {"field": "walk_ins[0]", "reason": "actor 99 is not registered for event 1", "line": None}
    assert client.post(f"{event}/plans/7/replan", json={"now": 0}).status_code == 404


def test_a_stateless_replan_gives_plan_diff_and_problem(client: TestClient) -> None:
    from app.api.examples import REPLAN
    from app.services.pairings import check_plan

    answer = client.post("/pairings/replan", json=REPLAN["b2 does not turn up"]["value"]).json()
    assert [(m["a"], m["b"]) for m in answer["diff"]["removed"]] == [("a2", "b2")]
    assert check_plan(answer["problem"], answer["plan"]) == []
