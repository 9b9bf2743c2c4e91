"""Live pages: what changes in the database is told to every open page, whichever process made the change.

Triggers (revision 0005) send `NOTIFY viaduc_event, '<event id> <topic>'` when a transaction commits; PostgreSQL itself
tells equal messages of a transaction once. Each process holds one connection that LISTENs, opened with the first
stream, and hands what it hears to its streams: server-sent events that hold no database connection. A page learns
only *that* something changed and asks for itself again, so nothing is lost by a stream that was broken for a while.

What an agenda prints of somebody is told to those who meet them, one by one (revision 0019).
A later revision makes its own table heard with
`CREATE TRIGGER … REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION viaduc_tell('topic')`.
"""

import asyncio
import json
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from app.concerned import Concerned
from app.db import libpq_words, line_care
from app.drift import Drift
from app.errors import AppError, Unavailable
from app.memory import gave_up

log = logging.getLogger(__name__)

CHANNEL = "viaduc_event"
MAX_STREAMS = 2000
"""Open streams of one process; a page that gets none asks again by itself every few seconds."""
BEAT_S = 15.0
"""A quiet stream says that it lives: the page hears a dead line, and learns the server's time."""
ASKED_S = 60.0
"""How often what opened a stream is asked for, beside whenever something is heard of it: it may simply expire."""
_ASKED_AT_ONCE = 4
"""A few: requests want their connections to the database."""
GAP_S = 0.25
"""Between two words to one page; what happens meanwhile is told in one."""
DRAFT_S = 1.0
"""Drafts change with every step of their computation: of them a page hears this often."""
_SLACK_S = 2.0
_RETRY_S = (0.2, 5.0)
_PROBE_S = 20.0

CLOCK_TOPICS = frozenset({"event", "rounds", "day"})
"""What the clock on the wall shows."""
AGENDA_TOPICS = frozenset({"event", "rounds", "places", "plan", "answer", "person"})
"""What a participant sees: not who is being ticked off at the desk, nor drafts, nor what others answer each other.

"person" is always told of some: something that their agendas say of one whom they meet, or of themselves, changed."""
SPREAD_MS = 200
_FEW = 10
_TOGETHER_S = 1.0
"""What is told within a second of each other is taken for one change of many."""
_LONGEST_MS = 45_000


@dataclass(frozen=True)
class Opener:
    """What opened a stream: who it is, as in the audit trail, and whether it would still be let in."""

    name: str
    holds: Callable[[], bool]
    """Asks the database, and is no use of a sign-in: a page that lies open keeps nobody signed in."""


@dataclass(eq=False)
class Ear:
    """One open stream: what it listens for, and what it has not told yet."""

    topics: Collection[str] | None
    who: int | None = None
    """The participant whose agenda is open."""
    opener: Opener | None = None
    """Who need not be let in any more some day; None: it is open to everybody."""
    asked_at: float = field(default_factory=time.monotonic)
    doubted: bool = False
    """Whether something was heard of what opened it."""
    asking: bool = False
    over: bool = False
    """Whether what opened it does so no more."""
    heard: set[str] = field(default_factory=set)
    within: int = 0
    """Milliseconds over which the pages that hear the same spread their questions."""
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def doubt(self) -> None:
        """What opened it may be over: ask."""
        self.doubted = True
        self.woken.set()

    @property
    def is_due(self) -> bool:
        """Whether it is time to ask what opened it."""
        if self.opener is None or self.asking:
            return False
        return self.doubted or time.monotonic() - self.asked_at >= ASKED_S

    async def ask(self, turns: asyncio.Semaphore) -> None:
        """Ask what opened it; while nobody can say, it stays and is asked again with the next beat."""
        assert self.opener is not None
        self.doubted, self.asked_at = False, time.monotonic()
        try:
            async with turns:
                self.over = not await run_in_threadpool(self.opener.holds)
        except (AppError, SQLAlchemyError, OSError):
            self.doubted = True
        finally:
            self.asking = False
        if self.over:
            self.woken.set()

    def tell(self, topic: str, within: int = 0) -> None:
        """Note a change, if this page shows such things; "all" is for everybody."""
        if self.topics is None or topic in self.topics or topic == "all":
            self.heard.add(topic)
            self.within = max(self.within, within)
            self.woken.set()


