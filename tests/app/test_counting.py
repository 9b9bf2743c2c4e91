"""The folder in which several processes count together: gone with them, whatever ended them."""

import subprocess
import sys
from pathlib import Path

SERVICE = """
import os
from app.counting import SHARED, share_counts
share_counts()
print(os.environ[SHARED], flush=True)
input()
"""


def begin(folder: Path) -> tuple["subprocess.Popen[str]", Path]:
    """A service that counts below this folder, and where."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVICE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={"TMPDIR": str(folder), "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def end(process: "subprocess.Popen[str]") -> None:
    process.communicate("", timeout=20)


def test_what_a_killed_service_left_goes_with_the_next_and_one_that_lives_is_let_alone(tmp_path: Path) -> None:
    (killed, left), (living, used) = begin(tmp_path), begin(tmp_path)
    killed.kill()
    killed.communicate()
    assert left.is_dir()
    third, own = begin(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([used, own])
    end(living)
    end(third)
    assert [*tmp_path.iterdir()] == []
