"""Weights through the JSON door: an event's own, and proposals learned from feedback."""

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from matching.ranking.weights import Weights
from models.weights import WeightProposal

SHIPPED = Weights.default().to_dict()


@pytest.fixture
def judged(client: TestClient, embed) -> None:
    """Eight weavers, six laboratories; a meeting was worth it exactly where they share a sector."""
    cloth, tests = {"en": "wide woven glass fabric"}, {"en": "laboratory testing of textile coatings"}
    for n in range(8):
        client.post("/actors", json={"name": f"Weaver {n}", "country": "FR", "offers": cloth, "needs": tests,
                                     "sectors": [SECTORS[n % 2]]})  # fmt: skip
    for n in range(6):
        client.post("/actors", json={"name": f"Lab {n}", "country": "BE", "offers": tests, "needs": cloth,
                                     "sectors": [SECTORS[n % 2]]})  # fmt: skip
    embed()
    for weaver in range(8):
        for lab in range(6):
            judge(client, 1 + weaver, 9 + lab, weaver % 2 == lab % 2)


SECTORS = ("textile", "games")


def judge(client: TestClient, actor_id: int, target_id: int, worthy: bool) -> None:
    body = {"actor_id": actor_id, "target_id": target_id, "worth": "yes" if worthy else "no"}
    assert client.post("/feedback", json=body).status_code == 201


def match(client: TestClient, **options) -> dict:
    return client.post("/match", json={"actor_id": 1, "min_score": 0} | options).json()


def test_an_event_has_the_services_weights_until_it_sets_its_own(client: TestClient, event: str) -> None:
    assert client.get(f"{event}/weights").json() == {"weights": SHIPPED, "proposal": None, "changes": {}}
    changed = client.put(f"{event}/weights", json={"distance": 3, "language": 1}).json()
    assert changed == {
        "weights": SHIPPED | {"distance": 3, "language": 1},
        "proposal": None,
        "changes": {"distance": 3, "language": 1},
    }
    assert client.get(f"{event}/weights").json() == changed
    client.put(event, json={"name": "Renamed"})
    assert client.get(f"{event}/weights").json() == changed
    assert client.put(f"{event}/weights", json={}).json()["weights"] == SHIPPED


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        ({"beauty": 1}, "unknown weight 'beauty'; known are " + ", ".join(sorted(SHIPPED))),
        ({"distance": -1}, "weight 'distance' must be a number of at least 0, not -1.0"),
        (dict.fromkeys(SHIPPED, 0), "at least one of the weights exchange, profile, theme, kind, language, distance, "
                                    "size, history must be above 0"),
    ],
    ids=["unknown", "negative", "all zero"],
)  # fmt: skip
def test_an_impossible_weight_is_named(client: TestClient, event: str, weights: dict, reason: str) -> None:
    answer = client.put(f"{event}/weights", json=weights)
    assert (answer.status_code, answer.json()["errors"]) == (
        422, [{"field": "weights", "reason": reason, "line": None}],
    )  # fmt: skip
    assert client.get(f"{event}/weights").json()["changes"] == {}


def test_an_events_weights_value_its_pairs_and_stand_in_its_plans(client: TestClient, event: str, embed) -> None:
    client.patch("/actors/1", json={"sectors": ["textile"]})
    client.patch("/actors/3", json={"sectors": ["textile"]})
    client.patch("/actors/4", json={"sectors": ["games"]})
    embed()

    def plan() -> dict:
        return client.post(f"{event}/plans", json={"time_limit_s": 2}).json()

    def utility(of: dict) -> dict[tuple[int, int], float]:
        return {(min(m["a"], m["b"]), max(m["a"], m["b"])): m["utility"] for m in of["meetings"]}

    before = plan()
    client.put(f"{event}/weights", json={"theme": 20})
    after = plan()
    assert before["weights"] == SHIPPED
    assert after["weights"] == SHIPPED | {"theme": 20}
    gap = [utility(p)[1, 3] - utility(p)[1, 4] for p in (before, after)]
    assert 0 < gap[0] < gap[1]
    # What an older plan was made with stays with it, and with what is re-planned from it.
    assert client.get(f"{event}/plans/1").json()["weights"] == SHIPPED
    replanned = client.post(f"{event}/plans/1/replan", json={"now": 1, "absent": [2]}).json()["plan"]
    assert (replanned["parent"], replanned["weights"]) == (1, SHIPPED)


def test_too_little_feedback_is_refused_with_its_counts(client: TestClient, embed) -> None:
    for name, country in (("Weaver", "FR"), ("Lab", "BE")):
        client.post("/actors", json={"name": name, "country": country, "offers": {"en": "cloth"}})
    embed()
    judge(client, 1, 2, True)
    answer = client.post("/weights/proposals")
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "too little feedback to learn from: 1 pairs are judged (1 worth it, 0 not); it takes 30 or more, of both "
        "answers and about several actors",
    )
    assert client.get("/weights/proposals").json() == []


