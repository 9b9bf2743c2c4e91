"""kill -9 while everything is being written: nothing acknowledged is lost, nothing is half-written, it comes back."""

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import httpx2 as httpx
import pytest

from app.keeper import PAUSES_S
from tests.faults.killed import BACK_S, Service, children_of, name_of
from tests.faults.load import Load
from tests.faults.lost import look
from tests.waiting import wait_until

log = logging.getLogger(__name__)


@pytest.fixture
def service(tmp_path: Path, furnish: Callable[[Path], Path]) -> Iterator[Service]:
    service = Service(furnish(tmp_path / "data"))
    service.start()
    yield service
    service.end()


def killed_under_load(service: Service, load: Load, kill: Callable[[], object], after_s: float) -> float:
    """Kill something while everything is being written; the seconds until the service is ready again."""
    took: list[float] = []

    def meanwhile() -> None:
        time.sleep(after_s)
        begun = time.perf_counter()
        kill()
        time.sleep(0.1)
        service.start()
        took.append(time.perf_counter() - begun)
        time.sleep(0.3)

    load.run(meanwhile)
    with service.connect() as connection:
        assert look(connection, load.known) == []
    return took[0]


@pytest.mark.slow
def test_what_is_killed_loses_nothing_and_comes_back_by_itself(service: Service) -> None:
    load, rng = Load(service.url), Random(5)
    load.set_up()
    kills = [service.kill_working, service.kill_database, lambda: service.kill_backend(rng), service.kill_working]
    for kill in kills:
        assert killed_under_load(service, load, kill, rng.uniform(0.2, 2.5)) <= BACK_S
    assert load.unexpected == []
    assert sum(load.known.writes.values()) > 50
    assert {"actor", "import", "publication", "feedback", "erasure", "answer", "desk"} <= {*load.known.writes}
    trail = httpx.get(f"{service.url}/audit/check", timeout=60).json()
    assert trail["whole"]


@pytest.mark.slow
def test_a_whole_service_that_is_killed_is_ready_again_when_it_is_started(service: Service) -> None:
    load = Load(service.url)
    load.set_up()
    # Here the code is read anew, which takes longer where other tests run beside this one.
    assert killed_under_load(service, load, service.kill, 1.0) <= 6 * BACK_S
    assert load.unexpected == []


@pytest.mark.slow
def test_callers_are_not_turned_away_while_the_working_process_is_replaced(service: Service) -> None:
    gone = service.working()
    service.kill_working()
    assert httpx.get(f"{service.url}/health", timeout=20).status_code == 200
    assert service.working() != gone
    told = httpx.get(f"{service.url}/metrics", timeout=20).text
    assert "viaduc_restarts 1.0" in told
    assert "(signal 9): it is started again" in service.log.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_process_whose_keeper_is_killed_ends_and_leaves_the_port(service: Service) -> None:
    assert service.process is not None
    left = service.working()
    service.process.kill()
    service.process.wait()
    service.process = None
    service.start()
    assert service.working() != left
    deadline = time.monotonic() + 20
    while Path(f"/proc/{left}/cwd").exists():
        assert time.monotonic() < deadline, "it is left behind"
        time.sleep(0.05)


@pytest.mark.slow
def test_a_database_that_is_killed_is_told_when_it_stays_away_and_comes_back(service: Service) -> None:
    load = Load(service.url)
    load.set_up()
    programs = service.folder / "postgres" / "global" / "pg_control"
    hidden = programs.with_name("hidden")
    programs.rename(hidden)
    service.kill_database()
    deadline = time.monotonic() + 30
    while service.ready() != 503 and time.monotonic() < deadline:
        pass
    assert service.ready() == 503
    assert httpx.get(f"{service.url}/health", timeout=5).status_code == 200
    assert httpx.get(f"{service.url}/events/{load.event}", timeout=20).status_code == 503
    assert "viaduc_database_up 0.0" in httpx.get(f"{service.url}/metrics", timeout=20).text
    hidden.rename(programs)
    assert service.wait(60) <= 30
    with service.connect() as connection:
        assert look(connection, load.known) == []


