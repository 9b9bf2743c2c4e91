"""A real service, in processes of its own, that can be killed in every way: shared with bench/faults.py."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import httpx2 as httpx
import psycopg

from app.embedded_postgres import start_embedded

ROOT = Path(__file__).resolve().parent.parent.parent
BACK_S = 10.0
"""What was killed works again within so many seconds."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children_of(process: int) -> list[int]:
    """Processes that a process started and that live."""
    found: list[int] = []
    for children in Path(f"/proc/{process}/task").glob("*/children"):  # by the thread that started them
        with suppress(OSError):
            found += map(int, children.read_text(encoding="utf-8").split())
    return found


def name_of(process: int) -> str:
    """Name of a process's program; nothing when it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{process}/comm").read_text(encoding="utf-8").strip()
    return ""


class Service:
    """`viaduc serve` with its own embedded database and no model; with `worker`, `viaduc worker` beside it."""

    def __init__(self, folder: Path, *, worker: bool = False, **settings: str) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._env = os.environ | {
            "VIADUC_DATA_DIR": str(folder), "VIADUC_PORT": str(self.port), "VIADUC_EMBEDDING_MODEL": "hashing",
            "VIADUC_LOCAL_ADMIN": "true", "VIADUC_RATE_KEY": "1000000", "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1", "VIADUC_LOG_LEVEL": "info",
            "VIADUC_EMBED_IN_SERVICE": "false" if worker else "true",
        } | settings  # fmt: skip
        self._with_worker = worker
        self.code = "from app.cli import main; main()"
        self.process: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None
        self.log = folder.parent / f"{folder.name}.log"

    def set(self, **settings: str) -> None:
        """Settings for the next start."""
        self._env |= settings

    def start(self, within_s: float = 120, *, migrate: bool = False) -> float:
        """Start what does not run, and wait until it is ready; returns the seconds it took."""
        begun = time.perf_counter()
        if self.process is None:
            self.process = self.run("serve", *(["--migrate"] if migrate else []))
        if self.worker is None and self._with_worker:
            self.worker = self.run("worker")
        self.wait(within_s)
        return time.perf_counter() - begun

    def run(self, *command: str) -> "subprocess.Popen[bytes]":
        """A command of `viaduc`, as a process."""
        with self.log.open("ab") as log:
            call = [sys.executable, "-c", self.code, *command]
            return subprocess.Popen(call, cwd=ROOT, env=self._env, stdout=log, stderr=log)

    def wait(self, within_s: float = 120) -> float:
        """Wait until it is ready; returns the seconds it took."""
        begun = time.perf_counter()
        while self.ready() != 200:
            assert self.process is None or self.process.poll() is None, f"it ended: see {self.log}"
            assert time.perf_counter() - begun < within_s, f"it is not ready in time: see {self.log}"
            time.sleep(0.02)
        return time.perf_counter() - begun

    def ready(self) -> int:
        """The status of /ready; 0 while nothing answers."""
        try:
            return int(httpx.get(f"{self.url}/ready", timeout=60).status_code)
        except httpx.HTTPError:
            return 0

    def working(self, kept: "subprocess.Popen[bytes] | None" = None) -> int:
        """The process that works, below the one that keeps it."""
        kept = kept or self.process
        assert kept is not None
        until = time.monotonic() + 30
        while time.monotonic() < until:
            found = [n for n in children_of(kept.pid) if not name_of(n).startswith("postgres")]
            if found:
                return found[0]
            time.sleep(0.01)
        raise AssertionError("nothing works")

    def kill_working(self) -> None:
        """kill -9 of the process that answers; the one that keeps it starts the next."""
        os.kill(self.working(), signal.SIGKILL)

    def kill(self) -> None:
        """kill -9 of the whole service, as when a container's memory is used up."""
        assert self.process is not None
        working = children_of(self.process.pid)
        self.process.kill()
        for process in working:
            if not name_of(process).startswith("postgres"):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def kill_worker(self) -> None:
        """kill -9 of the process that embeds."""
        os.kill(self.working(self.worker), signal.SIGKILL)

    def kill_database(self) -> None:
        """kill -9 of the embedded database's first process."""
        os.kill(self.database_process(), signal.SIGKILL)

    def kill_backend(self, rng: Random) -> None:
        """kill -9 of one of the embedded database's other processes, whatever it does."""
        os.kill(rng.choice(children_of(self.database_process())), signal.SIGKILL)

    def stop(self) -> float:
        """SIGTERM; returns the seconds until it was gone."""
        begun = time.perf_counter()
        for process in (self.process, self.worker):
            if process is not None:
                process.terminate()
                process.wait(60)
        self.process = self.worker = None
        return time.perf_counter() - begun

    def end(self) -> None:
        """Whatever still runs is gone afterwards."""
        for process in (self.process, self.worker):
            if process is not None and process.poll() is None:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(40)
                process.kill()
                process.wait()
        self.process = self.worker = None
        end_database(self.folder)

    def database_process(self) -> int:
        """The embedded server's first process."""
        return int((self.folder / "postgres" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])

    def connect(self) -> psycopg.Connection[Any]:
        """A connection of one's own to its database."""
        return psycopg.connect(start_embedded(self.folder).replace("+psycopg", ""), autocommit=True)


def end_database(folder: Path) -> None:
    """Stop the embedded server of a folder, whoever started it."""
    with suppress(OSError, ValueError, IndexError):
        os.kill(
            int((folder / "postgres" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0]), signal.SIGINT
        )
