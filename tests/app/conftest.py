"""The service as a client sees it, on a real database and the no-model encoder."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app import memory
from app.settings import Settings
from tests.shelf import Shelf

ROUNDS = [{"starts_at": f"2027-03-09T{h}:00:00+01:00", "minutes": 20} for h in ("09", "10", "11")]


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """Defaults, with a data folder of their own and no worker thread: tests drain the backlog themselves."""
    return Settings(data_dir=data_dir, embed_in_service=False, max_body_mb=8)


@pytest.fixture
def forgotten() -> Iterator[None]:
    """For tests in which memory does not suffice: a process tells it for a minute, and others are not to hear of it."""
    memory._last.at = -math.inf
    yield
    memory._last.at = -math.inf


@pytest.fixture
def client(settings: Settings, engine: Engine, applications: Callable[[Settings], FastAPI]) -> Iterator[TestClient]:
    """A client of the whole application."""
    with TestClient(applications(settings), raise_server_exceptions=False) as client:
        yield client


def create_actor(client: TestClient, name: str, country: str, text: str = "testing of textile coatings") -> int:
    body = {"name": name, "country": country, "needs": [{"lang": "en", "text": text}],
            "offers": [{"lang": "en", "text": text}]}  # fmt: skip
    return client.post("/actors", json=body).json()["id"]


@pytest.fixture
def event(shelf: Shelf, client: TestClient, embed) -> str:
    """Three rounds, two tables, two actors a side."""
    return shelf.fill("event", lambda: make_event(client, embed))


def make_event(client: TestClient, embed: Callable[[], object]) -> str:
    ids = [create_actor(client, f"F{n}", "FR") for n in (1, 2)] + [create_actor(client, f"B{n}", "BE") for n in (1, 2)]
    embed()
    created = client.post("/events", json={"name": "Textile afternoon", "min_meetings": 2}).json()
    url = f"/events/{created['id']}"
    client.put(f"{url}/rounds", json=ROUNDS)
    client.put(f"{url}/places", json=[{"label": "Table 1"}, {"label": "Table 2"}])
    for i in ids:
        assert client.post(f"{url}/participants", json={"actor_id": i}).status_code == 201
    return url
