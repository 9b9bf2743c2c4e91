"""A real limit of memory: what asks for too much is refused in words, nothing is half-written, and the service lives.

The limit is that of the setting (RLIMIT_DATA), drawn on the running process to a little above what it has at rest.
"""

import json
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.faults.killed import Service, children_of, name_of
from tests.waiting import wait_until

MORE = 60 << 20
"""Bytes that a process may take beyond what it has at rest."""
ROWS = 150_000
LIMIT = 4000
COUNTED = 'viaduc_memory_refused_total{what="import"}'
WORDS = "there is not enough memory for this"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, furnish: Callable[[Path], Path]) -> Iterator[Service]:
    service = Service(furnish(tmp_path_factory.mktemp("bounded") / "data"), VIADUC_MEMORY_MB=str(LIMIT))
    try:
        service.start(300)
        # What is read on first use belongs to what it has at rest.
        assert send(service, 2).status_code == 201
        yield service
    finally:
        service.end()


@pytest.fixture
def service(started: Service) -> Iterator[Service]:
    """The one service of these tests, with all the room that the setting gives it."""
    yield started
    resource.prlimit(started.working(), resource.RLIMIT_DATA, (LIMIT << 20, resource.RLIM_INFINITY))


def actors(service: Service) -> int:
    return int(httpx.get(f"{service.url}/actors", timeout=60).json()["total"])


def limit(process: int, more: int) -> None:
    """Let a process take so much more than it has."""
    told = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()
    soft = int(told[5]) * resource.getpagesize() + more
    resource.prlimit(process, resource.RLIMIT_DATA, (soft, resource.RLIM_INFINITY))


def send(service: Service, rows: int, **how: str) -> httpx.Response:
    """Apply a map of so many rows: JSON, which is read as a whole."""
    row = {"country": "FR", "offers": "an offer of a long list of things"}
    file = json.dumps([{"id": str(n), "name": f"Row {n}"} | row for n in range(rows)]).encode()
    return httpx.post(
        f"{service.url}/maps/imports", params={"apply": "true"} | how, data={"name": f"map of {rows}"},
        files={"file": ("map.json", file)}, timeout=300,
    )  # fmt: skip


def metric(service: Service, line: str) -> float:
    told = httpx.get(f"{service.url}/metrics", timeout=60).text.splitlines()
    return float(next(found.split()[-1] for found in told if found.startswith(f"{line} ")))


def test_an_import_that_takes_too_much_is_refused_in_words_and_the_service_lives(service: Service) -> None:
    working, before = service.working(), actors(service)
    limit(working, MORE)
    refused = send(service, ROWS)
    assert (refused.status_code, refused.json()["title"]) == (503, "Service unavailable")
    assert refused.json()["detail"].startswith(WORDS)
    assert httpx.get(f"{service.url}/events", timeout=60).status_code == 200
    assert actors(service) == before
    ready = httpx.get(f"{service.url}/ready", timeout=60)
    assert (ready.status_code, ready.json()["memory"][:6]) == (200, "short:")
    assert metric(service, 'viaduc_memory_refused_total{what="request"}') >= 1
    assert "not enough memory: a request was given up" in service.log.read_text(encoding="utf-8")
    small = send(service, 10)
    assert (small.status_code, small.json().get("state")) == (201, "applied"), small.text
    assert service.working() == working


def test_an_import_in_the_background_says_so_beside_itself_and_the_worker_goes_on(service: Service) -> None:
    working, given_up = service.working(), metric(service, COUNTED)
    limit(working, MORE)
    begun = send(service, ROWS, wait="false")
    assert begun.status_code == 201, begun.text
    address = f"{service.url}/maps/imports/{begun.json()['id']}"
    told: dict[str, str] = {}

    def over() -> bool:
        answer = httpx.get(address, timeout=60)
        told.update(answer.json()["progress"] if answer.status_code == 200 else {})
        return told.get("stage") in {"failed", "done"}

    wait_until(over, 300, every_s=0.2)
    assert told["stage"] == "failed"
    assert told["cause"].startswith(WORDS)
    assert metric(service, COUNTED) == given_up + 1
    assert send(service, 10).json()["state"] == "applied"
    wait_until(lambda: metric(service, "viaduc_embedding_backlog") == 0, 120, every_s=0.2)
    wait_until(lambda: metric(service, "viaduc_audit_waiting") == 0, 120, every_s=0.2)
    assert service.working() == working
    assert httpx.delete(address, timeout=60).status_code == 204


def test_a_body_that_does_not_fit_is_no_fault_of_the_body(service: Service) -> None:
    working = service.working()
    names = ",".join(f'{{"id": "a{n}", "side": "FR"}}' for n in range(400_000))
    body = f'{{"rounds": 1, "places": 1, "participants": [{names}]}}'.encode()
    limit(working, 60 << 20)
    head = {"Content-Type": "application/json"}
    refused = httpx.post(f"{service.url}/pairings", content=body, headers=head, timeout=120)
    assert (refused.status_code, refused.json()["detail"][: len(WORDS)]) == (503, WORDS)
    assert refused.headers["Retry-After"] == "10"
    assert httpx.get(f"{service.url}/events", timeout=60).status_code == 200
    assert service.working() == working


def test_a_plan_that_takes_too_much_ends_alone(service: Service) -> None:
    people = [f"a{n}" for n in range(400)]
    problem = {
        "rounds": 12, "places": 150, "time_limit_s": 30, "seed": 0,
        "participants": [{"id": name, "side": "FR" if n % 2 else "BE"} for n, name in enumerate(people)],
        "utility": [[a, b, 0.5 + (n % 7) / 20] for n, a in enumerate(people) for b in people[n + 1 : n + 60 : 2]],
    }  # fmt: skip
    small = {"rounds": 1, "places": 1, "participants": [{"id": "a", "side": "FR"}, {"id": "b", "side": "BE"}]}
    assert httpx.post(f"{service.url}/pairings", json=small, timeout=120).status_code == 200
    working = service.working()
    [computing] = [n for n in children_of(working) if b"apart" in Path(f"/proc/{n}/cmdline").read_bytes()]
    assert Path(f"/proc/{computing}/oom_score_adj").read_text(encoding="ascii").strip() == "500"
    limit(computing, 20 << 20)
    refused = httpx.post(f"{service.url}/pairings", json=problem, timeout=120)
    assert (refused.status_code, refused.json()["title"]) == (503, "Service unavailable")
    assert "memory" in refused.json()["detail"]
    assert httpx.post(f"{service.url}/pairings", json=small, timeout=120).status_code == 200
    assert service.working() == working


def bound(process: int) -> str:
    """How much a process may write to, as the system tells everybody."""
    told = Path(f"/proc/{process}/limits").read_text(encoding="ascii")
    return next(line.split()[3] for line in told.splitlines() if line.startswith("Max data size"))


def test_the_setting_bounds_who_works_and_nobody_else(service: Service) -> None:
    assert service.process is not None
    assert [bound(n) for n in (service.working(), service.process.pid)] == [str(LIMIT << 20), "unlimited"]
    assert name_of(service.database_process()).startswith("postgres")
    assert bound(service.database_process()) == "unlimited"
    assert 0 < metric(service, "viaduc_memory_left_bytes") < LIMIT << 20
    assert send(service, 500).json()["state"] == "applied"
