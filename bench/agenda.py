"""Agendas of a large event: how long a page takes, what a phone loads, and 300 open ones when something changes.

    python bench/agenda.py                    in this process, on a database of its own, without a model
    python bench/agenda.py --open 300         300 open agendas of `viaduc serve`, hearing of changes

300 participants of three sides, 12 rounds, 110 tables, a published plan. `first`: each agenda asked for the first time
in its language (reasons are worked out); `again`: asked once more; `same`: asked by who has it already. Medians of
whole round trips, each of another participant. With --open, times run from just before the change is sent until a page
has what is new, waiting of its own choice included; `told` says how many pages heard of it, `cpu` what all of it cost
the service.
"""

import argparse
import asyncio
import gzip
import json
import random
import re
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2 as httpx
from board import created, fill, own_service
from lived_event import Size, live_through, set_clock
from own_process import ready, serving, spent
from pages import participants

from app.db import make_engine, upgrade
from app.embedded_postgres import start_embedded
from models.base import utc_now

DURING = datetime.fromisoformat("2027-03-09T10:30:00+01:00")
BEFORE = datetime.fromisoformat("2027-03-08T10:30:00+01:00")
QUIET_S = 4.0
"""When nobody asked for so long, everybody has asked."""


def walk(client: Any, addresses: Sequence[str], known: dict[str, str] | None = None) -> dict[str, float]:
    """Every agenda once: median, slowest of a hundred, and the processor time of service and client together."""
    taken, processor = [], time.process_time()
    for address in addresses:
        began = time.perf_counter()
        answer = client.get(address, headers={"if-none-match": known[address]} if known else {})
        taken.append((time.perf_counter() - began) * 1000)
        if answer.status_code != (304 if known else 200):
            raise SystemExit(f"{address}: {answer.status_code}")
    return {
        "median ms": round(statistics.median(taken), 1),
        "p99 ms": round(sorted(taken)[int(0.99 * (len(taken) - 1))], 1),
        "processor ms each": round((time.process_time() - processor) * 1000 / len(addresses), 1),
    }


def weight(client: Any, address: str) -> dict[str, int]:
    """What a phone loads before it can show the agenda; fonts are packed already."""
    page = client.get(address).content
    files = {a: client.get(a).content for a in set(re.findall(r'"(/static/[^"]+)"', page.decode()))}
    text = {name: len(gzip.compress(data)) for name, data in files.items() if re.search(r"\.(css|js|svg)", name)}
    font = sum(len(data) for name, data in files.items() if name.endswith(".woff2"))
    return {"page": len(page), "page packed": len(gzip.compress(page)), "styles and scripts packed": sum(text.values()),
            "font": font}  # fmt: skip


def one_by_one() -> dict[str, Any]:
    """Each agenda alone, the day before and during the event."""
    with own_service() as client:
        event = fill(client, 300, 12, 110)
        plan = created(client.get(f"/events/{event}/plans"))[0]["number"]
        created(client.post(f"/events/{event}/plans/{plan}/publish"))
        links = created(client.post(f"/events/{event}/links", json={}))
        addresses = [f"/agenda/{link['token']}" for link in links]
        told: dict[str, Any] = {}
        for name, moment in (("day before", BEFORE), ("during", DURING)):
            client.app.state.clock = lambda moment=moment: moment
            told[name] = {"first": walk(client, addresses), "again": walk(client, addresses)}
            known = {address: client.get(address).headers["etag"] for address in addresses}
            told[name] |= {"same": walk(client, addresses, known), "bytes": weight(client, addresses[0])}
        return told


