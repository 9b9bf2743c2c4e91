"""Figures of the pairing engine: gap, time, memory, floors, side by side with per-round baselines.

    python bench/pairing.py sets stress four-sides maxmin replan growth baselines --seeds 10 [--json FILE]
    python bench/pairing.py published --folder ../shared/data/b2bsp [--variants FOLDER]

Every plan is judged by `check`. Each run is a process of its own, so that memory is its own; importing is not timed.
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.pairing_sets import Recipe, generate  # noqa: E402 - the path comes first
from matching.pairing import (  # noqa: E402
    Changes,
    MaxRuntime,
    Plan,
    Problem,
    Run,
    apply_changes,
    check,
    noop,
    problem_from_dzn,
    replan,
    solve,
)
from matching.pairing.replan import surviving  # noqa: E402

Row = dict[str, Any]
SETS = [(50, 8), (100, 8), (200, 10), (400, 12), (1000, 15), (2000, 20)]
STRESS = [
    Recipe(100, 8, gaps=0.5, slack=1.0, room=1.0),
    Recipe(200, 10, gaps=0.5, slack=0.75, room=0.9),
    Recipe(200, 10, gaps=0.5, slack=1.0, room=1.0),
    Recipe(1000, 15, gaps=0.2, slack=1.0, room=1.0),
    Recipe(1000, 15, gaps=0.5, slack=1.0, room=1.0),
    Recipe(1000, 15, gaps=0.5, slack=0.75, room=0.9),
]
GROWTH = [50, 100, 200, 400, 1000, 2000, 4000]


@dataclass(frozen=True, slots=True)
class Job:
    """One run: what to do with which set, and how long it may take."""

    kind: str
    recipe: Recipe
    limit: float = 60.0
    file: str = ""


def memory_mb() -> float:
    """Peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def warm_up() -> None:
    """Import what the solver imports lazily, so that it is not timed."""
    import highspy

    highspy.Highs()


def judged(problem: Problem, plan: Plan) -> str:
    """`ok` or the first broken rule."""
    found = check(problem, plan)
    return "ok" if not found else f"{found[0].rule}: {found[0].message}"


def solved(job: Job) -> Row:
    """Choose and schedule."""
    problem = generate(job.recipe)
    base = memory_mb()
    started, worked = time.perf_counter(), time.process_time()
    result = solve(problem, MaxRuntime(job.limit))
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    c = result.certificate
    row = {"status": c.status, "utility": c.utility, "bound": c.bound, "gap": c.gap, "seconds": seconds, "cpu": cpu}
    row |= {
        "floor": c.floor.reached,
        "lowest": c.floor.lowest,
        "unmet": len(c.unmet),
        "missed_must": len(c.missed_must),
    }
    row |= {"breaks": c.breaks, "idle": c.idle_rounds, "MB": memory_mb(), "MB_before": base}
    return row | {"check": judged(problem, result.plan)}


def max_min(job: Job) -> Row:
    """The highest floor for everybody."""
    problem = replace(generate(job.recipe), raise_floor=True)
    started = time.perf_counter()
    result = solve(problem, MaxRuntime(job.limit))
    seconds = time.perf_counter() - started
    floor, plain = result.certificate.floor, solve(generate(job.recipe), MaxRuntime(job.limit)).certificate.utility
    price = 1 - result.certificate.utility / plain
    row = {"floor_bound": floor.bound, "lowest": floor.lowest, "seconds": seconds, "price": price}
    return row | {"status": result.certificate.status, "check": judged(problem, result.plan)}


def replanned(job: Job) -> Row:
    """5 % absent and 3 % late by two rounds, known at a third of the rounds."""
    problem = generate(job.recipe)
    plan = solve(problem, MaxRuntime(job.limit)).plan
    random, now = Random(job.recipe.seed), job.recipe.rounds // 3
    names = [p.id for p in problem.participants]
    random.shuffle(names)
    gone, late = int(0.05 * len(names)), int(0.03 * len(names))
    changes = Changes(now, tuple(names[:gone]), tuple((x, now + 2) for x in names[gone : gone + late]))
    fresh = apply_changes(problem, plan, changes)
    started = time.perf_counter()
    best = solve(fresh, MaxRuntime(job.limit))
    row: Row = {"fresh_status": best.certificate.status, "fresh_seconds": time.perf_counter() - started}
    index = {p.id: k for k, p in enumerate(problem.participants)}
    past = sum(problem.utility[index[m.a], index[m.b]] for m in plan.meetings if m.round < now)  # type: ignore[index]
    stood = [m for m in surviving(fresh, plan, now) if m.round >= now]
    for name, keep, limit in (("keep", True, 0.6), ("full", False, job.limit / 3)):
        started = time.perf_counter()
        answer = replan(problem, plan, changes, Run(MaxRuntime(limit), 0, noop), keep)
        row[f"{name}_seconds"] = time.perf_counter() - started
        row[f"{name}_of_fresh"] = (answer.certificate.utility - past) / (best.certificate.utility - past)
        slots = {(m.a, m.b): m.round for m in answer.plan.meetings}
        row[f"{name}_moved"] = sum(1 for m in stood if slots.get((m.a, m.b), m.round) != m.round) / len(stood)
        row[f"{name}_dropped"] = sum(1 for m in stood if (m.a, m.b) not in slots) / len(stood)
        row[f"{name}_unmet"] = len(answer.certificate.unmet)
        row[f"{name}_check"] = judged(answer.problem, answer.plan)
    return row


