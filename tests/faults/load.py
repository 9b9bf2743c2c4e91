"""Writers over all paths at once, who note what was acknowledged: shared with bench/faults.py."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2 as httpx

from models.base import utc_now

ROWS = 100
"""Rows of an import; their number in the database tells a half import from a whole one."""
ROUNDS = 6
"""Rounds of the event whose timetable is written again and again, all of the same length."""
_REFUSED = {409, 412, 503, 507}
"""Answers that a service in trouble may give; nothing was stored, and it says so."""

Stands = dict[tuple[str, str], set[Any]]


@dataclass
class Acknowledged:
    """What the service said it has: it must be there whatever happens next."""

    actors: dict[int, str] = field(default_factory=dict)
    stands: Stands = field(default_factory=dict)
    """What a value may be: the last one acknowledged, or one that was asked for since. None: there is none."""
    feedback: set[int] = field(default_factory=set)
    imports: set[int] = field(default_factory=set)
    plans: set[int] = field(default_factory=set)
    published: int = 0
    erased: set[int] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    """E-mail addresses of persons who were erased."""
    writes: Counter[str] = field(default_factory=Counter)


class Load:
    """Writes over all paths at once, and notes what was acknowledged."""

    def __init__(self, url: str) -> None:
        self.url, self.known = url, Acknowledged()
        self.people: list[int] = []
        self.event = self.yesterday = self.timetable = 0
        self._links: dict[int, tuple[str, int]] = {}
        self._round = 0
        self._over = threading.Event()
        self.unexpected: list[str] = []

    # What there is before anything is killed

    def set_up(self) -> None:
        """Three events: one that plans are made for, one of yesterday, one whose timetable changes."""
        with httpx.Client(base_url=self.url, timeout=60) as client:
            for n in range(8):
                self._actor(client, f"P{n}", "FR" if n % 2 else "BE")
            self.people = [*self.known.actors]
            self.event = self._event(client, "2037-03-09")
            self.yesterday = self._event(client, (utc_now() - timedelta(days=1)).date().isoformat())
            self.timetable = client.post("/events", json={"name": "Timetable"}).json()["id"]
            self._publish(client, self.yesterday)
            made = client.post(f"/events/{self.yesterday}/links", json={}).json()
            plan = client.get(f"/events/{self.yesterday}/plans").json()[0]["number"]
            met = client.get(f"/events/{self.yesterday}/plans/{plan}").json()["meetings"]
            partner = {m["a"]: m["b"] for m in met} | {m["b"]: m["a"] for m in met}
            self._links = {
                m["actor_id"]: (m["token"], partner[m["actor_id"]]) for m in made if m["actor_id"] in partner
            }
            assert self._links

    def _event(self, client: httpx.Client, day: str) -> int:
        event = int(client.post("/events", json={"name": f"Afternoon of {day}"}).json()["id"])
        rounds = [{"starts_at": f"{day}T{h:02}:00:00+01:00"} for h in range(9, 13)]
        client.put(f"/events/{event}/rounds", json=rounds)
        client.put(f"/events/{event}/places", json=[{"label": f"T{n}"} for n in range(4)])
        for actor in self.people:
            assert client.post(f"/events/{event}/participants", json={"actor_id": actor}).status_code == 201
        return event

    def _publish(self, client: httpx.Client, event: int) -> None:
        """A plan in force, once the texts of those who just registered are understood."""
        for _ in range(600):
            made = client.post(f"/events/{event}/plans", json={"time_limit_s": 0.3})
            if made.status_code != 503:
                break
            self._over.wait(0.1)
        assert made.status_code == 201, made.text
        assert client.post(f"/events/{event}/plans/{made.json()['number']}/publish").status_code == 200

    # Writing

    def run(self, meanwhile: Callable[[], None]) -> None:
        """Write from six sides until `meanwhile` has returned."""
        self._round += 1
        self._over.clear()
        works = [self._actors, self._imports, self._plans, self._words, self._persons, self._day]
        threads = [threading.Thread(target=self._work, args=(work,), daemon=True) for work in works]
        for thread in threads:
            thread.start()
        try:
            meanwhile()
        finally:
            self._over.set()
        for thread in threads:
            thread.join(120)
            assert not thread.is_alive(), "a request hangs"

    def _work(self, work: Callable[[httpx.Client, int], None]) -> None:
        with httpx.Client(base_url=self.url, timeout=90) as client:
            n = 0
            while not self._over.is_set():
                n += 1
                # The service went away in the middle: what was asked may be there or not.
                with suppress(httpx.HTTPError):
                    work(client, n)

    def _fine(self, kind: str, answer: httpx.Response) -> bool:
        if answer.is_success or answer.status_code == 303:
            self.known.writes[kind] += 1
            return True
        if answer.status_code not in _REFUSED:
            told = f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:200]}"
            self.unexpected.append(told)
        return False

    def _put(self, kind: str, of: object, value: Any, send: Callable[[], httpx.Response]) -> bool:
        """Write a value that replaces the one before."""
        asked = self.known.stands.setdefault((kind, str(of)), {None})
        asked.add(value)
        if self._fine(kind, send()):
            self.known.stands[kind, str(of)] = {value}
            return True
        return False

    def _actor(self, client: httpx.Client, name: str, country: str) -> int | None:
        texts = [{"lang": "en", "text": f"testing of {name}"}]
        body = {"name": name, "country": country, "offers": texts, "needs": texts}
        key = {"Idempotency-Key": f"actor {name}"}
        try:
            answer = client.post("/actors", json=body, headers=key)
        except httpx.HTTPError:
            # As a careful client does: once more, under the same key.
            answer = client.post("/actors", json=body, headers=key)
        if not self._fine("actor", answer):
            return None
        self.known.actors[answer.json()["id"]] = name
        return int(answer.json()["id"])

    def _actors(self, client: httpx.Client, n: int) -> None:
        actor = self._actor(client, f"A{self._round}-{n}", "FR")
        if actor is not None:
            for city in (f"first {n}", f"second {n}"):
                body = {"city": city}
                self._put("city", actor, city, lambda body=body: client.patch(f"/actors/{actor}", json=body))

    def _imports(self, client: httpx.Client, n: int) -> None:
        lines = ["id,name,country,offers"]
        lines += [f"m{self._round}-{n}-{i},Row {self._round}-{n}-{i},FR,offer {i}" for i in range(ROWS)]
        answer = client.post(
            "/maps/imports", params={"apply": "true", "wait": str(n % 2 == 0)},
            data={"name": f"map {self._round}-{n}"}, files={"file": ("map.csv", "\n".join(lines).encode())},
        )  # fmt: skip
        if not self._fine("import", answer):
            return
        told = answer.json()
        while told["state"] not in {"applied", "failed"} and not self._over.is_set():
            self._over.wait(0.05)
            asked = client.get(f"/maps/imports/{told['id']}")
            told = asked.json() if asked.is_success else told
            if (told.get("progress") or {}).get("stage") in {"lost", "stopped", "failed"}:
                return
        if told["state"] == "applied":
            self.known.imports.add(told["id"])

    def _plans(self, client: httpx.Client, _n: int) -> None:
        answer = client.post(f"/events/{self.event}/plans", json={"time_limit_s": 0.3})
        if self._fine("plan", answer):
            number = answer.json()["number"]
            self.known.plans.add(number)
            if self._fine("publication", client.post(f"/events/{self.event}/plans/{number}/publish")):
                self.known.published = number
        self._fine("plan begun", client.post(f"/events/{self.event}/plans", json={"wait": False, "time_limit_s": 0.2}))

    def _words(self, client: httpx.Client, n: int) -> None:
        a, b = self.people[n % 4 * 2], self.people[n % 4 * 2 + 1]
        answer = client.post("/feedback", json={"actor_id": a, "target_id": b, "worth": "yes"})
        if self._fine("feedback", answer):
            self.known.feedback.add(answer.json()["id"])
        word = {"actor_id": a, "target_id": b, "kind": "wish" if n % 3 else "must"}
        self._put("wish", f"{a} {b}", word["kind"], lambda: client.put(f"/events/{self.event}/wishes", json=word))

    def _persons(self, client: httpx.Client, n: int) -> None:
        """Somebody comes, changes the telephone, and is erased; every other time with the organisation."""
        actor = self._actor(client, f"E{self._round}-{n}", "BE")
        if actor is None:
            return
        email = f"e{self._round}-{n}@weaver.example"
        body = {"name": "Anne", "email": email, "basis": "contract", "basis_note": "event"}
        made = client.post(f"/actors/{actor}/contacts", json=body | {"phone": "+32 1"})
        if not self._fine("contact", made):
            return
        contact = made.json()["id"]
        self.known.stands["phone", str(contact)] = {"+32 1"}
        here = f"/actors/{actor}/contacts/{contact}"
        self._put("phone", contact, "+32 2", lambda: client.put(here, json=body | {"phone": "+32 2"}))
        # From the moment it is asked for, they may be gone.
        self.known.stands["phone", str(contact)].add(None)
        whole = n % 2 == 0
        if whole:
            del self.known.actors[actor]
        asked = {"actor_id": actor} if whole else {"email": email}
        if self._fine("erasure", client.post("/privacy/erase", json=asked | {"dry_run": False})):
            self.known.stands["phone", str(contact)] = {None}
            if whole:
                self.known.erased.add(actor)
            else:
                self.known.forgotten.add(email)

    def _day(self, client: httpx.Client, n: int) -> None:
        """Answers of participants, the desk, and the timetable."""
        for actor, (token, other) in [*self._links.items()][n % 4 :: 4]:
            said = {"again": ("yes", "no", "missed")[n % 3]}
            address = f"/agenda/{token}/answers/{other}"
            self._put(
                "answer", f"{actor} {other}", said["again"],
                lambda address=address, said=said: client.post(address, data=said, follow_redirects=False),
            )  # fmt: skip
        actor, state = self.people[n % 8], ("here", "absent")[n // 8 % 2]
        here = f"/events/{self.yesterday}"
        seen = [{"actor_id": actor, "state": state}]
        self._put("desk", actor, state, lambda: client.put(f"{here}/attendance", json=seen))
        loss = {"kind": "place", "index": n % 4, "lost": n // 4 % 2 == 0}
        lost = "place" if loss["lost"] else None
        self._put("loss", n % 4, lost, lambda: client.put(f"{here}/day/losses", json=loss))
        rounds = [{"starts_at": f"2037-03-09T{h:02}:00:00+01:00", "minutes": 10 + n % 20} for h in range(8, 8 + ROUNDS)]
        self._put(
            "timetable", self.timetable, 10 + n % 20,
            lambda: client.put(f"/events/{self.timetable}/rounds", json=rounds),
        )  # fmt: skip
