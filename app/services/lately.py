"""What was worked out lately, so that it need not be again: bounded, and safe to ask from several threads."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Lately(Generic[Key, Value]):
    """The answers to the questions that were asked last, at most so many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Value | None:
        """The answer, if it is remembered."""
        with self._lock:
            if key not in self._known:
                return None
            self._known.move_to_end(key)
            return self._known[key]

    def keep(self, key: Key, value: Value) -> Value:
        """Remember an answer; the one longest not asked for is forgotten for it."""
        with self._lock:
            self._known[key] = value
            self._known.move_to_end(key)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return value

    def get_or(self, key: Key, make: Callable[[], Value]) -> Value:
        """The answer, worked out where it is not remembered; two who ask at once may both work."""
        known = self.get(key)
        return self.keep(key, make()) if known is None else known

    def __len__(self) -> int:
        return len(self._known)
