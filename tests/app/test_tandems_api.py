"""Tandems through the JSON door: life cycle, history, and what they do to suggestions."""

import pytest
from fastapi.testclient import TestClient
from memory_actors import create_actors
from sqlalchemy import Engine, text
from sqlmodel import Session

from app.services import border, maps
from app.services.histories import histories
from matching.ranking.parts import Relation

MET = {"actor_id": 2, "partner_id": 1, "theme": "coatings", "status": "met", "since": "2027-03-09"}


@pytest.fixture
def actors(client: TestClient, embed) -> list[int]:
    """A weaver in France and four in Flanders who offer what it needs."""
    ids = create_actors(client, embed)
    assert ids == [1, 2, 3, 4, 5]
    return ids


def suggestions(client: TestClient, **options) -> list[tuple[int, str | None]]:
    answer = client.post("/match", json={"actor_id": 1, "min_score": 0, "k": 10} | options).json()
    return [(s["actor"]["id"], s["relation"]) for s in answer["suggestions"]]


def tandem_with(client: TestClient, partner_id: int, status: str, **fields) -> None:
    body = {"actor_id": 1, "partner_id": partner_id, "status": status} | fields
    assert client.post("/tandems", json=body).status_code == 201


@pytest.mark.usefixtures("actors")
def test_a_tandem_is_kept_once_and_found_from_both_ends(client: TestClient) -> None:
    created = client.post("/tandems", json=MET).json()
    assert {k: created[k] for k in ("actor_id", "actor_name", "partner_id", "partner_name", "theme", "status")} == {
        "actor_id": 1, "actor_name": "Weaver", "partner_id": 2, "partner_name": "Lab 2", "theme": "coatings",
        "status": "met",
    }  # fmt: skip
    assert client.get("/tandems/1/2").json() == client.get("/tandems/2/1").json() == created
    again = client.post("/tandems", json=MET | {"actor_id": 1, "partner_id": 2})
    assert (again.status_code, again.json()["detail"]) == (
        409, "actors 1 and 2 are a tandem already (met); change it with PATCH",
    )  # fmt: skip


@pytest.mark.usefixtures("actors")
def test_the_history_keeps_every_step_with_its_date_and_note(client: TestClient) -> None:
    client.post("/tandems", json=MET)
    change = {"status": "agreement", "since": "2027-06-01", "step_note": "a letter of intent"}
    changed = client.patch("/tandems/2/1", json=change).json()
    steps = [(s["status"], s["since"], s["note"]) for s in changed["history"]]
    assert steps == [("met", "2027-03-09", None), ("agreement", "2027-06-01", "a letter of intent")]
    assert (changed["status"], changed["since"]) == ("agreement", "2027-06-01")
    assert changed["next_statuses"] == ["active", "dormant", "ended", "did_not_work"]
    # The same change sent again is no second step; another date corrects the newest one.
    assert client.patch("/tandems/2/1", json=change).json()["history"] == changed["history"]
    corrected = client.patch("/tandems/1/2", json={"status": "agreement", "since": "2027-06-02"}).json()
    assert [(s["since"], s["note"]) for s in corrected["history"]] == [
        ("2027-03-09", None), ("2027-06-02", "a letter of intent"),
    ]  # fmt: skip
    assert corrected["since"] == "2027-06-02"


@pytest.mark.usefixtures("actors")
def test_fields_that_are_not_sent_stay(client: TestClient) -> None:
    client.post("/tandems", json=MET | {"note": "first contact at the fair"})
    changed = client.patch("/tandems/1/2", json={"theme": None}).json()
    assert (changed["theme"], changed["note"], changed["status"], len(changed["history"])) == (
        None, "first contact at the fair", "met", 1,
    )  # fmt: skip


