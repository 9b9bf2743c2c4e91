"""Two organisers, one page: the second is told what changed and keeps what they typed."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text


@pytest.fixture
def event(client: TestClient, border) -> int:
    event_id = client.post("/events", json={"name": "Textile afternoon", "min_meetings": 1}).json()["id"]
    rounds = [{"starts_at": f"2027-03-09T{h}:00:00+01:00", "minutes": 20} for h in ("09", "10")]
    client.put(f"/events/{event_id}/rounds", json=rounds)
    client.put(f"/events/{event_id}/places", json=[{"label": "Table 1"}, {"label": "Table 2"}])
    client.post(f"/events/{event_id}/participants", json={"actor_id": border[0]})
    return event_id


def form_of(page: str, action: str) -> dict[str, str]:
    """The fields of one form, as a browser would send them (text, hidden and number fields)."""
    whole = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.S)
    assert whole
    fields = {}
    for tag in re.findall(r"<input[^>]*>", whole[0]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            fields[name[1]] = value[1] if value else "on"
    return fields


def told(page: str) -> str:
    notice = re.search(r'<div class="notice wrongs" role="alert">(.*?)</div>', page, re.S)
    assert notice
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", notice[1])).strip()


def test_the_second_who_saves_the_places_is_told_and_keeps_what_they_typed(client: TestClient, event: int) -> None:
    address = f"/console/events/{event}/setup"
    action = f"{address}/places"
    mine = form_of(client.get(address).text, action) | {"label-0": "Mine"}
    theirs = mine | {"label-0": "Theirs"}
    assert client.post(action, data=theirs, follow_redirects=False).status_code == 303
    answer = client.post(action, data=mine, follow_redirects=False)
    assert answer.status_code == 412
    assert "Somebody else changed this at" in told(answer.text)
    assert "Place 1: Name: “Theirs”" in told(answer.text)
    assert "Place 2" not in told(answer.text)
    kept = form_of(answer.text, action)
    assert kept["label-0"] == "Mine"
    assert [p["label"] for p in client.get(f"/events/{event}/places").json()] == ["Theirs", "Table 2"]
    # Sent once more, knowing.
    assert client.post(action, data=kept, follow_redirects=False).status_code == 303
    assert [p["label"] for p in client.get(f"/events/{event}/places").json()] == ["Mine", "Table 2"]


@pytest.mark.parametrize(
    ("section", "change", "title"),
    [
        ("facts", {"name": "Other name"}, "Name of the event: “Textile afternoon”"),
        ("rules", {"min_meetings": "2"}, "1"),
        ("rounds", {"minutes-0": "25"}, "Round 1: Minutes: “20”"),
        ("interpreters", {"languages-0": "fr, nl"}, "Interpreter 1: Languages: nothing there"),
        ("tracks", {"track-0": "Fire"}, "Track 1: Name: nothing there"),
        ("weights", {"hub": "0.5"}, "Who fits everybody fits nobody: nothing there"),
    ],
)
def test_every_section_notices(client: TestClient, engine: Engine, event: int, section: str, change, title) -> None:
    address = f"/console/events/{event}/setup"
    action = f"{address}/{section}"
    mine = form_of(client.get(address).text, action) | change
    with engine.begin() as connection:
        connection.execute(text("UPDATE event SET place = 'Gent'"))
        connection.execute(text("UPDATE round SET minutes = minutes"))
        connection.execute(text("INSERT INTO event_interpreter VALUES (:id, 9, '{fr,nl}')"), {"id": event})
        connection.execute(text("DELETE FROM event_interpreter"))
    answer = client.post(action, data=mine, follow_redirects=False)
    assert answer.status_code == 412
    assert title in told(answer.text)


def test_the_form_of_a_participant_notices(client: TestClient, event: int, border) -> None:
    address = f"/console/events/{event}/participants/{border[0]}"
    mine = form_of(client.get(address).text, address) | {"max": "1"}
    client.put(f"/events/{event}/participants", json={"actor_id": border[0], "max": 2, "available": [0]})
    answer = client.post(address, data=mine, follow_redirects=False)
    assert answer.status_code == 412
    assert "At most: “2”" in told(answer.text)
    assert "Is there in: “1”" in told(answer.text)
    assert client.post(address, data=form_of(answer.text, address), follow_redirects=False).status_code == 303
    assert client.get(f"/events/{event}/participants/{border[0]}").json()["max"] == 1


def test_the_form_of_an_actor_notices_and_names_who(client: TestClient, engine: Engine, border) -> None:
    address = f"/console/actors/{border[1]}"
    mine = form_of(client.get(address).text, address) | {"city": "Brugge", "country": "BE"}
    key = client.post("/keys", json={"name": "Anna of the chamber", "role": "admin"}).json()["key"]
    theirs = client.patch(f"/actors/{border[1]}", json={"city": "Kortrijk"}, headers={"Authorization": f"Bearer {key}"})
    assert theirs.status_code == 200
    answer = client.post(address, data=mine, follow_redirects=False)
    assert answer.status_code == 412
    assert told(answer.text).startswith("Anna of the chamber changed this at ")
    assert "“Kortrijk”" in told(answer.text)
    assert client.get(f"/actors/{border[1]}").json()["city"] == "Kortrijk"
