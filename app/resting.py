"""Connections that lay in the pool: one that died there is not handed out.

Asking the server each time costs every request a question or two that it would not need. A server that ended says so
by closing its end, which shows without asking; only one that went away without a word has to be asked, and is when the
connection was not used for a while.
"""

import select
import time

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

ASK_S = 1.0
"""After so long without use the server is asked."""
_SINCE = "rests since"


def keep_out_the_dead(engine: Engine) -> None:
    """Let the pool of an engine replace a connection that died, with all that it holds, before it is used."""

    @event.listens_for(engine, "checkin")
    def _rests(_connection: psycopg.Connection | None, entry: ConnectionPoolEntry) -> None:
        entry.info[_SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _wakes(connection: psycopg.Connection, entry: ConnectionPoolEntry, _handed: object) -> None:
        since = entry.info.get(_SINCE)
        if since is None:  # made this moment
            return
        if was_closed(connection) or (time.monotonic() - since > ASK_S and not answers(engine, connection)):
            raise InvalidatePoolError("the server ended this connection while it was not used")


def was_closed(connection: psycopg.Connection) -> bool:
    """Whether the other end closed a connection on which nothing is waited for; asks nobody."""
    if connection.closed:
        return True
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    # A server says nothing unasked but that it ends.
    return bool(waiting.poll(0))


def answers(engine: Engine, connection: psycopg.Connection) -> bool:
    """Whether the server answers a question."""
    try:
        return bool(engine.dialect.do_ping(connection))  # type: ignore[arg-type]
    except psycopg.Error:
        return False
