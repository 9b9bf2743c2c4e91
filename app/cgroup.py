"""The most memory that a container, or another group of processes, may take (cgroups of Linux).

Its limit counts all that stands in it: beyond, the system ends one of its processes with kill -9.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_OURS = Path("/proc/self/cgroup")
_TREES = Path("/sys/fs/cgroup")
_MACHINE = Path("/proc/meminfo")


def memory_limit(ours: Path = _OURS, trees: Path = _TREES, machine: Path = _MACHINE) -> int | None:
    """Bytes that the group of this process may take together; None where that is what the machine has, or unknown.

    A group is bound by all that it stands in. Inside a container the tree begins at its own group, whatever name the
    group has outside.
    """
    least = _whole_machine(machine)
    limits = [limit for path in _files(ours, trees) if (limit := _number(path)) is not None]
    return min((limit for limit in limits if least is None or limit < least), default=None)


def _files(ours: Path, trees: Path) -> Iterator[Path]:
    """Where limits may be written: of this group, then of each around it, in both versions of cgroups."""
    with suppress(OSError):
        for line in ours.read_text(encoding="utf-8").splitlines():
            _, kinds, group = line.split(":", 2)
            if "memory" in kinds.split(","):
                tree, name = trees / "memory", "memory.limit_in_bytes"
            elif not kinds:
                tree, name = trees, "memory.max"
            else:
                continue
            inner = Path(group.lstrip("/"))
            for part in (inner, *inner.parents):
                yield tree / part / name


def _number(path: Path) -> int | None:
    """What the file says; None where there is none, or it says "max"."""
    with suppress(OSError, ValueError):
        return int(path.read_text(encoding="ascii"))
    return None


def _whole_machine(machine: Path) -> int | None:
    """Bytes of memory of the machine."""
    with suppress(OSError, ValueError, IndexError):
        return int(machine.read_text(encoding="ascii").split("MemTotal:", 1)[1].split()[0]) * 1024
    return None
