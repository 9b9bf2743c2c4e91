"""SIGTERM while a plan is computed and pages are live: all of it ends within 20 s, and what was promised is kept."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.faults.killed import Service
from tests.faults.load import Load


@pytest.mark.slow
def test_it_drains_within_20_seconds_keeps_the_best_plan_and_ends_its_streams(
    tmp_path: Path, furnish: Callable[[Path], Path]
) -> None:
    service = Service(furnish(tmp_path / "data"))
    service.start()
    try:
        load = Load(service.url)
        load.set_up()
        ended, begun = threading.Event(), threading.Event()

        def listen() -> None:
            with httpx.stream("GET", f"{service.url}/live/events/{load.event}", timeout=60) as answer:
                for _ in answer.iter_bytes():
                    begun.set()
            ended.set()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        assert begun.wait(20)
        plans = f"{service.url}/events/{load.event}/plans"
        for _ in range(4):
            started = begin(plans)
            assert (started.status_code, started.text) == (202, started.text)
        assert service.stop() <= 20
        assert ended.wait(5)
        with service.connect() as connection:
            begun = "SELECT state FROM plan WHERE event_id = %s ORDER BY number"
            states = [row[0] for row in connection.execute(begun, (load.event,)).fetchall()]
        assert set(states) <= {"draft", "failed"}
        assert states[0] == "draft"
        assert len(states) == 4
    finally:
        service.end()


def begin(plans: str) -> httpx.Response:
    """Have a plan computed, once the texts of those who just registered are understood."""
    until = time.perf_counter() + 30
    while True:
        answer = httpx.post(plans, json={"wait": False, "time_limit_s": 55}, timeout=20)
        if answer.status_code != 503 or "wait for their meaning" not in answer.text or time.perf_counter() > until:
            return answer
