"""The database: engine, sessions, schema. One session a request, one commit at its end (app/deps.py)."""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from pgvector.psycopg import register_vector
from psycopg import errors as pg_errors
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.pool import QueuePool
from sqlmodel import Session

from app.embedded_postgres import begin_embedded, start_embedded
from app.errors import AppError, BadInput, Conflict, NoRoom, Unavailable
from app.resting import keep_out_the_dead
from app.settings import Settings

log = logging.getLogger(__name__)

UNFINISHED = "unfinished_restore"
"""A table that is there between the rows of a restore and its end (app/restored.py)."""

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: alembic's scripts and the demo border stand beside the packages."""


_EMBEDDED: dict[str, Path] = {}
"""Embedded servers this process started or attached to: whoever finds one dead starts it again."""
_REVIVALS: dict[Path, tuple[threading.Thread, float]] = {}
_MOMENT_S = 2.0
LOCK_S = 20
"""Whoever waits longer for what another transaction holds is told to try again: a thread is not held for an import."""
_reviving = threading.Lock()

_SILENT = "the database does not answer; nothing of this request was stored. Try again in a moment."
_ALL_IN_USE = "every connection to the database is in use; nothing of this request was stored. Try again in a moment."


def database_url(settings: Settings) -> str:
    """The configured server, or the embedded one (started if need be)."""
    if settings.database_url is None:
        embedded = start_embedded(settings.data_dir)
        _EMBEDDED[embedded] = settings.data_dir
        return embedded
    try:
        url = make_url(several_hosts(settings.database_url))
    except (ArgumentError, ValueError):
        # Neither quoted nor chained: what does not read may be the password.
        raise Unavailable(
            "VIADUC_DATABASE_URL does not read as an address: write postgresql://user:password@host:5432/name, and "
            "signs such as @ / : # of the password as %40 %2F %3A %23"
        ) from None
    if url.drivername in {"postgres", "postgresql"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername != "postgresql+psycopg":
        raise Unavailable(f"VIADUC_DATABASE_URL must name a PostgreSQL server, not {url.drivername!r}")
    return url.render_as_string(hide_password=False)


def several_hosts(url: str) -> str:
    """libpq's `host1:port1,host2:port2` in the form that every reader of the URL here takes.

    Unless something else is asked for, the one that can be written to is connected to: after a fail-over, the other.
    """
    match = re.fullmatch(r"([a-z0-9+]+://)((?:[^@/?]*@)?)([^/?@]*,[^/?@]*)(/[^?]*)?(?:\?(.*))?", url)
    if match is None:
        return url
    scheme, who, hosts, path, query = match.groups()
    pairs = [re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(\d+))?", host) for host in hosts.split(",")]
    if not all(pairs):
        raise Unavailable("VIADUC_DATABASE_URL names several hosts: write them host1:port1,host2:port2")
    said = [query] if query else []
    said += [
        "host=" + ",".join(p[1].strip("[]") for p in pairs if p),
        "port=" + ",".join(p[2] or "5432" for p in pairs if p),
    ]
    if "target_session_attrs=" not in (query or ""):
        said.append("target_session_attrs=read-write")
    return f"{scheme}{who}{path or '/'}?{'&'.join(said)}"


def make_engine(url: str) -> Engine:
    """An engine whose connections speak vectors in binary and find filtered neighbours completely."""
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=10,
        connect_args=line_care(make_url(url)),
        hide_parameters=True,
    )
    keep_out_the_dead(engine)

    if url in _EMBEDDED:
        event.listen(engine, "do_connect", _reviving_connect(_EMBEDDED[url]))

    @event.listens_for(engine, "connect")
    def _prepare(connection: psycopg.Connection, _record: object) -> None:
        connection.execute(sql.SQL("SET lock_timeout = {}").format(sql.Literal(f"{LOCK_S}s")))
        connection.commit()
        teach_vectors(connection)

    @event.listens_for(engine, "handle_error")
    def _was_demoted(context: ExceptionContext) -> None:
        # A primary that became a standby still answers: its connections are let go, and the next find the new one.
        if isinstance(context.original_exception, pg_errors.ReadOnlySqlTransaction):
            context.is_disconnect = True

    return engine


