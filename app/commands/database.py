"""`viaduc db …`: the schema, backups, and the way back."""

from datetime import UTC, datetime
from pathlib import Path

from app.backup import Manifest, back_up, restore
from app.backup_trial import check_backup
from app.db import database_url
from app.errors import AppError, Unavailable
from app.restored import bring_up
from app.settings import Settings


def make_backup(settings: Settings, path: Path | None, *, check: bool) -> str:
    """Write a backup, by default into the folder `backups` of the data folder; the sentence for the terminal."""
    if path is None:
        folder = settings.data_dir / "backups"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"viaduc-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip"
    url = database_url(settings)
    manifest = back_up(url, path)
    if check:
        try:
            check_backup(url, path)
        except AppError as error:
            raise Unavailable(f"{path} is written, but was not restored to see that it can be: {error}") from error
    size = path.stat().st_size / 2**20
    return f"{path}: {_facts(manifest)}, {size:.1f} MiB" + (", restored once to see that it can be" if check else "")


def bring_back(settings: Settings, path: Path, *, replace: bool) -> str:
    """Restore a backup, then bring its schema to this version's."""
    url = database_url(settings)
    manifest = restore(url, path, replace=replace)
    bring_up(url)
    return f"restored {_facts(manifest)}, made {manifest.made_at}"


def try_backup(settings: Settings, path: Path) -> str:
    """Restore into a database of its own, compare, drop."""
    return f"{path} can be restored: {_facts(check_backup(database_url(settings), path))}"


def _facts(manifest: Manifest) -> str:
    return f"{manifest.rows.get('actor', 0)} actors, {manifest.rows.get('event', 0)} events, {manifest.total} rows"
