"""kill -9 while everything is being written: nothing acknowledged is lost, nothing is half-written, it comes back."""

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.faults.killed import Load, Service, end_database, look


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path / "data")
    service.start()
    yield service
    if service.process is not None and service.process.poll() is None:
        service.kill()
    end_database(service.folder)


@pytest.mark.slow
def test_a_service_that_is_killed_loses_nothing_and_comes_back(service: Service) -> None:
    load, rng = Load(service.url, 5), random.Random(5)
    load.set_up()
    for _ in range(4):
        load.run_until(service.kill, rng.uniform(0.2, 2.5))
        service.start()
        with service.connect() as connection:
            assert look(connection, load.known) == []
    assert load.unexpected == []
    assert load.known.writes > 50
    assert load.known.published > 0


@pytest.mark.slow
def test_a_database_that_is_killed_is_told_and_comes_back(service: Service) -> None:
    load = Load(service.url, 6)
    load.set_up()
    os.kill(service.database_process(), signal.SIGKILL)
    answers = set()
    deadline = time.monotonic() + 30
    seen = []
    while time.monotonic() < deadline:
        seen.append(service.ready())
        answers.add(httpx.get(f"{service.url}/events/{load.event}", timeout=20).status_code)
        if seen[-1] == 200 and 503 in seen:
            break
    assert 503 in seen
    assert seen[-1] == 200
    assert answers <= {200, 503}
    with service.connect() as connection:
        assert look(connection, load.known) == []
