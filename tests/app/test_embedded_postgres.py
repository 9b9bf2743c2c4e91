"""The embedded server: attached to while it runs, back within seconds after a kill, nothing acknowledged lost."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from app.embedded_postgres import start_embedded
from app.errors import Unavailable
from app.postgres_programs import make_cluster
from tests.waiting import wait_until

OWNER = """
import sys
from pathlib import Path
from app.embedded_postgres import start_embedded
print(start_embedded(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""
STRANGER = """
import os, sys
from pathlib import Path
from app.embedded_postgres import start_embedded
from app.errors import Unavailable
os.setuid(65534)
try:
    start_embedded(Path(sys.argv[1]))
except Unavailable as error:
    print(error)
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
def data_dir(tmp_path: Path, furnish: Callable[[Path], Path]) -> Path:
    """A data folder whose database is made."""
    return furnish(tmp_path / "data")


@pytest.fixture
def new_dir(tmp_path: Path) -> Path:
    """One that is not there yet."""
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


@pytest.mark.slow
def test_backends_that_outlive_their_killed_server_do_not_keep_the_next_from_starting(data_dir: Path) -> None:
    url = start_embedded(data_dir)
    busy = connect(url)
    number = busy.info.backend_pid
    thread = threading.Thread(target=work_long, args=(busy,))
    thread.start()
    wait_until(lambda: works(url, number))
    os.kill(server_process(data_dir), signal.SIGKILL)
    started = time.monotonic()
    start_embedded(data_dir)
    assert time.monotonic() - started <= 10
    thread.join(10)
    assert not Path(f"/proc/{number}/cwd").exists()


def works(url: str, number: int) -> bool:
    with connect(url) as connection:
        row = connection.execute("SELECT state FROM pg_stat_activity WHERE pid = %s", (number,)).fetchone()
    return row == ("active",)


def work_long(connection: psycopg.Connection) -> None:
    """A whole minute of the processor, that nothing but a signal interrupts."""
    with contextlib.suppress(psycopg.OperationalError):
        connection.execute("SELECT count(*) FROM generate_series(1, 2000000000)")


@pytest.mark.slow
def test_a_number_that_is_another_process_s_by_now_is_no_server(data_dir: Path) -> None:
    since = born(start_embedded(data_dir))
    written = data_dir / "postgres" / "postmaster.pid"
    os.kill(server_process(data_dir), signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{server_process(data_dir)}/cwd").exists())
    lines = written.read_text(encoding="utf-8").splitlines(keepends=True)
    written.write_text("".join([f"{os.getpid()}\n", *lines[1:]]), encoding="utf-8")
    assert born(start_embedded(data_dir)) != since


@pytest.mark.slow
def test_a_server_that_nobody_reaped_is_no_server(data_dir: Path) -> None:
    owner, url = own_elsewhere(data_dir)
    since = born(url)
    number = server_process(data_dir)
    os.kill(number, signal.SIGKILL)
    wait_until(lambda: "Z" in Path(f"/proc/{number}/stat").read_text(encoding="utf-8").split()[2])
    assert born(start_embedded(data_dir)) != since
    release(owner)


@pytest.mark.slow
def test_it_stops_with_its_last_user_even_when_another_was_killed(data_dir: Path) -> None:
    killed, url = own_elsewhere(data_dir)
    last, theirs = own_elsewhere(data_dir)
    assert theirs == url
    killed.kill()
    release(killed)
    release(last)
    assert not (data_dir / "postgres" / "postmaster.pid").exists()
    with pytest.raises(psycopg.OperationalError):
        connect(url)


@pytest.mark.slow
def test_a_data_folder_whose_making_was_killed_is_made_anew(new_dir: Path) -> None:
    half = new_dir / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n", encoding="utf-8")
    with connect(start_embedded(new_dir)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not half.exists()


@pytest.mark.slow
def test_a_folder_too_deep_for_a_socket_works_all_the_same(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    owner, url = own_elsewhere(deep)
    with connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    socket_folder = Path(str(make_url(url).query["host"]))
    assert socket_folder.is_dir()
    assert deep not in socket_folder.parents
    release(owner)
    assert not socket_folder.exists()


def test_a_path_that_postgresql_does_not_take_is_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="is longer than PostgreSQL takes: set VIADUC_DATA_DIR to a shorter one"):
        start_embedded(tmp_path.joinpath(*["d" * 200] * 5))


@pytest.mark.slow
def test_a_locale_that_is_not_installed_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "xx_XX.ISO-8859-1")
    make_cluster(tmp_path / "postgres")
    assert (tmp_path / "postgres" / "PG_VERSION").exists()


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_folder_of_somebody_else_is_told_in_a_sentence_and_left_without_a_word(new_dir: Path) -> None:
    (new_dir / "postgres").mkdir(parents=True, mode=0o700)
    for name in ("postgres.users", "postgres.start"):
        (new_dir / name).touch()
    for above in new_dir.parents:
        above.chmod(above.stat().st_mode | 0o055)
    told = subprocess.run([sys.executable, "-c", STRANGER, str(new_dir)], capture_output=True, text=True, check=False)
    assert told.stdout.startswith(f"the data folder {new_dir} cannot be used ([Errno 13] Permission denied:")
    assert (told.returncode, told.stderr) == (0, "")


def test_data_that_is_gone_is_not_begun_anew_under_a_service_that_runs(new_dir: Path) -> None:
    with pytest.raises(Unavailable, match="is not there any more: is its disk"):
        start_embedded(new_dir, anew=False)
    assert not (new_dir / "postgres").exists()


def test_a_folder_that_holds_something_else_is_left_alone(new_dir: Path) -> None:
    (new_dir / "postgres").mkdir(parents=True)
    (new_dir / "postgres" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(Unavailable, match="is no data folder of PostgreSQL, and not empty"):
        start_embedded(new_dir)
    assert (new_dir / "postgres" / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("not a folder", encoding="utf-8")
    with pytest.raises(Unavailable) as refusal:
        start_embedded(occupied)
    assert refusal.value.detail.startswith(f"the data folder {occupied} cannot be used (")
    assert refusal.value.detail.endswith("): mend its owner, or set VIADUC_DATA_DIR")