def libpq_words(url: URL, *, password: bool = True, **more: Any) -> str:
    """An address as libpq's keywords: they hold whatever a password is made of, an address line holds no space."""
    named = url.translate_connect_args(username="user", database="dbname")
    if not password:
        named.pop("password", None)
    asked = {name: value if isinstance(value, str) else ",".join(value) for name, value in url.query.items()}
    return make_conninfo("", **{**named, **asked, **more})


def line_care(url: URL) -> dict[str, int]:
    """How long a silent database is waited for: one that lost power or its network says nothing any more.

    What the address says itself holds. With several hosts, the next is tried sooner.
    """
    several = "," in str(url.query.get("host", ""))
    care = {
        "connect_timeout": 2 if several else 5,
        "keepalives_idle": 3,
        "keepalives_interval": 1,
        "keepalives_count": 2,
        "tcp_user_timeout": 5000,
    }
    return {name: value for name, value in care.items() if name not in url.query}


def _reviving_connect(data_dir: Path) -> Callable[..., Any]:
    """Connect; when the embedded server was killed, have it started again and wait a moment for it."""

    def connect(dialect: Any, _record: object, arguments: Any, options: Any) -> Any:
        try:
            return dialect.connect(*arguments, **options)
        except psycopg.OperationalError:
            if not _is_back(data_dir):
                raise
        return dialect.connect(*arguments, **options)

    return connect


def _is_back(data_dir: Path) -> bool:
    """Whether the server came back; who asks later than a moment after its death hears at once that it has not."""
    with _reviving:
        revival = _REVIVALS.get(data_dir)
        if revival is None or not revival[0].is_alive():
            revival = _REVIVALS[data_dir] = begin_embedded(data_dir, anew=False), time.monotonic() + _MOMENT_S
    thread, until = revival
    thread.join(max(0.0, until - time.monotonic()))
    return not thread.is_alive()


def teach_vectors(connection: psycopg.Connection) -> None:
    """Teach a connection the vector types; before the first migration there are none to teach."""
    try:
        register_vector(connection)
        connection.execute("SET hnsw.iterative_scan = relaxed_order")
        connection.commit()
    except psycopg.ProgrammingError:
        connection.rollback()


def alembic_config(url: str) -> Config:
    """Alembic's configuration for this checkout and that database."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str) -> None:
    """Bring the schema to the newest revision; Unavailable when a newer Viaduc made it, which only that one can use."""
    try:
        with translated_errors():
            command.upgrade(alembic_config(url), "head")
    except AppError as error:
        raise _why_refused(error, url) from error.__cause__
    except CommandError:
        engine = make_engine(url)
        try:
            require_schema(engine)
        finally:
            engine.dispose()
        raise


def _why_refused(error: AppError, url: str) -> AppError:
    """What a server says to a role that may not make the schema, with what its owner can do about it."""
    cause, where = getattr(error.__cause__, "orig", None), make_url(url)
    if isinstance(cause, pg_errors.InsufficientPrivilege):
        name, role = (sql.Identifier(word or "").as_string() for word in (where.database, where.username))
        told = f"`ALTER DATABASE {name} OWNER TO {role}` and, in that database, `CREATE EXTENSION vector`"
        return Unavailable(f"the role may not make the schema: have who runs the server say {told}")
    if isinstance(cause, pg_errors.FeatureNotSupported | pg_errors.UndefinedFile) and '"vector"' in str(cause):
        return Unavailable("the server has no pgvector: have who runs it install pgvector 0.8 or newer")
    return error


def schema_revisions(engine: Engine) -> tuple[str | None, str | None]:
    """(revision of the database, revision this code wants)."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision(), _wanted_revision()


@cache
def _wanted_revision() -> str | None:
    # Read once: /ready is asked all the time, and the code that runs does not change.
    return ScriptDirectory.from_config(alembic_config("")).get_current_head()


@cache
def _known_revisions() -> frozenset[str]:
    return frozenset(s.revision for s in ScriptDirectory.from_config(alembic_config("")).walk_revisions())


def is_unfinished(engine: Engine) -> bool:
    """Whether a restore was cut off before its end (app/restored.py)."""
    with translated_errors(), engine.connect() as connection:
        return connection.execute(text(f"SELECT to_regclass('public.{UNFINISHED}')")).scalar() is not None


