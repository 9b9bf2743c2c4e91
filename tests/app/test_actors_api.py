"""Actors through the JSON door."""

from fastapi.testclient import TestClient

WEAVER = {
    "name": "Tissages du Nord",
    "kind": "company",
    "country": "FR",
    "nuts": "FRE11",
    "city": "Roubaix",
    "languages": ["fr"],
    "sectors": ["textiles"],
    "description": {"fr": "Tissage de verre et d'aramide en grande laize."},
    "offers": [{"lang": "fr", "text": "étoffes techniques écrues"}],
    "needs": [{"text": "nous cherchons un partenaire pour tester des revêtements"}],
}


def test_an_actor_is_created_found_by_words_at_once_and_by_meaning_after_the_worker(client: TestClient, embed) -> None:
    created = client.post("/actors", json=WEAVER)
    assert created.status_code == 201, created.text
    body = created.json()
    assert (body["id"], body["side"]) == (1, "FR")
    assert body["needs"] == [{"lang": "fr", "text": WEAVER["needs"][0]["text"]}]
    assert body["embedding"] == {"state": "pending", "passages": 3, "embedded": 0}
    assert [a["name"] for a in client.get("/actors", params={"q": "etoffes ARAMIDE"}).json()["items"]] == [
        WEAVER["name"]
    ]
    embed()
    assert client.get("/actors/1").json()["embedding"] == {"state": "ready", "passages": 3, "embedded": 3}


def test_a_change_keeps_the_vectors_of_texts_that_stay(client: TestClient, embed) -> None:
    client.post("/actors", json=WEAVER)
    embed()
    changed = client.patch("/actors/1", json={"offers": [{"lang": "nl", "text": "breed geweven doek"}]}).json()
    assert changed["embedding"] == {"state": "pending", "passages": 3, "embedded": 2}
    assert changed["offers"] == [{"lang": "nl", "text": "breed geweven doek"}]
    assert changed["needs"] == client.get("/actors/1").json()["needs"]


def test_pages_follow_each_other_by_cursor_without_gap(client: TestClient) -> None:
    names = [f"Actor {n:02d}" for n in range(7)]
    for name in reversed(names):
        client.post("/actors", json={"name": name, "country": "BE"})
    seen, cursor = [], None
    while True:
        page = client.get("/actors", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        seen += [a["name"] for a in page["items"]]
        cursor = page["next_cursor"]
        assert page["total"] == 7
        if cursor is None:
            break
    assert seen == names


def test_an_idempotency_key_creates_once(client: TestClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = client.post("/actors", json=WEAVER, headers=headers)
    again = client.post("/actors", json=WEAVER, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert client.get("/actors").json()["total"] == 1
    other = client.post("/actors", json={**WEAVER, "name": "Another"}, headers=headers)
    assert other.status_code == 409
    assert other.json()["detail"] == "this Idempotency-Key was used for another request; take a new one"


def test_relations_are_set_listed_and_removed(client: TestClient) -> None:
    client.post("/actors", json=WEAVER)
    client.post("/actors", json={"name": "Centrum", "country": "BE"})
    put = client.put("/actors/1/relations", json={"target_id": 2, "type": "tandem", "status": "signed"})
    expected = {"target_id": 2, "target_name": "Centrum", "type": "tandem", "status": "signed", "note": None}
    assert put.json() == expected
    assert client.get("/actors/1/relations").json() == [expected]
    assert client.delete("/actors/1/relations/2/tandem").status_code == 204
    assert client.get("/actors/1/relations").json() == []
    assert client.delete("/actors/1/relations/2/tandem").status_code == 404
    itself = client.put("/actors/1/relations", json={"target_id": 1, "type": "tandem"})
    assert itself.json()["errors"] == [
        {"field": "target_id", "reason": "an actor has no relation to itself", "line": None}
    ]


def test_a_removed_actor_is_gone_everywhere(client: TestClient) -> None:
    client.post("/actors", json=WEAVER)
    assert client.delete("/actors/1").status_code == 204
    assert client.get("/actors/1").status_code == 404
    assert client.get("/actors").json()["items"] == []
