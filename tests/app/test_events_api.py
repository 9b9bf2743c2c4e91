"""Events and their plans through the JSON door."""

import pytest
from fastapi.testclient import TestClient

from tests.app.conftest import ROUNDS


def test_a_plan_meets_everybody_across_sides_and_says_what_is_proven(client: TestClient, event: str) -> None:
    answer = client.post(f"{event}/plans", json={"time_limit_s": 5})
    assert answer.status_code == 201, answer.text
    plan = answer.json()
    assert (plan["number"], plan["state"]) == (1, "draft")
    assert plan["certificate"]["status"] == "optimal"
    assert plan["certificate"]["floor"]["reached"] == 2
    assert sorted(sorted((m["a_name"], m["b_name"])) for m in plan["meetings"]) == [
        ["B1", "F1"], ["B1", "F2"], ["B2", "F1"], ["B2", "F2"]
    ]  # fmt: skip
    assert client.get(f"{event}/plans/1").json() == plan


def test_a_veto_forbids_and_a_gap_is_kept(client: TestClient, event: str) -> None:
    client.put(f"{event}/wishes", json={"actor_id": 1, "target_id": 3, "kind": "veto"})
    client.put(f"{event}/participants", json={"actor_id": 2, "available": [2], "min": 0})
    meetings = client.post(f"{event}/plans", json={}).json()["meetings"]
    assert [{m["a"], m["b"]} for m in meetings if 1 in (m["a"], m["b"])] == [{1, 4}]
    assert [m["round"] for m in meetings if 2 in (m["a"], m["b"])] == [2]


def test_publishing_keeps_one_published_plan_and_the_history(client: TestClient, event: str) -> None:
    for _ in range(2):
        client.post(f"{event}/plans", json={})
    assert client.post(f"{event}/plans/1/publish").json()["state"] == "published"
    assert client.post(f"{event}/plans/2/publish").json()["state"] == "published"
    states = [(p["number"], p["state"]) for p in client.get(f"{event}/plans").json()]
    assert states == [(2, "published"), (1, "superseded")]


def test_a_floor_nobody_can_reach_is_explained_not_dropped(client: TestClient, event: str) -> None:
    client.put(f"{event}/participants", json={"actor_id": 1, "min": 3})
    certificate = client.post(f"{event}/plans", json={}).json()["certificate"]
    assert certificate["floor"]["requested"] == 3
    assert [u["participant"] for u in certificate["unmet"]] == ["1"]


def test_an_event_of_one_side_is_refused_with_the_way_out(client: TestClient, event: str) -> None:
    for i in (3, 4):
        client.delete(f"{event}/participants/{i}")
    answer = client.post(f"{event}/plans", json={})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "field": "participants",
            "reason": "all 2 participants stand on side 'FR' and meetings go across sides only: "
            "register actors of another side, or switch cross_side_only off",
            "line": None,
        }
    ]


@pytest.mark.parametrize(
    ("path", "body", "field", "reason"),
    [
        ("/rounds", [{"starts_at": "2027-03-09T09:00:00"}], "[0].starts_at",
         "needs an offset, such as 2027-03-09T09:00:00+01:00"),
        ("/rounds", [{"starts_at": "9999-12-31T23:30:00+01:00"}], "[0].starts_at",
         "the year is expected to be from 1900 to 2199"),
        ("/rounds", [{"starts_at": "0027-03-09T09:00:00+01:00"}], "[0].starts_at",
         "the year is expected to be from 1900 to 2199"),
        ("/rounds", [ROUNDS[0], ROUNDS[0]], "starts_at",
         "the rounds at 2027-03-09 09:00:00+01:00 and 2027-03-09 09:00:00+01:00 overlap"),
        ("/places", [{"label": "A"}, {"label": "A"}], "label", "two places are called 'A'"),
        ("/wishes", {"actor_id": 1, "target_id": 1, "kind": "veto"}, "target_id", "nobody meets itself"),
        ("/wishes", {"actor_id": 1, "target_id": 99, "kind": "veto"}, "target_id",
         "actor 99 is not registered for event 1"),
    ],
)  # fmt: skip
def test_a_wrong_set_up_is_named(
    client: TestClient, event: str, path: str, body: object, field: str, reason: str
) -> None:
    answer = client.put(event + path, json=body)
    assert answer.status_code == 422
    assert {"field": field, "reason": reason, "line": None} in answer.json()["errors"]


def test_a_zone_and_a_floor_above_the_cap_are_refused_by_name(client: TestClient) -> None:
    zone = client.post("/events", json={"name": "x", "zone": "Europe/Lille"}).json()["errors"][0]
    assert zone["field"] == "zone"
    assert zone["reason"] == "unknown time zone 'Europe/Lille': expected an IANA zone, such as Europe/Brussels"
    cap = client.post("/events", json={"name": "x", "min_meetings": 5, "max_meetings": 2}).json()["errors"][0]
    assert cap["reason"] == "min_meetings (5) is above max_meetings (2)"


