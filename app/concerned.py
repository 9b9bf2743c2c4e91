"""Whom a new plan concerns: hundreds of agendas are open, and most of them say the same as before.

A process keeps, for each event with open agendas, what the published plan says of each participant, and compares.
"""

import asyncio
import hashlib
import time
from collections import defaultdict
from collections.abc import Mapping

import psycopg

Digests = Mapping[int, bytes]
JUST_NOW_S = 1.0
"""What was read so shortly before a change is heard may hold that change already, and tells nothing of it."""

_MEETINGS = """
SELECT m.a, m.b, m.round, m.place, m.interpreter, m.delegate_a, m.delegate_b
FROM meeting m JOIN plan p ON p.event_id = m.event_id AND p.number = m.number
WHERE m.event_id = %s AND p.state = 'published' ORDER BY m.round, m.a, m.b
"""


class Concerned:
    """What was last published, by event and participant."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._known: dict[int, Digests] = {}
        self._learned: dict[int, float] = {}
        self._reading = asyncio.Lock()

    async def learn(self, event_id: int) -> None:
        """Read what is published now, unless it is known."""
        async with self._reading:
            if event_id not in self._known:
                self._known[event_id] = await self._read(event_id)
                self._learned[event_id] = time.monotonic()

    async def changed(self, event_id: int) -> set[int] | None:
        """Participants whose meetings are not as they were; None when that is not known: it may be everybody."""
        async with self._reading:
            before, learned = self._known.get(event_id), self._learned.pop(event_id, None)
            fresh = learned is not None and time.monotonic() - learned < JUST_NOW_S
            now = self._known[event_id] = await self._read(event_id)
        if before is None or fresh or bool(before) != bool(now):
            return None
        return {who for who in before.keys() | now.keys() if before.get(who) != now.get(who)}

    def forget(self, event_id: int | None = None) -> None:
        """Nobody looks at this event any more; or, without a number, something may have been missed."""
        if event_id is None:
            self._known.clear()
            self._learned.clear()
        else:
            self._known.pop(event_id, None)
            self._learned.pop(event_id, None)

    async def _read(self, event_id: int) -> Digests:
        lines: dict[int, list[str]] = defaultdict(list)
        connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True, connect_timeout=5)
        async with connection:
            async for row in await connection.execute(_MEETINGS, [event_id]):
                lines[row[0]].append(repr(row))
                lines[row[1]].append(repr(row))
        return {who: hashlib.sha256("".join(told).encode()).digest() for who, told in lines.items()}
