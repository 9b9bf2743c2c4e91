"""The embedded PostgreSQL with pgvector: the programs of a pip package, started, attached to and stopped here.

The package's own way of doing that is not used: it takes a dead server for a living one where another process has
its number now or nobody has reaped it (both happen in containers), has one lock for all servers of a machine, and no
longer stops a server of which one user was killed. Here the kernel remembers: who uses a server holds a lock that ends
with the process, whatever ends it.
"""

import atexit
import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from urllib.parse import quote

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from app.errors import AppError, Unavailable
from app.postgres_programs import give, make_cluster, programs_for, run_as

log = logging.getLogger(__name__)

_BEGIN_S = 20.0
"""A server that does not even answer that it is starting."""
_RECOVER_S = 600.0
"""One that does: it brings back what was acknowledged before it was killed."""
_AGAIN_S = 0.3
_POLL_S = 0.02
_STOP_S = 20.0
_SOCKET = ".s.PGSQL.5432"
_LONGEST_SOCKET = 103
_TUNING = {
    # What a killed server has to read again, at most: seconds of recovery are worth a few more writes.
    "max_wal_size": "512MB",
    "checkpoint_timeout": "2min",
}
if sys.platform == "linux":
    # Before it recovers, it has the disk write what the system still holds: by one call, not by a thousand.
    _TUNING["recovery_init_sync_method"] = "syncfs"
_PROC = Path("/proc")
_USED: dict[Path, int] = {}
_STARTED: dict[Path, subprocess.Popen[bytes]] = {}
_alone_here = threading.Lock()


def start_embedded(data_dir: Path, *, anew: bool = True) -> str:
    """Start (or attach to) the server in `data_dir`/postgres and return its SQLAlchemy URL.

    It stops with the last process that uses it. Without `anew`, data that is gone is missed and not begun anew. Raises
    Unavailable with the way out when it does not come up.
    """
    folder = (data_dir / "postgres").resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _use(folder)
        with _alone(folder):
            return _attach(folder) or _bring_up(folder, anew)
    except OSError as error:
        raise Unavailable(
            f"the data folder {data_dir} cannot be used ({error}): mend its owner, or set VIADUC_DATA_DIR"
        ) from error


def begin_embedded(data_dir: Path, *, anew: bool = True) -> threading.Thread:
    """Start the server while something else is done; a failure is logged, and told by the next `start_embedded`."""

    def start() -> None:
        try:
            start_embedded(data_dir, anew=anew)
        except AppError as error:
            log.error("%s", error)

    thread = threading.Thread(target=start, name="start-database", daemon=True)
    thread.start()
    return thread


def _use(folder: Path) -> None:
    """Hold the server in use for as long as this process and its forks live."""
    with _alone_here:
        if folder in _USED:
            return
        held = os.open(folder.with_name("postgres.users"), os.O_RDONLY | os.O_CREAT, 0o666)
        fcntl.flock(held, fcntl.LOCK_SH)  # waits while the last user before us stops it
        _USED[folder] = held
        atexit.register(_leave, folder)


