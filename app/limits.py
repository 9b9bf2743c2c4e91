"""How much one caller may ask: token buckets in this process, their number bounded."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from app.errors import TooManyRequests
from app.settings import Settings

KEPT = 20_000
"""Buckets kept of each kind; the one that was longest unused is forgotten first, and full ones say nothing anyway."""


class Buckets:
    """A bucket for each caller: it holds a minute's worth (`size`), and fills evenly."""

    def __init__(
        self,
        per_minute: float,
        *,
        size: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        kept: int = KEPT,
    ) -> None:
        self._size = size or per_minute
        self._rate = per_minute / 60
        self._clock = clock
        self._kept = kept
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str) -> float:
        """Seconds until this caller may ask once more; 0 when it may now."""
        return max(0.0, (1 - self._level(caller)) / self._rate)

    def take(self, caller: str) -> float:
        """Count one request; seconds to wait when there was none left."""
        level = self._level(caller)
        if level < 1:
            return (1 - level) / self._rate
        self._levels[caller] = (level - 1, self._clock())
        self._levels.move_to_end(caller)
        if len(self._levels) > self._kept:
            self._levels.popitem(last=False)
        return 0.0

    def forget(self) -> None:
        """Begin anew: everybody's bucket is full."""
        self._levels.clear()

    def _level(self, caller: str) -> float:
        level, at = self._levels.get(caller, (self._size, self._clock()))
        return min(self._size, level + (self._clock() - at) * self._rate)

    def __len__(self) -> int:
        return len(self._levels)


class Limits:
    """The limits of this process; with several processes each counts for itself."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.signed_in = Buckets(settings.rate_key, clock=clock)
        self.addresses = Buckets(settings.rate_address, clock=clock)
        self.venues = Buckets(10 * settings.rate_address, clock=clock)
        """Addresses that open agendas: hundreds of phones stand behind the one address of a venue."""
        self.sign_ins = Buckets(settings.rate_sign_in, clock=clock)
        self.letters = Buckets(settings.rate_sign_in / 60, size=settings.rate_sign_in, clock=clock)
        """Sign-in letters to one address: as many an hour as tries a minute."""


def spend(buckets: Buckets, caller: str, code: str) -> None:
    """Count one request, or TooManyRequests with the time to wait."""
    refuse_if(buckets.take(caller), code)


def refuse_if(wait: float, code: str) -> None:
    """TooManyRequests, by its code, when there is something to wait for."""
    if wait > 0:
        seconds = math.ceil(wait)
        raise TooManyRequests.by_code(code, headers={"Retry-After": str(seconds)}, seconds=seconds)


def network_of(address: str) -> str:
    """Whom an address stands for: an IPv6 line has 2⁶⁴ of them."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else ":".join(parsed.exploded.split(":")[:4])
    return address
