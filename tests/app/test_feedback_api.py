"""Feedback through the JSON door, and what it does to suggestions and plans."""

import pytest
from fastapi.testclient import TestClient
from memory_actors import create_actors

from app.services.feedback import verdicts

YES = {"actor_id": 1, "target_id": 2, "worth": "yes", "outcome": "soft", "note": "they test fast"}


@pytest.fixture
def actors(client: TestClient, embed) -> list[int]:
    """A weaver (1) and four laboratories (2 to 5) that differ in nothing but their number."""
    return create_actors(client, embed)


def say(client: TestClient, actor_id: int, target_id: int, worth: str, **fields) -> None:
    body = {"actor_id": actor_id, "target_id": target_id, "worth": worth} | fields
    assert client.post("/feedback", json=body).status_code == 201


def suggestions(client: TestClient) -> list[tuple[int, str | None]]:
    answer = client.post("/match", json={"actor_id": 1, "min_score": 0}).json()
    return [(s["actor"]["id"], s["relation"]) for s in answer["suggestions"]]


@pytest.mark.usefixtures("actors")
def test_feedback_is_kept_and_read_newest_first(client: TestClient) -> None:
    client.post("/events", json={"name": "Fair"})
    first = client.post("/feedback", json=YES | {"event_id": 1}).json()
    created_at = first.pop("created_at")
    assert first == YES | {"id": 1, "event_id": 1, "actor_name": "Weaver", "target_name": "Lab 2"}
    say(client, 1, 3, "no")
    say(client, 2, 1, "yes", outcome="project")

    def listed(**query) -> list[tuple[int, int, str, str]]:
        items = client.get("/feedback", params=query).json()["items"]
        return [(f["actor_id"], f["target_id"], f["worth"], f["outcome"]) for f in items]

    assert listed() == [(2, 1, "yes", "project"), (1, 3, "no", "none"), (1, 2, "yes", "soft")]
    assert listed(actor_id=1) == [(1, 3, "no", "none"), (1, 2, "yes", "soft")]
    assert listed(target_id=1) == [(2, 1, "yes", "project")]
    assert listed(event_id=1) == [(1, 2, "yes", "soft")]
    page = client.get("/feedback", params={"limit": 2}).json()
    assert page["total"] == 3
    rest = client.get("/feedback", params={"limit": 2, "cursor": page["next_cursor"]}).json()
    assert [(f["id"], f["created_at"]) for f in rest["items"]] == [(1, created_at)]
    assert rest["next_cursor"] is None


@pytest.mark.usefixtures("actors")
@pytest.mark.parametrize(
    ("change", "status", "detail"),
    [
        ({"target_id": 1}, 422, "target_id: nobody meets itself"),
        ({"target_id": 99}, 404, "there is no actor 99"),
        ({"event_id": 9}, 404, "there is no event 9"),
        ({"worth": "perhaps"}, 422, "worth: Input should be 'yes' or 'no'"),
        ({"outcome": "love"}, 422, "outcome: Input should be 'none', 'soft', 'follow_up' or 'project'"),
    ],
)
def test_impossible_feedback_is_refused(client: TestClient, change: dict, status: int, detail: str) -> None:
    answer = client.post("/feedback", json=YES | change)
    assert (answer.status_code, answer.json()["detail"]) == (status, detail)
    assert client.get("/feedback").json()["total"] == 0


@pytest.mark.usefixtures("actors")
def test_feedback_sent_twice_is_kept_once(client: TestClient) -> None:
    first, second = (client.post("/feedback", json=YES, headers={"Idempotency-Key": "f-1"}) for _ in range(2))
    assert first.json() == second.json()
    assert client.get("/feedback").json()["total"] == 1


@pytest.mark.usefixtures("actors")
def test_who_was_worth_it_ranks_up_and_who_was_not_down(client: TestClient) -> None:
    assert suggestions(client) == [(2, None), (3, None), (4, None), (5, None)]
    say(client, 1, 4, "yes")
    say(client, 1, 2, "no")
    assert suggestions(client) == [(4, "liked"), (3, None), (5, None), (2, "disliked")]


@pytest.mark.usefixtures("actors")
def test_the_newest_word_counts_and_one_no_of_the_two_is_a_no(client: TestClient) -> None:
    say(client, 1, 2, "no")
    say(client, 1, 2, "yes")
    say(client, 3, 1, "no")
    say(client, 1, 3, "yes")
    say(client, 1, 4, "no", outcome="follow_up")
    assert dict(suggestions(client)) == {2: "liked", 3: "disliked", 4: "liked", 5: None}


@pytest.mark.usefixtures("actors")
def test_a_status_that_says_more_than_a_meeting_speaks_before_feedback(client: TestClient) -> None:
    for partner, status in ((2, "met"), (3, "did_not_work"), (4, "active")):
        client.post("/tandems", json={"actor_id": 1, "partner_id": partner, "status": status})
        say(client, 1, partner, "no" if status == "active" else "yes")
    assert dict(suggestions(client)) == {2: "liked", 3: "failed", 5: None}


def test_feedback_changes_what_a_pair_is_worth_in_a_plan(client: TestClient, event: str) -> None:
    def utilities() -> dict[tuple[int, int], float]:
        plan = client.post(f"{event}/plans", json={"time_limit_s": 2}).json()
        return {(min(m["a"], m["b"]), max(m["a"], m["b"])): m["utility"] for m in plan["meetings"]}

    before = utilities()
    say(client, 1, 3, "no")
    after = utilities()
    assert sorted(before) == sorted(after) == [(1, 3), (1, 4), (2, 3), (2, 4)]
    assert [pair for pair in before if after[pair] != before[pair]] == [(1, 3)]
    assert after[1, 3] < before[1, 3]


def test_the_pair_judged_last_comes_last_though_it_was_judged_before() -> None:
    said = [(1, 2, False), (3, 4, True), (2, 1, True), (1, 2, True)]
    assert list(verdicts(said).items()) == [((3, 4), True), ((1, 2), True)]
