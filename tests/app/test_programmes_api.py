"""Programmes: sides by country and NUTS code, and what becomes of the events that name one."""

import pytest
from fastapi.testclient import TestClient

from app.services.programmes import side_of
from models.actor import Actor
from models.programme import ProgrammeSide

SIDES = [
    {"code": "FR", "name": "France", "countries": ["FR"]},
    {"code": "VLG", "name": "Vlaanderen", "countries": ["BE"]},
    {"code": "WAL", "name": "Wallonie", "nuts": ["BE3"]},
    {"code": "LIL", "name": "Lille", "nuts": ["FRE11"]},
]


def create(client: TestClient, **fields: object) -> dict[str, object]:
    answer = client.post("/programmes", json={"name": "Tandem"} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("country", "nuts", "side"),
    [("FR", None, "FR"), ("FR", "FRE11", "LIL"), ("FR", "FRE12", "FR"), ("BE", "BE323", "WAL"), ("BE", "BE2", "VLG"),
     ("NL", None, "mine")],
)  # fmt: skip
def test_the_longest_code_that_covers_an_actor_decides_its_side(country: str, nuts: str | None, side: str) -> None:
    sides = [ProgrammeSide.model_validate(s) for s in SIDES]
    assert side_of(Actor(name="A", country=country, nuts=nuts, side="mine"), sides) == side


def test_a_programme_is_created_changed_and_removed(client: TestClient) -> None:
    made = create(client, sides=SIDES, languages=["fr", "nl"], colour="#0b5c66", brand="Tandem!")
    assert made == {
        "id": 1, "name": "Tandem", "border": None, "themes": [], "languages": ["fr", "nl"], "brand": "Tandem!",
        "colour": "#0b5c66", "events": 0, "sides": [{"countries": [], "nuts": []} | side for side in SIDES],
    }  # fmt: skip
    changed = client.put("/programmes/1", json={"name": "Other", "border": "Lille"}).json()
    assert (changed["name"], changed["border"], changed["sides"], changed["colour"]) == ("Other", "Lille", [], None)
    assert [p["name"] for p in client.get("/programmes").json()] == ["Other"]
    assert client.delete("/programmes/1").status_code == 204
    assert client.get("/programmes/1").status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"sides": [{"code": "FR", "name": "France"}]},
        {"sides": [SIDES[0], SIDES[0]]},
        {"sides": [SIDES[0], {"code": "X", "name": "X", "countries": ["FR"]}]},
        {"colour": "red"},
        {"languages": ["tlhx"]},
        {"name": " "},
    ],
)
def test_what_cannot_be_is_refused(client: TestClient, fields: dict[str, object]) -> None:
    assert client.post("/programmes", json={"name": "Tandem"} | fields).status_code == 422


def test_the_sides_of_a_programme_hold_for_its_events(client: TestClient) -> None:
    create(client, sides=SIDES)
    for name, nuts in (("Gent", "BE234"), ("Tournai", "BE32")):
        client.post("/actors", json={"name": name, "country": "BE", "nuts": nuts})
    client.post("/events", json={"name": "Afternoon", "programme_id": 1})
    assert client.get("/programmes/1").json()["events"] == 1
    assert [client.post("/events/1/participants", json={"actor_id": i}).json()["side"] for i in (1, 2)] == [
        "VLG",
        "WAL",
    ]
    client.put("/events/1/participants", json={"actor_id": 2, "side": "GUEST"})
    assert [p["side"] for p in client.get("/events/1/participants").json()] == ["VLG", "GUEST"]
    client.delete("/programmes/1")
    assert client.get("/events/1").json()["programme_id"] is None
    assert [p["side"] for p in client.get("/events/1/participants").json()] == ["BE", "GUEST"]


def test_an_event_cannot_name_a_programme_that_is_not_there(client: TestClient) -> None:
    refused = client.post("/events", json={"name": "Afternoon", "programme_id": 7})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "programme_id")


def test_a_word_about_a_pair_can_be_taken_back(client: TestClient) -> None:
    client.post("/events", json={"name": "Afternoon"})
    for name, country in (("A", "FR"), ("B", "BE")):
        client.post("/actors", json={"name": name, "country": country})
    for actor_id in (1, 2):
        client.post("/events/1/participants", json={"actor_id": actor_id})
    client.put("/events/1/wishes", json={"actor_id": 1, "target_id": 2, "kind": "veto"})
    assert client.delete("/events/1/wishes/2/1").status_code == 404
    assert client.delete("/events/1/wishes/1/2").status_code == 204
    assert client.get("/events/1/wishes").json() == []
