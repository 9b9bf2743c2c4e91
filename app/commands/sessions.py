"""The database for the length of one command."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlmodel import Session

from app.db import session_scope
from app.main import open_database
from app.settings import Settings


@contextmanager
def opened(settings: Settings) -> Iterator[Engine]:
    """The engine; its connections are let go at the end, however it ends."""
    engine = open_database(settings)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def session_of(settings: Settings) -> Iterator[Session]:
    """A session, committed at the end unless something failed."""
    with opened(settings) as engine, session_scope(engine) as session:
        yield session
