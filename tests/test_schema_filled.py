"""Migrations on a database that holds something everywhere, one step at a time both ways; and half-migrated schemas."""

import os
import subprocess
import sys
import time
from threading import Thread

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from schema_filler import columns_of, fill_empty, kept_rows
from sqlalchemy import Engine, make_url, text

from app.db import alembic_config, make_engine, require_schema, upgrade
from app.errors import Unavailable
from models import TABLES

REVISIONS = [s.revision for s in ScriptDirectory.from_config(alembic_config("")).walk_revisions("base", "heads")]
"""Newest first."""
_COUNTED = "edition"
"""Written by triggers: a step may count what it touches."""
_GIVEN_UP = {"sketch"}
"""Tables that a newer schema has no more: what they held is worked out anew."""


@pytest.fixture
def full(scratch_url: str):
    """A database with a row in every table."""
    engine = make_engine(scratch_url)
    with engine.begin() as connection:
        filled = fill_empty(connection)
    assert {str(t.__tablename__) for t in TABLES} - {*filled} <= {"pool_revision", _COUNTED}
    yield engine
    engine.dispose()


def common(a: dict[str, list[str]], b: dict[str, list[str]]) -> dict[str, list[str]]:
    """Tables and columns that two schemas both have."""
    return {t: [c for c in names if c in b[t]] for t, names in a.items() if t in b and t != _COUNTED}


def columns(engine: Engine) -> dict[str, list[str]]:
    with engine.connect() as connection:
        return columns_of(connection)


def rows(engine: Engine, of: dict[str, list[str]]) -> dict[str, list[str]]:
    with engine.connect() as connection:
        return kept_rows(connection, of)


def test_every_step_down_and_up_again_keeps_every_row_of_what_both_schemas_have(full: Engine, scratch_url: str) -> None:
    config = alembic_config(scratch_url)
    for newer, older in zip(REVISIONS, [*REVISIONS[1:], "base"], strict=True):
        above = columns(full)
        all_rows = rows(full, above)
        assert [t for t, found in all_rows.items() if not found] == [], newer
        command.downgrade(config, older)
        below = columns(full)
        both = common(above, below)
        before = rows(full, both)
        assert {t: len(found) for t, found in before.items()} == {t: len(all_rows[t]) for t in both}, newer
        command.upgrade(config, newer)
        assert rows(full, both) == before, newer
        assert columns(full) == above, newer
        command.downgrade(config, older)
        with full.begin() as connection:
            fill_empty(connection)
    assert columns(full) == {}


@pytest.mark.parametrize("old", ["0001", "0003", "0008", "0012", REVISIONS[1]])
def test_a_full_database_of_every_old_schema_comes_to_the_newest_whole(scratch_url: str, old: str) -> None:
    config, engine = alembic_config(scratch_url), make_engine(scratch_url)
    command.downgrade(config, old)
    with engine.begin() as connection:
        fill_empty(connection)
    before_columns = columns(engine)
    before = rows(engine, before_columns)
    assert [t for t, found in before.items() if not found] == []
    command.upgrade(config, "head")
    require_schema(engine)
    both = common(before_columns, columns(engine))
    assert both.keys() == before_columns.keys() - {_COUNTED} - _GIVEN_UP
    kept = rows(engine, both)
    assert {t: len(found) for t, found in kept.items()} == {t: len(before[t]) for t in both}
    engine.dispose()


@pytest.mark.parametrize("revision", ["0003", REVISIONS[1]])
def test_a_half_migrated_schema_is_refused_with_the_way_out(scratch_url: str, revision: str) -> None:
    config, engine = alembic_config(scratch_url), make_engine(scratch_url)
    command.downgrade(config, revision)
    with pytest.raises(Unavailable) as refused:
        require_schema(engine)
    told = f"the database has the schema of revision {revision}, not {REVISIONS[0]}: run `viaduc db upgrade`"
    assert refused.value.detail == told
    command.upgrade(config, "head")
    require_schema(engine)
    engine.dispose()


def start(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The terminal, as whoever starts the service sees it."""
    environment = os.environ | {"VIADUC_DATABASE_URL": url, "VIADUC_EMBEDDING_MODEL": "hashing", "VIADUC_PORT": "18765"}
    command_line = [sys.executable, "-c", "from app.cli import main; main()", *words]
    return subprocess.run(command_line, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("words", [("serve",), ("worker",), ("keys", "list")])
def test_nothing_starts_on_a_half_migrated_schema(scratch_url: str, words: tuple[str, ...]) -> None:
    command.downgrade(alembic_config(scratch_url), REVISIONS[1])
    refused = start(scratch_url, *words)
    told = (
        f"viaduc: the database has the schema of revision {REVISIONS[1]}, not {REVISIONS[0]}: run `viaduc db upgrade`\n"
    )
    assert (refused.returncode, refused.stderr) == (1, told)


@pytest.mark.slow
def test_a_schema_from_the_future_is_refused_without_touching_it(scratch_url: str) -> None:
    engine = make_engine(scratch_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    told = (
        "viaduc: the database has the schema of revision 9999, which a newer Viaduc made: start that version, or "
        "restore a backup of this one\n"
    )
    for words in (("serve",), ("serve", "--migrate"), ("db", "upgrade")):
        refused = start(scratch_url, *words)
        assert (refused.returncode, refused.stderr) == (1, told)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    engine.dispose()


@pytest.mark.slow
def test_an_upgrade_that_is_cut_off_leaves_the_schema_it_found(scratch_url: str) -> None:
    """A step fails on its way: everything before it in the same run is taken back too."""
    config, engine = alembic_config(scratch_url), make_engine(scratch_url)
    command.downgrade(config, "0007")
    before = columns(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE edition (id int)"))
    with pytest.raises(Exception, match="edition"):
        command.upgrade(config, "head")
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE edition"))
    assert columns(engine) == before
    with pytest.raises(Unavailable, match="revision 0007"):
        require_schema(engine)
    command.upgrade(config, "head")
    require_schema(engine)
    engine.dispose()


def test_an_upgrade_that_waits_for_another_one_says_so(scratch_url: str, caplog: pytest.LogCaptureFixture) -> None:
    engine = make_engine(scratch_url)
    second = Thread(target=upgrade, args=(scratch_url,), daemon=True)
    with engine.begin() as first:
        first.execute(text("SELECT pg_advisory_xact_lock(7281001)"))
        second.start()
        until = time.monotonic() + 60
        while "another upgrade is under way" not in caplog.text:
            assert time.monotonic() < until
            time.sleep(0.02)
        assert second.is_alive()
    second.join(60)
    assert not second.is_alive()
    require_schema(engine)
    engine.dispose()


def test_a_role_that_may_not_make_the_schema_is_told_what_to_ask_for(scratch_url: str) -> None:
    engine = make_engine(scratch_url)
    command.downgrade(alembic_config(scratch_url), "base")
    with engine.begin() as connection:
        connection.execute(text('CREATE ROLE "lodger-1" LOGIN'))
        connection.execute(text('GRANT ALL ON alembic_version TO "lodger-1"'))
    try:
        with pytest.raises(Unavailable) as refused:
            upgrade(make_url(scratch_url).set(username="lodger-1").render_as_string(hide_password=False))
    finally:
        with engine.begin() as connection:
            connection.execute(text('DROP OWNED BY "lodger-1"'))
            connection.execute(text('DROP ROLE "lodger-1"'))
        engine.dispose()
    assert '`ALTER DATABASE "scratch" OWNER TO "lodger-1"`' in refused.value.detail
    assert "`CREATE EXTENSION vector`" in refused.value.detail
