"""Every parser on inputs broken at random: no traceback, no hang, no flood of memory.

    python bench/fuzz_parsers.py --seconds 600            ten minutes each; --only csv xlsx; --seed 7

Each parser runs in a process of its own, from files of the tests (tests/app/importing/nasty) and others made here.
An input that is answered in new words (another refusal, other kinds of rows) joins those that are broken further. What
may come out is an answer or a refusal in plain words (AppError, FolderError, ProblemError, ValueError for single
values); anything else is a crash. An input that takes longer than 10 s is a hang; one that makes the process grow by
more than 1 GB, a flood. Each fault is printed with its input kept under --keep. Ends with 1 if there are any.
"""

import argparse
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "app" / "importing")]

from fuzz_targets import TARGETS, Target  # noqa: E402 - beside the path to the tests that it needs

HANG_S = 10
FLOOD_MB = 1024
_SAID = re.compile(r"(?<!\w)'.*'(?!\w)|[0-9]+")
"""What a refusal quotes, and figures: another of them is no other kind of answer."""


class Hang(BaseException):
    """An input took too long; no parser may catch it."""


def main() -> int:
    """Each target in a process of its own, `--at-once` of them together; a table at the end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600, help="for each parser")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=sorted(TARGETS), default=sorted(TARGETS))
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "viaduc-fuzz")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    asked.keep.mkdir(parents=True, exist_ok=True)
    if asked.child:
        print(json.dumps(fuzz(asked.child, TARGETS[asked.child], asked)))
        return 0
    waiting, running, rows = list(asked.only), {}, []
    while waiting or running:
        while waiting and len(running) < asked.at_once:
            name = waiting.pop(0)
            running[name] = begin(name, asked), time.monotonic()
        time.sleep(0.5)
        for name, (process, since) in list(running.items()):
            # A hang in compiled code hears no alarm: it is ended from here.
            if process.poll() is None and time.monotonic() - since > asked.seconds + 60 + 3 * HANG_S:
                process.kill()
            if process.poll() is not None:
                del running[name]
                rows.append(finished(name, process))
                print(json.dumps(rows[-1]), file=sys.stderr)
    return show(rows)


def begin(name: str, asked: argparse.Namespace) -> "subprocess.Popen[str]":
    """A process for one target."""
    options = ["--child", name, "--seconds", str(asked.seconds), "--seed", str(asked.seed), "--keep", str(asked.keep)]
    return subprocess.Popen([sys.executable, __file__, *options], stdout=subprocess.PIPE, text=True, cwd=ROOT)


def finished(name: str, process: "subprocess.Popen[str]") -> dict[str, Any]:
    """What a process found; one that died is a fault itself."""
    told = (process.stdout.read() if process.stdout else "").strip().splitlines()
    if process.returncode or not told:
        return {"parser": name, "inputs": 0, "faults": [f"the process ended with {process.returncode}"]}
    found: dict[str, Any] = json.loads(told[-1])
    return found


def show(rows: list[dict[str, Any]]) -> int:
    """The table, and every fault."""
    print("| parser | inputs | answered | refused | kinds of answers | slowest s | grew MB | faults |")
    print("|---|---|---|---|---|---|---|---|")
    for row in sorted(rows, key=lambda r: r["parser"]):
        cells = (row.get(k, "") for k in ("inputs", "answered", "refused", "kinds", "slowest_s", "grew_MB"))
        print(f"| {row['parser']} | {' | '.join(map(str, cells))} | {len(row['faults'])} |")
    faults = [f"{row['parser']}: {fault}" for row in rows for fault in row["faults"]]
    print(f"\nload {os.getloadavg()[0]:.1f}; {len(faults)} faults", *faults, sep="\n")
    return 1 if faults else 0


def fuzz(name: str, target: Target, asked: argparse.Namespace) -> dict[str, Any]:
    """Break, read, note, until the time is over."""
    rng = random.Random(f"{name} {asked.seed}")
    first, read = target.make()
    corpus = {"answered": list(first), "refused": list(first)}
    known: set[str] = set()
    counts = {"inputs": 0, "answered": 0, "refused": 0}
    faults: dict[str, str] = {}
    slowest, before = 0.0, rss_mb()
    signal.signal(signal.SIGALRM, _ring)
    end = time.monotonic() + asked.seconds
    while time.monotonic() < end:
        # What was answered leads further than what was refused.
        parents = corpus["answered" if rng.random() < 0.8 else "refused"]
        data = (
            first[counts["inputs"]]
            if counts["inputs"] < len(first)
            else target.break_(rng, rng.choice(parents), parents)
        )
        began = time.perf_counter()
        kind, words = attempt(read, data)
        slowest = max(slowest, time.perf_counter() - began)
        counts["inputs"] += 1
        if kind == "fault":
            if words.splitlines()[0] not in faults:
                faults[words.splitlines()[0]] = words + "\n  " + keep(asked.keep, name, data)
            continue
        counts[kind] += 1
        if words not in known and len(corpus[kind]) < 2_000:
            known.add(words)
            corpus[kind].append(data)
    grew = rss_mb() - before
    if grew > FLOOD_MB:
        faults["flood"] = f"the process grew by {grew:.0f} MB"
    return {"parser": name, **counts, "kinds": len(known), "slowest_s": round(slowest, 2), "grew_MB": round(grew),
            "faults": [*faults.values()]}  # fmt: skip


def attempt(read: Callable[[Any], str], data: Any) -> tuple[str, str]:
    """(answered | refused | fault, its words without figures)."""
    signal.setitimer(signal.ITIMER_REAL, HANG_S)
    try:
        words = read(data)
        kind = "refused" if words.startswith("refused") else "answered"
        return kind, _SAID.sub("'", words)[:80]
    except Hang:
        return "fault", f"a hang of more than {HANG_S} s\n{traceback.format_exc(limit=-6)}"
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return (
            "fault",
            f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}\n" + traceback.format_exc(limit=-6),
        )
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _ring(*_: object) -> None:
    raise Hang


def keep(folder: Path, name: str, data: Any) -> str:
    """Where the input of a fault is kept."""
    path = folder / f"{name}-{abs(hash(repr(data))) % 10**10}"
    path.write_bytes(data if isinstance(data, bytes) else repr(data).encode("utf-8", "backslashreplace"))
    return f"input: {path}"


def rss_mb() -> float:
    """The most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