def published(job: Job) -> Row:
    """One published instance, fairness 2."""
    problem = problem_from_dzn(Path(job.file).read_text(encoding="utf-8"))
    started = time.perf_counter()
    result = solve(problem, MaxRuntime(job.limit))
    c = result.certificate
    row = {
        "instance": Path(job.file).stem,
        "status": c.status,
        "breaks": c.breaks,
        "bound": c.bound,
        "idle": c.idle_rounds,
    }
    return row | {"seconds": time.perf_counter() - started, "check": judged(problem, result.plan)}


def baselines(job: Job) -> Row:
    """The same set by this engine, by per-round assignment and by per-round blossom."""
    from bench.pairing_baselines import per_round

    row = {f"engine_{k}": v for k, v in solved(job).items() if k in ("utility", "gap", "seconds", "lowest", "unmet")}
    problem = generate(job.recipe)
    for method in ("assignment", "blossom"):
        if method == "blossom" and job.recipe.n > 400:
            continue
        started = time.perf_counter()
        plan, utility = per_round(problem, method)
        row |= {f"{method}_seconds": time.perf_counter() - started, f"{method}_utility": utility}
        degree = [sum(p.id in (m.a, m.b) for m in plan.meetings) for p in problem.participants]
        row |= {f"{method}_lowest": min(degree), f"{method}_gap": 1 - utility / row["engine_utility"]}
        row[f"{method}_check"] = judged(replace(problem, must=()), plan)
    return row


RUNNERS = {"solve": solved, "maxmin": max_min, "replan": replanned, "published": published, "baselines": baselines}


def jobs(what: str, args: argparse.Namespace) -> Iterator[Job]:
    """The runs of one table."""
    seeds = range(args.seeds)
    if what == "published":
        files = sorted(Path(args.folder).glob("*.dzn"))
        yield from (Job("published", Recipe(0, 0), args.limit, str(f)) for f in files)
    elif what == "growth":
        yield from (Job("solve", Recipe(n, 15), args.limit) for n in GROWTH)
    elif what in ("sets", "baselines"):
        sizes = SETS if what == "sets" else SETS[:5]
        kind = "solve" if what == "sets" else "baselines"
        yield from (Job(kind, Recipe(n, r, s), args.limit) for n, r in sizes for s in seeds)
    elif what == "stress":
        yield from (Job("solve", replace(recipe, seed=s), args.limit) for recipe in STRESS for s in seeds)
    else:
        kind = {"four-sides": "solve", "maxmin": "maxmin", "replan": "replan"}[what]
        sides = 4 if what == "four-sides" else 2
        yield from (Job(kind, Recipe(args.size, args.rounds, s, sides=sides), args.limit) for s in seeds)


def run_apart(job: Job) -> Row:
    """Run one job in a process of its own."""
    text = json.dumps(asdict(job))
    done = subprocess.run([sys.executable, __file__, "one", "--job", text], capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failed": done.stderr.strip()[-300:]}
    return dict(json.loads(done.stdout))


def show(what: str, job: Job, row: Row) -> None:
    """One line a run, as it comes."""
    r = job.recipe
    head = (
        Path(job.file).stem
        if job.file
        else f"{r.n}x{r.rounds} gaps {r.gaps} slack {r.slack} room {r.room} seed {r.seed}"
    )
    cells = " ".join(f"{k}={v:.6g}" if isinstance(v, float) else f"{k}={v}" for k, v in row.items())
    print(f"{what} | {head} | {cells}", flush=True)


def compare_published(folder: str, rows: list[Row]) -> None:
    """Agreement with the published optima."""
    table = Path(folder) / "published.csv"
    if not table.exists():
        return
    with table.open(encoding="utf-8") as file:
        best = {line["instance"]: int(line["optimum_breaks_d2"]) for line in csv.DictReader(file)}
    met = [r for r in rows if r.get("status") == "optimal" and best.get(r["instance"]) == r["breaks"]]
    worst = max((r["seconds"] for r in rows if "seconds" in r), default=0.0)
    print(f"published | {len(met)} of {len(rows)} proven at the published optimum | worst {worst:.1f} s")


def main() -> None:
    """Read the arguments, run the tables, print and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tables = ["sets", "stress", "four-sides", "maxmin", "replan", "growth", "baselines", "published", "one"]
    parser.add_argument("tables", nargs="+", choices=tables)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--limit", type=float, default=60.0)
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--folder", default=str(ROOT.parent / "shared" / "data" / "b2bsp"))
    parser.add_argument("--json", default="")
    parser.add_argument("--job", default="")
    args = parser.parse_args()
    if args.tables == ["one"]:
        data = json.loads(args.job)
        job = Job(data["kind"], Recipe(**data["recipe"]), data["limit"], data["file"])
        warm_up()
        print(json.dumps(RUNNERS[job.kind](job)))
        return
    results = []
    for what in args.tables:
        rows = []
        for job in jobs(what, args):
            row = run_apart(job)
            show(what, job, row)
            rows.append(row)
            results.append({"table": what, **asdict(job), **row})
        if what == "published":
            compare_published(args.folder, rows)
    if args.json:
        Path(args.json).write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
