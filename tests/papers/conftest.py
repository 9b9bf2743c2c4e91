"""An event with names that papers find hard, and a plan that is known to the last meeting."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from papers_gathering import NAMES, ROUNDS, TEXTS, Gathering, add_plan
from sqlalchemy import Engine
from sqlmodel import Session

from app.main import create_app
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from app.worker import drain


@pytest.fixture
def client(tmp_path: Path, engine: Engine, meaning: Meaning) -> Iterator[TestClient]:
    settings = Settings(data_dir=tmp_path, embed_in_service=False, public_url="https://viaduc.example.org/")
    application = create_app(settings, engine=engine, holder=MeaningHolder.ready(meaning))
    with TestClient(application, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def gathering(client: TestClient, engine: Engine, meaning: Meaning) -> Gathering:
    """Three rounds with a long pause, two tables, an interpreter; no plan yet."""
    ids = []
    for name, (lang, need, offer) in zip(NAMES, TEXTS, strict=True):
        fields = {"name": name, "country": "FR" if lang == "fr" else "BE", "side": "FR" if lang == "fr" else "VLG",
                  "city": "Lille", "languages": [lang], "kind": "company",
                  "needs": [{"lang": lang, "text": need}], "offers": [{"lang": lang, "text": offer}]}  # fmt: skip
        ids.append(client.post("/actors", json=fields).json()["id"])
    drain(engine, meaning, batch=100)
    fields = {"name": "Rencontres : à Kortrijk", "zone": "Europe/Brussels", "place": "Kortrijk"}
    number = client.post("/events", json=fields).json()["id"]
    url = f"/events/{number}"
    client.put(f"{url}/rounds", json=ROUNDS)
    client.put(f"{url}/places", json=[{"label": "Table 1"}, {"label": "Zaal Øst"}])
    client.put(f"{url}/interpreters", json=[{"languages": ["fr", "nl"]}])
    for actor_id in ids:
        assert client.post(f"{url}/participants", json={"actor_id": actor_id}).status_code == 201
    return Gathering(url, number, ids)


@pytest.fixture
def planned(session: Session, gathering: Gathering) -> Gathering:
    """The first meets the second in round 1, and the fourth in round 3; the third meets the second then."""
    a, b, c, d = gathering.actors
    add_plan(session, gathering.id, 1, [(a, b, 0, 0), (a, d, 2, 1), (c, b, 2, 0)])
    return gathering
