"""The schema's history: it builds what the models say, and it can go back."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, Table, UniqueConstraint, inspect, text
from sqlmodel import SQLModel

import models
from app.db import alembic_config, make_engine, schema_revisions

assert models.TABLES
TABLES = list(SQLModel.metadata.tables.values())


@pytest.fixture
def scratch(scratch_url: str) -> Iterator[Engine]:
    engine = make_engine(scratch_url)
    yield engine
    engine.dispose()


def drift(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, SQLModel.metadata)


def test_the_migrations_build_what_the_models_say(scratch: Engine) -> None:
    found, wanted = schema_revisions(scratch)
    assert found == wanted
    assert drift(scratch) == []


def test_a_column_that_is_missing_is_seen(scratch: Engine) -> None:
    with scratch.begin() as connection:
        connection.execute(text("ALTER TABLE actor DROP COLUMN lat"))
    assert len(drift(scratch)) == 1


def test_the_schema_can_be_taken_down_and_built_again(scratch: Engine, scratch_url: str) -> None:
    config = alembic_config(scratch_url)
    command.downgrade(config, "base")
    assert inspect(scratch).get_table_names() == ["alembic_version"]
    command.upgrade(config, "head")
    assert drift(scratch) == []


def test_vectors_are_half_precision_with_an_hnsw_index_that_iterates(scratch: Engine) -> None:
    with scratch.connect() as connection:
        kind = connection.execute(
            text("SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
                 "WHERE attrelid = 'passage'::regclass AND attname = 'vector'")
        ).scalar_one()  # fmt: skip
        index = connection.execute(
            text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_passage_vector'")
        ).scalar_one()
        scan = connection.execute(text("SHOW hnsw.iterative_scan")).scalar_one()
    assert kind == "halfvec(384)"
    assert index == (
        "CREATE INDEX ix_passage_vector ON public.passage USING hnsw (vector halfvec_cosine_ops) "
        "WITH (m='16', ef_construction='64')"
    )
    assert scan == "relaxed_order"


def owned_by_actor(table: Table) -> bool:
    """Tables whose rows belong to one actor (those of an event belong to the event)."""
    return "actor_id" in table.c and not owned_by_event(table)


def owned_by_event(table: Table) -> bool:
    """Tables whose rows belong to one event; where it may be empty, the event is only mentioned."""
    return "event_id" in table.c and not table.c.event_id.nullable


def unique_keys(table: Table) -> list[list[str]]:
    keys = [[c.name for c in table.primary_key.columns]]
    keys += [[c.name for c in u.columns] for u in table.constraints if isinstance(u, UniqueConstraint)]
    return keys + [[c.name for c in i.columns] for i in table.indexes if i.unique]


def test_every_unique_key_of_a_table_that_actors_own_begins_with_the_actor() -> None:
    owned = {t.name: unique_keys(t) for t in TABLES if owned_by_actor(t)}
    assert set(owned) == {
        "passage",
        "relation",
        "map_entry",
        "import_change",
        "actor_view",
        "tandem",
        "tandem_step",
        "feedback",
        "contact",
    }
    assert [(name, key) for name, keys in owned.items() for key in keys if key[0] != "actor_id"] == []


def test_every_table_of_an_event_begins_its_key_with_the_event() -> None:
    owned = {t.name: unique_keys(t) for t in TABLES if owned_by_event(t)}
    assert len(owned) == 15
    assert [(name, key) for name, keys in owned.items() for key in keys if key[0] != "event_id"] == []
