"""The schedule board at the size of a large event: bytes of its pages and how long they take.

    python bench/board.py                             in this process, on a database of its own, without a model
    python bench/board.py --url http://HOST:PORT      against a running service (it gets an event and actors)
    python bench/board.py --url … --browser           also in Chromium: loading, search, arrow keys

300 participants of three sides, 12 rounds, 110 tables. Times are the median of ten, whole round trips: by the clock,
and of the processor of this process, which tells the service's own work when the service runs in it.
"""

import argparse
import gzip
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TRADES = ["weaving", "glass", "coating", "dyeing", "recycling", "packaging", "design", "sensors", "robotics", "timber",
          "wind", "water", "food", "toys", "film", "rail"]  # fmt: skip
PLACES = ["Lille", "Gent", "Mons", "Kortrijk", "Roubaix", "Namur", "Brugge", "Lens", "Liège", "Arras"]
SIDES = (("FR", None, "fr"), ("BE", "VLG", "nl"), ("BE", "WAL", "fr"))
TIMES = 10
PAINTED = (
    "await new Promise(done => requestAnimationFrame(() => setTimeout(done))); return performance.now() - began; }"
)
TYPED = f"""async (words) => {{
  const began = performance.now(), field = document.getElementById("find");
  field.value = words; field.dispatchEvent(new Event("input", {{bubbles: true}})); {PAINTED}"""
ARROW = f"""async () => {{
  const began = performance.now(), key = {{key: "ArrowDown", bubbles: true, cancelable: true}};
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", key)); {PAINTED}"""


@contextmanager
def own_service() -> Iterator[Any]:
    """The service in this process, on an empty database and the encoder that needs no model."""
    from fastapi.testclient import TestClient

    from app.main import create_app
    from app.services.meaning import Meaning, MeaningHolder
    from app.settings import Settings
    from matching.encoder.hashing import HashingEncoder
    from matching.encoder.neutral import NeutralSpace

    encoder = HashingEncoder()
    meaning = Meaning(encoder, NeutralSpace.identity(encoder.dim))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), local_admin=True)
        here = {"base_url": "http://127.0.0.1", "client": ("127.0.0.1", 50000)}
        with TestClient(create_app(settings, holder=MeaningHolder.ready(meaning)), **here) as client:
            yield client


@contextmanager
def running_service(url: str) -> Iterator[Any]:
    """A service somewhere else."""
    import httpx2 as httpx

    with httpx.Client(base_url=url, timeout=200) as client:
        yield client


def fill(client: Any, participants: int, rounds: int, tables: int) -> int:
    """A large event with a plan; returns its id."""
    event = created(
        client.post(
            "/events", json={"name": f"{participants} in {rounds} rounds", "min_meetings": 4, "max_meetings": 8}
        )
    )["id"]
    at = f"/events/{event}"
    starts = [f"2027-03-09T{9 + i * 25 // 60:02}:{i * 25 % 60:02}:00+01:00" for i in range(rounds)]
    client.put(f"{at}/rounds", json=[{"starts_at": s, "minutes": 20} for s in starts]).raise_for_status()
    client.put(f"{at}/places", json=[{"label": f"Table {i + 1}"} for i in range(tables)]).raise_for_status()
    client.put(f"{at}/interpreters", json=[{"languages": ["fr", "nl"]} for _ in range(8)]).raise_for_status()
    names = itertools.product(TRADES, PLACES, ("lab", "works"))
    for number, (trade, place, kind) in zip(range(participants), names, strict=False):
        country, side, language = SIDES[number % 3]
        body: dict[str, Any] = {"name": f"{trade.capitalize()} {kind} {place}", "country": country, "kind": "company"}
        body |= {"languages": [language, "en"] if number % 4 else [language], **({"side": side} if side else {})}
        other = TRADES[(TRADES.index(trade) + number) % len(TRADES)]
        body |= {
            "offers": [{"lang": "en", "text": f"{trade} and {kind} services"}],
            "needs": [{"lang": "en", "text": f"{other} partner"}],
        }
        actor = created(client.post("/actors", json=body))["id"]
        created(client.post(f"{at}/participants", json={"actor_id": actor}))
    for _ in range(600):
        answer = client.post(f"{at}/plans", json={"time_limit_s": 10})
        if answer.status_code == 201:
            return int(event)
        time.sleep(0.5)
    raise SystemExit(answer.text)


def created(answer: Any) -> Any:
    """The body of an answer that must have worked."""
    if answer.status_code >= 300:
        raise SystemExit(answer.text)
    return answer.json()