def _leave(folder: Path) -> None:
    """Stop the server unless somebody else uses it."""
    held = _USED.pop(folder, None)
    if held is None:
        return
    with suppress(OSError):  # somebody else uses it, or it is not ours to stop
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _stop(folder)
        if _socket_folder(folder) != folder:
            _socket_folder(folder).rmdir()
    os.close(held)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else starts this server meanwhile."""
    turn = os.open(folder.with_name("postgres.start"), os.O_RDONLY | os.O_CREAT, 0o666)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield
    finally:
        os.close(turn)


def _attach(folder: Path) -> str | None:
    """The URL of a server that answers."""
    return _url(_socket_folder(folder)) if _ping(folder) is Ping.OK else None


def _bring_up(folder: Path, anew: bool) -> str:
    """Start the server, wait until it has recovered, and return its URL."""
    if not (folder / "PG_VERSION").exists():
        if not anew:
            raise Unavailable(f"the data of the embedded PostgreSQL in {folder} is not there any more: is its disk?")
        make_cluster(folder)
    begun = time.monotonic()
    deadline, server = begun + _BEGIN_S, None
    while (state := _ping(folder)) is not Ping.OK:
        if state is Ping.REJECT:
            deadline = begun + _RECOVER_S
        elif server is None or server.poll() is not None:
            if server is not None:
                time.sleep(_AGAIN_S)
            server = _launch(folder) if _clear(folder) else None
        if time.monotonic() > deadline:
            raise Unavailable(
                f"the embedded PostgreSQL in {folder} does not start. Its log is {folder / 'log'}; "
                "`viaduc doctor` checks disk space and permissions, and VIADUC_DATABASE_URL names another server."
            )
        # Every question that comes too early is a line in its log.
        time.sleep(_POLL_S if time.monotonic() - begun < 1 else 10 * _POLL_S)
    log.info("the embedded database came up in %.1f s", time.monotonic() - begun)
    return _url(_socket_folder(folder))


def _ping(folder: Path) -> Ping:
    """Whether the server answers, refuses because it is starting or stopping, or is not there."""
    if not (folder / "postmaster.pid").exists():
        return Ping.NO_RESPONSE
    where = make_conninfo("", host=str(_socket_folder(folder)), user="postgres", dbname="postgres", connect_timeout=5)
    return Ping(PGconn.ping(where.encode()))


def _url(socket_folder: Path) -> str:
    return f"postgresql+psycopg://postgres:@/postgres?host={quote(str(socket_folder))}"


def _launch(folder: Path) -> subprocess.Popen[bytes]:
    socket_folder = _socket_folder(folder)
    if socket_folder != folder:
        socket_folder.mkdir(mode=0o700, exist_ok=True)
        give(socket_folder)
    give(folder)
    command = [str(programs_for(folder) / "postgres"), "-D", str(folder), "-h", "", "-k", str(socket_folder)]
    command += [part for name, value in _TUNING.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("ab") as log:
        # A session of its own: Ctrl-C in a terminal is meant for the service, which stops it in the end.
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **run_as()
        )
    if (before := _STARTED.get(folder)) is not None:
        before.poll()  # killed by somebody else: nobody has asked yet how it ended
    _STARTED[folder] = server
    return server


def _clear(folder: Path) -> bool:
    """Put away what a killed server left, so that the next can start. False while the one before still lives.

    Its backends may work on, and hold the memory that the next one needs; and its number may be another process's by
    now, or that of a process nobody has reaped, which PostgreSQL takes for a server that lives.
    """
    number, left = _postmaster(folder), _servers_in(folder)
    if number in left:
        return False
    for process in left:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    while left and _servers_in(folder):
        time.sleep(_POLL_S)
    if _PROC.is_dir() and _exists(folder, number):
        for written in (folder / "postmaster.pid", _socket_folder(folder) / f"{_SOCKET}.lock"):
            written.unlink(missing_ok=True)
    return True


def _stop(folder: Path) -> None:
    """Stop the server: fast, and if that takes too long at once; then it recovers at its next start."""
    number = _living(folder)
    if number is None:
        return
    for sign, patience in ((signal.SIGINT, _STOP_S), (signal.SIGQUIT, 5.0)):
        deadline = time.monotonic() + patience
        with suppress(OSError):
            os.kill(number, sign)
        while _exists(folder, number) and (folder / "postmaster.pid").exists():
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_S)
        else:
            return


def _living(folder: Path) -> int | None:
    """The server's process, if it lives: the one started here also where it does not answer yet."""
    begun = _STARTED.get(folder)
    if begun is not None and begun.poll() is None:
        return begun.pid
    return None if _ping(folder) is Ping.NO_RESPONSE else _postmaster(folder)


def _postmaster(folder: Path) -> int | None:
    """The server's process, as it wrote it down; it may be long dead."""
    with suppress(OSError, ValueError, IndexError):
        return int((folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    return None


def _servers_in(folder: Path) -> set[int]:
    """Living processes of servers of this folder, which is where they stand; none where that cannot be told."""
    found = set()
    for process in _PROC.glob("[0-9]*"):
        with suppress(OSError):  # it is gone, nobody has reaped it, or it is somebody else's
            if os.readlink(process / "cwd") == str(folder) and (process / "comm").read_text().startswith("postgres"):
                found.add(int(process.name))
    return found


def _exists(folder: Path, number: int | None) -> bool:
    """Whether some process has this number, were it one that nobody has reaped."""
    if folder in _STARTED:
        _STARTED[folder].poll()
    try:
        os.kill(number or 0, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return number is not None


def _socket_folder(folder: Path) -> Path:
    """Where the server's socket is: with the data, unless that address is longer than sockets may have."""
    if len(os.fsencode(folder / _SOCKET)) <= _LONGEST_SOCKET:
        return folder
    return Path(gettempdir()) / f"viaduc-{sha256(os.fsencode(folder)).hexdigest()[:10]}"
