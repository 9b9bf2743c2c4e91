"""`viaduc doctor`: what is wrong with a machine or an installation, and how to mend it."""

import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass

from app.db import database_url, make_engine, ping, require_schema, schema_revisions
from app.errors import AppError
from app.settings import Settings

_NEEDED_GB = 3.0


@dataclass(frozen=True)
class Finding:
    """One thing looked at: fine, or not and what to do."""

    what: str
    ok: bool
    words: str

    def line(self) -> str:
        """The finding as a line of text."""
        return f"{'ok  ' if self.ok else 'FAIL'}  {self.what}: {self.words}"


def run_doctor(settings: Settings) -> list[Finding]:
    """Look at everything the service stands on; later checks run even when earlier ones fail."""
    looks: list[tuple[str, Callable[[Settings], Finding]]] = [
        ("python", _python),
        ("data folder", _data_folder),
        ("disk", _disk),
        ("database", _database),
        ("model", _model),
        ("port", _port),
    ]
    return [_safely(name, look, settings) for name, look in looks]


def _safely(name: str, look: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return look(settings)
    except (AppError, OSError) as error:
        return Finding(name, False, str(error))


def _python(_settings: Settings) -> Finding:
    # Older ones never come this far: the Makefile refuses them by name.
    return Finding("python", True, ".".join(map(str, sys.version_info[:3])))


def _data_folder(settings: Settings) -> Finding:
    folder = settings.data_dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        return Finding("data folder", False, f"{folder} is not writable: mend its owner, or set VIADUC_DATA_DIR")
    return Finding("data folder", True, str(folder))


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.data_dir.resolve()).free / 1e9
    if free < _NEEDED_GB:
        return Finding("disk", False, f"{free:.1f} GB free: make room for at least {_NEEDED_GB:.0f} GB")
    return Finding("disk", True, f"{free:.0f} GB free")


def _database(settings: Settings) -> Finding:
    engine = make_engine(database_url(settings))
    try:
        ping(engine)
        require_schema(engine)
        found, _ = schema_revisions(engine)
    finally:
        engine.dispose()
    where = "VIADUC_DATABASE_URL" if settings.database_url else "embedded PostgreSQL"
    return Finding("database", True, f"{where}, schema {found}")


def _model(settings: Settings) -> Finding:
    if settings.embedding_model:
        return Finding("model", True, f"{settings.embedding_model} (VIADUC_EMBEDDING_MODEL), loaded at start")
    from matching.encoder.bundled import FOLDER_NAME, is_assembled  # noqa: PLC0415 - only for the default model

    folder = settings.data_dir / "models" / FOLDER_NAME
    if not is_assembled(folder):
        return Finding(
            "model", False, "not assembled yet: `viaduc demo` or the first `viaduc serve` does it (needs pip)"
        )
    return Finding("model", True, str(folder.resolve()))


def _port(settings: Settings) -> Finding:
    with socket.socket() as probe:
        probe.settimeout(1)
        taken = probe.connect_ex((settings.host, settings.port)) == 0
    if taken:
        words = f"{settings.host}:{settings.port} is taken (by Viaduc itself, if it runs): stop that or set VIADUC_PORT"
        return Finding("port", True, words)
    return Finding("port", True, f"{settings.host}:{settings.port} is free")
