"""A primary that dies, a standby that takes over: seconds of errors, and nothing acknowledged is lost."""

import threading
import time
from collections.abc import Iterator

import httpx2 as httpx
import pytest

from tests.faults.cluster import Cluster, cluster
from tests.faults.killed import Service
from tests.faults.load import Load
from tests.faults.lost import look
from tests.faults.watched import Watch
from tests.waiting import wait_until

ERRORS_S = 5.0
MANY = 30
"""Writes one after the other, some seconds of them."""


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture(scope="module")
def service(three: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("service") / "data", VIADUC_DATABASE_URL=three.url)
    service.start(migrate=True)
    yield service
    service.end()


@pytest.mark.slow
def test_a_standby_takes_over_within_seconds_and_nothing_is_lost(three: Cluster, service: Service) -> None:
    load = Load(service.url)
    load.set_up()
    watch = Watch(service.url)

    def meanwhile() -> None:
        with watch:
            wait_until(lambda: watch.good() >= MANY)
            three.fail_over()
            before = watch.good()
            wait_until(lambda: watch.good() >= before + MANY, 60)

    heard = Heard(f"{service.url}/live/events/{load.event}")
    load.run(meanwhile)
    assert watch.away_s() <= ERRORS_S
    with three.primary.connect() as connection:
        assert look(connection, load.known) == []
    assert load.unexpected == []
    # Live pages hear of changes in the new primary, through the stream that was open before.
    heard.forget()
    name = {"name": "Renamed", "min_meetings": 0}
    assert httpx.put(f"{service.url}/events/{load.event}", json=name, timeout=20).status_code == 200
    assert heard.changed.wait(10)


class Heard:
    """A live page that stays open."""

    def __init__(self, address: str) -> None:
        self.changed = threading.Event()
        self._address = address
        threading.Thread(target=self._listen, daemon=True).start()

    def forget(self) -> None:
        """What was heard so far does not count."""
        self.changed.clear()

    def _listen(self) -> None:
        with httpx.stream("GET", self._address, timeout=120) as answer:
            for line in answer.iter_lines():
                if line == "event: change":
                    self.changed.set()


@pytest.mark.slow
def test_a_database_that_is_gone_for_a_while_is_followed_when_it_is_back(three: Cluster, service: Service) -> None:
    before = service.working()
    three.primary.stop()
    assert service.ready() == 503
    refused = httpx.get(f"{service.url}/events", timeout=20)
    assert (refused.status_code, refused.json()["title"]) == (503, "Service unavailable")
    three.primary.start()
    begun = time.perf_counter()
    service.wait(20)
    assert time.perf_counter() - begun <= ERRORS_S
    assert httpx.get(f"{service.url}/events", timeout=20).status_code == 200
    assert service.working() == before
