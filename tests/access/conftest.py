"""The service as the outside sees it: nobody is admin for sitting at this machine."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

import pytest
from access_outside import BROWSER, FAR, MakeKey, Serve
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app.db import session_scope
from app.main import create_app
from app.services.access.keys import create_key
from app.services.events import create_event
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from models.access import KeyCreate, KeyShown
from models.event import EventCreate

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
