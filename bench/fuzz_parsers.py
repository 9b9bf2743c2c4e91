"""Every parser on inputs broken at random: no traceback, no hang, no flood of memory.

    python bench/fuzz_parsers.py --seconds 600            ten minutes each; --only csv xlsx; --seed 7

Each parser runs in a process of its own, from files of the tests (tests/app/importing/nasty) and others made here.
An input that is answered in new words (another refusal, other kinds of rows) joins those that are broken further. What
may come out is an answer or the refusal that the parser documents, in plain words; anything else is a crash. An input
that takes more than 10 s of work is a hang; one that makes the process grow by more than 300 MB, a flood. No process
may take more than 2 GB, and each writes down what it reads: should it die, its last input is known. Each fault is
printed with its input kept under --keep. Ends with 1 if there are any.
"""

import argparse
import hashlib
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "app" / "importing")]

from fuzz_targets import TARGETS, Target  # noqa: E402 - beside the path to the tests that it needs

HANG_S = 10
"""Seconds of work, not by the clock on the wall."""
FLOOD_MB = 300
"""Growth of the process over one input that is a fault."""
MEMORY_MB = 2048
"""What a process may take beyond what it holds at the start; more is a MemoryError."""
MOST_INPUT = 2_500_000
"""Bytes of an input: a little more than the largest file of the tests."""
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
    return show(run_all(asked))