def test_a_stateless_pairing_names_the_wrong_field(client: TestClient) -> None:
    problem = {"rounds": 2, "places": 1, "participants": [{"id": "a", "side": "X", "available": [7]}]}
    answer = client.post("/pairings", json=problem)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "participants[0].available[0]"


def test_a_stateless_pairing_gives_a_plan_that_the_checker_accepts(client: TestClient) -> None:
    from app.api.examples import PROBLEM
    from app.services.pairings import check_plan

    problem = PROBLEM["four participants"]["value"]
    plan = client.post("/pairings", json=problem).json()
    assert plan["certificate"]["status"] == "optimal"
    assert check_plan(problem, plan) == []
    twice = {"meetings": [*plan["meetings"], plan["meetings"][0]]}
    assert check_plan(problem, twice) != []


def test_a_lock_stands_and_a_must_is_kept(client: TestClient, event: str) -> None:
    client.put(f"{event}/locks", json=[{"a": 1, "b": 4, "round": 2, "place": 1}])
    client.put(f"{event}/wishes", json={"actor_id": 2, "target_id": 3, "kind": "must"})
    meetings = client.post(f"{event}/plans", json={}).json()["meetings"]
    locked = next(m for m in meetings if {m["a"], m["b"]} == {1, 4})
    assert (locked["round"], locked["place"]) == (2, 1)
    assert {2, 3} in [{m["a"], m["b"]} for m in meetings]
    unknown = client.put(f"{event}/locks", json=[{"a": 1, "b": 99, "round": 0}]).json()["errors"][0]
    assert unknown == {"field": "[0].b", "reason": "actor 99 is not registered for this event", "line": None}


def test_two_delegates_meet_at_once_and_one_person_is_never_at_two_tables(client: TestClient, event: str) -> None:
    client.put(f"{event}/rounds", json=ROUNDS[:1])
    two = {"actor_id": 1, "parallel": 2, "delegates": [{"id": "first"}, {"id": "second"}], "min": 0}
    assert client.put(f"{event}/participants", json=two).status_code == 200
    for i in (2, 3, 4):
        client.put(f"{event}/participants", json={"actor_id": i, "min": 0, "max": 1})
    client.put(f"{event}/wishes", json={"actor_id": 2, "target_id": 3, "kind": "veto"})
    client.put(f"{event}/wishes", json={"actor_id": 2, "target_id": 4, "kind": "veto"})
    meetings = client.post(f"{event}/plans", json={}).json()["meetings"]
    assert sorted(sorted((m["a"], m["b"])) for m in meetings) == [[1, 3], [1, 4]]
    alone = client.put(f"{event}/participants", json={"actor_id": 1, "parallel": 2}).json()["errors"][0]
    assert alone["reason"] == "2 meetings at once need as many delegates; 0 are named"


def test_tracks_keep_their_people_in_their_rounds(client: TestClient, event: str) -> None:
    told = client.get(event).json()
    kept = {name: told[name] for name in ("name", "zone", "min_meetings")}
    tracks = [{"id": "morning", "rounds": [0]}, {"id": "late", "rounds": [1, 2]}]
    client.put(event, json=kept | {"min_meetings": 0, "tracks": tracks})
    for i in (1, 3):
        client.put(f"{event}/participants", json={"actor_id": i, "tracks": ["morning"]})
    for i in (2, 4):
        client.put(f"{event}/participants", json={"actor_id": i, "tracks": ["late"]})
    meetings = client.post(f"{event}/plans", json={}).json()["meetings"]
    rounds = {frozenset((m["a"], m["b"])): m["round"] for m in meetings}
    assert rounds.keys() == {frozenset((1, 3)), frozenset((2, 4))}
    assert rounds[frozenset((1, 3))] == 0
    assert rounds[frozenset((2, 4))] in (1, 2)


def test_pairs_that_met_at_another_event_give_way_to_new_ones(client: TestClient, event: str) -> None:
    client.put(f"{event}/rounds", json=ROUNDS[:1])
    first = client.post(f"{event}/plans", json={}).json()["meetings"]
    client.post(f"{event}/plans/1/publish")
    other = client.post("/events", json={"name": "Again"}).json()["id"]
    client.put(f"/events/{other}/rounds", json=ROUNDS[:1])
    client.put(f"/events/{other}/places", json=[{"label": "A"}, {"label": "B"}])
    for i in (1, 2, 3, 4):
        client.post(f"/events/{other}/participants", json={"actor_id": i})
    again = client.post(f"/events/{other}/plans", json={}).json()["meetings"]
    met = {frozenset((m["a"], m["b"])) for m in first}
    assert met.isdisjoint(frozenset((m["a"], m["b"])) for m in again)
