"""The day of an event: does the service hold it, and what happens at ten times as much?

    python bench/load.py --minutes 15                       300 agendas live, organisers, /match at 50/s, a plan
    python bench/load.py --minutes 2 --times 10             two minutes, one with ten times as many, two again
    python bench/load.py --minutes 1 --model hashing --participants 100            a quick look

The service is `viaduc serve` on its own embedded database, filled with the texts of the demo border. Asked are the real
doors with real keys, cookies and links, from processes of their own (bench/load_people.py): participants keep their
agenda open (a stream of server-sent events, and the page again after each change) and answer after meetings; organisers
tick people off, note wishes, move meetings on the board and publish, each with its page open; a front end asks /match
at random moments, whether or not it is answered; a plan is always being computed. At `--times 10` nine times
as many come for a minute and go again, while the first stay: what they meet afterwards tells how soon all is well.

Printed: milliseconds by kind (p50, p95, p99, most), what was not answered as it should be, memory of the service by the
minute, processor time of service, database and generator, and how late the generator itself was. At the end everything
that was acknowledged is looked for. Ends with 1 when a target is missed.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from load_service import Event, Running  # noqa: E402 - beside this file, not in a package

PAGES = {"agenda", "desk", "board", "browse", "answer", "mark", "wish", "edit", "publish", "plan read"}
"""What somebody waits for with a page before them; a plan that is begun is a computation that has been accepted."""
TARGET_MS = {"match": 250.0, "page": 500.0, "away": 100.0}
RECOVERED_S = 5.0
"""Seconds until nobody is turned away any more, and nineteen of twenty are answered as fast as ever."""
AFTERWARDS_S = 120.0
START_S = 10.0
"""What the processes of all people take to begin."""
People = tuple["subprocess.Popen[bytes]", Path]
Row = tuple[str, float, float, int, str]


@dataclass
class Phase:
    """A stretch of the day."""

    name: str
    seconds: float
    times: int
    rows: list[Row] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)
    memory: list[tuple[float, float]] = field(default_factory=list)
    lag_p99: float = 0.0
    began: float = 0.0

    @property
    def ended(self) -> float:
        """When it was over."""
        return self.began + self.seconds

    def of(self, kind: str) -> list[Row]:
        """The requests of a kind that were answered as they should be."""
        return [r for r in self.rows if r[0] == kind and not r[4]]

    def wrong(self, recovering_s: float = 0.0) -> Counter[str]:
        """What was not answered as it should be, by kind; being turned away is right beyond the usual load.

        And so it is in the seconds in which the service may still recover from that.
        """
        usual_from = self.began + recovering_s if self.times == 1 else float("inf")
        return Counter(f"{r[0]}: {r[4]}" for r in self.rows if r[4] and (r[4] != "away" or r[1] >= usual_from))

    def away(self) -> list[float]:
        """How long those waited who were turned away."""
        return [r[2] for r in self.rows if r[4] == "away"]


def percentile(values: list[float], share: float) -> float:
    """The value that this share does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def main() -> int:
    """Fill, serve, play, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--times", type=int, default=1, help="then so many times as much for --surge seconds")
    parser.add_argument("--surge", type=float, default=60)
    parser.add_argument("--participants", type=int, default=300)
    parser.add_argument("--actors", type=int, default=1000, help="in the database; participants are among them")
    parser.add_argument("--match", type=float, default=50, help="questions a second")
    parser.add_argument("--model", default="default", help="default (from .viaduc/models) or hashing")
    parser.add_argument("--warm", type=float, default=75, help="seconds before, while everybody comes: not judged")
    parser.add_argument("--processes", type=int, default=2, help="that answer; one a core (VIADUC_PROCESSES)")
    parser.add_argument("--answers", type=float, default=300, help="seconds between two answers of a participant")
    parser.add_argument("--publish", type=float, default=180, help="seconds between publications")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep the data here, and begin with what an earlier run left")
    parser.add_argument("--json", type=Path, help="also every request, for a closer look")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = asked.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        running = stack.enter_context(Running.start(folder, asked.model, asked.processes))
        event = running.fill(asked.actors, asked.participants)
        phases = [Phase("warming up", asked.warm, 1), Phase("the day", 60 * asked.minutes, 1)]
        if asked.times > 1:
            phases += [
                Phase(f"{asked.times} times", asked.surge, asked.times),
                Phase("afterwards", min(60 * asked.minutes, AFTERWARDS_S), 1),
            ]
        asyncio.run(play(running, event, phases, asked))
        print(*map(describe, phases), sep="\n", flush=True)
        missed = judge(phases[1:]) + lost(running, event, phases)
        if asked.json:
            asked.json.write_text(json.dumps([p.rows for p in phases]), encoding="utf-8")
    print("\nMissed: " + ("; ".join(missed) if missed else "nothing"))
    return 1 if missed else 0


async def play(running: Running, event: Event, phases: list[Phase], asked: argparse.Namespace) -> None:
    """The whole day: its people stay from the first phase to the last, and many more come for one of them."""
    parts = list(event.people(range(1), asked))
    many = {phase.name: list(event.people(range(1, phase.times), asked)) for phase in phases if phase.times > 1}
    # All are there from the start, and wait for their hour: that a process begins is no part of what the service bears.
    now = time.monotonic() + START_S
    for phase in phases:
        phase.began, now = now, now + phase.seconds
    everyday = [begin(part, asked, (phases[0].began, now), running, n) for n, part in enumerate(parts)]
    later = {
        phase.name: [begin(part, asked, (phase.began, phase.ended), running, 100 + n)
                     for n, part in enumerate(many.get(phase.name, []))]
        for phase in phases
    }  # fmt: skip
    for phase in phases:
        await watch(running, phase, later[phase.name])
    for told in map(finished, everyday):
        for phase in phases:
            phase.rows += [
                row for row in told["rows"] if row[1] < phase.ended and (row[1] >= phase.began or phase is phases[0])
            ]
            phase.lag_p99 = max(phase.lag_p99, told["lag_p99"])
            phase.cpu["generator"] = phase.cpu.get("generator", 0) + told["cpu_s"] / sum(p.seconds for p in phases)
        phases[-1].kept.append(told["kept"])


async def watch(running: Running, phase: Phase, more: list[People]) -> None:
    """Look at the service every two seconds of a phase; `more` come for it alone."""
    await asyncio.sleep(max(0.0, phase.began - time.monotonic()))
    print(f"\n{phase.name}: {phase.seconds:.0f} s, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
    before = running.processor_s()
    while (left := phase.ended - time.monotonic()) > 0:
        await asyncio.sleep(min(2.0, left))
        phase.memory.append((time.monotonic() - phase.began, running.memory_mb()))
    after = running.processor_s()
    phase.cpu = {name: (after[name] - before[name]) / phase.seconds for name in after}
    for told in map(finished, more):
        phase.rows += told["rows"]
        phase.kept.append(told["kept"])
        phase.lag_p99 = max(phase.lag_p99, told["lag_p99"])
        phase.cpu["generator"] = phase.cpu.get("generator", 0) + told["cpu_s"] / phase.seconds


def finished(people: People) -> dict[str, Any]:
    """What a process of people saw."""
    process, out = people
    process.wait(120)
    told: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    told["rows"] = [tuple(row) for row in told["rows"]]
    return told


def begin(
    part: dict[str, Any], asked: argparse.Namespace, hours: tuple[float, float], running: Running, number: int
) -> People:
    """A process of people, who come and go at these moments."""
    out = running.folder / f"people-{number}.json"
    told = {
        "port": running.port,
        "since": hours[0],
        "until": hours[1],
        "seed": asked.seed + 1000 * number,
        "out": str(out),
        **part,
    }
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "bench" / "load_people.py")], stdin=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(told).encode())
    process.stdin.close()
    return process, out


def describe(phase: Phase) -> str:
    """The figures of a phase."""
    lines = [f"\n{phase.name}: {phase.seconds:.0f} s, load of the machine {os.getloadavg()[0]:.1f}"]
    lines += ["| kind | answered | p50 ms | p95 | p99 | most |", "|---|---|---|---|---|---|"]
    for kind in sorted({r[0] for r in phase.rows}):
        ms = [r[2] for r in phase.of(kind)]
        cells = " | ".join(f"{percentile(ms, share):.0f}" for share in (0.5, 0.95, 0.99, 1))
        lines.append(f"| {kind} | {len(ms)} | {cells} |")
    if phase.away():
        cells = " | ".join(f"{percentile(phase.away(), share):.0f}" for share in (0.5, 0.95, 0.99, 1))
        lines.append(f"| turned away | {len(phase.away())} | {cells} |")
    lines.append(f"not as it should be: {dict(phase.wrong()) or 'nothing'}")
    by_minute = [f"{mb:.0f}" for n, (_, mb) in enumerate(phase.memory) if n % max(1, len(phase.memory) // 15) == 0]
    lines.append(f"memory of the service, MB: {' '.join(by_minute)}; {slope(phase.memory):+.2f} a minute")
    lines.append("cores: " + ", ".join(f"{name} {share:.2f}" for name, share in phase.cpu.items()))
    lines.append(f"the generator was late by {phase.lag_p99:.0f} ms at p99")
    return "\n".join(lines)


def slope(memory: list[tuple[float, float]]) -> float:
    """MB a minute over the last two thirds, by least squares."""
    points = memory[len(memory) // 3 :]
    if len(points) < 2:
        return 0.0
    mean_t, mean_m = (sum(p[i] for p in points) / len(points) for i in (0, 1))
    spread = sum((t - mean_t) ** 2 for t, _ in points)
    return 60 * sum((t - mean_t) * (m - mean_m) for t, m in points) / spread if spread else 0.0


def judge(phases: list[Phase]) -> list[str]:
    """Targets that were missed."""
    missed = []
    for phase in phases:
        since = RECOVERED_S if phase.name == "afterwards" else 0.0
        if wrong := phase.wrong(since):
            missed.append(f"{phase.name}: {wrong.total()} errors")
        if phase.times > 1:
            if percentile(phase.away(), 0.99) > TARGET_MS["away"]:
                missed.append(f"{phase.name}: turned away in {percentile(phase.away(), 0.99):.0f} ms at p99")
            continue
        if phase.name == "afterwards":
            recovered = recovery(phase)
            print(f"\nrecovered {recovered:.0f} s after the many had gone")
            if recovered > RECOVERED_S:
                missed.append(f"recovered only after {recovered:.0f} s")
        late = [r for r in phase.rows if r[1] >= phase.began + since and not r[4]]
        for name, kinds in (("match", {"match"}), ("page", PAGES)):
            p99 = percentile([r[2] for r in late if r[0] in kinds], 0.99)
            if p99 > TARGET_MS[name]:
                missed.append(f"{phase.name}: {name} p99 {p99:.0f} ms")
    return missed


def recovery(phase: Phase, window_s: float = 5.0) -> float:
    """Seconds from the beginning of a phase to the first stretch in which all is well again; infinite if none is."""
    for second in range(int(phase.seconds - window_s) + 1):
        since = phase.began + second
        seen = [r for r in phase.rows if since <= r[1] < since + window_s]
        waits = {name: [r[2] for r in seen if r[0] in kinds and not r[4]]
                 for name, kinds in (("match", {"match"}), ("page", PAGES))}  # fmt: skip
        if not any(r[4] for r in seen) and all(percentile(ms, 0.95) <= TARGET_MS[name] for name, ms in waits.items()):
            return second
    return float("inf")


def lost(running: Running, event: Event, phases: list[Phase]) -> list[str]:
    """What was acknowledged and is not there: answers, marks at the desk, edits of plans."""
    answers = {f"{a['actor_id']}-{a['target_id']}": a["again"] for a in running.get(f"/events/{event.id}/answers")}
    marks = {str(a["actor_id"]): a["state"] for a in running.get(f"/events/{event.id}/attendance")}
    there = {"answers": answers, "marks": marks}
    wrong = []
    latest: dict[tuple[str, str], list[Any]] = {}
    for phase in phases:
        for kept in phase.kept:
            for what in there:
                for key, said in kept.get(what, {}).items():
                    # A word that got no answer may have arrived or not; of two phones either said the last one.
                    former = latest.get((what, key), [] if len(said) == 1 else [None])
                    latest[what, key] = [*former, *said]
    for (what, key), said in latest.items():
        if there[what].get(key) not in said:
            wrong.append(f"{what} {key}: {there[what].get(key)}, said was {said}")
    plans = {str(p["number"]): p["revision"] for p in running.get(f"/events/{event.id}/plans")}
    for phase in phases:
        for kept in phase.kept:
            wrong += [f"plan {n}: revision {plans.get(n)}, {seen} was acknowledged"
                      for n, seen in kept.get("edits", {}).items() if plans.get(n, -1) < seen]  # fmt: skip
    words = Counter(what for what, _ in latest)
    print(f"\nlooked for afterwards: {dict(words)} and the edits of plans; {len(wrong)} lost {wrong[:5]}")
    return [f"{len(wrong)} lost"] if wrong else []


if __name__ == "__main__":
    sys.exit(main())
