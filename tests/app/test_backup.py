"""A backup holds everything and can be brought back; whatever is wrong with it changes nothing."""

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine, make_url, text
from sqlmodel import Session, col, select

from app.backup import back_up, read_manifest, restore
from app.backup_trial import check_backup, claim_database
from app.db import libpq_words, make_engine, several_hosts, upgrade
from app.errors import BadInput, Conflict
from app.services.actors import create_actor
from models.actor import Actor, ActorCreate
from tests.terminal import Viaduc
from tests.waiting import is_waited_for, wait_until


def fill(url: str, *names: str) -> None:
    engine = make_engine(url)
    with Session(engine) as session:
        for name in names:
            create_actor(session, fields=ActorCreate(name=name, country="FR", needs=[{"lang": "fr", "text": "du lin"}]))
        session.commit()
    engine.dispose()


def names(url: str) -> list[str]:
    engine = make_engine(url)
    with Session(engine) as session:
        found = list(session.exec(select(Actor.name).order_by(col(Actor.name))).all())
    engine.dispose()
    return found


def revision(url: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        n = connection.execute(text("SELECT max(n) FROM pool_revision")).scalar_one()
    engine.dispose()
    return int(n)


@pytest.fixture
def saved(scratch_url: str, tmp_path: Path) -> Path:
    """A backup of two actors; a third came later."""
    fill(scratch_url, "Ada", "Bo")
    back_up(scratch_url, tmp_path / "two.zip")
    fill(scratch_url, "Cy")
    return tmp_path / "two.zip"


@pytest.mark.slow
def test_a_backup_brings_back_what_was_there_and_running_services_notice(scratch_url: str, saved: Path) -> None:
    before = revision(scratch_url)
    manifest = restore(scratch_url, saved, replace=True)
    assert names(scratch_url) == ["Ada", "Bo"]
    assert (manifest.rows["actor"], manifest.rows["passage"]) == (2, 2)
    assert revision(scratch_url) > before
    upgrade(scratch_url)
    fill(scratch_url, "Di")
    assert names(scratch_url) == ["Ada", "Bo", "Di"]


@pytest.mark.slow
def test_nothing_is_replaced_unasked(scratch_url: str, saved: Path) -> None:
    with pytest.raises(Conflict, match="holds 3 actors: back it up"):
        restore(scratch_url, saved)
    assert names(scratch_url) == ["Ada", "Bo", "Cy"]
    engine = make_engine(scratch_url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM actor"))
        connection.execute(
            text(
                "INSERT INTO access_key (name, role, events, creates, begins, hash, created_at, created_by)"
                " VALUES ('first key', 'admin', '{}', false, 'viaduc_x', 'x', now(), 'terminal')"
            )
        )
    engine.dispose()
    with pytest.raises(Conflict, match="holds 1 keys: back it up"):
        restore(scratch_url, saved)


def tamper(source: Path, target: Path, change: Callable[[str, bytes], bytes]) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return target


@pytest.mark.slow
def test_a_damaged_or_foreign_file_changes_nothing(scratch_url: str, saved: Path, tmp_path: Path) -> None:
    bent = tamper(saved, tmp_path / "bent.zip", lambda n, b: b[:-9] + b"x" * 9 if n.endswith("dump") else b)
    with pytest.raises(BadInput, match="is damaged"):
        restore(scratch_url, bent, replace=True)
    newer = tamper(saved, tmp_path / "newer.zip", lambda n, b: b.replace(b'"00', b'"99') if n.endswith("json") else b)
    with pytest.raises(BadInput, match="newer Viaduc"):
        restore(scratch_url, newer, replace=True)
    (tmp_path / "none.zip").write_bytes(b"a picture")
    with pytest.raises(BadInput, match="no backup of Viaduc"):
        read_manifest(tmp_path / "none.zip")
    assert names(scratch_url) == ["Ada", "Bo", "Cy"]


@pytest.mark.slow
def test_a_restore_that_loses_rows_is_taken_back_whole(scratch_url: str, saved: Path, tmp_path: Path) -> None:
    liar = tamper(
        saved, tmp_path / "liar.zip", lambda n, b: b.replace(b'"actor": 2', b'"actor": 5') if n.endswith("json") else b
    )
    with pytest.raises(Exception, match="rows are missing: actor"):
        restore(scratch_url, liar, replace=True)
    assert names(scratch_url) == ["Ada", "Bo", "Cy"]


@pytest.mark.slow
def test_who_writes_in_another_order_meanwhile_is_waited_for(scratch_url: str, saved: Path) -> None:
    engine = create_engine(scratch_url)
    with ThreadPoolExecutor() as pool, engine.connect() as writing:
        writing.execute(text("LOCK TABLE wish IN ROW EXCLUSIVE MODE"))
        restoring = pool.submit(restore, scratch_url, saved, replace=True)
        wait_until(lambda: is_waited_for(engine))
        writing.execute(text("LOCK TABLE access_key IN ROW EXCLUSIVE MODE"))
        writing.commit()
        assert restoring.result(60).rows["actor"] == 2
    engine.dispose()
    assert names(scratch_url) == ["Ada", "Bo"]


@pytest.mark.slow
def test_a_backup_is_tried_in_a_database_of_its_own(scratch_url: str, saved: Path) -> None:
    assert check_backup(scratch_url, saved).rows["actor"] == 2
    engine = create_engine(scratch_url)
    with engine.connect() as connection:
        left = connection.execute(text("SELECT datname FROM pg_database WHERE datname LIKE 'viaduc_check%'")).all()
    assert left == []
    engine.dispose()
    assert names(scratch_url) == ["Ada", "Bo", "Cy"]


def statement(url: str, *words: str) -> list[str]:
    """Run statements outside of any transaction; the first column of what the last one says."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for word in words:
            found = connection.execute(text(word))
        told = [str(row[0]) for row in found] if found.returns_rows else []
    engine.dispose()
    return told


@pytest.fixture
def modest_url(scratch_url: str) -> Iterator[str]:
    """The scratch database as a role sees it that owns it and may do nothing else on the server."""
    statement(scratch_url, "CREATE ROLE modest LOGIN", "ALTER DATABASE scratch OWNER TO modest",
              "GRANT modest TO postgres", "GRANT ALL ON ALL TABLES IN SCHEMA public TO modest",
              "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO modest")  # fmt: skip
    yield make_url(scratch_url).set(username="modest").render_as_string(hide_password=False)
    statement(scratch_url, "ALTER DATABASE scratch OWNER TO postgres", "DROP OWNED BY modest", "DROP ROLE modest")


@pytest.mark.slow
def test_a_role_that_may_not_try_a_backup_is_told_that_it_is_there_and_what_to_do(
    viaduc: Viaduc, modest_url: str, scratch_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VIADUC_DATABASE_URL", modest_url)
    told = viaduc("db", "backup", tmp_path / "one.zip")
    assert (told.code, told.err.startswith(f"viaduc: {tmp_path / 'one.zip'} is written, but")) == (1, True), told.err
    assert "ALTER ROLE modest CREATEDB" in told.err
    assert read_manifest(tmp_path / "one.zip").rows["actor"] == 0
    statement(scratch_url, "ALTER ROLE modest CREATEDB")
    told = viaduc("db", "restore", "--dry-run", tmp_path / "one.zip")
    assert (told.code, "`CREATE EXTENSION vector` in template1" in told.err) == (1, True), told.err
    template = make_url(scratch_url).set(database="template1").render_as_string(hide_password=False)
    statement(template, "CREATE EXTENSION vector")
    try:
        told = viaduc("db", "restore", "--dry-run", tmp_path / "one.zip")
    finally:
        statement(template, "DROP EXTENSION vector")
    assert (told.code, "can be restored" in told.err) == (0, True), told.err


@pytest.mark.slow
def test_what_a_killed_trial_left_is_dropped_by_the_next_and_one_that_goes_on_is_let_alone(
    scratch_url: str, saved: Path
) -> None:
    admin = make_url(scratch_url).set(drivername="postgresql").render_as_string(hide_password=False)
    known = "SELECT datname FROM pg_database WHERE datname LIKE 'viaduc_check%'"
    with psycopg.connect(admin, autocommit=True) as living, psycopg.connect(admin, autocommit=True) as dead:
        kept, left = claim_database(living), claim_database(dead)
        dead.close()
        assert set(statement(scratch_url, known)) == {kept, left}
        check_backup(scratch_url, saved)
        assert statement(scratch_url, known) == [kept]
    check_backup(scratch_url, saved)
    assert statement(scratch_url, known) == []


@pytest.mark.slow
def test_the_terminal_backs_up_tries_and_restores(
    viaduc: Viaduc, scratch_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VIADUC_DATABASE_URL", scratch_url)
    fill(scratch_url, "Ada")
    target = tmp_path / "one.zip"
    made = viaduc("db", "backup", target)
    assert (made.code, "1 actors, 0 events" in made.err, "restored once" in made.err) == (0, True, True)
    assert viaduc("db", "backup", target).err == f"viaduc: {target} exists already; name another file\n"
    assert viaduc("db", "restore", "--dry-run", target).code == 0
    assert viaduc("db", "restore", target).code == 1
    fill(scratch_url, "Bo")
    assert viaduc("db", "restore", "--replace", target).code == 0
    assert names(scratch_url) == ["Ada"]


@pytest.mark.slow
def test_a_restore_that_is_killed_leaves_nothing_lying_about_for_long(
    scratch_url: str, saved: Path, viaduc: Viaduc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it unpacks is all that is stored, in plain words."""
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    environment = os.environ | {"VIADUC_DATABASE_URL": scratch_url, "TMPDIR": str(unpacked)}
    command = [sys.executable, "-c", "from app.cli import main; main()", "db", "restore", "--replace", str(saved)]
    with psycopg.connect(scratch_url.replace("+psycopg", "")) as busy:
        busy.execute("LOCK TABLE actor IN ROW EXCLUSIVE MODE")
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as restoring:
            wait_until(lambda: [*unpacked.glob("*/restore.sql")], 60)
            restoring.kill()
        assert [*unpacked.glob("*/restore.sql")]
        monkeypatch.setenv("VIADUC_DATABASE_URL", scratch_url)
        monkeypatch.setattr(tempfile, "tempdir", str(unpacked))
        assert viaduc("db", "upgrade").code == 0
    assert [*unpacked.iterdir()] == []


def test_an_address_reaches_the_programs_of_the_database_whatever_its_password_is_made_of() -> None:
    words = "it's a \\ s3cr t@:/%?"
    url = f"postgresql+psycopg://viaduc:{quote(words, safe='')}@one.example,two.example:5433/viaduc"
    told = conninfo_to_dict(libpq_words(make_url(several_hosts(url)), connect_timeout=5))
    assert told == {
        "host": "one.example,two.example", "port": "5432,5433", "user": "viaduc", "password": words, "dbname": "viaduc",
        "target_session_attrs": "read-write", "connect_timeout": "5",
    }  # fmt: skip
    assert "password" not in conninfo_to_dict(libpq_words(make_url(url.split("one")[0] + "one/x"), password=False))
