"""Pairing problems put together and broken at random, asked of the service: plans are checked, refusals say why.

    python bench/fuzz_pairings.py --seconds 600 --seed 1

Through the whole application (its own process computes): `POST /pairings`, and with what it answered
`POST /pairings/replan` and `/pairings/what-if`. Time limits from 1 ms upwards (`--limit`: always this one), so that
searches that are cut short are always among them. 200 must come with a plan that keeps every hard rule, or with
`infeasible` and the rules that contradict each other; everything else must be 4xx with a sentence that names the field.
A request may take its time limit and a few seconds. Faults are printed with the problem; ends with 1 if there are any.
"""

import argparse
import json
import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "app" / "importing")]

from fuzz_api import service  # noqa: E402 - beside the path to the tests that it needs
from fuzz_mutations import as_bytes, broken_tree  # noqa: E402
from fuzz_targets import PROBLEM, REQUESTED  # noqa: E402

from app.db import session_scope  # noqa: E402
from app.errors import BadInput  # noqa: E402
from app.services.access.keys import create_key  # noqa: E402
from app.services.pairings import check_plan  # noqa: E402
from models.access import KeyCreate  # noqa: E402

LONGEST_S = 12.0
PAIR, REPLAN, WHAT_IF = "/pairings", "/pairings/replan", "/pairings/what-if"
MOST_TOLD = 20_000
LIMITS = [0.001, 0.005, 0.02, 0.05, 0.2]
LANGUAGES = ("fr", "nl", "de")


def some(rng: random.Random, rounds: int) -> list[int] | None:
    """Rounds somebody has time for; None: all."""
    return None if rng.random() < 0.6 else sorted(rng.sample(range(rounds), rng.randint(0, rounds)))


def problem(rng: random.Random) -> dict[str, Any]:
    """An event of up to fifteen people that uses a few of the features."""
    rounds, n = rng.randint(1, 7), rng.randint(2, 15)
    names = [f"p{i}" for i in range(n)]
    people: list[dict[str, Any]] = [
        {"id": name, "side": f"S{i % rng.randint(2, 3)}", "available": some(rng, rounds),
         "min": rng.choice((0, 0, 1, 2, 5)), "languages": rng.sample(LANGUAGES, rng.randint(0, 2))}
        for i, name in enumerate(names)
    ]  # fmt: skip
    for person in people:
        if rng.random() < 0.2:
            person["delegates"] = [{"id": f"d{k}", "available": some(rng, rounds)} for k in range(2)]
            person["parallel"] = rng.randint(1, 2)
        if rng.random() < 0.3:
            person["max"] = max(person["min"], rng.randint(0, rounds))
        if rng.random() < 0.2:
            person["max_consecutive"] = rng.randint(1, 3)
    pairs = [[a, b] for k, a in enumerate(names) for b in names[k + 1 :]]
    some_pairs = rng.sample(pairs, min(len(pairs), 4))
    told: dict[str, Any] = {
        "rounds": rounds, "participants": people, "utility": [[*p, rng.randint(0, 10) / 10] for p in pairs],
        "places": rng.randint(0, n) if rng.random() < 0.5
        else [{"id": f"t{k}", "available": some(rng, rounds)} for k in range(rng.randint(0, n))],
        "cross_side_only": rng.random() < 0.6, "time_limit_s": rng.choice(LIMITS), "seed": rng.randrange(9),
        "raise_floor": rng.random() < 0.3, "tolerance": rng.choice((0, 0, 0.05)),
    }  # fmt: skip
    for name in ("must", "never", "past"):
        if rng.random() < 0.3:
            told[name] = [some_pairs[rng.randrange(len(some_pairs))]]
    if rng.random() < 0.3:
        told["interpreters"] = [{"languages": ["fr", "nl"], "available": some(rng, rounds)}]
    if rng.random() < 0.2:
        a, b = some_pairs[0]
        told["locked"] = [{"a": a, "b": b, "round": rng.randrange(rounds)}]
    return told


def day(rng: random.Random, asked: Any, plan: Any) -> dict[str, Any]:
    """What happens on the day of an event with this plan."""
    rounds, names = asked["rounds"], [p["id"] for p in asked["participants"]]
    now = rng.randint(0, rounds)
    places = asked["places"] if isinstance(asked["places"], list) else [{"id": k} for k in range(asked["places"])]
    changes = {
        "now": now, "absent": rng.sample(names, rng.randint(0, min(2, len(names)))),
        "late": [{"participant": rng.choice(names), "round": rng.randint(0, rounds)}] if rng.random() < 0.5 else [],
        "away": [{"participant": rng.choice(names), "rounds": some(rng, rounds) or []}] if rng.random() < 0.5 else [],
        "lost_places": [p["id"] for p in places if rng.random() < 0.1],
        "cancelled": [t for t in range(now, rounds) if rng.random() < 0.1],
        "keep": rng.random() < 0.5, "time_limit_s": rng.choice(LIMITS),
    }  # fmt: skip
    return {"problem": asked, "plan": {"meetings": plan["meetings"]}, "changes": changes}


