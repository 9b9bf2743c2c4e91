"""How long `make demo` takes, step by step, the first time and the second.

    python bench/start.py                   two starts in this checkout's copy (a fresh clone in a temporary folder)
    python bench/start.py LOG [LOG …]       only read logs of `make demo` that exist already

A start begins with the command and ends when /ready answers 200; the steps are what the log prints. A first start
needs a package index, for the requirements and for the two packages the language model is put together from.
"""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STEP = re.compile(
    r"^(?:✓ (?P<step>.+?) \((?P<seconds>[\d.]+) s\)|(?P<install>Installed) in (?P<whole>\d+) s)$", re.MULTILINE
)
LONGEST_S = 1200


def main() -> None:
    """Measure, or read; prints a table and one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="*", type=Path)
    args = parser.parse_args()
    runs = [(p.name, steps(p.read_text(encoding="utf-8"))) for p in args.logs] if args.logs else measured()
    for name, told in runs:
        print(f"\n{name}")
        for step, seconds in told.items():
            print(f"  {step:<28}{seconds:>8.1f} s")
    print(json.dumps(dict(runs), ensure_ascii=False))


def steps(log: str) -> dict[str, float]:
    """Seconds of each step that a log tells."""
    return {m["step"] or "install": float(m["seconds"] or m["whole"]) for m in STEP.finditer(log)}


def measured() -> list[tuple[str, dict[str, float]]]:
    """A first and a second start of a fresh clone."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "viaduc"
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)], check=True)
        return [(name, start(clone, Path(folder) / f"{name}.log")) for name in ("first start", "second start")]


def start(clone: Path, log: Path) -> dict[str, float]:
    """One `make demo` until it is ready, then an orderly stop."""
    port = free_port()
    clean = {
        k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"} and not k.startswith("VIADUC_")
    }
    began = time.perf_counter()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            ["make", "demo", f"PYTHON={sys.executable}"], cwd=clone, stdout=output, stderr=subprocess.STDOUT,
            env=clean | {"VIADUC_PORT": str(port), "PYTHONUNBUFFERED": "1"}, start_new_session=True,
        )  # fmt: skip
        try:
            while not ready(port):
                if process.poll() is not None or time.perf_counter() - began > LONGEST_S:
                    sys.exit(f"make demo did not come up:\n{log.read_text(encoding='utf-8')[-3000:]}")
                time.sleep(0.2)
            total = time.perf_counter() - began
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)
    return steps(log.read_text(encoding="utf-8")) | {"to ready, in all": round(total, 1)}


def ready(port: int) -> bool:
    """Whether /ready says so."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