@pytest.mark.slow
def test_what_cannot_start_says_why_and_is_not_tried_for_ever(tmp_path: Path) -> None:
    service = Service(tmp_path / "data", VIADUC_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    process = service.run("serve")
    assert process.wait(60) == 1
    told = service.log.read_text(encoding="utf-8").strip().splitlines()
    assert told[-1].startswith("viaduc: the database does not answer")


@pytest.mark.slow
def test_a_stopped_service_takes_its_database_with_it(tmp_path: Path) -> None:
    service = Service(tmp_path / "data")
    service.start()
    assert (service.folder / "postgres" / "postmaster.pid").exists()
    assert service.stop() <= 20
    assert not (service.folder / "postgres" / "postmaster.pid").exists()


@pytest.mark.slow
def test_a_demo_that_is_asked_to_end_takes_its_database_with_it(tmp_path: Path) -> None:
    service = Service(tmp_path / "data")
    number = service.folder / "postgres" / "postmaster.pid"
    try:
        service.process = service.run("demo")  # while it loads
        wait_until(number.exists, within_s=120)
        service.stop()
        assert not number.exists()
        service.process = service.run("demo")  # while it serves
        service.wait()
        process = service.process
        assert number.exists()
        assert service.stop() <= 20
        assert process.returncode == 0
        assert not number.exists()
    finally:
        service.end()


@pytest.mark.slow
def test_a_parent_that_is_killed_leaves_nobody_behind_and_the_next_start_works(tmp_path: Path) -> None:
    service = Service(tmp_path / "data", VIADUC_PROCESSES="2")
    try:
        service.start(300)
        problem = {"rounds": 1, "places": 1, "participants": [{"id": "a", "side": "FR"}, {"id": "b", "side": "BE"}]}
        assert httpx.post(f"{service.url}/pairings", json=problem, timeout=60).status_code == 200
        kept = httpx.post(f"{service.url}/actors", json={"name": "Kept", "country": "FR"}, timeout=60).json()["id"]
        assert service.process is not None
        left = [n for n in below(service.process.pid) if not name_of(n).startswith("postgres")]
        assert len(left) >= 3  # two that answer, and one that computes
        service.process.kill()
        service.process.wait()
        service.process = None
        begun = time.monotonic()
        while any(Path(f"/proc/{process}/cwd").exists() for process in left):
            assert time.monotonic() - begun < 25, "somebody is left behind"
            time.sleep(0.05)
        log.info("nobody is left after %.1f s", time.monotonic() - begun)
        log.info("ready again %.1f s after the next start", service.start())
        assert httpx.get(f"{service.url}/actors/{kept}", timeout=60).json()["name"] == "Kept"
        assert service.stop() <= 25
        # The one that was killed no longer counts among those who use the database.
        assert not (service.folder / "postgres" / "postmaster.pid").exists()
    finally:
        service.end()


def below(process: int) -> list[int]:
    """What a process started, and what that started."""
    return [n for child in children_of(process) for n in (child, *below(child))]


HASTY = f"""
from app.commands.serve import run_service
from app.settings import get_settings
run_service(get_settings(), pauses_s={[pause / 10 for pause in PAUSES_S]})
"""
"""The service, whose parent waits a tenth of the time before it starts another."""


@pytest.mark.slow
def test_a_service_that_is_killed_before_it_begins_every_time_ends_in_words(
    tmp_path: Path, furnish: Callable[[Path], Path]
) -> None:
    service = Service(furnish(tmp_path / "data"))
    service.code, as_ever = HASTY, service.code
    try:
        service.start()
        give_no_rest(service)
        service.code = as_ever
        assert service.start() <= 60
    finally:
        service.end()


def give_no_rest(service: Service) -> None:
    """Kill whatever begins to work, until the parent gives up."""
    parent = service.process
    assert parent is not None
    begun = time.monotonic()
    while parent.poll() is None:
        assert time.monotonic() - begun < 120, "it goes on for ever"
        for process in children_of(parent.pid):
            if not name_of(process).startswith("postgres"):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        time.sleep(0.01)
    assert parent.returncode == 1
    assert time.monotonic() - begun >= sum(PAUSES_S[1:]) / 10 - 0.1
    told = service.log.read_text(encoding="utf-8")
    assert "given up: the working process died 8 times in a row before its work began (signal 9)" in told
    assert not (service.folder / "postgres" / "postmaster.pid").exists()
    service.process = None