@dataclass
class Crowd:
    """Open agendas: what each has, and when it last had news."""

    client: httpx.AsyncClient
    port: int
    versions: dict[str, str] = field(default_factory=dict)
    began: float = 0.0
    last: float = 0.0
    asked: list[tuple[float, int]] = field(default_factory=list)
    """(seconds since the change, status) of every answer since then."""
    _lines: list[asyncio.StreamWriter] = field(default_factory=list)

    async def load(self, token: str) -> None:
        """The page as it is, if it is not as it was."""
        known = self.versions.get(token)
        answer = await self.client.get(f"/agenda/{token}", headers={"if-none-match": known} if known else {})
        if answer.status_code == 503:
            await asyncio.sleep(random.uniform(1, 2) * float(answer.headers.get("retry-after", 2)))
            await self.load(token)
            return
        self.versions[token] = answer.headers["etag"]
        self.last = time.perf_counter()
        self.asked.append((self.last - self.began, answer.status_code))

    async def listen(self, token: str, opened: asyncio.Semaphore) -> None:
        """Hear changes as the page does, and ask again within the time that the service says."""
        await asyncio.sleep(random.uniform(0, 12))
        await self.load(token)
        reader = await self._stream(token)
        kind = b""
        while line := await reader.readline():
            if line.startswith(b"event: "):
                kind = line[7:].strip()
            elif line.startswith(b"data: ") and kind == b"hello":
                opened.release()
            elif line.startswith(b"data: ") and kind == b"change":
                await asyncio.sleep(random.random() * json.loads(line[6:]).get("within", 0) / 1000)
                await self.load(token)

    async def _stream(self, token: str) -> asyncio.StreamReader:
        """The line on which changes are told; asked for again until there is room."""
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            self._lines.append(writer)
            asked = f"GET /live/agenda/{token}?since=32503680000000 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            writer.write(asked.encode())
            if b" 200 " in await reader.readline():
                return reader
            writer.close()
            await asyncio.sleep(1)

    async def settled(self) -> None:
        """Until nobody asks any more."""
        while time.perf_counter() - max(self.last, self.began) < QUIET_S:
            await asyncio.sleep(0.2)

    async def after(self, change: Any, pid: int) -> dict[str, Any]:
        """Make a change, and look at everybody."""
        self.asked, self.began, before = [], time.perf_counter(), spent(pid)
        await asyncio.to_thread(change)
        await self.settled()
        delays = sorted(delay * 1000 for delay, _ in self.asked) or [0.0]
        return {
            "told": len(self.asked),
            "sent again": sum(status == 200 for _, status in self.asked),
            "p50 ms": round(statistics.median(delays)),
            "p95 ms": round(delays[int(0.95 * (len(delays) - 1))]),
            "max ms": round(delays[-1]),
            "cpu ms": round((spent(pid) - before) * 1000),
        }


async def all_at_once(base: str, pid: int, tokens: Sequence[str], event: int, answer: Any) -> dict[str, Any]:
    """What single changes do to many open agendas."""
    port = int(base.rsplit(":", 1)[1])
    limits = httpx.Limits(max_connections=40, max_keepalive_connections=40)
    async with httpx.AsyncClient(base_url=base, timeout=120, limits=limits) as client:
        crowd, opened = Crowd(client, port), asyncio.Semaphore(0)
        streams = [asyncio.create_task(crowd.listen(token, opened)) for token in tokens]
        for _ in tokens:
            await opened.acquire()
        await crowd.settled()
        at = f"{base}/events/{event}"
        name = {"name": "Moved", "min_meetings": 3, "max_meetings": 8}
        told = {
            "the event is renamed (all of them change)": await crowd.after(lambda: httpx.put(at, json=name), pid),
            "somebody answers": await crowd.after(answer, pid),
        }
        crowd.began = time.perf_counter()
        crowd.asked, before = [], spent(pid)
        await asyncio.gather(*(crowd.load(token) for token in tokens))
        told["all ask though nothing changed"] = {
            "sent again": sum(status == 200 for _, status in crowd.asked),
            "max ms": round(max(delay for delay, _ in crowd.asked) * 1000),
            "cpu ms": round((spent(pid) - before) * 1000),
        }
        for stream in streams:
            stream.cancel()
    return told


def together(pages: int, folder: Path) -> dict[str, Any]:
    """The service as a process of its own, with that many agendas open."""
    from match import fill as fill_actors

    from app.services.meaning import Meaning
    from matching.encoder.hashing import HashingEncoder
    from matching.encoder.neutral import NeutralSpace

    url = start_embedded(folder)
    upgrade(url)
    engine = make_engine(url)
    encoder = HashingEncoder()
    fill_actors(engine, Meaning(encoder, NeutralSpace.identity(encoder.dim)), 2 * pages)
    with serving(url, folder, EMBEDDING_MODEL="hashing") as (port, pid):
        ready(port)
        base = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=base, timeout=200) as client:
            size = Size(12, 110, utc_now())
            told = live_through(client, participants(engine, pages), size)
            event = int(str(told.samples["event_id"]))
            set_clock(client, event, size)
        one, other = map(int, str(told.samples["pair"]).split("-"))
        said = {"again": "yes", "useful": "partly"}
        answered = f"{base}/agenda/{told.links[one]}/answers/{other}"
        tokens = [*told.links.values()]
        found = asyncio.run(all_at_once(base, pid, tokens, event, lambda: httpx.post(answered, data=said)))
    engine.dispose()
    return found


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--open", type=int, default=0, help="so many open agendas of a service that runs")
    args = parser.parse_args()
    if args.open:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(together(args.open, Path(folder)), indent=1))
    else:
        print(json.dumps(one_by_one(), indent=1))


if __name__ == "__main__":
    main()
