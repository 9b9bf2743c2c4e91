"""A backup is tried: restored into a database of its own beside the one it came from, compared, and dropped again."""

import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from app.backup import Manifest, connected, restore
from app.errors import Unavailable

_PREFIX = "SELECT 'viaduc_check_' || oid || '_' FROM pg_database WHERE datname = current_database()"
_LEFT = "SELECT datname FROM pg_database WHERE starts_with(datname, ({})) ORDER BY 1"
_KEY = "hashtextextended(%s, 0)"


def check_backup(url: str, path: Path) -> Manifest:
    """Restore a backup into a database of its own on the same server, compare its rows, and drop it again.

    Raises:
        BadInput: the file is no backup, damaged, or made by a newer Viaduc.
        Unavailable: it cannot be restored, or this role may not make such a database.
    """
    with connected(url, autocommit=True) as connection:
        drop_abandoned(connection)
        name = claim_database(connection)
        try:
            return restore(make_url(url).set(database=name).render_as_string(hide_password=False), path)
        finally:
            _drop(connection, name)


def claim_database(connection: psycopg.Connection[Any]) -> str:
    """Make an empty database that is this connection's while it lives; returns its name."""
    prefix = connection.execute(_PREFIX).fetchone()
    assert prefix is not None
    name = f"{prefix[0]}{secrets.token_hex(4)}"
    connection.execute(f"SELECT pg_advisory_lock({_KEY})", (name,))
    try:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege as error:
        raise Unavailable(
            "a backup is tried in a database of its own, which this role may not make: have who runs the server say "
            f"`ALTER ROLE {connection.info.user} CREATEDB`, or leave the trial out (`viaduc db backup --no-check`)"
        ) from error
    return name


def drop_abandoned(connection: psycopg.Connection[Any]) -> None:
    """Drop what a trial left that was killed: its database is claimed by nobody."""
    for (name,) in connection.execute(_LEFT.format(_PREFIX)).fetchall():
        claimed = connection.execute(f"SELECT pg_try_advisory_lock({_KEY})", (name,)).fetchone()
        if claimed and claimed[0]:
            with suppress(psycopg.errors.InsufficientPrivilege):  # another role's: its own next trial drops it
                _drop(connection, name)
            connection.execute(f"SELECT pg_advisory_unlock({_KEY})", (name,))


def _drop(connection: psycopg.Connection[Any], name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
