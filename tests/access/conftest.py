"""The service as the outside sees it: nobody is admin for sitting at this machine."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from access_outside import BROWSER, FAR, MakeKey, Serve
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


@pytest.fixture
def serve(tmp_path: Path, engine: Engine, meaning: Meaning) -> Iterator[Serve]:
    """The service with these settings, asked from another machine over https unless told otherwise."""
    with ExitStack() as stack:

        def start(
            *,
            base_url: str = "https://viaduc.example",
            client: tuple[str, int] = FAR,
            headers: Mapping[str, str] | None = None,
            **settings: object,
        ) -> TestClient:
            chosen = Settings(**{"data_dir": tmp_path, "embed_in_service": False, "local_admin": False} | settings)
            application = create_app(chosen, engine=engine, holder=MeaningHolder.ready(meaning))
            options = {"base_url": base_url, "client": client, "raise_server_exceptions": False}
            return stack.enter_context(TestClient(application, headers=headers, **options))

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
