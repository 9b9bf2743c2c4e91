"""The parent that keeps processes going: what it does when they cannot begin, die early, or say why they wait.

Each test runs a keeper in a process of its own; what its children do is a few lines, so that no service is needed.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.killed import ROOT, children_of
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

PAUSES = (0.0, 0.05, 0.1, 0.2)
SCRIPT = """
import logging, os, signal, sys, time
from pathlib import Path
from app.errors import Unavailable
from app.keeper import Keeper, Life
logging.basicConfig(level="INFO")
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever started the tests may want it ignored (nohup)
starts = Path("starts")
{work}
sys.exit(Keeper(work, None, {processes}, {pauses}).run())
"""
WORKS = """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    life.begun()
    while True:
        time.sleep(1)
"""
Kept = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def keep(tmp_path: Path) -> Iterator[Kept]:
    """Start a keeper whose children do `work(life, n)`, n being the number of starts so far."""
    begun: list[subprocess.Popen[bytes]] = []

    def start(
        lines: str, processes: int = 1, pauses: tuple[float, ...] = PAUSES, *, start_new_session: bool = False
    ) -> "subprocess.Popen[bytes]":
        counted = "def work(life):\n    with starts.open('a') as f: f.write('1')\n    n = len(starts.read_text())\n"
        script = SCRIPT.format(work=counted + lines, processes=processes, pauses=pauses)
        with (tmp_path / "log").open("wb") as log:
            command = [sys.executable, "-c", script]
            environment = os.environ | {"PYTHONPATH": str(ROOT)}
            begun.append(
                subprocess.Popen(
                    command, cwd=tmp_path, env=environment, stdout=log, stderr=log, start_new_session=start_new_session
                )
            )
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.wait()


def log_of(folder: Path) -> str:
    return (folder / "log").read_text(encoding="utf-8")


def starts_in(folder: Path) -> int:
    counted = folder / "starts"
    return len(counted.read_text(encoding="utf-8")) if counted.exists() else 0


def test_one_that_is_killed_before_it_begins_every_time_is_given_up_in_words(keep: Kept, tmp_path: Path) -> None:
    parent = keep("    os.kill(os.getpid(), signal.SIGKILL)")
    assert parent.wait(30) == 1
    assert starts_in(tmp_path) == len(PAUSES)
    told = log_of(tmp_path)
    assert "given up: the working process died 4 times in a row before its work began (signal 9)" in told
    assert told.count("it is started again") == len(PAUSES) - 1


def test_the_pauses_grow(keep: Kept, tmp_path: Path) -> None:
    begun = time.monotonic()
    parent = keep("    os.kill(os.getpid(), signal.SIGKILL)", pauses=(0.0, 0.2, 0.4, 0.6))
    wait_until(lambda: starts_in(tmp_path) == 1, 30)
    first = time.monotonic()
    assert parent.wait(30) == 1
    assert time.monotonic() - first >= 0.2 + 0.4 + 0.6 - 0.1, f"it took {time.monotonic() - begun:.1f} s in all"


def test_one_that_fails_when_it_first_begins_is_not_tried_again(keep: Kept, tmp_path: Path) -> None:
    parent = keep("    raise ValueError('wrong')")
    assert parent.wait(30) == 1
    assert starts_in(tmp_path) == 1
    assert "ValueError: wrong" in log_of(tmp_path)


def test_one_that_says_why_it_waits_is_tried_for_as_long_as_it_takes(keep: Kept, tmp_path: Path) -> None:
    lines = f"""
    if n == 1:
        life.begun()
        os.kill(os.getpid(), signal.SIGKILL)
    if n < 12:
        raise Unavailable("the database does not answer")
{WORKS}"""
    parent = keep(lines)
    wait_until(lambda: starts_in(tmp_path) == 12, 30)
    time.sleep(0.3)
    assert parent.poll() is None
    assert log_of(tmp_path).count("not started: the database does not answer") == 10
    parent.terminate()
    assert parent.wait(30) == 0


def test_one_that_begins_and_dies_soon_is_started_again_each_time(keep: Kept, tmp_path: Path) -> None:
    parent = keep(f"""
    if n < 9:
        life.begun()
        os.kill(os.getpid(), signal.SIGKILL)
{WORKS}""")
    wait_until(lambda: starts_in(tmp_path) == 9, 30)
    parent.terminate()
    assert parent.wait(30) == 0
    assert "given up" not in log_of(tmp_path)


def test_whoever_asks_to_end_during_a_pause_is_heard_at_once(keep: Kept, tmp_path: Path) -> None:
    parent = keep("    os.kill(os.getpid(), signal.SIGKILL)", pauses=(0.0, 60.0))
    wait_until(lambda: "it is started again" in log_of(tmp_path), 30)
    begun = time.monotonic()
    parent.terminate()
    assert parent.wait(30) == 0
    assert time.monotonic() - begun < 5
    assert starts_in(tmp_path) == 1


def test_a_terminal_that_is_closed_lets_work_end_in_order(keep: Kept, tmp_path: Path) -> None:
    """Everybody in it is told at once: who works is asked to end by the parent, as ever."""
    parent = keep(
        """
    signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.3), os.write(2, b"in order"), sys.exit(0)))
    life.begun()
    os.write(2, b"works")
    while True:
        time.sleep(1)
""",
        start_new_session=True,
    )
    wait_until(lambda: "works" in log_of(tmp_path), 30)
    os.killpg(parent.pid, signal.SIGHUP)
    assert parent.wait(30) == 0
    assert "in order" in log_of(tmp_path)


def test_while_one_works_the_other_is_not_given_up(keep: Kept, tmp_path: Path) -> None:
    lines = f"""
    try:
        os.mkdir("taken")
    except FileExistsError:
        os.kill(os.getpid(), signal.SIGKILL)
{WORKS}"""
    parent = keep(lines, processes=2)
    wait_until(lambda: starts_in(tmp_path) > 2 * len(PAUSES), 30)
    assert parent.poll() is None
    os.kill(min(children_of(parent.pid)), signal.SIGKILL)  # the others came later
    assert parent.wait(30) == 1
    assert "given up" in log_of(tmp_path)
