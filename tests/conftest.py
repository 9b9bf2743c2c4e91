"""A real database for every test that asks for one: migrated once, emptied after each test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine, make_url, text
from sqlmodel import Session

from app.db import make_engine, upgrade
from app.embedded_postgres import start_embedded
from app.services.meaning import Meaning
from matching.encoder.hashing import HashingEncoder
from matching.encoder.neutral import NeutralSpace
from models import TABLES

# Tests ask as the person at this machine does, and need no key, unless they say who else asks (tests/access).
os.environ.setdefault("VIADUC_LOCAL_ADMIN", "true")
HERE = {"base_url": "http://127.0.0.1", "client": ("127.0.0.1", 50000)}
ordinary_client = TestClient.__init__


def ask_from_here(self: TestClient, app: object, *rest: object, **options: object) -> None:
    """A test client whose other end is this machine."""
    ordinary_client(self, app, *rest, **(options if rest else HERE | options))


TestClient.__init__ = ask_from_here

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A server of its own, with the schema that `alembic upgrade head` makes."""
    url = start_embedded(tmp_path_factory.mktemp("database"))
    _hurry(url)
    upgrade(url)
    return url


def _hurry(url: str) -> None:
    """Nothing here has to outlive a power cut: emptying tables and dropping databases takes a tenth of the time."""
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("ALTER SYSTEM SET fsync = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    admin.dispose()


@pytest.fixture
def scratch_url(database_url: str) -> Iterator[str]:
    """A migrated database of its own on the same server, for tests that break one."""
    name = "scratch"
    admin = create_engine(database_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        url = make_url(database_url).set(database=name).render_as_string(hide_password=False)
        upgrade(url)
        yield url
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(scope="session")
def shared_engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(shared_engine: Engine) -> Iterator[Engine]:
    """An empty, migrated database."""
    yield shared_engine
    names = ", ".join(f'"{t.__tablename__}"' for t in TABLES if t.__tablename__ != "pool_revision")
    with shared_engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        connection.execute(text("UPDATE pool_revision SET n = n + 1"))


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session on the empty database; the test commits what others are to see."""
    with Session(engine) as session:
        yield session


@pytest.fixture(scope="session")
def meaning() -> Meaning:
    """The no-model encoder: words instead of meaning, ready at once."""
    encoder = HashingEncoder()
    return Meaning(encoder, NeutralSpace.identity(encoder.dim))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Data beside the checkout; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared beside the checkout")
    return SHARED / "data"
