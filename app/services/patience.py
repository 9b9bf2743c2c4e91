"""An end to waiting for others: a server that says a letter now and then never runs into a socket's own time limit."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def cut_after(seconds: float, line: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Cut the line after so many seconds in all: whoever waits on it hears an OSError or an end."""

    def cut() -> None:
        open_line = line()
        if open_line is not None:
            with suppress(OSError):
                open_line.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(seconds, cut)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
