"""The embedded server: attached to while it runs, back within seconds after a kill, nothing acknowledged lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from app.embedded_postgres import start_embedded
from app.errors import Unavailable

OWNER = """
import sys
from pathlib import Path
from app.embedded_postgres import start_embedded
print(start_embedded(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1), autocommit=True)


def born(url: str) -> object:
    """When the server was started: tells one server from the next."""
    with connect(url) as connection:
        return connection.execute("SELECT pg_postmaster_start_time()").fetchone()


def server_process(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def own_elsewhere(data_dir: Path) -> tuple[subprocess.Popen[str], str]:
    """Another process that starts (or attaches to) the server and holds it."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def release(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=60)


@pytest.mark.slow
def test_a_second_process_attaches_and_its_end_leaves_the_server_to_the_first(data_dir: Path) -> None:
    url = start_embedded(data_dir)
    since = born(url)
    other, theirs = own_elsewhere(data_dir)
    assert theirs == url
    release(other)
    assert other.returncode == 0
    assert born(start_embedded(data_dir)) == since


@pytest.mark.slow
def test_the_server_outlives_a_killed_owner_and_the_next_process_attaches(data_dir: Path) -> None:
    owner, url = own_elsewhere(data_dir)
    since = born(url)
    owner.kill()
    release(owner)
    assert owner.returncode == -signal.SIGKILL
    assert start_embedded(data_dir) == url
    assert born(url) == since


@pytest.mark.slow
def test_a_killed_server_is_back_within_ten_seconds_with_every_acknowledged_row(data_dir: Path) -> None:
    with connect(start_embedded(data_dir)) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        for n in range(50):
            connection.execute("INSERT INTO kept VALUES (%s)", (n,))
        os.kill(server_process(data_dir), signal.SIGKILL)
    started = time.monotonic()
    url = start_embedded(data_dir)
    assert time.monotonic() - started <= 10
    with connect(url) as connection:
        assert connection.execute("SELECT count(*), max(n) FROM kept").fetchone() == (50, 49)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("not a folder", encoding="utf-8")
    with pytest.raises(Unavailable) as refusal:
        start_embedded(occupied)
    assert refusal.value.detail.startswith(f"the data folder {occupied} cannot be used (")
    assert refusal.value.detail.endswith("): mend its owner, or set VIADUC_DATA_DIR")
