"""How long a change takes from its commit to every open page, and what open pages cost the service.

    python bench/live.py                        300 streams, 40 changes, one service process, a database of its own
    python bench/live.py --streams 1000 --changes 20

The service runs as a process of its own (`viaduc serve`, no model in play). This process opens the streams as plain
sockets, like that many phones with an agenda open, then changes the published plan's event through its own connection
to the database: what is measured goes through trigger, NOTIFY, the service's listener and 300 sockets. The delay of a
stream runs from just before COMMIT is sent until its `change` can be read here. `cpu` is processor time of the service.
`idle` is an interval without changes, with its heartbeats.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from app.db import upgrade
from app.embedded_postgres import start_embedded

ROOT = Path(__file__).resolve().parent.parent
_FAR = 32_503_680_000_000
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Page:
    """An open stream: when its last change arrived."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    arrived: asyncio.Queue[float] = field(default_factory=asyncio.Queue)
    beats: int = 0

    async def read(self) -> None:
        """Note the moment of every change, until the line ends."""
        while line := await self.reader.readline():
            if line.startswith(b"event: change"):
                self.arrived.put_nowait(time.perf_counter())
            elif line.startswith(b"event: beat"):
                self.beats += 1


def seed(url: str) -> None:
    """One event."""
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        connection.execute(
            "INSERT INTO event SELECT (jsonb_populate_record(NULL::event, %s::jsonb)).*",
            [json.dumps({"id": 1, "name": "Bench", "zone": "Europe/Brussels", "min_meetings": 0,
                         "cross_side_only": True, "require_language": True, "raise_floor": False,
                         "avoid_repeats": True, "tracks": [], "locks": [], "weights": {},
                         "created_at": "2027-01-01T00:00:00Z"})],
        )  # fmt: skip
        connection.commit()


def serve(url: str, folder: str) -> tuple[subprocess.Popen[bytes], int]:
    """The service, listening."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    environment = os.environ | {"VIADUC_DATABASE_URL": url, "VIADUC_PORT": str(port), "VIADUC_DATA_DIR": folder,
                                "VIADUC_EMBED_IN_SERVICE": "false", "VIADUC_LOG_LEVEL": "warning"}  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-c", "from app.cli import main; main()", "serve"], env=environment, cwd=ROOT
    )
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process, port
        except OSError:
            if process.poll() is not None:
                raise SystemExit("the service did not start") from None
            time.sleep(0.1)


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def settled(pid: int, longest_s: float = 180) -> None:
    """Until the service has nothing else to do: it assembles its model first."""
    deadline = time.perf_counter() + longest_s
    while time.perf_counter() < deadline:
        before = cpu_seconds(pid)
        await asyncio.sleep(3)
        if cpu_seconds(pid) - before < 0.1:
            return


async def open_page(port: int) -> Page:
    """A stream that has said hello."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /live/clock/1?since={_FAR} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    await writer.drain()
    while b"event: hello" not in await reader.readline():
        pass
    return Page(reader, writer)


async def measure(url: str, port: int, pid: int, options: argparse.Namespace) -> dict[str, object]:
    """Delays of every change at every stream, and what they cost."""
    await settled(pid)
    first = await open_page(port)
    await first.reader.readline()
    await asyncio.sleep(1)  # the first stream makes the service listen
    pages = [await open_page(port) for _ in range(options.streams)]
    readers = [asyncio.create_task(page.read()) for page in pages]
    await asyncio.sleep(1)
    started, before = time.perf_counter(), cpu_seconds(pid)
    await asyncio.sleep(options.idle)
    idle = (cpu_seconds(pid) - before) / (time.perf_counter() - started)
    for page in pages:
        page.arrived = asyncio.Queue()
    delays: list[float] = []
    last: list[float] = []
    before = cpu_seconds(pid)
    async with await psycopg.AsyncConnection.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        for n in range(options.changes):
            await connection.execute("UPDATE event SET name = %s WHERE id = 1", [f"Bench {n}"])
            committed = time.perf_counter()
            await connection.commit()
            arrived = [await asyncio.wait_for(page.arrived.get(), 30) for page in pages]
            delays += [1000 * (moment - committed) for moment in arrived]
            last.append(1000 * (max(arrived) - committed))
            await asyncio.sleep(options.pause)
    spent = cpu_seconds(pid) - before
    for reader in readers:
        reader.cancel()
    ordered = sorted(delays)
    return {
        "streams": options.streams,
        "changes": options.changes,
        "delay_ms": {
            "p50": round(statistics.median(ordered), 1),
            "p99": round(ordered[int(0.99 * (len(ordered) - 1))], 1),
            "max": round(ordered[-1], 1),
            "slowest stream of a change, p50": round(statistics.median(last), 1),
        },
        "cpu_ms_per_change": round(1000 * spent / options.changes, 1),
        "idle_cpu_share": round(idle, 4),
        "load": [round(x, 1) for x in os.getloadavg()],
    }


def main() -> None:
    """Start everything, measure, stop everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=300)
    parser.add_argument("--changes", type=int, default=40)
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between changes")
    parser.add_argument("--idle", type=float, default=20, help="seconds of quiet to measure")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = start_embedded(Path(folder))
        upgrade(url)
        seed(url)
        process, port = serve(url, folder)
        try:
            print(json.dumps(asyncio.run(measure(url, port, process.pid, options)), indent=2))
        finally:
            stopping = time.perf_counter()
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            print(f"stopped with every stream open in {time.perf_counter() - stopping:.1f} s")


if __name__ == "__main__":
    main()
