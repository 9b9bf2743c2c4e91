"""A restore is not over until who was erased is erased again, whatever cuts it off in between.

The transaction that brings the rows back leaves a table behind: which tombstones count, and since when. Until it is
gone nothing starts (app/db.py), and bringing the schema up to date does what is left to do.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import text

from app.db import UNFINISHED, is_unfinished, make_engine, session_scope, upgrade
from app.scratch import remove_abandoned

_NAMES = ("kind", "salt", "digest", "erased_at")
RESTORING = "viaduc-restore-"
"""How the folder for temporary files calls what a restore unpacks there."""
Stone = Sequence[Any]
"""A tombstone as a row: kind, salt, digest, when."""


def tombstones(connection: psycopg.Connection[Any], tables: Sequence[str]) -> list[Stone]:
    """What a database remembers as erased, and what a restore that was cut off had still to remember."""
    found: list[Stone] = []
    if "tombstone" in tables:
        found += connection.execute("SELECT kind, salt, digest, erased_at FROM tombstone ORDER BY id").fetchall()
    if UNFINISHED in tables:
        rows = sql.SQL("SELECT stones FROM {}").format(sql.Identifier(UNFINISHED))
        for (stones,) in connection.execute(rows).fetchall():
            found += [[stone[name] for name in _NAMES] for stone in stones]
    return found


def note_unfinished(connection: psycopg.Connection[Any], stones: Sequence[Stone], since: datetime) -> str:
    """SQL that notes what a restore has still to do; nothing when nobody was erased."""
    if not stones:
        return ""
    told = json.dumps([dict(zip(_NAMES, map(str, stone), strict=True)) for stone in stones])
    table = sql.Identifier("public", UNFINISHED)
    made = sql.SQL("CREATE TABLE {} (since timestamptz NOT NULL, stones jsonb NOT NULL);").format(table)
    row = sql.SQL("INSERT INTO {} VALUES ({}, {});").format(table, sql.Literal(since.isoformat()), sql.Literal(told))
    return f"{made.as_string(connection)}\n{row.as_string(connection)}\n"


def address_prints(url: str) -> frozenset[bytes]:
    """What rows with addresses look like before they are replaced: who stands in the same one later was not erased."""
    from app.services.mentions import address_rows  # noqa: PLC0415 - slow import

    engine = make_engine(url)
    try:
        with session_scope(engine) as session:
            return address_rows(session)
    finally:
        engine.dispose()


def bring_up(url: str, *, stayed: frozenset[bytes] = frozenset()) -> None:
    """Bring the schema to the newest revision, and a restore that was cut off to its end: all of it or nothing."""
    remove_abandoned(RESTORING)
    upgrade(url)
    engine = make_engine(url)
    try:
        if is_unfinished(engine):
            with session_scope(engine) as session:
                _finish(session, stayed)
    finally:
        engine.dispose()


def _finish(session: Any, stayed: frozenset[bytes]) -> None:
    from app.services.privacy import erase_again  # noqa: PLC0415 - slow import
    from app.services.tombstones import add_stones  # noqa: PLC0415 - slow import
    from models.contact import Tombstone  # noqa: PLC0415 - slow import

    # Whoever comes second waits here, and finds nothing left.
    session.connection().execute(text(f"LOCK TABLE {UNFINISHED} IN ACCESS EXCLUSIVE MODE"))
    left = session.connection().execute(text(f"SELECT since, stones FROM {UNFINISHED}"))  # noqa: S608 - a constant
    for since, stones in left.all():
        add_stones(session, stones=[Tombstone.model_validate(stone) for stone in stones])
        erase_again(session, since=since, stayed=stayed)
    session.connection().execute(text(f"DROP TABLE {UNFINISHED}"))
