"""How long every page takes at the size of a whole border: `viaduc serve` with 5,000 actors and a large event.

    python bench/pages.py                          every page: by the clock, by the processors, in bytes, in statements
    python bench/pages.py --only /console/events   those whose template begins so; --json FILE keeps the figures

300 participants of three sides, 12 rounds (four have begun), 110 tables, a published plan, wishes, presence, answers
(bench/lived_event.py). Pages are found in the application itself (bench/every_page.py). The service runs as a process
of its own with the default language model, read from .viaduc/models; texts are those of the demo border, mixed.

p50 and p95 are whole round trips; `cpu` is the processor time of the service for one page, `db` the database's; `first`
is all that a browser loads the first time, packed. `sql` counts statements, asked of the same database by a second
service in this process. Target: 200 ms, 150 kB.
"""

import argparse
import gzip
import json
import os
import re
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2 as httpx
import numpy as np
from every_page import addresses, page_templates
from lived_event import Size, live_through, set_clock, sign_in_link
from match import fill
from own_process import ready, serving, spent
from sqlalchemy import Engine, event, text

from app.db import make_engine, upgrade
from app.embedded_postgres import start_embedded
from app.main import create_app
from app.services.meaning import Meaning, MeaningHolder, load_meaning
from app.settings import Settings
from matching.encoder.protocol import Encoder, Kind, Vectors
from models.base import utc_now

ROOT = Path(__file__).resolve().parent.parent
TARGET_MS, TARGET_KB = 200, 150
HEAD = "     p50     p95     cpu     db   sql    plain  packed   first"


class Remembering:
    """An encoder that encodes each text once: thousands of actors are mixed from a thousand texts."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self.name, self.dim = encoder, encoder.name, encoder.dim
        self._known: dict[tuple[str, str], Any] = {}

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """As the encoder does."""
        new = list(dict.fromkeys(text for text in texts if (text, kind) not in self._known))
        if new:
            vectors = self._encoder.encode(new, kind)
            self._known.update(zip(((text, kind) for text in new), vectors, strict=True))
        return np.asarray([self._known[text, kind] for text in texts], dtype=np.float32)


@dataclass(frozen=True)
class Row:
    """What one address costs; times in ms, sizes in bytes."""

    page: str
    p50: float
    p95: float
    cpu: float
    db: float
    sql: int
    plain: int
    packed: int
    first: int


class Walk:
    """Asks for pages one after the other, as one browser does."""

    def __init__(self, port: int, service: int, database: int, times: int) -> None:
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120)
        self._service, self._database, self._times = service, database, times

    def page(self, address: str) -> tuple[int, bytes, bytes]:
        """(status, body as sent, body unpacked); the body of what is no page stays unread."""
        with self._client.stream("GET", address, headers={"accept": "text/html", "accept-encoding": "gzip"}) as answer:
            if not answer.headers.get("content-type", "").startswith("text/html"):
                return 0, b"", b""
            sent = b"".join(answer.iter_raw())
            packed = answer.headers.get("content-encoding") == "gzip"
            return answer.status_code, sent, gzip.decompress(sent) if packed else sent

    def measure(self, address: str, statements: int) -> Row:
        """The address, so many times, after two that warm up."""
        for _ in range(2):
            _, sent, plain = self.page(address)
        taken, before = [], (spent(self._service), spent(self._database))
        for _ in range(self._times):
            began = time.perf_counter()
            self.page(address)
            taken.append((time.perf_counter() - began) * 1000)
        after = (spent(self._service), spent(self._database))
        each = [(a - b) * 1000 / self._times for a, b in zip(after, before, strict=True)]
        taken.sort()
        p95 = taken[min(len(taken) - 1, int(0.95 * len(taken)))]
        return Row(address, round(statistics.median(taken), 1), round(p95, 1), round(each[0], 1), round(each[1], 1),
                   statements, len(plain), len(sent), len(sent) + self._assets(plain.decode()))  # fmt: skip

    def _assets(self, page: str) -> int:
        """Bytes of styles, scripts, fonts and icons that the page names, and that they name."""
        found = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
        sheets = [a for a in found if ".css" in a]
        for sheet in sheets:
            found |= {f"/static/{a}" for a in re.findall(r'url\("([^"]+)"\)', self._text(sheet))}
        return sum(self._weight(address) for address in found)

    @cache  # noqa: B019 - one walk a run
    def _text(self, address: str) -> str:
        return str(self._client.get(address).text)

    @cache  # noqa: B019
    def _weight(self, address: str) -> int:
        with self._client.stream("GET", address, headers={"accept-encoding": "gzip"}) as answer:
            return sum(map(len, answer.iter_raw()))


class Statements:
    """A second service on the same database, in this process, that counts what it asks of it."""

    def __init__(self, engine: Engine, folder: Path, meaning: Meaning) -> None:
        from fastapi.testclient import TestClient

        settings = Settings(data_dir=folder, local_admin=True, embed_in_service=False, rate_address=10**9)
        app = create_app(settings, engine=engine, holder=MeaningHolder.ready(meaning))
        self._client = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50000))
        self._client.__enter__()
        self.app, self._count = app, 0
        event.listen(engine, "before_cursor_execute", self._note)

    def _note(self, *_: object) -> None:
        self._count += 1

    def of(self, address: str) -> int:
        """Statements of one request, after one that warms up."""
        self._client.get(address, follow_redirects=False)
        self._count = 0
        self._client.get(address, follow_redirects=False)
        return self._count

    def close(self) -> None:
        """End the second service."""
        self._client.__exit__(None, None, None)


def participants(engine: Engine, number: int) -> list[int]:
    """Actors of three sides in turn."""
    ranked = (
        "SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY side ORDER BY id) AS n FROM actor) AS ranked "
        "ORDER BY n, id LIMIT :number"
    )
    with engine.connect() as connection:
        return [*connection.execute(text(ranked), {"number": number}).scalars()]


def measure_all(walk: Walk, counting: Statements, samples: Mapping[str, object], only: str) -> list[Row]:
    """Every page; what is no page, or does not answer, is told on the way."""
    rows = []
    quoted = {name: quote(str(value), safe="") for name, value in samples.items()}
    for template in page_templates(counting.app):
        if not template.startswith(only) or template.startswith("/live/"):
            continue
        for address in addresses(template, quoted):
            status, _, _ = walk.page(address)
            if status not in {0, 200}:
                print(f"{address}: {status}")
            if status != 200:
                continue
            rows.append(walk.measure(address, counting.of(address)))
            print(line(rows[-1]), flush=True)
    return rows


def line(row: Row) -> str:
    """A row of the table."""
    figures = [f"{row.p50:8.0f}{row.p95:8.0f}{row.cpu:8.0f}{row.db:7.0f}{row.sql:6}", f"{row.plain / 1000:9.0f}"]
    figures += [f"{size / 1000:8.1f}" for size in (row.packed, row.first)]
    slow = "  SLOW" if max(row.p50, row.cpu + row.db) > TARGET_MS else ""
    return "".join(figures) + f"  {unquoted(row.page)}{slow}{'  HEAVY' if row.first > TARGET_KB * 1000 else ''}"


def unquoted(address: str) -> str:
    """An address as short as it can be told."""
    parts = urlsplit(address)
    path = re.sub(r"[0-9a-f]+-[a-z2-7]{32}|(?<=/link/)[^/]+", "TOKEN", parts.path)
    return path + (f"?{parts.query[:24]}" if parts.query else "")


def main() -> None:
    """Fill, serve, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--actors", type=int, default=5000)
    parser.add_argument("--participants", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--tables", type=int, default=110)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--only", default="", help="templates that begin so")
    parser.add_argument("--models", type=Path, default=ROOT / ".viaduc", help="folder that holds the language model")
    parser.add_argument("--folder", type=Path, help="keep the data here, and take what is there")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder: Path = args.folder or Path(name)
        folder.mkdir(exist_ok=True)
        rows = measured(args, folder.resolve())
    if args.json:
        args.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")


