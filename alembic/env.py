"""Alembic's entry: the metadata of models/, the URL that app/db.py gives (or VIADUC_DATABASE_URL)."""

import logging
import os

from alembic import context
from sqlalchemy import create_engine, pool, text
from sqlmodel import SQLModel

import models

assert models.TABLES
config = context.config
_LOCK = 7_281_001
_LOGGER = logging.getLogger("app.db")


def run() -> None:
    url = config.get_main_option("sqlalchemy.url") or os.environ["VIADUC_DATABASE_URL"]
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=SQLModel.metadata, compare_type=True)
        with context.begin_transaction():
            # Of two that begin at once the second waits, and finds it done.
            if not connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}).scalar():
                _LOGGER.warning("another upgrade is under way, or was cut off and is being taken back: waiting for it")
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            context.run_migrations()
    engine.dispose()


run()
