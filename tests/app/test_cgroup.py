"""How much a container may take, read from trees of files like those that the system shows."""

from pathlib import Path

import pytest

from app.cgroup import memory_limit
from app.memory import share_mb
from app.settings import Settings

GIB = 2**30


class Tree:
    """What a process sees of its groups; the machine has 16 GiB."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("meminfo", f"MemTotal:       {16 * GIB // 1024} kB\nMemFree:        1 kB\n")

    def write(self, path: str, text: str) -> None:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def limit(self) -> int | None:
        return memory_limit(self.folder / "self", self.folder / "cgroup", self.folder / "meminfo")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_in_a_container_the_tree_begins_at_its_own_group(tree: Tree) -> None:
    tree.write("self", "0::/\n")
    tree.write("cgroup/memory.max", f"{2 * GIB}\n")
    assert tree.limit() == 2 * GIB


def test_a_group_is_bound_by_those_around_it(tree: Tree) -> None:
    tree.write("self", "0::/system.slice/viaduc.service\n")
    tree.write("cgroup/system.slice/viaduc.service/memory.max", "max\n")
    tree.write("cgroup/system.slice/memory.max", f"{3 * GIB}\n")
    assert tree.limit() == 3 * GIB
    tree.write("cgroup/system.slice/viaduc.service/memory.max", f"{GIB}\n")
    assert tree.limit() == GIB


def test_the_older_groups_are_read_too_by_a_name_that_holds_outside_only(tree: Tree) -> None:
    tree.write("self", "12:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/docker/abc\n")
    tree.write("cgroup/memory/memory.limit_in_bytes", f"{GIB}\n")
    assert tree.limit() == GIB


@pytest.mark.parametrize("told", ["max\n", "9223372036854771712\n", f"{16 * GIB}\n", "", "what?"])
def test_no_limit_is_none(tree: Tree, told: str) -> None:
    tree.write("self", "0::/\n4:memory:/\n")
    tree.write("cgroup/memory.max", told)
    tree.write("cgroup/memory/memory.limit_in_bytes", told)
    assert tree.limit() is None


def test_where_the_system_tells_nothing_there_is_none(tree: Tree) -> None:
    (tree.folder / "meminfo").unlink()
    assert tree.limit() is None


def test_a_working_process_has_what_the_others_in_the_container_leave() -> None:
    outside = Settings(database_url="postgresql://db/viaduc")
    assert share_mb(outside, 2 * GIB) == 1398
    assert share_mb(outside.model_copy(update={"processes": 2}), 4 * GIB) == 1723
    assert share_mb(Settings(database_url=None), 2 * GIB) == 1198
    assert share_mb(outside, None) is None


def test_a_container_that_is_too_small_for_a_share_says_how_much_is_wanted(caplog: pytest.LogCaptureFixture) -> None:
    assert share_mb(Settings(database_url=None), GIB) is None
    assert caplog.messages == [
        "memory: all here may take 1024 MiB together, 1950 are wanted; beyond it the system ends a process instead of "
        "refusing a request"
    ]