@pytest.mark.usefixtures("actors")
@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("ended", "suggested", "a tandem that is 'ended' cannot become 'suggested'; "
                               "it can become in discussion, agreement, active"),
        ("active", "met", "a tandem that is 'active' cannot become 'met'; it can become dormant, ended, did not work"),
        ("suggested", "dormant", "a tandem that is 'suggested' cannot become 'dormant'; "
                                 "it can become met, in discussion, agreement, active, did not work"),
    ],
)  # fmt: skip
def test_a_step_that_makes_no_sense_is_refused_and_changes_nothing(
    client: TestClient, before: str, after: str, sentence: str
) -> None:
    tandem_with(client, 2, before)
    kept = client.get("/tandems/1/2").json()
    refused = client.patch("/tandems/1/2", json={"status": after, "theme": "other"})
    assert (refused.status_code, refused.json()["detail"]) == (409, sentence)
    assert client.get("/tandems/1/2").json() == kept


@pytest.mark.usefixtures("actors")
@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"actor_id": 1, "partner_id": 1}, 422, "partner_id: an actor is no tandem with itself"),
        ({"actor_id": 1, "partner_id": 99}, 404, "there is no actor 99"),
        ({"actor_id": 1, "partner_id": 2, "event_id": 7}, 404, "there is no event 7"),
        ({"actor_id": 1, "partner_id": 2, "status": "married"}, 422,
         "status: Input should be 'suggested', 'met', 'in_discussion', 'agreement', 'active', 'dormant', 'ended' or "
         "'did_not_work'"),
    ],
)  # fmt: skip
def test_an_impossible_tandem_is_refused(client: TestClient, body: dict, status: int, detail: str) -> None:
    answer = client.post("/tandems", json=body)
    assert (answer.status_code, answer.json()["detail"]) == (status, detail)


@pytest.mark.usefixtures("actors")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"since": "2027-01-01"}, "since goes with a status: send the status too"),
        ({"status": None}, "a tandem always has a status: leave the field out to keep it"),
    ],
)
def test_an_impossible_change_is_refused(client: TestClient, change: dict, reason: str) -> None:
    client.post("/tandems", json=MET)
    answer = client.patch("/tandems/1/2", json=change)
    assert (answer.status_code, answer.json()["errors"][0]["reason"]) == (422, reason)


@pytest.mark.usefixtures("actors")
def test_the_list_is_narrowed_and_paged(client: TestClient) -> None:
    for partner, status in ((2, "met"), (3, "active"), (4, "met")):
        tandem_with(client, partner, status)
    client.post("/tandems", json={"actor_id": 4, "partner_id": 3, "status": "met"})

    def pairs(**query) -> list[tuple[int, int]]:
        return [(t["actor_id"], t["partner_id"]) for t in client.get("/tandems", params=query).json()["items"]]

    assert pairs() == [(1, 2), (1, 3), (1, 4), (3, 4)]
    assert pairs(actor_id=3) == [(1, 3), (3, 4)]
    assert pairs(status=["met"]) == [(1, 2), (1, 4), (3, 4)]
    assert pairs(actor_id=1, status=["active", "ended"]) == [(1, 3)]
    first = client.get("/tandems", params={"limit": 3}).json()
    assert first["total"] == 4
    assert pairs(limit=3, cursor=first["next_cursor"]) == [(3, 4)]
    assert client.get("/tandems", params={"cursor": first["next_cursor"]}).json()["next_cursor"] is None
    assert client.get("/tandems", params={"cursor": "nonsense"}).status_code == 422