class Live:
    """Hears what the database tells, and hands it to the open streams of this process."""

    def __init__(self, engine: Engine, drift: Drift | None = None) -> None:
        care: dict[str, Any] = {**line_care(engine.url)}
        self._conninfo = libpq_words(engine.url, **care)
        self._ears: dict[int, set[Ear]] = {}
        self._last: dict[int, dict[tuple[str, int | None], float]] = defaultdict(dict)
        self._concerned = Concerned(self._conninfo)
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(_ASKED_AT_ONCE)
        self._listening_since: float | None = None
        self._drift, self._heard_by = drift or Drift(), timedelta()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def streams(self) -> int:
        """Streams that are open now."""
        return sum(map(len, self._ears.values()))

    @property
    def listening(self) -> bool:
        """Whether the database is heard at this moment."""
        return self._listening_since is not None

    def require_room(self) -> None:
        """Raise Unavailable when no further stream can be opened."""
        if self._closed or self.streams >= MAX_STREAMS:
            raise Unavailable("too many live pages are open; this one asks for itself every few seconds instead")

    async def stream(
        self,
        event_id: int,
        topics: Collection[str] | None = None,
        since: float | None = None,
        who: int | None = None,
        opener: Opener | None = None,
    ) -> AsyncIterator[bytes]:
        """Server-sent events of one event until the page leaves, what opened it is over, or the service stops.

        `since` (seconds of the epoch) is when the page was made: a change heard after it is told at once. Where that
        cannot be known, the page is told to look again. `who`: the participant whose agenda it is.
        """
        ear = Ear(topics, who, opener)
        self._ears.setdefault(event_id, set()).add(ear)
        try:
            self._listen()
            if who is not None:
                self._begin(self._learn(event_id))
            if self._missed(event_id, ear, since):
                ear.tell("all", self._spread(event_id, ear))
            # Pages that lost the same server come back spread over some seconds.
            yield f"retry: {1000 + 37 * (id(ear) // 64 % 54)}\n\n".encode()
            yield self._word("hello", within=self._spread(event_id, ear))
            while not self._closed:
                with suppress(TimeoutError):
                    await asyncio.wait_for(ear.woken.wait(), BEAT_S)
                if self._closed or ear.over:
                    break
                self._ask(ear)
                heard, within = ear.heard, ear.within
                ear.heard, ear.within = set(), 0
                ear.woken.clear()
                yield self._word("change", topics=sorted(heard), within=within) if heard else self._word("beat")
                if heard:
                    await asyncio.sleep(DRAFT_S if heard == {"draft"} else GAP_S)
        finally:
            self._ears[event_id].discard(ear)
            if not self._ears[event_id]:
                del self._ears[event_id]
                self._concerned.forget(event_id)

    def _ask(self, ear: Ear) -> None:
        if ear.is_due:
            ear.asking = True
            self._begin(ear.ask(self._turns))

    def close(self) -> None:
        """End every stream now: the service stops, and pages come back to the next one."""
        self._closed = True
        for ears in self._ears.values():
            for ear in ears:
                ear.woken.set()

    async def stop(self) -> None:
        """Close, and let the connection go."""
        self.close()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def _word(self, kind: str, **more: Any) -> bytes:
        now = round(time.time() * 1000)
        told = json.dumps({"now": now, "listening": self.listening, **more})
        return f"event: {kind}\ndata: {told}\n\n".encode()

    def _missed(self, event_id: int, ear: Ear, since: float | None) -> bool:
        """Whether something may have changed between the making of the page and now."""
        if since is None or self._listening_since is None or since - _SLACK_S < self._listening_since:
            return True
        if abs((self._drift.set_by() - self._heard_by).total_seconds()) > _SLACK_S:
            return True  # the clock was set since then, and moments cannot be compared
        return any(
            at >= since - _SLACK_S and (ear.topics is None or topic in ear.topics)
            for (topic, who), at in self._last.get(event_id, {}).items()
            if who in {None, ear.who}
        )

    def _listen(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._hear_for_ever(), name="live")

    async def _hear_for_ever(self) -> None:
        """Listen; after a break, try again ever more slowly and tell everybody to look again."""
        pause = _RETRY_S[0]
        while not self._closed:
            try:
                await self._hear()
            except (psycopg.Error, OSError) as error:
                if self.listening:
                    log.warning("live updates: the database went away (%s); trying again", error)
                    pause = _RETRY_S[0]
            except MemoryError as error:
                gave_up(error, "background")
            self._listening_since = None
            await asyncio.sleep(pause)
            pause = min(2 * pause, _RETRY_S[1])

    async def _hear(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._conninfo, autocommit=True, application_name="viaduc live"
        )
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self._listening_since, self._heard_by = time.time(), self._drift.set_by()
            self._tell_all()
            while True:
                async for notice in connection.notifies(timeout=_PROBE_S):
                    self._pass_on(notice.payload)
                # A line that is cut without a word is noticed by asking.
                await connection.execute("SELECT 1")

    def _pass_on(self, payload: str) -> None:
        """`event topic`, or `event topic participant participant`, which concerns the two alone.

        `access name`: a key, a person or a session was changed or is over.
        """
        number, topic, *about = payload.split(" ")
        if number == "access":
            self._doubt(topic)
        if not number.isdigit():
            return
        event_id = int(number)
        if about:
            self._tell_some(event_id, topic, {int(who) for who in about})
            return
        self._last[event_id][topic, None] = time.time()
        self._tell_each(
            event_id, (ear for ear in self._ears.get(event_id, ()) if ear.who is None or topic != "plan"), topic
        )
        if topic == "plan" and self._participants(event_id):
            self._begin(self._tell_concerned(event_id))

    def _tell_some(self, event_id: int, topic: str, about: set[int]) -> None:
        """Tell the agendas of some; when they are many, with those told just before, they come over some seconds."""
        now, last = time.time(), self._last[event_id]
        for who in about:
            last[topic, who] = now
        concerned = [ear for ear in self._ears.get(event_id, ()) if ear.who in about]
        if not concerned:
            return  # an import tells of thousands, one by one, and few of their pages are open
        # Those that an import changes are told one by one: their pages come one after the other.
        just_now = {who for (said, who), at in last.items() if said == topic and now - at < _TOGETHER_S}
        within = _within(sum(ear.who in just_now for ear in self._ears[event_id]))
        for ear in concerned:
            ear.doubted |= topic == "person"  # it may be its link that was closed
            ear.tell(topic, within)

    def _doubt(self, name: str) -> None:
        for ears in self._ears.values():
            for ear in ears:
                if ear.opener is not None and ear.opener.name == name:
                    ear.doubt()

    async def _tell_concerned(self, event_id: int) -> None:
        """A plan was published: tell the agendas that it changes."""
        try:
            changed = await self._concerned.changed(event_id)
        except (psycopg.Error, OSError):
            changed = None
        self._forget_unseen(event_id)
        everybody = {ear.who for ear in self._ears.get(event_id, ()) if ear.who is not None}
        self._tell_some(event_id, "plan", everybody if changed is None else everybody & changed)

    async def _learn(self, event_id: int) -> None:
        with suppress(psycopg.Error, OSError):
            await self._concerned.learn(event_id)
        self._forget_unseen(event_id)

    def _forget_unseen(self, event_id: int) -> None:
        """What was read after the last page had gone would be old when the next one comes."""
        if event_id not in self._ears:
            self._concerned.forget(event_id)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _participants(self, event_id: int) -> int:
        return sum(ear.who is not None for ear in self._ears.get(event_id, ()))

    def _spread(self, event_id: int, ear: Ear) -> int:
        """Over how long this page's question may wait: organisers' never, participants' by their number."""
        return 0 if ear.who is None else _within(self._participants(event_id))

    def _tell_each(self, event_id: int, ears: Iterable[Ear], topic: str) -> None:
        within = _within(self._participants(event_id))  # counted once: a thousand pages may be open
        for ear in ears:
            ear.tell(topic, 0 if ear.who is None else within)

    def _tell_all(self) -> None:
        self._last.clear()
        self._concerned.forget()
        for event_id, ears in self._ears.items():
            self._tell_each(event_id, ears, "all")


def _within(pages: int) -> int:
    """Milliseconds over which so many pages ask: a page takes some 20 ms of a core, and others want to be answered."""
    return 0 if pages <= _FEW else min(SPREAD_MS * pages, _LONGEST_MS)
