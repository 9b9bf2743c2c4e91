"""Progress for a person at a terminal or reading a log: what is done, how far, how long it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what begins, and when it is done how long it took."""
    started = time.perf_counter()
    typer.echo(f"· {what} …")
    yield
    typer.echo(f"✓ {what} ({time.perf_counter() - started:.1f} s)")


class Progress:
    """`done` of `total`: a line that rewrites itself on a terminal, one line every tenth elsewhere."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._started = time.perf_counter()
        self._told = -1
        self._terminal = sys.stdout.isatty()

    def __call__(self, done: int, total: int) -> None:
        """Tell how far it is, with the rate and the time that remains."""
        tenth = 10 * done // max(total, 1)
        if not total or (not self._terminal and tenth == self._told):
            return
        self._told = tenth
        rate = done / max(time.perf_counter() - self._started, 1e-6)
        left = f", {(total - done) / rate:.0f} s left" if 0 < done < total else ""
        line = f"  {self._what}: {done} of {total} ({rate:.0f}/s{left})"
        typer.echo(f"\r{line:<78}" if self._terminal else line, nl=not self._terminal or done >= total)
