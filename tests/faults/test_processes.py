"""Several processes of one service: one address, one count, live pages of all; one that dies is missed by nobody."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.app.test_live import Stream
from tests.faults.killed import Service, children_of, name_of

PAGES = 12


@pytest.fixture
def service(tmp_path: Path, furnish: Callable[[Path], Path]) -> Iterator[Service]:
    service = Service(furnish(tmp_path / "data"), VIADUC_PROCESSES="2")
    service.start()
    yield service
    service.end()


def working(service: Service) -> list[int]:
    """The processes that answer, once both are there."""
    assert service.process is not None
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found = [n for n in children_of(service.process.pid) if not name_of(n).startswith("postgres")]
        if len(found) == 2:
            return found
        time.sleep(0.05)
    raise AssertionError("there are no two")


def figure(service: Service, line: str) -> float:
    """A figure of the metrics."""
    told = httpx.get(f"{service.url}/metrics", timeout=20).text
    found = re.search(rf"^{re.escape(line)} (\S+)$", told, re.MULTILINE)
    return float(found[1]) if found else 0.0


@pytest.mark.slow
def test_two_processes_are_one_service(service: Service) -> None:
    first = working(service)
    assert len(set(first)) == 2
    ready_in = time.monotonic() + 60
    while figure(service, "viaduc_model_ready") != 1 and time.monotonic() < ready_in:
        time.sleep(0.5)
    assert figure(service, "viaduc_database_connections_max") == 40
    httpx.post(f"{service.url}/events", json={"name": "Afternoon"}, timeout=20)
    with ExitStack() as stack:
        pages = [stack.enter_context(closing(Stream(f"{service.url}/live/events/1"))) for _ in range(PAGES)]
        for page in pages:
            while not page.word()[1]["listening"]:
                pass
        until = time.monotonic() + 20
        while figure(service, "viaduc_live_streams") != PAGES and time.monotonic() < until:
            time.sleep(0.5)
        assert figure(service, "viaduc_live_streams") == PAGES
        httpx.put(f"{service.url}/events/1/places", json=[{"label": "Booth"}], timeout=20)
        for page in pages:
            while "places" not in page.topics():
                pass
    asked = 'viaduc_requests_total{method="GET",route="/events",status="200"}'
    before = figure(service, asked)
    for _ in range(20):  # each on a line of its own: whoever is free takes it
        assert httpx.get(f"{service.url}/events", timeout=20).status_code == 200
    assert figure(service, asked) == before + 20
    os.kill(first[0], signal.SIGKILL)
    for _ in range(20):
        assert httpx.get(f"{service.url}/events", timeout=20).status_code == 200
    second = working(service)
    assert first[1] in second
    assert first[0] not in second
    until = time.monotonic() + 30
    while figure(service, "viaduc_restarts") != 1 and time.monotonic() < until:
        time.sleep(0.5)
    assert figure(service, "viaduc_restarts") == 1
    assert figure(service, asked) == before + 40
    assert service.process is not None
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(30) == 0
    assert [n for n in second if Path(f"/proc/{n}/cwd").exists()] == []
