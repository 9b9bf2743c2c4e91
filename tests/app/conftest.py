"""The service as a client sees it, on a real database and the no-model encoder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app.main import create_app
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from app.worker import drain


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Defaults, with a data folder of their own and no worker thread: tests drain the backlog themselves."""
    return Settings(data_dir=tmp_path, embed_in_service=False, max_body_mb=8)


@pytest.fixture
def client(settings: Settings, engine: Engine, meaning: Meaning) -> Iterator[TestClient]:
    """A client of the whole application."""
    application = create_app(settings, engine=engine, holder=MeaningHolder.ready(meaning))
    with TestClient(application, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def embed(engine: Engine, meaning: Meaning):
    """Drain the embedding backlog now."""
    return lambda: drain(engine, meaning, batch=100)
