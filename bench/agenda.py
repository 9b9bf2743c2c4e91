"""Agendas of a large event: how long a page takes, and what a phone loads.

    python bench/agenda.py            in this process, on a database of its own, without a model

300 participants of three sides, 12 rounds, 110 tables, a published plan. `first`: each agenda asked for the first time
in its language (reasons are worked out); `again`: as when a plan changes and every open page asks at once. Medians of
whole round trips, each of another participant.
"""

import gzip
import json
import re
import statistics
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from board import created, fill, own_service

DURING = datetime.fromisoformat("2027-03-09T10:30:00+01:00")
BEFORE = datetime.fromisoformat("2027-03-08T10:30:00+01:00")


def walk(client: Any, addresses: Sequence[str]) -> dict[str, float]:
    """Every agenda once: median, slowest of a hundred, and the processor time of service and client together."""
    taken, processor = [], time.process_time()
    for address in addresses:
        began = time.perf_counter()
        client.get(address).raise_for_status()
        taken.append((time.perf_counter() - began) * 1000)
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


def main() -> None:
    """Print one JSON object."""
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
            told[name]["bytes"] = weight(client, addresses[0])
        print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
