"""A page that follows what others do hears of everything that it shows."""

import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import Session

EVENT = "/console/events/1"
ROUNDS = [{"starts_at": f"2027-03-09T{h}:00:00+01:00", "minutes": 20} for h in ("09", "10")]
TOLD = {"event": {"event"}, "plan": {"plan"}, "meeting": {"plan"}}
"""Topics of tables whose triggers name them in a function of their own; others name theirs as an argument."""


@pytest.fixture
def told(session: Session) -> dict[str, set[str]]:
    """Table → the topic that its changes are told under, as the database has it."""
    asked = (
        "SELECT DISTINCT c.relname, encode(t.tgargs, 'escape') FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = 'viaduc_tell'"
    )
    found = {name: {words.removesuffix("\\000")} for name, words in session.execute(text(asked))}
    session.rollback()
    return found | TOLD


@pytest.fixture
def event(client: TestClient, add_actor: Callable[..., int], embed: Callable[[], object]) -> TestClient:
    """A published plan of two who must meet, and meanwhile must not."""
    offer = [{"lang": "en", "text": "testing of textile coatings"}]
    for name, country in (("F1", "FR"), ("B1", "BE")):
        add_actor(name, country, offers=offer, needs=offer)
    embed()
    client.post("/events", json={"name": "Afternoon"})
    client.put("/events/1/rounds", json=ROUNDS)
    client.put("/events/1/places", json=[{"label": "Table 1"}])
    for actor_id in (1, 2):
        client.post("/events/1/participants", json={"actor_id": actor_id})
    client.post("/events/1/plans", json={})
    client.post("/events/1/plans/1/publish")
    for kind, who, whom in (("must", 1, 2), ("veto", 2, 1)):
        client.put("/events/1/wishes", json={"actor_id": who, "target_id": whom, "kind": kind})
    return client


@pytest.mark.parametrize("page", ["", "/setup", "/participants", "/wishes", "/schedule"])
def test_a_page_hears_of_every_table_that_it_reads(
    event: TestClient, told: dict[str, set[str]], queries: list[str], page: str
) -> None:
    queries.clear()
    answer = event.get(f"{EVENT}{page}")
    assert answer.status_code == 200
    heard = set(re.search(r'data-live-topics="([^"]*)"', answer.text)[1].split())
    read = {name for said in queries for name in re.findall(r'(?:FROM|JOIN) "?([a-z_]+)"?', said)}
    assert {"event", "participant"} <= read
    assert {topic for table in read & told.keys() for topic in told[table]} <= heard
