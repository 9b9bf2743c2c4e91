"""A real service that is killed while it works, and what must hold when it is back: shared with bench/faults.py."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
import psycopg

from app.embedded_postgres import start_embedded

ROOT = Path(__file__).resolve().parent.parent.parent
ROWS = 400


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """`viaduc serve` as a process of its own, on its own embedded database and the no-model encoder."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._env = os.environ | {
            "VIADUC_DATA_DIR": str(folder), "VIADUC_PORT": str(self.port), "VIADUC_EMBEDDING_MODEL": "hashing",
            "VIADUC_LOCAL_ADMIN": "true", "VIADUC_RATE_KEY": "1000000", "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1", "VIADUC_LOG_LEVEL": "warning",
        } | settings  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, within_s: float = 60) -> float:
        """Start and wait until it is ready; returns the seconds it took."""
        begun = time.perf_counter()
        log = (self.folder.parent / f"{self.folder.name}.log").open("ab")
        command = [sys.executable, "-c", "from app.cli import app; app()", "serve"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self._env, stdout=log, stderr=log)
        log.close()
        while self.ready() != 200:
            assert self.process.poll() is None, f"it ended: see {log.name}"
            assert time.perf_counter() - begun < within_s, "it is not ready in time"
            time.sleep(0.05)
        return time.perf_counter() - begun

    def ready(self) -> int:
        """The status of /ready; 0 while nothing answers."""
        try:
            return int(httpx.get(f"{self.url}/ready", timeout=10).status_code)
        except httpx.HTTPError:
            return 0

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> float:
        """SIGTERM; returns the seconds until it was gone."""
        assert self.process is not None
        begun = time.perf_counter()
        self.process.terminate()
        self.process.wait(60)
        return time.perf_counter() - begun

    def database_process(self) -> int:
        """The embedded server's process."""
        return int((self.folder / "postgres" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])

    def connect(self) -> psycopg.Connection[Any]:
        """A connection of one's own to its database."""
        return psycopg.connect(start_embedded(self.folder).replace("+psycopg", ""), autocommit=True)


@dataclass
class Acknowledged:
    """What the service said it has: it must be there whatever happens next."""

    actors: dict[int, str] = field(default_factory=dict)
    cities: dict[int, set[str | None]] = field(default_factory=dict)
    """What an actor's city may be: the last one acknowledged, or one that was asked for since."""
    feedback: set[int] = field(default_factory=set)
    imports: set[int] = field(default_factory=set)
    plans: set[int] = field(default_factory=set)
    published: int = 0
    writes: int = 0


class Load:
    """Writes over all paths at once until the service is gone, and notes what was acknowledged."""

    def __init__(self, url: str, seed: int) -> None:
        self.url, self.rng, self.known = url, random.Random(seed), Acknowledged()
        self.event, self.people, self._round = 0, list[int](), 0
        self.unexpected: list[str] = []

    def set_up(self) -> None:
        """An event that plans can be made for."""
        with httpx.Client(base_url=self.url, timeout=30) as client:
            for n in range(8):
                self._actor(client, f"P{n}", "FR" if n % 2 else "BE")
            self.people = [*self.known.actors]
            self.event = client.post("/events", json={"name": "Afternoon"}).json()["id"]
            rounds = [{"starts_at": f"2027-03-09T{h:02}:00:00+01:00"} for h in range(9, 13)]
            client.put(f"/events/{self.event}/rounds", json=rounds)
            client.put(f"/events/{self.event}/places", json=[{"label": f"T{n}"} for n in range(4)])
            for actor in self.people:
                body = {"actor_id": actor}
                assert client.post(f"/events/{self.event}/participants", json=body).status_code == 201

    def run_until(self, kill: Callable[[], None], after_s: float) -> None:
        """Write from four sides; `kill` comes after so many seconds."""
        self._round += 1
        works = [self._actors, self._imports, self._plans, self._feedback]
        threads = [threading.Thread(target=self._work, args=(work,), daemon=True) for work in works]
        for thread in threads:
            thread.start()
        time.sleep(after_s)
        kill()
        for thread in threads:
            thread.join(60)

    def _work(self, work: Callable[[httpx.Client, int], None]) -> None:
        try:
            with httpx.Client(base_url=self.url, timeout=30) as client:
                for n in range(100_000):
                    work(client, n)
        except httpx.HTTPError:
            return  # The service is gone.

    def _say(self, answer: httpx.Response, *fine: int) -> bool:
        if answer.status_code in fine:
            self.known.writes += 1
            return True
        # 503 is an answer (the database went away); anything else is a fault.
        if answer.status_code not in {503, 409}:
            self.unexpected.append(f"{answer.request.method} {answer.request.url.path}: {answer.status_code}")
        return False

    def _actor(self, client: httpx.Client, name: str, country: str) -> int | None:
        texts = [{"lang": "en", "text": f"testing of {name}"}]
        body = {"name": name, "country": country, "offers": texts, "needs": texts}
        answer = client.post("/actors", json=body)
        if not self._say(answer, 201):
            return None
        self.known.actors[answer.json()["id"]] = name
        return int(answer.json()["id"])

    def _actors(self, client: httpx.Client, n: int) -> None:
        actor = self._actor(client, f"A{self._round}-{n}", "FR")
        if actor is None:
            return
        for city in (f"first {n}", f"second {n}"):
            # What was asked but not answered may be there or not.
            asked = self.known.cities.setdefault(actor, {None})
            asked.add(city)
            if self._say(client.patch(f"/actors/{actor}", json={"city": city}), 200):
                self.known.cities[actor] = {city}

    def _imports(self, client: httpx.Client, n: int) -> None:
        lines = ["id,name,country,offers"]
        lines += [f"m{self._round}-{n}-{i},Row {self._round}-{n}-{i},FR,offer {i}" for i in range(ROWS)]
        answer = client.post(
            "/maps/imports", params={"apply": "true"}, data={"name": f"map {self._round}-{n}"},
            files={"file": ("map.csv", "\n".join(lines).encode())},
        )  # fmt: skip
        if self._say(answer, 201) and answer.json()["state"] == "applied":
            self.known.imports.add(answer.json()["id"])

    def _plans(self, client: httpx.Client, _n: int) -> None:
        answer = client.post(f"/events/{self.event}/plans", json={"time_limit_s": 0.3})
        if self._say(answer, 201):
            number = answer.json()["number"]
            self.known.plans.add(number)
            if self._say(client.post(f"/events/{self.event}/plans/{number}/publish"), 200):
                self.known.published = number
        self._say(client.post(f"/events/{self.event}/plans", json={"wait": False, "time_limit_s": 0.2}), 202)

    def _feedback(self, client: httpx.Client, n: int) -> None:
        a, b = self.people[n % 4 * 2], self.people[n % 4 * 2 + 1]
        answer = client.post("/feedback", json={"actor_id": a, "target_id": b, "worth": "yes"})
        if self._say(answer, 201):
            self.known.feedback.add(answer.json()["id"])
        self._say(client.put(f"/events/{self.event}/wishes", json={"actor_id": a, "target_id": b, "kind": "wish"}), 200)