@pytest.mark.usefixtures("actors")
def test_a_creation_sent_twice_creates_once(client: TestClient) -> None:
    key = {"Idempotency-Key": "t-1"}
    first, second = (client.post("/tandems", json=MET, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert client.get("/tandems").json()["total"] == 1


@pytest.mark.usefixtures("actors")
def test_working_tandems_are_hidden_until_they_end_or_are_asked_for(client: TestClient) -> None:
    tandem_with(client, 2, "agreement")
    tandem_with(client, 3, "active")
    tandem_with(client, 4, "in_discussion")
    assert sorted(suggestions(client)) == [(4, "in_discussion"), (5, None)]
    assert sorted(suggestions(client, known_partners=True)) == [
        (2, "agreement"), (3, "active"), (4, "in_discussion"), (5, None),
    ]  # fmt: skip
    client.patch("/tandems/1/3", json={"status": "dormant"})
    assert sorted(suggestions(client)) == [(3, "dormant"), (4, "in_discussion"), (5, None)]
    client.delete("/tandems/1/2")
    assert (2, None) in suggestions(client)


@pytest.mark.usefixtures("actors")
def test_what_did_not_work_ranks_down_and_says_so(client: TestClient, session: Session) -> None:
    assert suggestions(client) == [(2, None), (3, None), (4, None), (5, None)]
    tandem_with(client, 2, "did_not_work", since="2024-05-01")
    answer = client.post("/match", json={"actor_id": 1, "min_score": 0, "lang": "en"}).json()["suggestions"]
    assert [(s["actor"]["id"], s["relation"]) for s in answer] == [(3, None), (4, None), (5, None), (2, "failed")]
    told = next(r["text"] for r in answer[-1]["reasons"] if r["part"] == "history")
    assert told == "Tried before; it did not work."
    assert answer[-1]["score"] < answer[0]["score"]
    assert histories(session, ids=[2]) == {frozenset((1, 2)): Relation("failed", 2024)}
    assert histories(session, ids=[3]) == {}


@pytest.mark.usefixtures("actors")
def test_a_tandem_speaks_before_relations_of_the_two(client: TestClient) -> None:
    client.put("/actors/1/relations", json={"target_id": 2, "type": "tandem", "status": "signed"})
    client.put("/actors/3/relations", json={"target_id": 1, "type": "tried_and_failed"})
    assert suggestions(client) == [(4, None), (5, None), (3, "failed")]
    tandem_with(client, 2, "ended")
    tandem_with(client, 3, "active")
    assert suggestions(client) == [(4, None), (5, None), (2, "ended")]


@pytest.mark.usefixtures("actors")
def test_a_tandem_goes_with_its_actor_and_stays_without_its_event(client: TestClient, engine: Engine) -> None:
    client.post("/events", json={"name": "Fair"})
    tandem_with(client, 2, "met", event_id=1)
    tandem_with(client, 3, "met", event_id=1)
    client.delete("/events/1")
    assert client.get("/tandems/1/2").json()["event_id"] is None
    client.delete("/actors/2")
    assert client.get("/tandems").json()["total"] == 1
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM tandem_step")).scalar_one() == 1


def test_the_demo_border_keeps_its_partnerships_as_tandems(session: Session, client: TestClient) -> None:
    data = (border.FOLDER / "actors.jsonl").read_bytes()
    maps.load(session, fields=border.MAP, filename="actors.jsonl", data=data)
    stored = border.load_tandems(session)
    ids = border.actor_ids(session)
    session.commit()
    page = client.get("/tandems", params={"limit": 200}).json()
    assert (stored, page["total"]) == (33, 33)
    statuses = [t["status"] for t in page["items"]]
    assert {s: statuses.count(s) for s in sorted(set(statuses))} == {
        "agreement": 6, "did_not_work": 4, "in_discussion": 23,
    }  # fmt: skip
    signed = client.get(f"/tandems/{ids['be-howest']}/{ids['fr-inotep']}").json()
    assert (signed["status"], signed["theme"], signed["since"]) == ("agreement", "bâtiment durable", None)
    twice = client.get(f"/tandems/{ids['fr-cd2e']}/{ids['fr-team2']}").json()
    assert [step["status"] for step in twice["history"]] == ["did_not_work", "in_discussion"]
    shown = client.get(f"/directory/{ids['be-howest']}").text
    assert "Inotep" in shown
