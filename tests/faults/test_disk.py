"""A disk that fills: changes are refused and reading goes on; one that is full altogether is survived."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2 as httpx
import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app.main import create_app
from app.room import LEAST
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from tests.faults.killed import Service

DISK_MB = 320


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "viaduc", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a disk of one's own needs root")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def service(disk: Path, furnish: Callable[[Path], Path]) -> Iterator[Service]:
    service = Service(furnish(disk / "data"))
    service.log = disk.parent / "service.log"
    service.start()
    yield service
    service.end()


def fill(disk: Path, leave: int) -> Path:
    """Fill the disk but for so many bytes."""
    ballast = disk / "ballast"
    free = os.statvfs(disk)
    with ballast.open("wb") as file:
        left = free.f_bavail * free.f_frsize - leave
        block = bytes(1 << 20)
        try:
            while left > 0:
                left -= file.write(block[: min(left, len(block))])
        except OSError:
            assert leave == 0
    return ballast


def actor(service: Service, name: str) -> httpx.Response:
    texts = [{"lang": "en", "text": f"testing of {name}"}]
    return httpx.post(f"{service.url}/actors", json={"name": name, "country": "FR", "offers": texts}, timeout=60)


def metric(service: Service, name: str) -> float:
    lines = httpx.get(f"{service.url}/metrics", timeout=60).text.splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))


def use_up_the_log(service: Service) -> None:
    """Let nothing but the database's own log grow: without room for that, the whole server gives up."""
    with service.connect() as connection:
        for _ in range(100):
            connection.execute("SELECT pg_logical_emit_message(false, 'viaduc', repeat('x', 1000000))")


@pytest.mark.slow
def test_near_its_end_changes_are_refused_and_reading_goes_on(service: Service, disk: Path) -> None:
    kept = actor(service, "Kept").json()["id"]
    ballast = fill(disk, LEAST // 2)
    refused = actor(service, "Refused")
    assert (refused.status_code, refused.json()["title"]) == (507, "Insufficient storage")
    assert refused.json()["detail"].startswith("the disk of the database is nearly full; nothing of this request")
    assert httpx.get(f"{service.url}/actors/{kept}", timeout=60).json()["name"] == "Kept"
    assert httpx.get(f"{service.url}/directory", timeout=60).status_code == 200
    ready = httpx.get(f"{service.url}/ready", timeout=60)
    assert ready.status_code == 200
    assert ready.json()["disk"].startswith("full: 3")
    assert 0 < metric(service, "viaduc_disk_free_bytes") <= LEAST // 2
    # What is deleted makes room, some day; nobody is kept from it.
    assert httpx.delete(f"{service.url}/actors/{kept}", timeout=60).status_code == 204
    ballast.unlink()
    assert actor(service, "After").status_code == 201
    assert [a["name"] for a in httpx.get(f"{service.url}/actors", timeout=60).json()["items"]] == ["After"]


@pytest.mark.slow
def test_a_file_for_which_there_is_no_room_is_refused_before_it_is_read(service: Service, disk: Path) -> None:
    ballast = fill(disk, LEAST + (8 << 20))
    rows = "id,name,country,offers\n" + "\n".join(f"{n},Row {n},FR,{'offer ' * 40}" for n in range(8000))
    send = {"params": {"apply": "true"}, "data": {"name": "map"}, "files": {"file": ("map.csv", rows.encode())}}
    assert httpx.post(f"{service.url}/maps/imports", timeout=60, **send).status_code == 507
    assert actor(service, "Small").status_code == 201
    ballast.unlink()


@pytest.mark.slow
def test_a_disk_that_is_full_altogether_is_survived(service: Service, disk: Path) -> None:
    kept = [actor(service, f"Kept {n}").json()["id"] for n in range(5)]
    process = service.process
    ballast = fill(disk, 0)
    with pytest.raises(psycopg.OperationalError):
        use_up_the_log(service)
    statuses = {actor(service, f"Refused {n}").status_code for n in range(10)}
    assert statuses <= {503, 507}
    assert httpx.get(f"{service.url}/health", timeout=60).status_code == 200
    assert "PANIC" in (service.folder / "postgres" / "log").read_text(encoding="utf-8")
    ballast.unlink()
    deadline = time.monotonic() + 60
    while (answer := actor(service, "After")).status_code != 201:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.2)
    stored = {a["id"]: a["name"] for a in httpx.get(f"{service.url}/actors", timeout=60).json()["items"]}
    assert stored == {i: f"Kept {n}" for n, i in enumerate(kept)} | {answer.json()["id"]: "After"}
    assert process is not None
    assert process.poll() is None


@pytest.mark.slow
@pytest.mark.parametrize("route", ["/maps/imports", "/console/maps"])
def test_a_file_for_which_the_folder_for_temporary_files_has_no_room_is_refused_in_words(
    disk: Path, engine: Engine, meaning: Meaning, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, route: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    fill(disk, 0)
    settings = Settings(data_dir=tmp_path, embed_in_service=False)
    with TestClient(create_app(settings, engine=engine, holder=MeaningHolder.ready(meaning))) as client:
        refused = client.post(
            route, data={"name": "map"}, files={"file": ("map.csv", b"id,name,country\n" + b"x" * (2 << 20))}
        )
        assert refused.status_code == 507
        assert "there is no room for what was sent in the folder for temporary files" in refused.text
        assert client.get("/maps").json() == []


COUNTING = """
import os
from app.counting import share_counts
share_counts()
from app.observe import REQUESTS, counts
REQUESTS.labels("GET", "/first", "200").inc()
print(flush=True)
input()
child = os.fork()
for n in range(2000):
    REQUESTS.labels("GET", f"/a-route-with-a-long-name/{n}", "200").inc()
if child == 0:
    os._exit(0)
print(os.waitpid(child, 0)[1], b'route="/first"' in counts())
"""


@pytest.mark.slow
def test_no_room_to_count_ends_no_process(disk: Path) -> None:
    command, environment = [sys.executable, "-c", COUNTING], {"TMPDIR": str(disk), "PYTHONPATH": os.getcwd()}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    ) as counting:
        assert counting.stdout is not None
        counting.stdout.readline()
        fill(disk, 0)
        told, _ = counting.communicate("\n", timeout=60)
    assert (counting.returncode, told) == (0, "0 True\n")
