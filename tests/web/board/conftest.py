"""An event for the board, and a roomier one."""

from collections.abc import Callable

import pytest
from board_pages import ROUNDS, computed
from fastapi.testclient import TestClient

from tests.shelf import Shelf


@pytest.fixture
def gathering(shelf: Shelf, client: TestClient, add_actor: Callable[..., int], embed: Callable[[], object]) -> str:
    """Three rounds, two tables, two actors a side; its page's address."""
    return shelf.fill("gathering", lambda: make_gathering(client, add_actor, embed))


def make_gathering(client: TestClient, add_actor: Callable[..., int], embed: Callable[[], object]) -> str:
    offer = [{"lang": "en", "text": "testing of textile coatings"}]
    ids = [
        add_actor(name, country, offers=offer, needs=offer)
        for name, country in (("F1", "FR"), ("F2 <b>", "FR"), ("B1", "BE"), ("B2", "BE"))
    ]
    embed()
    created = client.post("/events", json={"name": "Textile afternoon", "min_meetings": 2, "max_meetings": 2}).json()
    url = f"/events/{created['id']}"
    client.put(f"{url}/rounds", json=ROUNDS)
    client.put(f"{url}/places", json=[{"label": "Table 1"}, {"label": "Table 2"}])
    for actor_id in ids:
        client.post(f"{url}/participants", json={"actor_id": actor_id})
    return f"/console{url}"


@pytest.fixture
def roomy(shelf: Shelf, client: TestClient, gathering: str) -> str:
    """The same event with a third table and a fourth round, so that meetings can move; its plan 1 is computed."""
    return shelf.fill("roomy", lambda: make_roomy(client, gathering))


def make_roomy(client: TestClient, gathering: str) -> str:
    api = gathering.removeprefix("/console")
    more = [*ROUNDS, {"starts_at": "2027-03-09T12:00:00+01:00", "minutes": 20}]
    client.put(f"{api}/rounds", json=more)
    client.put(f"{api}/places", json=[{"label": f"Table {n}"} for n in (1, 2, 3)])
    computed(client, gathering)
    return gathering
