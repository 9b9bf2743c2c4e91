"""A real database for every test that asks for one: migrated once, emptied after each test."""

import os
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import settings as examples
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlmodel import Session

from app import cli
from app.db import make_engine
from app.embedded_postgres import start_embedded
from app.main import create_app
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from app.worker import drain
from matching.encoder.hashing import HashingEncoder
from matching.encoder.neutral import NeutralSpace
from models import TABLES
from tests.prepared import copy_cluster, prepared
from tests.shelf import Shelf
from tests.terminal import Told, Viaduc

# The same examples each time, so that what fails does so for everybody; `--hypothesis-profile=default` draws others.
examples.register_profile("repeated", derandomize=True)
examples.load_profile("repeated")

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
def furnish(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Put an embedded server's migrated database into a data folder; the same folder."""
    base = tmp_path_factory.getbasetemp()
    # Workers that run beside each other have a folder each, in one that is common to them.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def put(data_dir: Path) -> Path:
        copy_cluster(prepared(shared / "prepared"), data_dir / "postgres")
        return data_dir

    return put


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory, furnish: Callable[[Path], Path]) -> str:
    """A server of its own, with the schema that `alembic upgrade head` makes."""
    folder = furnish(tmp_path_factory.mktemp("database"))
    with (folder / "postgres" / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
        settings.write(_HURRY)
    url = start_embedded(folder)
    _keep_empty(url)
    return url


_HURRY = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"
"""Nothing here has to outlive a power cut: emptying tables and dropping databases takes a tenth of the time."""
_AS_MIGRATED = "as_migrated"
"""A database nobody connects to, of which others are copies."""


def _keep_empty(url: str) -> None:
    """Copy the migrated database while nobody uses it."""
    source = make_url(url)
    admin = create_engine(source.set(database="template1"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {_AS_MIGRATED} TEMPLATE {source.database} IS_TEMPLATE true"))
    admin.dispose()


@pytest.fixture
def scratch_url(database_url: str) -> Iterator[str]:
    """A migrated database of its own on the same server, for tests that break one."""
    name = "scratch"
    admin = create_engine(database_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {_AS_MIGRATED}"))
        yield make_url(database_url).set(database=name).render_as_string(hide_password=False)
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
    _empty(shared_engine)


def _empty(engine: Engine) -> None:
    """Delete what a test left: a tenth of the time that truncating every table takes."""
    names = [t.__tablename__ for t in TABLES if t.__tablename__ != "pool_revision"]
    filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in names)
    with engine.begin() as connection:
        # What is still being written is waited for: a row that is stored a moment later would be the next test's.
        connection.execute(text("SET LOCAL lock_timeout = '20s'"))
        every = ", ".join(f'"{name}"' for name in names)
        connection.execute(text(f"LOCK TABLE {every} IN SHARE ROW EXCLUSIVE MODE"))
        # Foreign keys and triggers sleep meanwhile: in the end all tables are empty.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for (name,) in connection.execute(text(filled)).all():
            connection.execute(text(f'DELETE FROM "{name}"'))
        used = "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences"
        connection.execute(text(f"{used} WHERE last_value IS NOT NULL AND schemaname = 'public'"))
        connection.execute(text("UPDATE pool_revision SET n = n + 1"))


@pytest.fixture
def vacuumed(engine: Engine) -> None:
    """The index of vectors without what other tests deleted, which a server sweeps out by and by: it finds its
    neighbours approximately, and thousands of dead ones at the same few places may hide the living."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM passage"))


@pytest.fixture(scope="session")
def shelf(shared_engine: Engine) -> Shelf:
    """Set-ups that several tests share."""
    return Shelf(shared_engine)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session on the empty database; the test commits what others are to see."""
    with Session(engine) as session:
        yield session


@pytest.fixture
def queries(engine: Engine) -> Iterator[list[str]]:
    """The statements sent to the database while the test runs."""
    sent: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(scope="session")
def meaning() -> Meaning:
    """The no-model encoder: words instead of meaning, ready at once."""
    encoder = HashingEncoder()
    return Meaning(encoder, NeutralSpace.identity(encoder.dim))


@pytest.fixture
def embed(engine: Engine, meaning: Meaning) -> Callable[[], object]:
    """Drain the embedding backlog now."""
    return lambda: drain(engine, meaning, batch=100)


@pytest.fixture
def at(client: TestClient) -> Callable[[str], None]:
    """Set the service's clock to a time in Brussels on the day of the events that tests make; 08:00 to begin with."""

    def set_clock(time: str) -> None:
        moment = datetime.fromisoformat(f"2027-03-09T{time}+01:00")
        client.app.state.clock = lambda: moment

    set_clock("08:00")
    return set_clock


Application = Callable[[Settings], FastAPI]


@pytest.fixture(scope="session")
def shared_applications(shared_engine: Engine, meaning: Meaning) -> Application:
    """An application for each set of settings, made once: building hundreds of routes takes longer than a test."""
    made: dict[str, tuple[FastAPI, dict[str, object]]] = {}

    def application(settings: Settings) -> FastAPI:
        key = repr(settings)
        if key not in made:
            app = create_app(settings, engine=shared_engine, holder=MeaningHolder.ready(meaning))
            made[key] = app, dict(app.state._state)
        app, state = made[key]
        # What a test before this one put there (a clock, say) is gone.
        app.state._state.clear()
        app.state._state.update(state)
        app.dependency_overrides.clear()
        for buckets in vars(app.state.limits).values():
            buckets.forget()
        return app

    return application


@pytest.fixture
def applications(shared_applications: Application, engine: Engine) -> Application:
    """The same for a test, whose database is emptied behind it."""
    return shared_applications


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for all tests that leave nothing there."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def viaduc(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database_url: str
) -> Viaduc:
    """`viaduc …` as a person calls it, on the test database and the no-model encoder."""
    monkeypatch.setenv("VIADUC_DATABASE_URL", database_url)
    monkeypatch.setenv("VIADUC_EMBEDDING_MODEL", "hashing")
    monkeypatch.setenv("VIADUC_DATA_DIR", str(tmp_path))

    def call(*words: object) -> Told:
        monkeypatch.setattr(sys, "argv", ["viaduc", *map(str, words)])
        capsys.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        return Told(code, *capsys.readouterr())

    return call


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Data beside the checkout; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared beside the checkout")
    return SHARED / "data"