_HALF = {
    "actors without their texts": """
        SELECT count(*) FROM actor a WHERE (SELECT count(*) FROM passage p WHERE p.actor_id = a.id)
        <> (CASE WHEN name LIKE 'Row %' THEN 1 ELSE 2 END)""",
    "imports that stored a part": f"""
        SELECT count(*) FROM (SELECT map_id, count(*) AS n FROM map_entry GROUP BY map_id) AS m WHERE n <> {ROWS}""",
    "finished plans without meetings": """
        SELECT count(*) FROM plan p WHERE state IN ('draft', 'published', 'superseded')
        AND NOT EXISTS (SELECT FROM meeting m WHERE m.event_id = p.event_id AND m.number = p.number)""",
    "plans published together": "SELECT greatest(count(*) - 1, 0) FROM plan WHERE state = 'published'",
    "meetings of unfinished plans": """
        SELECT count(*) FROM plan p JOIN meeting m USING (event_id, number) WHERE state IN ('computing', 'failed')""",
    "changes without their record": """
        SELECT greatest(0, (SELECT count(*) FROM feedback)
                           - (SELECT count(*) FROM audit WHERE route = 'POST /feedback'))""",
}


def look(connection: psycopg.Connection[Any], known: Acknowledged) -> list[str]:
    """What is lost or half-written; empty when all is well."""
    troubles = []
    for told, query in _HALF.items():
        row = connection.execute(query).fetchone()
        if row and row[0]:
            troubles.append(f"{row[0]} {told}")
    stored = dict(connection.execute("SELECT id, name FROM actor").fetchall())
    cities = dict(connection.execute("SELECT id, city FROM actor").fetchall())
    troubles += [f"actor {i} lost" for i, name in known.actors.items() if stored.get(i) != name]
    troubles += [f"city of {i} lost" for i, asked in known.cities.items() if cities.get(i) not in asked]
    for told, query, wanted in (
        ("feedback", "SELECT id FROM feedback", known.feedback),
        ("import", "SELECT id FROM map_import WHERE state = 'applied'", known.imports),
        ("plan", "SELECT number FROM plan WHERE state IN ('draft', 'published', 'superseded')", known.plans),
    ):
        found = {row[0] for row in connection.execute(query).fetchall()}
        troubles += [f"{told} {i} lost" for i in sorted(wanted - found)]
    row = connection.execute("SELECT max(number) FROM plan WHERE state IN ('published')").fetchone()
    if known.published and (row is None or row[0] is None or row[0] < known.published):
        troubles.append(f"publication of {known.published} lost")
    return troubles


def end_database(folder: Path) -> None:
    """Stop the embedded server of a folder, whoever started it."""
    pid_file = folder / "postgres" / "postmaster.pid"
    if pid_file.exists():
        os.kill(int(pid_file.read_text(encoding="utf-8").splitlines()[0]), signal.SIGINT)
