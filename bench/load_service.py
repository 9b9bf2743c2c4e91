"""The service under load: a process of its own with the data of an event day, and what it takes."""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
from match import synthetic

from app.db import make_engine, session_scope, upgrade
from app.embedded_postgres import start_embedded
from app.services.access.keys import create_key
from app.services.actors import create_actor
from app.services.meaning import load_meaning
from app.worker import drain
from models.access import KeyCreate
from tests.faults.killed import free_port

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("fr", "nl", "en", "de")
ROUNDS, TABLES_A_HUNDRED = 12, 37
QUESTIONS = 200
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Running:
    """A running service: where it listens, who may come in, and what it has used so far."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes]"
    url: str
    keys: dict[str, str]
    model: str

    @classmethod
    @contextmanager
    def start(cls, folder: Path, model: str, processes: int = 1) -> Iterator["Running"]:
        """An embedded database with keys for everybody, and `viaduc serve` on it."""
        url = start_embedded(folder)
        upgrade(url)
        if not (folder / "models").exists():
            (folder / "models").symlink_to(ROOT / ".viaduc" / "models")
        port = free_port()
        env = {"VIADUC_DATA_DIR": str(folder), "VIADUC_PORT": str(port), "VIADUC_LOG_LEVEL": "warning",
               "VIADUC_PROCESSES": str(processes),
               **({} if model == "default" else {"VIADUC_EMBEDDING_MODEL": model})}  # fmt: skip
        log = (folder / "service.log").open("ab")
        command = [sys.executable, "-c", "from app.cli import main; main()", "serve"]
        process = subprocess.Popen(command, env=os.environ | env, cwd=ROOT, stdout=log, stderr=log)
        running = cls(folder, port, process, url, {}, model)
        try:
            yield running
        finally:
            began = time.monotonic()
            process.terminate()
            process.wait(60)
            print(f"stopped in {time.monotonic() - began:.1f} s; its log:", file=sys.stderr)
            print((folder / "service.log").read_text(encoding="utf-8")[-3000:], file=sys.stderr)

    def fill(self, actors: int, participants: int) -> "Event":
        """Actors with the demo border's texts, keys, an event that goes on now, plans and links."""
        kept = self.folder / "keys.json"
        if kept.exists():
            self.keys = json.loads(kept.read_text(encoding="utf-8"))
            self._await_ready()
            return Event.make(self, participants)
        engine = make_engine(self.url)
        with session_scope(engine) as session:
            for fields in synthetic(actors):
                create_actor(session, fields=fields)
            for name, role in [("admin", "admin")] + [(f"front end {n}", "reader") for n in range(20)]:
                self.keys[name] = create_key(session, fields=KeyCreate(name=name, role=role), by="bench").key
        meaning = load_meaning(None if self.model == "default" else self.model, ROOT / ".viaduc", 2, lambda _: None)
        drain(engine, meaning, batch=64)
        engine.dispose()
        kept.write_text(json.dumps(self.keys), encoding="utf-8")
        self._await_ready()
        return Event.make(self, participants)

    def _await_ready(self) -> None:
        """Wait for every process: each answer on a line of its own may come from another."""
        in_a_row = 0
        for _ in range(1200):
            try:
                in_a_row = in_a_row + 1 if self.client().get("/ready").status_code == 200 else 0
            except httpx2.HTTPError:
                in_a_row = 0
            if in_a_row == 30:
                return
            time.sleep(0.05)
        raise SystemExit((self.folder / "service.log").read_text(encoding="utf-8"))

    def client(self) -> httpx2.Client:
        """The admin's own client."""
        headers = {"Authorization": f"Bearer {self.keys['admin']}"} if self.keys else {}
        return httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=120)

    def get(self, path: str) -> Any:
        """What the admin reads."""
        with self.client() as client:
            return told(client.get(path))

    def memory_mb(self) -> float:
        """What the service's processes hold, each shared page counted once."""
        return sum(_pss_mb(pid) for pid in descendants(self.process.pid))

    def processor_s(self) -> dict[str, float]:
        """Processor time so far, of the service, of the solver that it started and of its database."""
        postmaster = int((self.folder / "postgres" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        database = _cpu_s(postmaster)
        inside = postmaster in _all(self.process.pid)
        both = _cpu_s(self.process.pid) - (database if inside else 0)
        solver = sum(_cpu_s(pid) for pid in descendants(self.process.pid) if "apart_child" in _command(pid))
        return {"service": both - solver, "solver": solver, "database": database}


def children(pid: int) -> list[int]:
    """Processes that this one started and that still run."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(child) for child in task.read_text(encoding="ascii").split()]
    return found


def descendants(pid: int) -> list[int]:
    """A process and all that it, and those, started; not the embedded database, which is counted by itself."""
    found = [pid]
    for child in children(pid):
        if "postgres" not in _name(child):
            found += descendants(child)
    return found


def _all(pid: int) -> set[int]:
    return {pid}.union(*map(_all, children(pid)))


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
    except OSError:
        return ""


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8")
    except OSError:
        return ""


def _cpu_s(pid: int) -> float:
    """Processor time of a process, of those it started, and of those that ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(f) for f in fields[11:15]) / _TICKS + sum(map(_cpu_s, children(pid)))


def _pss_mb(pid: int) -> float:
    try:
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"), re.M)
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def told(answer: httpx2.Response) -> Any:
    """The body of an answer that must have worked."""
    if answer.status_code >= 300:
        raise SystemExit(f"{answer.request.url}: {answer.status_code} {answer.text[:500]}")
    return answer.json()


@dataclass
class Event:
    """An event that goes on: who is there, with which links, and what the organisers work on."""

    id: int
    running: Running
    actors: list[int]
    names: list[str]
    tokens: list[str]
    drafts: list[dict[str, Any]]
    free: dict[int, list[int]]
    cookie: str
    questions: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def make(cls, running: Running, participants: int) -> "Event":
        """Registered, planned, published, links handed out; the first rounds are over."""
        with running.client() as client:
            listed = client.get("/actors", params={"limit": 200}).json()
            actors = listed["items"]
            while listed["next_cursor"] and len(actors) < participants:
                listed = client.get("/actors", params={"limit": 200, "cursor": listed["next_cursor"]}).json()
                actors += listed["items"]
            actors = actors[:participants]
            number = told(client.post("/events", json={"name": "The day", "min_meetings": 2, "max_meetings": 8}))["id"]
            at = f"/events/{number}"
            told(client.put(f"{at}/rounds", json=_rounds()))
            tables = max(2, participants * TABLES_A_HUNDRED // 100)
            told(client.put(f"{at}/places", json=[{"label": f"Table {n + 1}"} for n in range(tables)]))
            told(client.put(f"{at}/interpreters", json=[{"languages": ["fr", "nl"]}] * 6))
            for actor in actors:
                told(client.post(f"{at}/participants", json={"actor_id": actor["id"]}))
            drafts = [told(client.post(f"{at}/plans", json={"time_limit_s": 5, "seed": s})) for s in range(3)]
            told(client.post(f"{at}/plans/{drafts[0]['number']}/publish"))
            links = {link["actor_id"]: link["token"] for link in told(client.post(f"{at}/links", json={}))}
            cookie = _signed_in(running)
            taken = {(m["round"], m["place"]) for d in drafts[1:] for m in d["meetings"]}
            free = {r: [p for p in range(tables) if (r, p) not in taken] for r in range(ROUNDS)}
            event = cls(number, running, [a["id"] for a in actors], [a["name"] for a in actors],
                        [links[a["id"]] for a in actors], drafts[1:], free, cookie)  # fmt: skip
            event.questions = [_question(client, event, n) for n in range(QUESTIONS)]
        return event

    def people(self, which: range, asked: argparse.Namespace) -> Iterator[dict[str, Any]]:
        """What each process of the generator plays: the people of an event day, once for each number of `which`."""
        times, first = len(which), which[0] == 0
        everybody = [
            {
                "actor": actor,
                "name": name,
                "token": token,
                "lang": LANGUAGES[n % 4],
                "spread": 60.0 if first else 10.0,
            }
            for n, (actor, name, token) in enumerate(zip(self.actors, self.names, self.tokens, strict=True))
        ]
        nobody: dict[str, Any] = {
            "participants": [],
            "organisers": [],
            "planners": [],
            "front_ends": [],
            "visitors": [],
        }
        common = nobody | {"answer_s": asked.answers}
        halves = 1 if first else 2
        for half in range(halves):
            played = [p for n, p in enumerate(everybody * times) if n % halves == half]
            organisers = [self._organiser(4 * k + n, asked) for k in which for n in range(4)]
            yield common | {
                "participants": played,
                "organisers": [o for n, o in enumerate(organisers) if n % halves == half],
                "planners": [self._planner()] * len(which[half::halves]),
                "visitors": [self._visitor(n) for n in range(3 * times // halves)],
            }
        keys = [key for name, key in self.running.keys.items() if name.startswith("front end")]
        front_end = {
            "rate": asked.match * times,
            "keys": [keys[k % len(keys)] for n in which for k in (2 * n, 2 * n + 1)],
            "lines": 16 * times,
            "questions": self.questions,
        }
        yield common | {"front_ends": [front_end]}

    def _organiser(self, number: int, asked: argparse.Namespace) -> dict[str, Any]:
        """Two of four stand at the desk, the others work on a draft each."""
        who = {"event": self.id, "cookie": self.cookie, "key": self.running.keys["admin"], "plan": None, "every_s": 2.0}
        if number % 4 < 2:
            # Each ticks off people of its own, so that the last word is known.
            return who | {"people": self.actors[number // 4 * 2 + number % 4 :: 2 * asked.times]}
        with self.running.client() as client:
            draft = told(client.get(f"/events/{self.id}/plans/{self.drafts[number % 4 - 2]['number']}"))
            if number >= 4 or draft["state"] != "draft":
                draft = told(client.post(f"/events/{self.id}/plans", json={"time_limit_s": 2}))
                # Named: one that nobody touched would make room for those that are computed all day.
                told(client.put(f"/events/{self.id}/plans/{draft['number']}/note", json={"note": "worked on"}))
                self.drafts[number % 4 - 2] = draft
        taken = {(m["round"], m["place"]) for m in draft["meetings"]}
        places = 1 + max(
            max((m["place"] for m in draft["meetings"]), default=0), *(max(p, default=0) for p in self.free.values())
        )
        free = {r: [p for p in range(places) if (r, p) not in taken] for r in range(ROUNDS)}
        return who | {
            "plan": draft["number"], "revision": draft["revision"], "every_s": 6.0, "free": free,
            "meetings": [m for m in draft["meetings"] if not m["locked"]],
            "publish_s": asked.publish if number == 2 else 0,
        }  # fmt: skip

    def _planner(self) -> dict[str, Any]:
        return {"event": self.id, "key": self.running.keys["admin"], "plan_s": 20}

    def _visitor(self, number: int) -> dict[str, Any]:
        some = self.actors[number % len(self.actors)]
        paths = ["/", "/directory", f"/directory/{some}", f"/clock/{self.id}", f"/console/events/{self.id}"]
        return {"cookie": self.cookie, "paths": paths, "every_s": 3.0}


def _rounds() -> list[dict[str, Any]]:
    """Twelve rounds around this moment: four are over."""
    now = datetime.now(ZoneInfo("Europe/Brussels")).replace(second=0, microsecond=0)
    return [{"starts_at": (now + timedelta(minutes=25 * (n - 4))).isoformat(), "minutes": 20} for n in range(ROUNDS)]


def _signed_in(running: Running) -> str:
    """The cookie of an organiser's browser."""
    with httpx2.Client(base_url=f"http://127.0.0.1:{running.port}", timeout=60) as client:
        answer = client.post("/console/sign-in", data={"key": running.keys["admin"]})
        if answer.status_code != 303:
            raise SystemExit(f"nobody can sign in: {answer.status_code}")
        return f"viaduc={client.cookies['viaduc']}"


def _question(client: httpx2.Client, event: Event, number: int) -> dict[str, Any]:
    """What a front end asks: mostly for a stored actor, one in five in free words: half of those nobody asked
    before, of the others the answer is known."""
    rng = random.Random(number)
    if number % 5:
        return {
            "body": json.dumps({"actor_id": rng.choice(event.actors), "k": 10, "lang": rng.choice(LANGUAGES)}),
            "expected": None,
            "fresh": False,
        }
    texts = [t["text"] for n in event.actors[number::31][:3] for t in client.get(f"/actors/{n}").json()["needs"]]
    words, lang = (texts or ["coating of textiles"])[0][:400].replace("%", ""), rng.choice(LANGUAGES)
    if number % 10:
        return {"body": json.dumps({"text": f"{words} %", "k": 10, "lang": lang}), "expected": None, "fresh": True}
    body = {"text": words, "k": 10, "lang": lang}
    expected = [s["actor"]["id"] for s in told(client.post("/match", json=body))["suggestions"]]
    return {"body": json.dumps(body), "expected": expected, "fresh": False}
