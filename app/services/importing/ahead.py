"""Reading goes on while the database writes: a thread prepares what comes next, a little ahead of who takes it."""

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
_AHEAD = 2
"""Items that wait ready; more would only take memory."""
_PATIENCE_S = 0.2


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The same items in the same order. What reading them raises is raised here; who stops taking stops the reading."""
    reader = _Reader(items)
    reader.thread.start()
    try:
        while held := reader.ready.get():
            yield held[0]
        if reader.failure is not None:
            raise reader.failure
    finally:
        reader.unwanted.set()
        reader.thread.join()


class _Reader(Generic[Item]):
    """Reads in a thread of its own, as far ahead as there is room."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.ready: queue.Queue[list[Item]] = queue.Queue(_AHEAD)
        """Each item in a list of its own; an empty one is the end."""
        self.unwanted = threading.Event()
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._read, args=(items,), name="reading ahead", daemon=True)

    def _read(self, items: Iterable[Item]) -> None:
        try:
            for item in items:
                if not self._hand_on([item]):
                    return
        except BaseException as failure:
            self.failure = failure
        self._hand_on([])

    def _hand_on(self, held: list[Item]) -> bool:
        while not self.unwanted.is_set():
            try:
                self.ready.put(held, timeout=_PATIENCE_S)
            except queue.Full:
                continue
            return True
        return False
