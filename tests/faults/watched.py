"""How long a service cannot be written to, seen from outside: shared with bench/failover.py."""

import itertools
import threading
import time
from types import TracebackType

import httpx2 as httpx

_EVERY_S = 0.05


class Watch:
    """Asks for a small write again and again, and notes when each was answered and how."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self.seen: list[tuple[float, int]] = []
        """(moment of the answer, its status; 0: none came)."""
        self.told: list[str] = []
        """What was said where it was no yes."""

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(60)

    def away_s(self) -> float:
        """The longest time between two writes that were acknowledged."""
        good = [at for at, status in self.seen if status == 201]
        assert len(good) > 2, "nothing was written"
        assert self.seen[-1][1] == 201, f"it did not come back: {self.told[-3:]}"
        return max(after - before for before, after in itertools.pairwise(good))

    def good(self) -> int:
        """How many were acknowledged so far."""
        return sum(status == 201 for _, status in self.seen)

    def refused(self) -> int:
        """How many were answered with an error, or not at all."""
        return sum(status != 201 for _, status in self.seen)

    def _ask(self) -> None:
        with httpx.Client(base_url=self._url, timeout=30) as client:
            n = 0
            while not self._over.wait(_EVERY_S):
                n += 1
                texts = [{"lang": "en", "text": f"watching {n}"}]
                body = {"name": f"Watch {id(self)}-{n}", "country": "FR", "offers": texts, "needs": texts}
                try:
                    answer = client.post("/actors", json=body)
                    status = answer.status_code
                    if status != 201:
                        self.told.append(answer.text)
                except httpx.HTTPError as error:
                    status = 0
                    self.told.append(repr(error))
                self.seen.append((time.monotonic(), status))
