"""An event with names that papers find hard, and a plan that is known to the last meeting."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from papers_gathering import NAMES, ROUNDS, TEXTS, Gathering, add_plan
from sqlalchemy import Engine
from sqlmodel import Session

from app.main import create_app
from app.services.actors import create_actor
from app.services.events import create_event, register, set_interpreters, set_places, set_rounds
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from app.worker import drain
from models.actor import ActorCreate
from models.event import EventCreate, InterpreterCreate, ParticipantCreate, PlaceCreate, RoundCreate
from tests.shelf import Shelf


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, shared_engine: Engine, meaning: Meaning) -> Iterator[TestClient]:
    """One application for all of these tests: making it takes longer than most of them."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("papers"), embed_in_service=False, public_url="https://viaduc.example.org/"
    )
    application = create_app(settings, engine=shared_engine, holder=MeaningHolder.ready(meaning))
    with TestClient(application, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(service: TestClient, engine: Engine) -> TestClient:
    """The service on an empty database, for somebody who chose no language yet."""
    service.cookies.clear()
    return service


@pytest.fixture
def gathering(shelf: Shelf, session: Session, engine: Engine, meaning: Meaning) -> Gathering:
    """Three rounds with a long pause, two tables, an interpreter; no plan yet."""
    return shelf.fill("papers", lambda: make_gathering(session, engine, meaning))


def make_gathering(session: Session, engine: Engine, meaning: Meaning) -> Gathering:
    fields = EventCreate(name="Rencontres : à Kortrijk", zone="Europe/Brussels", place="Kortrijk")
    number = create_event(session, fields=fields).id
    set_rounds(session, event_id=number, rounds=[RoundCreate.model_validate(r) for r in ROUNDS])
    set_places(session, event_id=number, places=[PlaceCreate(label="Table 1"), PlaceCreate(label="Zaal Øst")])
    set_interpreters(session, event_id=number, interpreters=[InterpreterCreate(languages=["fr", "nl"])])
    ids = []
    for name, (lang, need, offer) in zip(NAMES, TEXTS, strict=True):
        told = {"name": name, "country": "FR" if lang == "fr" else "BE", "side": "FR" if lang == "fr" else "VLG",
                "city": "Lille", "languages": [lang], "kind": "company",
                "needs": [{"lang": lang, "text": need}], "offers": [{"lang": lang, "text": offer}]}  # fmt: skip
        ids.append(create_actor(session, fields=ActorCreate.model_validate(told)).id)
        register(session, event_id=number, fields=ParticipantCreate(actor_id=ids[-1]))
    session.commit()
    drain(engine, meaning, batch=100)
    return Gathering(f"/events/{number}", number, ids)


@pytest.fixture
def planned(session: Session, gathering: Gathering) -> Gathering:
    """The first meets the second in round 1, and the fourth in round 3; the third meets the second then."""
    a, b, c, d = gathering.actors
    add_plan(session, gathering.id, 1, [(a, b, 0, 0), (a, d, 2, 1), (c, b, 2, 0)])
    return gathering