@pytest.mark.usefixtures("judged")
def test_a_proposal_learns_what_decides_and_changes_nothing_by_itself(client: TestClient) -> None:
    before = match(client)
    made = client.post("/weights/proposals")
    assert made.status_code == 201
    proposal = made.json()
    assert {k: proposal[k] for k in ("number", "state", "before", "judgements", "worthy", "folds", "is_better")} == {
        "number": 1, "state": "proposed", "before": SHIPPED, "judgements": 48, "worthy": 24, "folds": 5,
        "is_better": True,
    }  # fmt: skip
    assert proposal["loss_learned"] < proposal["loss_default"]
    growth = {name: weight / SHIPPED[name] for name, weight in proposal["weights"].items()}
    assert max(growth, key=growth.__getitem__) == "theme"
    assert growth["theme"] > 1.2
    assert (proposal["weights"]["hub"], proposal["weights"]["history"]) == (SHIPPED["hub"], SHIPPED["history"])
    assert client.get("/weights/proposals").json() == [proposal]
    assert client.get("/weights").json() == {"weights": SHIPPED, "proposal": None}
    after = match(client)
    assert (after["suggestions"], after["weights"], after["weights_proposal"]) == (before["suggestions"], SHIPPED, None)


@pytest.mark.usefixtures("judged")
def test_a_proposal_asked_for_twice_is_learned_once(client: TestClient) -> None:
    first, second = (client.post("/weights/proposals", headers={"Idempotency-Key": "w-1"}) for _ in range(2))
    assert (first.status_code, second.status_code, second.json()) == (201, 201, first.json())
    assert client.get("/weights/proposals").json() == [first.json()]


@pytest.mark.usefixtures("judged")
def test_an_accepted_proposal_is_in_force_until_it_is_rejected(client: TestClient) -> None:
    before = match(client)
    learned = client.post("/weights/proposals").json()["weights"]
    accepted = client.post("/weights/proposals/1/accept").json()
    assert (accepted["state"], accepted["decided_at"] is None) == ("accepted", False)
    answer = match(client)
    assert (answer["weights"], answer["weights_proposal"]) == (learned, 1)
    assert [s["score"] for s in answer["suggestions"]] != [s["score"] for s in before["suggestions"]]
    assert match(client, weights={"theme": 9})["weights"] == learned | {"theme": 9}
    client.post("/events", json={"name": "Fair"})
    assert client.get("/events/1/weights").json() == {"weights": learned, "proposal": 1, "changes": {}}
    assert client.post("/weights/proposals/1/reject").json()["state"] == "rejected"
    assert client.get("/weights").json() == {"weights": SHIPPED, "proposal": None}
    assert match(client)["suggestions"] == before["suggestions"]
    again = client.post("/weights/proposals/1/accept")
    assert (again.status_code, again.json()["detail"]) == (409, "proposal 1 was rejected; ask for a new one")


@pytest.mark.usefixtures("judged")
def test_only_one_proposal_is_in_force_and_an_older_one_may_come_back(client: TestClient) -> None:
    def states() -> list[tuple[int, str]]:
        return [(p["number"], p["state"]) for p in client.get("/weights/proposals").json()]

    first = client.post("/weights/proposals").json()
    client.post("/weights/proposals/1/accept")
    second = client.post("/weights/proposals").json()
    # Learned from the same feedback and drawn to the shipped weights: the same, not further away.
    assert (second["weights"], second["before"]) == (first["weights"], first["weights"])
    client.post("/weights/proposals/2/accept")
    assert states() == [(2, "accepted"), (1, "superseded")]
    client.post("/weights/proposals/1/accept")
    assert states() == [(2, "superseded"), (1, "accepted")]
    assert client.get("/weights").json()["proposal"] == 1
    assert client.post("/weights/proposals/3/accept").json()["detail"] == "there is no weight proposal 3"


def test_weights_that_do_no_better_on_unseen_judgements_cannot_be_accepted(
    client: TestClient, session: Session
) -> None:
    figures = {"judgements": 40, "worthy": 20, "folds": 5, "loss_default": 0.61, "loss_learned": 0.61}
    session.add(WeightProposal(weights=SHIPPED | {"theme": 2.0}, before=SHIPPED, **figures))
    session.commit()
    assert [p["is_better"] for p in client.get("/weights/proposals").json()] == [False]
    refused = client.post("/weights/proposals/1/accept")
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "proposal 1 tells unseen judgements no better than the shipped weights (log-loss 0.61 against 0.61): "
        "gather more feedback",
    )
    assert client.get("/weights").json() == {"weights": SHIPPED, "proposal": None}
