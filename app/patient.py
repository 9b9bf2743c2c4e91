"""Questions that somebody waits for only so long: a database that is there and says nothing holds up who watches it.

A line over the network is given up by the system when the other end is silent; one to a server that is stopped, or
whose disk hangs, is not.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


@dataclass
class _Question(Generic[Answer]):
    begun_at: float = field(default_factory=time.monotonic)
    over: threading.Event = field(default_factory=threading.Event)
    answer: Answer | None = None
    failure: BaseException | None = None


class Patient(Generic[Answer]):
    """Asks one question at a time, in a thread of its own: who asks meanwhile waits for the same answer."""

    def __init__(self, ask: Callable[[], Answer], wait_s: float) -> None:
        self._ask = ask
        self._wait_s = wait_s
        self._lock = threading.Lock()
        self._asked: _Question[Answer] | None = None

    def answer(self) -> Answer:
        """The answer; TimeoutError when it takes longer than `wait_s` seconds, and what asking raised."""
        with self._lock:
            if self._asked is None or self._asked.over.is_set():
                asked = _Question[Answer]()
                threading.Thread(target=self._run, args=(asked,), name="patient", daemon=True).start()
                self._asked = asked
            asked = self._asked
        if not asked.over.wait(max(0.0, asked.begun_at + self._wait_s - time.monotonic())):
            raise TimeoutError
        if asked.failure is not None:
            raise asked.failure
        return asked.answer  # type: ignore[return-value]

    def _run(self, question: _Question[Answer]) -> None:
        try:
            question.answer = self._ask()
        except BaseException as error:  # raised where it was asked
            question.failure = error
        finally:
            question.over.set()