def question(rng: random.Random, asked: Any) -> dict[str, Any]:
    """What a floor takes at this event."""
    told = {"floor": rng.randint(0, 5), "guests": rng.randint(0, 2), "time_limit_s": rng.choice(LIMITS)}
    return {"problem": asked, "question": told}


def fault(path: str, asked: Any, answer: Any, seconds: float) -> str | None:
    """What is wrong with an answer; None when nothing is."""
    if seconds > LONGEST_S:
        return f"took {seconds:.1f} s"
    if answer.status_code == 200:
        plan = answer.json()
        if path == REPLAN:  # what was promised may have become impossible on the day; the past stays as it was
            was = set(check_plan(asked["problem"], asked["plan"]))
            try:
                now = check_plan(plan["problem"], plan["plan"])
            except BadInput as error:
                return f"answered with a problem that cannot be read: {error}"
            broken = [v for v in now if v not in was and not v.startswith("must")]
            return f"breaks a rule: {broken[0]}" if broken else None
        if path == WHAT_IF:
            return None
        broken = check_plan(asked, plan)
        if plan["certificate"]["status"] == "infeasible":
            return None if not plan["meetings"] else "infeasible, and yet meetings"
        return f"breaks a rule: {broken[0]}" if broken else None
    if not 400 <= answer.status_code < 500:
        return f"status {answer.status_code}: {answer.text[:300]}"
    told = answer.json()
    if len(told["detail"]) < 10 or "Traceback" in told["detail"] or not told["title"]:
        return f"no clear message: {told}"
    return None


class Logged(logging.Handler):
    """Keeps what is logged of errors, tracebacks and all, until it is asked for."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.setFormatter(logging.Formatter("%(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """One more."""
        self.lines.append(self.format(record)[-3000:])

    def taken(self) -> str:
        """What was logged since."""
        told, self.lines = "\n".join(self.lines), []
        return told


def requests(rng: random.Random) -> Generator[tuple[str, Any], Any, None]:
    """A path and a body each; the answer is sent back, so that plans can be asked about further."""
    while True:
        whole = problem(rng) if rng.random() < 0.8 else rng.choice((PROBLEM, REQUESTED))
        tree = whole if rng.random() < 0.3 else broken_tree(rng, whole, (PROBLEM, REQUESTED))
        answer = yield PAIR, tree
        if answer.status_code == 200 and rng.random() < 0.5:
            body = day(rng, tree, answer.json())
            yield REPLAN, body if rng.random() < 0.7 else broken_tree(rng, body, (PROBLEM, body["plan"]))
        if answer.status_code == 200 and rng.random() < 0.2:
            body = question(rng, tree)
            yield WHAT_IF, body if rng.random() < 0.7 else broken_tree(rng, body, (PROBLEM,))


def main() -> int:
    """Ask until the time is over; a table, and every fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=0.0, help="time limit of every search in seconds; 0: drawn")
    asked = parser.parse_args()
    if asked.limit:
        LIMITS[:] = [asked.limit]
    statuses, faults, slowest, logged = Counter[str](), list[str](), 0.0, Logged()
    with tempfile.TemporaryDirectory() as folder, service(folder) as (client, engine, _):
        logging.getLogger().addHandler(logged)
        with session_scope(engine) as session:
            key = create_key(session, fields=KeyCreate(name="admin", role="admin"), by="bench").key
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        end, asking, answer = time.monotonic() + asked.seconds, requests(random.Random(asked.seed)), None
        while time.monotonic() < end:
            path, body = asking.send(answer)
            began = time.monotonic()
            answer = client.post(path, content=as_bytes(body), headers=headers)
            taken = time.monotonic() - began
            slowest = max(slowest, taken)
            status = answer.json().get("certificate", {}).get("status", "") if answer.status_code == 200 else ""
            statuses[f"{path} | {answer.status_code} {status}".strip()] += 1
            wrong, told = fault(path, body, answer, taken), logged.taken()
            if wrong is not None:
                faults.append(f"POST {path}: {wrong}\n{told}\n  {json.dumps(body)[:MOST_TOLD]}")
    print("| asked | answered | times |\n|---|---|---|")
    for status, count in sorted(statuses.items()):
        print(f"| {status} | {count} |")
    print(
        f"\n{statuses.total()} problems, slowest {slowest:.1f} s, load {os.getloadavg()[0]:.1f}; {len(faults)} faults"
    )
    print(*dict.fromkeys(faults), sep="\n\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