def run_all(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """What was found of each target."""
    waiting, running, rows = list(asked.only), {}, []
    while waiting or running:
        while waiting and len(running) < asked.at_once:
            name = waiting.pop(0)
            running[name] = begin(name, asked), 0.0
        time.sleep(0.5)
        for name, (process, waited) in list(running.items()):
            # Counted, not read off a clock: were both of us stopped for a while, nobody hung.
            running[name] = process, waited + 0.5
            # A hang in compiled code hears no alarm: it is ended from here.
            late = waited > asked.seconds + 60 + 3 * HANG_S
            if late and process.poll() is None:
                process.kill()
            if late or process.poll() is not None:
                del running[name]
                rows.append(finished(name, process, asked.keep, late=late))
                print(json.dumps(rows[-1]), file=sys.stderr)
    return rows


def begin(name: str, asked: argparse.Namespace) -> "subprocess.Popen[str]":
    """A process for one target."""
    options = ["--child", name, "--seconds", str(asked.seconds), "--seed", str(asked.seed), "--keep", str(asked.keep)]
    return subprocess.Popen([sys.executable, __file__, *options], stdout=subprocess.PIPE, text=True, cwd=ROOT)


def finished(name: str, process: "subprocess.Popen[str]", folder: Path, *, late: bool) -> dict[str, Any]:
    """What a process found; one that died is a fault itself, with the input it was at."""
    told = (process.communicate()[0] or "").strip().splitlines()
    if not process.returncode and told:
        found: dict[str, Any] = json.loads(told[-1])
        return found
    at = reading_path(folder, name, process.pid)
    last = keep(folder, name, at.read_bytes()) if at.exists() else "no input was begun"
    at.unlink(missing_ok=True)
    return {"parser": name, "inputs": 0, "faults": [f"{_end(process.returncode, late=late)}\n  {last}"]}


def _end(code: int, *, late: bool) -> str:
    """How a process ended, in words."""
    if late:
        return "the process did not come to its end and was ended from here: a hang that hears no alarm"
    if code == -signal.SIGKILL:
        return "the process was killed from outside (SIGKILL): by the kernel, for want of memory, if by nobody else"
    return f"the process died of {signal.Signals(-code).name}" if code < 0 else f"the process ended with {code}"


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
    notes = Notes(name, asked.keep)
    limit_memory()
    signal.signal(signal.SIGPROF, _ring)
    end = time.monotonic() + asked.seconds
    while time.monotonic() < end:
        # What was answered leads further than what was refused.
        parents = corpus["answered" if rng.random() < 0.8 else "refused"]
        given = notes.counts["inputs"]
        data = first[given] if given < len(first) else made(target, rng, parents, notes)
        if data is None:
            continue
        # The first inputs load what every later one needs: words, the model that tells languages apart.
        kind, words = notes.read(read, data, flood_mb=FLOOD_MB if given >= len(first) else MEMORY_MB)
        if kind != "fault" and words not in known and len(corpus[kind]) < 2_000:
            known.add(words)
            corpus[kind].append(data)
    notes.reading.unlink()
    return {"parser": name, **notes.counts, "kinds": len(known), "slowest_s": round(notes.slowest, 2),
            "grew_MB": round(notes.grew), "faults": [*notes.faults.values()]}  # fmt: skip


def made(target: Target, rng: random.Random, parents: list[Any], notes: "Notes") -> Any:
    """A broken input; None, and a fault, where breaking it is what takes too much."""
    parent = rng.choice(parents)
    notes.begin(parent)
    try:
        with limited_time():
            data = target.break_(rng, parent, parents)
    except (MemoryError, Hang) as error:
        notes.fault(f"{type(error).__name__} while an input was made\n{traceback.format_exc(limit=-6)}", parent)
        return None
    notes.grown()
    # A small input is what shows that a parser makes much of little.
    return data if len(data) <= MOST_INPUT else None


class Notes:
    """What is found out about one parser: counts, faults, the slowest input, and the input at hand."""

    def __init__(self, name: str, keep: Path) -> None:
        self.counts = {"inputs": 0, "answered": 0, "refused": 0}
        self.faults: dict[str, str] = {}
        self.slowest = self.grew = 0.0
        self.reading = reading_path(keep, name, os.getpid())
        self._name, self._keep, self._most = name, keep, most_mb()
        self._file = self.reading.open("wb", buffering=0)

    def begin(self, data: Any) -> None:
        """Write an input down, so that it is known should the process die of it."""
        written = as_written(data)
        os.pwrite(self._file.fileno(), written, 0)
        self._file.truncate(len(written))

    def read(self, read: Callable[[Any], str], data: Any, flood_mb: float) -> tuple[str, str]:
        """(answered | refused | fault, its words without figures)."""
        self.begin(data)
        began = time.process_time()
        kind, words = attempt(read, data)
        self.slowest = max(self.slowest, time.process_time() - began)
        more = self.grown()
        if kind != "fault" and more > flood_mb:
            kind, words = "fault", f"a flood: an input of {len(as_written(data)):,} bytes took {more:.0f} MB more"
        self.counts["inputs"] += 1
        if kind == "fault":
            self.fault(words, data)
        else:
            self.counts[kind] += 1
        return kind, words

    def grown(self) -> float:
        """MB that the process holds at most more than when it was asked last."""
        more = most_mb() - self._most
        self._most, self.grew = self._most + more, self.grew + more
        return more

    def fault(self, words: str, data: Any) -> None:
        """Note a fault with its input; of one kind the first."""
        kind = words.splitlines()[0].partition(":")[0]
        if kind not in self.faults:
            self.faults[kind] = f"{words}\n  {keep(self._keep, self._name, data)}"


def attempt(read: Callable[[Any], str], data: Any) -> tuple[str, str]:
    """(answered | refused | fault, its words without figures)."""
    try:
        with limited_time():
            words = read(data)
        return "refused" if words.startswith("refused") else "answered", _SAID.sub("'", words)[:80]
    except Hang as error:
        frame = traceback.extract_tb(error.__traceback__)[-2]
        return "fault", f"a hang of more than {HANG_S} s in {frame.name}\n{traceback.format_exc(limit=-8)}"
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        at = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
        return "fault", f"{at}\n{traceback.format_exc(limit=-6)}"


@contextmanager
def limited_time() -> Iterator[None]:
    """Raises Hang after HANG_S seconds of work: time in which the process is held up by others is not counted."""
    signal.setitimer(signal.ITIMER_PROF, HANG_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _ring(*_: object) -> None:
    raise Hang


def limit_memory() -> None:
    """A flood shall be a MemoryError in this process, not the end of it or of others."""
    held = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmData:"))
    resource.setrlimit(resource.RLIMIT_DATA, (int(held.split()[1]) * 1024 + MEMORY_MB * 2**20,) * 2)


def as_written(data: Any) -> bytes:
    """An input as it is kept."""
    return data if isinstance(data, bytes) else repr(data).encode("utf-8", "backslashreplace")


def keep(folder: Path, name: str, data: Any) -> str:
    """Where the input of a fault is kept."""
    written = as_written(data)
    path = folder / f"{name}-{hashlib.sha256(written).hexdigest()[:10]}"
    path.write_bytes(written)
    return f"input: {path}"


def reading_path(folder: Path, name: str, process: int) -> Path:
    """Where a process writes down the input it is at."""
    return folder / f"{name}-at-{process}"


def most_mb() -> float:
    """The most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
