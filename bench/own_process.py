"""`viaduc serve` as a process of its own, for those who measure it from outside; it measures nothing itself."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx

ROOT = Path(__file__).resolve().parent.parent
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(url: str, folder: Path, **settings: object) -> Iterator[tuple[int, int]]:
    """`viaduc serve` in a process of its own, with these settings beside its own: its port and its process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    told = {"DATABASE_URL": url, "PORT": port, "DATA_DIR": folder, "LOCAL_ADMIN": "true", "RATE_ADDRESS": 10**9,
            "LOG_LEVEL": "warning", **settings}  # fmt: skip
    environment = os.environ | {f"VIADUC_{name}": str(value) for name, value in told.items()}
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    try:
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def ready(port: int, longest_s: float = 300) -> None:
    """Until the service, its model with it, says that it is ready."""
    deadline = time.monotonic() + longest_s
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/ready", timeout=5).json().get("model") == "ready":
                return
        except (httpx.TransportError, ValueError):
            pass
        time.sleep(0.3)
    raise SystemExit("the service does not get ready")


def spent(root: int) -> float:
    """Processor seconds of a process, of all its descendants, and of those that ended before."""
    told: dict[int, tuple[int, float]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        told[int(folder.name)] = int(fields[1]), sum(map(int, fields[11:15])) / _TICKS
    family = {root}
    while more := {pid for pid, (parent, _) in told.items() if parent in family} - family:
        family |= more
    return sum(told[pid][1] for pid in family if pid in told)
