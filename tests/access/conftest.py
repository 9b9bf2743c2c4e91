"""The service as the outside sees it: nobody is admin for sitting at this machine."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta

import pytest
from access_outside import BROWSER, FAR, MakeKey, Serve, with_key
from anonymity import HIDDEN, OPEN, Encounter
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app.db import session_scope
from app.main import create_app
from app.services.access.keys import create_key
from app.services.actors import create_actor
from app.services.contacts import create_contact
from app.services.events import create_event, register, set_places, set_rounds
from app.services.links import make_link
from app.services.meaning import Meaning, MeaningHolder
from app.services.relations import set_relation
from app.services.tandems import create_tandem
from app.settings import Settings
from app.worker import drain
from models.access import KeyCreate, KeyShown
from models.actor import ActorCreate, RelationCreate
from models.base import utc_now
from models.contact import ContactFields
from models.event import EventCreate, ParticipantCreate, PlaceCreate, RoundCreate
from models.plan import Meeting, Plan
from models.tandem import TandemCreate

Applications = Callable[[Mapping[str, object], bool], FastAPI]


@pytest.fixture(scope="session")
def outside_applications(
    tmp_path_factory: pytest.TempPathFactory, shared_engine: Engine, meaning: Meaning
) -> Applications:
    """An application for each set of settings, made once: building 240 routes takes longer than a test."""
    made: dict[str, FastAPI] = {}
    folder = tmp_path_factory.mktemp("access")

    def application(settings: Mapping[str, object], fresh: bool) -> FastAPI:
        chosen = Settings(**{"data_dir": folder, "embed_in_service": False, "local_admin": False} | settings)
        key = repr(sorted(settings.items()))
        if fresh or key not in made:
            app = create_app(chosen, engine=shared_engine, holder=MeaningHolder.ready(meaning))
            if fresh:
                return app
            made[key] = app
        for buckets in vars(made[key].state.limits).values():
            buckets.forget()
        return made[key]

    return application


@pytest.fixture
def serve(outside_applications: Applications, engine: Engine) -> Iterator[Serve]:
    """The service with these settings, asked from another machine over https unless told otherwise.

    `fresh`: an application of its own, for tests that add to it or run two of the same at once.
    """
    with ExitStack() as stack:
        running: set[int] = set()

        def start(
            *,
            base_url: str = "https://viaduc.example",
            client: tuple[str, int] = FAR,
            headers: Mapping[str, str] | None = None,
            fresh: bool = False,
            **settings: object,
        ) -> TestClient:
            app = outside_applications(settings, fresh)
            options = {"base_url": base_url, "client": client, "raise_server_exceptions": False, "headers": headers}
            if id(app) in running:
                return TestClient(app, **options)
            running.add(id(app))
            return stack.enter_context(TestClient(app, **options))

        yield start


@pytest.fixture
def client(serve: Serve) -> TestClient:
    return serve()


@pytest.fixture
def browser(serve: Serve) -> TestClient:
    return serve(headers=BROWSER)


@pytest.fixture
def make_key(engine: Engine) -> MakeKey:
    def make(role: str = "reader", events: tuple[int, ...] = (), **fields: object) -> KeyShown:
        with session_scope(engine) as session:
            shape = KeyCreate.model_validate({"name": f"a {role}", "role": role, "events": list(events)} | fields)
            return create_key(session, fields=shape, by="test")

    return make


@pytest.fixture
def two_events(engine: Engine) -> tuple[int, int]:
    """The numbers of two events."""
    with session_scope(engine) as session:
        return tuple(create_event(session, fields=EventCreate(name=name)).id for name in ("Ours", "Theirs"))


@pytest.fixture
def met(engine: Engine, meaning: Meaning, two_events: tuple[int, int]) -> Encounter:
    """An anonymous actor and an open one, who meet at the first event, which has begun."""
    event_id = two_events[0]
    with session_scope(engine) as session:
        hidden, partner, stranger = (
            create_actor(session, fields=ActorCreate.model_validate(said)).id
            for said in (
                HIDDEN,
                OPEN,
                OPEN | {"name": "Aalab", "city": "Aalst", "needs": {}, "offers": {"en": "dyeing of glass fabric"}},
            )
        )
        for actor_id in (hidden, partner, stranger):
            delegate = [{"id": "Odette Zabelin"}] if actor_id == hidden else []
            fields = ParticipantCreate.model_validate({"actor_id": actor_id, "delegates": delegate})
            register(session, event_id=event_id, fields=fields)
        began = utc_now().replace(microsecond=0) - timedelta(hours=1)
        set_rounds(session, event_id=event_id, rounds=[RoundCreate(starts_at=began, minutes=20)])
        set_places(session, event_id=event_id, places=[PlaceCreate(label="Table 1")])
        session.add(
            Plan(event_id=event_id, number=1, state="published", problem={}, certificate={}, published_at=began)
        )
        session.flush()
        meeting = Meeting(
            event_id=event_id, number=1, a=hidden, b=partner, round=0, place=0, delegate_a="Odette Zabelin"
        )
        session.add(meeting)
        contact = {"name": "Odette Vaneck", "email": "odette@zabelin.example", "basis": "contract", "basis_note": "7"}
        create_contact(session, actor_id=hidden, fields=ContactFields.model_validate(contact))
        set_relation(session, actor_id=partner, relation=RelationCreate(target_id=hidden, type="partner"))
        create_tandem(session, fields=TandemCreate(actor_id=hidden, partner_id=stranger, status="active"))
        tokens = [make_link(session, event_id=event_id, actor_id=i) for i in (partner, hidden)]
    drain(engine, meaning, batch=100)
    return Encounter(event_id, two_events[1], hidden, partner, *tokens)


@pytest.fixture
def reader(serve: Serve, make_key: MakeKey) -> TestClient:
    client = serve()
    client.headers.update(with_key(make_key("reader")))
    return client


@pytest.fixture
def as_organiser(serve: Serve, make_key: MakeKey) -> Callable[[int], TestClient]:
    def client(event_id: int) -> TestClient:
        made = serve()
        fresh = TestClient(made.app, base_url="https://viaduc.example", raise_server_exceptions=False)
        fresh.headers.update(with_key(make_key("organiser", (event_id,))))
        return fresh

    return client