def require_schema(engine: Engine) -> None:
    """Raise Unavailable, with the way out, unless the schema is the one this code was written for."""
    with translated_errors():
        found, wanted = schema_revisions(engine)
    if found == wanted and not is_unfinished(engine):
        return
    if found == wanted:
        raise Unavailable(
            "a restore was cut off before those were erased again who had been: run `viaduc db upgrade`, which ends it"
        )
    if found is not None and found not in _known_revisions():
        told = f"the database has the schema of revision {found}, which a newer Viaduc made"
        raise Unavailable(f"{told}: start that version, or restore a backup of this one")
    state = "has no schema yet" if found is None else f"has the schema of revision {found}, not {wanted}"
    raise Unavailable(f"the database {state}: run `viaduc db upgrade`")


def ping(engine: Engine) -> None:
    """Raise Unavailable unless the database answers, and takes changes."""
    with translated_errors(), engine.connect() as connection:
        if connection.execute(text("SELECT current_setting('transaction_read_only')::boolean")).scalar():
            connection.invalidate()  # the next one is to the host that can be written to, where there is one
            raise Unavailable.by_code("database_only_reads")


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn what the driver raises into errors a person can act on."""
    try:
        yield
    except DBAPIError as error:
        raise explain_database_error(error) from error
    except PoolTimeout as error:
        raise Unavailable(_ALL_IN_USE) from error


def explain_database_error(error: DBAPIError) -> AppError:
    """The AppError that says what a driver error means."""
    cause = error.orig
    if isinstance(cause, pg_errors.DiskFull):
        return NoRoom.by_code("disk_full")
    if isinstance(cause, pg_errors.ReadOnlySqlTransaction):
        return Unavailable.by_code("database_only_reads")
    if isinstance(cause, pg_errors.UndefinedTable | pg_errors.UndefinedColumn | pg_errors.UndefinedObject):
        return Unavailable("the database schema is not the one this version needs: run `viaduc db upgrade`")
    if isinstance(cause, pg_errors.UniqueViolation):
        return Conflict.by_code("exists_already")
    if isinstance(cause, pg_errors.ForeignKeyViolation):
        return Conflict("this refers to something that does not exist (any more)")
    if isinstance(cause, psycopg.DataError):
        # A NUL character, or a number no column holds: what shapes let pass and the database cannot take.
        return BadInput(f"a value of the request cannot be stored: {str(cause).splitlines()[0]}")
    if isinstance(cause, pg_errors.DeadlockDetected | pg_errors.SerializationFailure | pg_errors.LockNotAvailable):
        return Unavailable.by_code("changed_at_once")
    if isinstance(error, OperationalError) or error.connection_invalidated:
        return Unavailable(_SILENT)
    return AppError("the database refused the request; nothing of it was stored")


def why_silent(engine: Engine) -> str:
    """What is said of a database that has not answered for a while: it, or the connections to it."""
    pool = engine.pool
    used_up = isinstance(pool, QueuePool) and pool.checkedout() >= pool.size() + pool._max_overflow
    return _ALL_IN_USE if used_up else _SILENT


class Witness(Protocol):
    """Sees the transactions that a request opens by itself (app/trail.py)."""

    def begins(self, session: Session) -> None:
        """A transaction begins."""

    def ends(self, session: Session) -> None:
        """It has written something and is about to be committed."""


WITNESS: ContextVar[Witness | None] = ContextVar("witness", default=None)
WROTE = "wrote"
"""Under which a session's own notes say that a record is due with its commit."""


@contextmanager
def session_scope(engine: Engine) -> Iterator[Session]:
    """A session that commits at its end, or not at all."""
    with translated_errors(), Session(engine) as session:
        witness = WITNESS.get()
        if witness is not None:
            witness.begins(session)
        yield session
        session.flush()
        if witness is not None and session.info.pop(WROTE, False):
            witness.ends(session)
        _commit(session)


def _commit(session: Session) -> None:
    """Commit. Whether a line that breaks now broke before or after the database had it cannot be known."""
    try:
        session.commit()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable.by_code("stored_or_not") from error
        raise


@event.listens_for(Session, "after_flush")
def _note_flush(session: Session, _context: object) -> None:
    session.info[WROTE] = True


@event.listens_for(Session, "do_orm_execute")
def _note_statement(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        state.session.info[WROTE] = True
