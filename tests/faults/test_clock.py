"""The clock of the machine is set, forward and back, while the service and its database work."""

import shutil
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.faults.killed import Service
from tests.faults.load import Load
from tests.faults.lost import look
from tests.waiting import wait_until

HOUR = 3600
SOURCE = Path(__file__).with_name("set_clock.c")


class Clock:
    """The clock that the service and its database see."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("a clock that can be set needs a C compiler")
        self.library, self.file = folder / "set_clock.so", folder / "seconds"
        command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(self.library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True, capture_output=True)
        self.set(0)
        self.file.chmod(0o644)

    def set(self, seconds: int) -> None:
        """So many seconds from the real time."""
        with self.file.open("r+b" if self.file.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds))


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


@pytest.fixture
def service(tmp_path: Path, clock: Clock, furnish: Callable[[Path], Path]) -> Iterator[Service]:
    folder = furnish(tmp_path / "data")
    service = Service(folder, LD_PRELOAD=str(clock.library), VIADUC_TEST_CLOCK=str(clock.file))
    service.start()
    yield service
    service.end()


@pytest.mark.slow
def test_work_goes_on_while_the_clock_is_set_forward_and_back(service: Service, clock: Clock) -> None:
    load = Load(service.url)
    load.set_up()
    plans = f"{service.url}/events/{load.event}/plans"
    begun = httpx.post(plans, json={"wait": False, "time_limit_s": 8}, timeout=60)
    assert begun.status_code == 202

    def meanwhile() -> None:
        for hours in (3, -3, 0):
            clock.set(hours * HOUR)
            enough = sum(load.known.writes.values()) + 20
            wait_until(lambda: sum(load.known.writes.values()) >= enough, 60)  # noqa: B023 - asked at once

    load.run(meanwhile)
    assert load.unexpected == []
    with service.connect() as connection:
        assert look(connection, load.known) == []
    assert httpx.get(f"{service.url}/audit/check", timeout=60).json()["whole"]
    deadline = time.monotonic() + 60
    while (plan := httpx.get(f"{plans}/{begun.json()['number']}", timeout=60).json())["state"] == "computing":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert plan["state"] == "draft"


@pytest.mark.slow
def test_what_was_set_is_told_and_limits_go_by_another_clock(service: Service, clock: Clock) -> None:
    service.stop()
    service.set(VIADUC_LOCAL_ADMIN="false", VIADUC_RATE_SIGN_IN="1")
    service.start()
    clock.set(26 * HOUR)
    wait_until(lambda: date_of(service) - datetime.now(UTC) > timedelta(hours=25))
    answer = httpx.get(f"{service.url}/metrics", timeout=60)
    told = next(line for line in answer.text.splitlines() if line.startswith("viaduc_clock_set_seconds "))
    assert abs(float(told.split()[1]) - 26 * HOUR) <= 1
    assert wrong_key(service).status_code == 401
    for hours in (50, -50, 26):
        # The one try of a minute is used up: the clock on the wall gives nobody another.
        clock.set(hours * HOUR)
        refused = wrong_key(service)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 60


def date_of(service: Service) -> datetime:
    """The date of its answers, which it looks up once a second."""
    return parsedate_to_datetime(httpx.get(f"{service.url}/health", timeout=60).headers["Date"])


def wrong_key(service: Service) -> httpx.Response:
    return httpx.post(f"{service.url}/console/sign-in", data={"key": "wrong"}, timeout=60)
