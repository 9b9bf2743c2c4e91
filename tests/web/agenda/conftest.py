"""An event whose weaver meets two laboratories, and its agenda."""

from collections.abc import Callable
from datetime import datetime

import pytest
from agenda_pages import BEFORE, ROUNDS, address, publish
from fastapi.testclient import TestClient
from sqlmodel import Session

from tests.shelf import Shelf


@pytest.fixture
def at(client: TestClient) -> Callable[[datetime], None]:
    """Set the service's clock."""

    def set_clock(moment: datetime) -> None:
        client.app.state.clock = lambda: moment

    set_clock(BEFORE)
    return set_clock


def make_people(add_actor: Callable[..., int], embed: Callable[[], object]) -> list[int]:
    """A weaver (1) who needs what two laboratories (2, 3) offer, and somebody of its own side (4)."""
    need = [{"lang": "fr", "text": "tester la résistance au feu des tissus enduits"}]
    ids = [
        add_actor("Tissages <du> Nord", "FR", needs=need, languages=["fr", "nl"]),
        add_actor("Vuurlab", "BE", offers=need, languages=["nl"], description={"nl": "Wij testen stoffen."}),
        add_actor("Brandlab", "BE", offers=need, languages=["de"]),
        add_actor("Filatures", "FR", offers=need),
    ]
    embed()
    return ids


@pytest.fixture
def event(
    shelf: Shelf, client: TestClient, add_actor: Callable[..., int], embed: Callable[[], object], at: object
) -> str:
    return shelf.fill("agenda", lambda: make_event(client, make_people(add_actor, embed)))


def make_event(client: TestClient, people: list[int]) -> str:
    client.post("/events", json={"name": "Textile <afternoon>", "place": "Kortrijk"})
    client.put("/events/1/rounds", json=ROUNDS)
    client.put("/events/1/places", json=[{"label": "Table 1"}, {"label": "Table 2"}, {"label": "Table 3"}])
    client.put("/events/1/interpreters", json=[{"languages": ["fr", "de"]}])
    for i in people:
        client.post("/events/1/participants", json={"actor_id": i})
    return "/events/1"


@pytest.fixture
def published(event: str, session: Session) -> str:
    """1 meets 2 at table 1 in the first round and 3 at table 2, with the interpreter, in the third."""
    publish(session, [(1, 2, 0, 0, None), (3, 1, 2, 1, "0")])
    return event


@pytest.fixture
def mine(session: Session, event: str) -> str:
    """The address of the weaver's agenda."""
    return address(session, 1)
