"""Pages as a browser without JavaScript sees them, on a real database and the no-model encoder."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app.main import create_app
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from tests.shelf import Shelf

BROWSER = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return Settings(data_dir=data_dir, embed_in_service=False)


@pytest.fixture
def client(settings: Settings, engine: Engine, applications: Callable[[Settings], FastAPI]) -> Iterator[TestClient]:
    with TestClient(applications(settings), raise_server_exceptions=False, headers=BROWSER) as client:
        yield client


@pytest.fixture
def sleepy_client(settings: Settings, engine: Engine, meaning: Meaning) -> Iterator[TestClient]:
    """A service whose model has not loaded yet."""
    application = create_app(settings, engine=engine, holder=MeaningHolder(lambda: meaning))
    with TestClient(application, headers=BROWSER) as client:
        yield client


@pytest.fixture
def add_actor(client: TestClient) -> Callable[..., int]:
    """Store an actor through the JSON door; returns its id."""

    def add(name: str, country: str, **fields: object) -> int:
        answer = client.post("/actors", json={"name": name, "country": country} | fields)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    return add


@pytest.fixture
def border(shelf: Shelf, add_actor: Callable[..., int], embed: Callable[[], object]) -> Sequence[int]:
    """A weaver who needs what a Flemish laboratory offers, and a bakery."""
    return shelf.fill("border", lambda: make_border(add_actor, embed))


def make_border(add_actor: Callable[..., int], embed: Callable[[], object]) -> Sequence[int]:
    ids = [
        add_actor(
            "Tissages du Nord", "FR", kind="company", city="Roubaix", region="Hauts-de-France", nuts="FRE11",
            languages=["fr"], sectors=["textile"], lat=50.69, lon=3.17,
            description={"fr": "Tissage de verre.", "en": "Weaving of glass."},
            needs=[{"lang": "fr", "text": "laboratoire pour tester la résistance au feu des tissus enduits"}],
        ),
        add_actor(
            "Vuurlab", "BE", kind="lab", city="Gent", side="VLG", region="Vlaanderen",
            languages=["nl"], sectors=["textile", "zeer_bijzonder"], lat=51.05, lon=3.72,
            offers=[{"lang": "fr", "text": "tester la résistance au feu des tissus enduits en laboratoire"}],
        ),
        add_actor(
            "Bakkerij <script>alert(1)</script>", "BE", side="VLG", region="Vlaanderen",
            offers=[{"lang": "nl", "text": "brood <script>alert(2)</script> & gebak"}],
        ),
    ]  # fmt: skip
    embed()
    return ids
