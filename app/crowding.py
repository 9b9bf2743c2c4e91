"""Overload: work that takes a core is let in up to a limit; beyond it the answer is 503 at once, and pages go on.

The limits count requests that are worked on or wait for a thread, in this process. Plans have their own line
(app/planner.py).
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable

from fastapi import Request

from app.errors import Unavailable

ROOM = {"match": 24, "pairings": 4, "papers": 4, "imports": 4}
"""Threads are 40 a process: what is expensive never has them all."""
_RETRY_S = {"match": 1, "pairings": 10, "papers": 5, "imports": 10}


def seated(kind: str) -> Callable[[Request], AsyncIterator[None]]:
    """A dependency that takes a seat for one request; Unavailable with Retry-After when none is free.

    It runs in the event loop, so that a refusal waits for no thread.
    """

    async def seat(request: Request) -> AsyncIterator[None]:
        taken = taken_seats(request)
        if taken[kind] >= ROOM[kind]:
            raise Unavailable(
                "too many requests of this kind are being worked on; nothing of this one was stored, send it again",
                headers={"Retry-After": str(_RETRY_S[kind])},
            )
        taken[kind] += 1
        try:
            yield
        finally:
            taken[kind] -= 1

    return seat


def taken_seats(request: Request) -> Counter[str]:
    """How many requests of each kind this application works on now."""
    state = request.app.state
    if not hasattr(state, "seats"):
        state.seats = Counter()
    seats: Counter[str] = state.seats
    return seats
