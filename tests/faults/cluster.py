"""A primary and two standbys made of the packaged PostgreSQL: streaming, every commit on one standby at least."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from app.postgres_programs import give, make_cluster, programs_for, run_as
from tests.faults.killed import children_of, free_port

_QUORUM = "ANY 1 (*)"


class Node:
    """One server of the cluster, on its own port of this machine."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [str(programs_for(self.folder) / "postgres"), "-D", str(self.folder), "-p", str(self.port)]
        command += ["-h", "127.0.0.1", "-k", "", "-c", "wal_retrieve_retry_interval=200ms"]
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **run_as())
        deadline = time.monotonic() + 60
        while True:
            try:
                self.ask("SELECT 1")
                return
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, f"{self.folder} does not start"
                time.sleep(0.05)

    def connect(self) -> psycopg.Connection[Any]:
        """A connection of one's own."""
        return psycopg.connect(
            f"postgresql://postgres@127.0.0.1:{self.port}/postgres", autocommit=True, connect_timeout=5
        )

    def ask(self, query: str) -> Any:
        """The first value of an answer."""
        with self.connect() as connection:
            row = connection.execute(query).fetchone()
        return row[0] if row else None

    def kill(self) -> None:
        """kill -9 of all of it at once, as when its machine loses power."""
        assert self._process is not None
        for process in [self._process.pid, *children_of(self._process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(60)
            self._process = None


class Cluster:
    """Three servers, of which one takes writes."""

    def __init__(self, folder: Path) -> None:
        self.nodes = [Node(folder / f"n{number}", free_port()) for number in range(3)]
        self.primary = self.nodes[0]
        folder.mkdir(parents=True, exist_ok=True)
        make_cluster(self.primary.folder)
        self.primary.start()
        for node in self.nodes[1:]:
            self.join(node)
        with self.primary.connect() as connection:
            connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{_QUORUM}'")
            connection.execute("SELECT pg_reload_conf()")

    @property
    def url(self) -> str:
        """All three, for VIADUC_DATABASE_URL."""
        return "postgresql://postgres@" + ",".join(f"127.0.0.1:{n.port}" for n in self.nodes) + "/postgres"

    def join(self, node: Node) -> None:
        """Make a server a standby of whichever is the primary, from a fresh copy."""
        node.folder.mkdir(mode=0o700)
        give(node.folder)
        command = [
            str(programs_for(self.primary.folder) / "pg_basebackup"),
            "-D",
            str(node.folder),
            "--checkpoint=fast",
        ]
        command += ["-d", f"postgresql://postgres@127.0.0.1:{self.primary.port}/postgres", "--wal-method=stream"]
        subprocess.run(command, check=True, capture_output=True, **run_as())
        hosts, ports = ",".join(["127.0.0.1"] * 3), ",".join(str(n.port) for n in self.nodes)
        line = f"host={hosts} port={ports} user=postgres target_session_attrs=read-write"
        with (node.folder / "postgresql.auto.conf").open("a", encoding="utf-8") as conf:
            conf.write(f"primary_conninfo = '{line} application_name={node.folder.name}'\n")
            conf.write(f"synchronous_standby_names = '{_QUORUM}'\n")
        (node.folder / "standby.signal").touch()
        node.start()
        self.wait_for(lambda: node.ask("SELECT status FROM pg_stat_wal_receiver") == "streaming")

    def wait_for(self, true: Any, within_s: float = 30) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + within_s
        while not true():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def fail_over(self) -> Node:
        """Kill the primary and promote the standby that has most; the one that was killed."""
        killed = self.primary
        killed.kill()
        standbys = [n for n in self.nodes if n is not killed]
        self.primary = max(standbys, key=lambda n: n.ask("SELECT pg_last_wal_receive_lsn() - '0/0'::pg_lsn"))
        self.primary.ask("SELECT pg_promote()")
        return killed

    def stop(self) -> None:
        """Stop what runs: the standbys first, so that no commit waits for them."""
        for node in sorted(self.nodes, key=lambda n: n is self.primary):
            node.stop()


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster that is gone afterwards."""
    made = Cluster(folder)
    try:
        yield made
    finally:
        made.stop()
