"""Many rows at once through COPY, inside the session's own transaction."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session


@contextmanager
def driver_cursor(session: Session) -> Iterator[psycopg.Cursor[Any]]:
    """A cursor of the driver in the session's transaction; its errors come out as SQLAlchemy's, like all others."""
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    try:
        with connection.cursor() as cursor:
            yield cursor
    except psycopg.Error as error:
        raise DBAPIError.instance("COPY", None, error, psycopg.Error) from error


def copy_rows(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows into a table. Lists are arrays of texts."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with driver_cursor(session) as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([_array(tuple(value)) if type(value) is list else value for value in row])


@lru_cache(4096)
def _array(items: tuple[str, ...]) -> str:
    """An array as PostgreSQL writes it. Languages and sectors repeat with every passage, so they are written once."""
    escaped = (item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in escaped) + "}"


def new_ids(session: Session, table: str, n: int) -> list[int]:
    """The next `n` identities of a table."""
    query = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
    with driver_cursor(session) as cursor:
        return [row[0] for row in cursor.execute(query, (table, n)).fetchall()]