def median_ms(work: Callable[[], Any]) -> list[float]:
    """Milliseconds of clock and of this process's processor, medians of ten, after one that warms up."""
    work()
    clock, processor = [], []
    for _ in range(TIMES):
        began, worked = time.perf_counter(), time.process_time()
        work()
        clock.append((time.perf_counter() - began) * 1000)
        processor.append((time.process_time() - worked) * 1000)
    return [round(statistics.median(clock), 1), round(statistics.median(processor), 1)]


def measure(client: Any, event: int) -> dict[str, Any]:
    """Pages and edits of the event's newest plan."""
    plan = created(client.get(f"/events/{event}/plans"))[0]["number"]
    page = f"/console/events/{event}/schedule?plan={plan}"
    stored = created(client.get(f"/events/{event}/plans/{plan}"))
    meetings = stored["meetings"]
    one, free = next(m for m in meetings if not m["locked"]), free_cell(client, event, meetings)
    text = client.get(page).text.encode()
    fragment = {"HX-Request": "true"}
    dry = {"op": "remove", "revision": stored["revision"], "a": one["a"], "b": one["b"], "dry_run": True}
    return {
        "meetings": len(meetings),
        "page bytes": len(text),
        "packed bytes": len(gzip.compress(text, 4)),
        "page ms": median_ms(lambda: client.get(page)),
        "page for one person ms": median_ms(lambda: client.get(f"{page}&q={one['a_name']}")),
        "a meeting opened ms": median_ms(lambda: client.get(f"{page}&m={one['a']}-{one['b']}", headers=fragment)),
        "a free place opened ms": median_ms(lambda: client.get(f"{page}&add={free[0]}.{free[1]}", headers=fragment)),
        "an edit tried (API) ms": median_ms(
            lambda: created(client.post(f"/events/{event}/plans/{plan}/edits", json=dry))
        ),
        "an edit made and answered ms": median_ms(locker(client, event, plan, one)),
    }


def free_cell(client: Any, event: int, meetings: list[dict[str, Any]]) -> tuple[int, int]:
    """The first free place of the last round."""
    when = max(m["round"] for m in meetings)
    taken = {m["place"] for m in meetings if m["round"] == when}
    places = created(client.get(f"/events/{event}/places"))
    return when, next((p["index"] for p in places if p["index"] not in taken), 0)


def locker(client: Any, event: int, plan: int, one: dict[str, Any]) -> Callable[[], Any]:
    """Lock and unlock in turn, as the page does it."""
    known = {"revision": created(client.get(f"/events/{event}/plans/{plan}"))["revision"], "op": "lock"}

    def send() -> None:
        form = {"op": known["op"], "m": f"{one['a']}-{one['b']}", "revision": str(known["revision"])}
        answer = client.post(f"/console/events/{event}/plans/{plan}/edits", data=form, headers={"HX-Request": "true"})
        if answer.status_code != 200:
            raise SystemExit(answer.text[:500])
        known["revision"] = int(known["revision"]) + 1
        known["op"] = "unlock" if known["op"] == "lock" else "lock"

    return send


def in_browser(url: str, event: int) -> dict[str, float]:
    """What the reader waits for in Chromium, after the bytes are there."""
    import shutil

    from playwright.sync_api import sync_playwright

    found: dict[str, float] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{url}/console/events/{event}/schedule", wait_until="load")
        timing = "performance.getEntriesByType('navigation')[0]"
        found["loaded ms"] = round(page.evaluate(f"{timing}.loadEventEnd"), 1)
        typed = [round(page.evaluate(TYPED, "glass"[: k % 5 + 1]), 1) for k in range(9)]
        found["search per key ms"] = statistics.median(typed)
        page.evaluate("document.querySelector('#board .cell > a').focus()")
        found["arrow key ms"] = round(statistics.median(page.evaluate(ARROW) for _ in range(9)), 1)
        found["widest overflow px"] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        browser.close()
    return found


def main() -> None:
    """Fill, measure, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="a running service")
    parser.add_argument("--event", type=int, help="measure this event instead of a new one")
    parser.add_argument("--participants", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--tables", type=int, default=110)
    parser.add_argument("--browser", action="store_true", help="also in Chromium (needs --url)")
    args = parser.parse_args()
    with running_service(args.url) if args.url else own_service() as client:
        event = args.event or fill(client, args.participants, args.rounds, args.tables)
        found = {"event": event} | measure(client, event)
        if args.browser and args.url:
            found |= in_browser(args.url, event)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