def measured(args: argparse.Namespace, folder: Path) -> list[Row]:
    """The actors and the event, unless they are there; then every page."""
    known = folder / "samples.json"
    real = load_meaning(None, args.models, 2, print)
    meaning = Meaning(Remembering(real.encoder), real.space)
    url = start_embedded(folder)
    upgrade(url)
    engine = make_engine(url)
    if not known.exists():
        (folder / "models").symlink_to((args.models / "models").resolve())
        fill(engine, meaning, args.actors)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    with serving(url, folder) as (port, pid):
        ready(port)
        samples = lived_in(args, f"http://127.0.0.1:{port}", engine, known)
        database = int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        print(f"{args.actors} actors, {args.participants} participants x {args.rounds} rounds, load {_load()}\n{HEAD}")
        counting = Statements(engine, folder, meaning)
        rows = measure_all(Walk(port, pid, database, args.times), counting, samples, args.only)
        counting.close()
    engine.dispose()
    print(f"load {_load()}; slowest {max(row.p50 for row in rows)} ms")
    return rows


def lived_in(args: argparse.Namespace, base: str, engine: Engine, known: Path) -> Mapping[str, object]:
    """An event in the middle of its day: the samples for addresses, kept beside the data."""
    size = Size(args.rounds, args.tables, utc_now())
    with httpx.Client(base_url=base, timeout=120) as client:
        if known.exists():
            samples: dict[str, object] = json.loads(known.read_text(encoding="utf-8"))
            set_clock(client, int(str(samples["event_id"])), size)
            return samples
        told = live_through(client, participants(engine, args.participants), size)
    told.samples["/console/sign-in/link/{token} token"] = sign_in_link(engine)
    known.write_text(json.dumps(told.samples), encoding="utf-8")
    return told.samples


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    main()
