"""How much room the embedded database has. Near the end changes are refused, so that reading goes on.

A PostgreSQL whose log cannot grow stops altogether, and reading with it: what is left below the limit is its own. The
disk of an external database is not seen from here; what it refuses is answered 507 as well (app/db.py).
"""

import shutil
from contextlib import suppress

from fastapi import Request

from app.deeds import deed_of
from app.errors import NoRoom
from app.settings import Settings

LEAST = 64 * 2**20
"""Bytes that are left to the database itself."""
_GROWTH = 10
"""What a body becomes in the database, at most: rows, their history, indexes and the log of all of it."""


def free_bytes(settings: Settings) -> int | None:
    """Room on the disk of the embedded database; None when the database is elsewhere."""
    if settings.database_url is None:
        with suppress(OSError):
            return shutil.disk_usage(settings.data_dir).free
    return None


def disk_state(settings: Settings) -> str:
    """ok, or how little is left."""
    free = free_bytes(settings)
    if free is None or free >= LEAST:
        return "ok"
    return f"full: {free // 2**20} MB left, changes are refused below {LEAST // 2**20}"


async def room_for_changes(request: Request) -> None:
    """Refuse a change, before its body is read, when the disk is nearly full; signing in and deleting go on."""
    free = free_bytes(request.app.state.settings)
    if free is None or free >= LEAST + _GROWTH * _length(request):
        return
    done = deed_of(request.scope, 200)
    if done is None or done.action != "change" or request.method == "DELETE" or "/sign-" in done.route:
        return
    raise NoRoom.by_code("disk_nearly_full")


def _length(request: Request) -> int:
    said = request.headers.get("content-length", "0")
    return int(said) if said.isdigit() else 0
