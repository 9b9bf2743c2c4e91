"""Overload: of each kind of work so much is done at once and so much waits; one more is answered 503 at once.

A door before the door-keeper: it knows the route, not yet who asks, and refuses in the event loop, without a thread, a
query or a body being read. Every kind has a line of its own, so that a flood of one leaves the others as they were. The
figures are for one process; plans have a line besides (app/planner.py).
"""

import asyncio
import logging
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType

from fastapi import Request
from prometheus_client import Counter, Gauge
from starlette._utils import get_route_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import AppError, Crowded
from app.guard import Routes
from app.layers import FOUND, Layer, Refuse
from app.observe import REGISTRY
from app.policy import Who, rule_for

log = logging.getLogger(__name__)

AWAY = Counter("viaduc_turned_away", "Requests answered 503 because too many of their kind were there", ["kind"],
               registry=REGISTRY)  # fmt: skip
WORKING = Gauge("viaduc_working", "Requests that are worked on, by kind", ["kind"], registry=REGISTRY,
                multiprocess_mode="livesum")  # fmt: skip
WAITING = Gauge("viaduc_waiting", "Requests that wait for their turn, by kind", ["kind"], registry=REGISTRY,
                multiprocess_mode="livesum")  # fmt: skip


@dataclass(frozen=True)
class Room:
    """How much of a kind is worked on at once, how much waits, and when who is turned away may come back."""

    at_once: int
    in_line: int
    retry_s: int = 1


LOBBY = 3
"""How many of the short kinds are worked on at once, taken together. They share one interpreter: each thread that
computes holds up the one that reads and writes for everybody, and more of them answer no sooner."""
_OVERRUN_S, _SHORT_S = 2.0, 0.25
"""So long after somebody was turned away one at a time is worked on, unless that one takes longer than usual: then the
others are told at once to come back."""
SHORT = ("pages", "agendas", "match")
"""The kinds that people wait for."""
ROOMS = MappingProxyType({
    # None may take the whole lobby. Participants' phones have a line of their own: they are many and come together.
    "pages": Room(2, 24),
    "agendas": Room(2, 32),
    "match": Room(2, 16),
    # What takes a core for longer: a few, and nobody waits in line, but for the six pictures of one page.
    "plans": Room(10, 0, 10),
    "pairings": Room(2, 0, 10),
    "replans": Room(2, 2, 5),
    "papers": Room(3, 9, 5),
    "imports": Room(2, 0, 10),
    "exports": Room(2, 2, 5),
    "learning": Room(1, 0, 30),
    # What waits for somebody else: a slow identity provider holds up who comes by it, and no page.
    "provider": Room(2, 8, 5),
})  # fmt: skip
THREADS = 40
"""What a process has of them: the framework's own number."""

COSTLY: dict[str, tuple[str, ...]] = {
    "match": ("POST /match",),
    "plans": ("POST /events/{event_id}/plans", "POST /console/events/{event_id}/plans"),
    "pairings": ("POST /pairings", "POST /pairings/replan", "POST /pairings/what-if"),
    "replans": (
        "POST /events/{event_id}/plans/{number}/replan", "POST /events/{event_id}/day/replan",
        "POST /console/events/{event_id}/day/replan", "POST /events/{event_id}/what-if",
        "GET /console/events/{event_id}/outlook",
    ),
    "papers": (
        "POST /events/{event_id}/papers", "POST /events/{event_id}/papers/{kind}",
        "GET /console/events/{event_id}/papers/look/{kind}", "POST /console/events/{event_id}/papers/{kind}",
    ),
    "imports": (
        "POST /maps/imports", "POST /maps/imports/from-address", "PUT /maps/imports/{import_id}/options",
        "POST /maps/imports/{import_id}/apply", "POST /maps/imports/{import_id}/undo", "POST /sector-lists",
        "POST /console/maps", "POST /console/maps/imports/{import_id}/options",
        "POST /console/maps/imports/{import_id}/apply", "POST /console/maps/imports/{import_id}/undo",
        "POST /console/maps/sectors",
    ),
    "exports": (
        "GET /maps/{map_id}/export", "GET /console/maps/{map_id}/export", "GET /events/{event_id}/export",
        "GET /events/{event_id}/offline.html", "GET /events/{event_id}/report",
        "GET /console/events/{event_id}/report", "POST /privacy/export", "POST /privacy/erase", "GET /audit/check",
    ),
    "learning": ("POST /weights/proposals", "POST /console/memory/weights/proposals"),
    "provider": ("GET /console/sign-in/provider", "GET /console/sign-in/back"),
}  # fmt: skip
"""Routes that take a core for a while, by kind; every other one is a page or an agenda."""

_KIND_OF = {route: kind for kind, routes in COSTLY.items() for route in routes}
_TOLD_EVERY_S = 10.0
_PACES = 8
"""Over how many turns the pace of a line is judged."""


def kind_of(method: str, template: str) -> str | None:
    """In which line the requests of a route stand; None for probes, which always come in."""
    who = rule_for(method, template)
    if who is Who.PROBE:
        return None
    return _KIND_OF.get(f"{method} {template}") or ("agendas" if who is Who.LINK else "pages")


@dataclass
class Lobby:
    """What several lines share: each kind that waits has the same time, whether its requests are short or long.

    Who comes next is of the kind that had least (start-time fair queueing; Goyal, Vin and Cheng, 1996).
    """

    most: int
    least: int
    """How many while somebody had to be turned away just now."""
    working: int = 0
    lines: "list[Turns]" = field(default_factory=list)
    begun_at: float = -_OVERRUN_S
    overrun_at: float = -_OVERRUN_S

    def has_room(self) -> bool:
        """Whether one more may come in."""
        now = time.monotonic()
        # One that takes long waits for something else than the processor: it keeps nobody out.
        few = now - self.overrun_at < _OVERRUN_S and now - self.begun_at < _SHORT_S
        return self.working < (self.least if few else self.most)

    def begin(self) -> None:
        """One more is worked on."""
        self.working += 1
        self.begun_at = time.monotonic()

    def leave(self) -> None:
        """One less is worked on; whoever waits for the place has it."""
        self.working -= 1
        self.call()

    def call(self) -> None:
        """Let in who waits, as long as there is room."""
        while any(line.call() for line in sorted(self.lines, key=lambda line: line.had_s)):
            pass

    def least_s(self) -> float:
        """What the kind has had that had least of those which want anything."""
        return min((line.had_s for line in self.lines if line.working or line.waiting), default=0.0)


@dataclass
class Turns:
    """The line of one kind: who is worked on, who waits."""

    kind: str
    room: Room
    lobby: Lobby = field(default_factory=lambda: Lobby(THREADS, THREADS))
    working: int = 0
    had_s: float = 0.0
    """Seconds worked for this kind so far."""
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    refused: int = 0
    told_at: float = 0.0
    patience_s: float = 5.0
    """How long somebody waits for a turn before being told to come back."""
    pace_s: float = 0.0
    """Seconds from one turn to the next, lately, while somebody waited."""
    called_at: float = 0.0

    def __post_init__(self) -> None:
        """Stand in the lobby."""
        self.lobby.lines.append(self)

    async def take(self) -> None:
        """Wait for a turn; Crowded at once when the line is full, or so slow that one would wait in vain."""
        if not self.working and not self.waiting:
            # Who wanted nothing for a while has saved nothing up.
            self.had_s = max(self.had_s, self.lobby.least_s())
        if self.waiting:
            self.lobby.call()
        if not self.waiting and self._has_room():
            self._begin()
        elif len(self.waiting) >= self.room.in_line or len(self.waiting) * self.pace_s > self.patience_s / 2:
            self._refuse()
        else:
            await self._wait()
        self.show()

    def _has_room(self) -> bool:
        return self.working < self.room.at_once and self.lobby.has_room()

    def _begin(self) -> None:
        self.working += 1
        self.lobby.begin()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self.patience_s):
                await self._stand_in_line()
        except TimeoutError:
            # A line that does not move: better a word than half a minute of nothing.
            self._refuse()

    async def _stand_in_line(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not self.waiting:
            self.called_at = time.monotonic()
        self.waiting.append(turn)
        self.show()
        try:
            await turn  # whoever calls counts it as working already
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            else:
                with suppress(ValueError):  # whoever left since has passed over it
                    self.waiting.remove(turn)
                self.show()
            raise

    def leave(self, seconds: float = 0.0) -> None:
        """Work of so many seconds is done: the place goes to whoever waits longest of the kind whose turn it is."""
        self.working -= 1
        self.had_s += seconds
        self.lobby.leave()
        self.show()

    def call(self) -> bool:
        """Let in the first who still waits; whether there was one, and room."""
        while self.waiting and self._has_room():
            turn = self.waiting.popleft()
            if not turn.done():
                self._note_pace()
                self._begin()
                turn.set_result(None)
                return True
        return False

    def _note_pace(self) -> None:
        now = time.monotonic()
        self.pace_s += (now - self.called_at - self.pace_s) / _PACES
        self.called_at = now

    def _refuse(self) -> None:
        AWAY.labels(self.kind).inc()
        self.refused += 1
        now = self.lobby.overrun_at = time.monotonic()
        if now - self.told_at > _TOLD_EVERY_S:
            log.warning("too many %s: %d turned away since this was last said", self.kind, self.refused)
            self.refused, self.told_at = 0, now
        raise Crowded(
            "too many requests of this kind are being worked on; nothing of this one was stored, send it again",
            headers={"Retry-After": str(self.room.retry_s)},
        )

    def show(self) -> None:
        """Tell the metrics."""
        WORKING.labels(self.kind).set(self.working)
        WAITING.labels(self.kind).set(len(self.waiting))


class Crowding(Layer):
    """Lets in as many requests of each kind as there is room for."""

    def __init__(self, app: ASGIApp, turns: dict[str, Turns], refuse: Refuse) -> None:
        super().__init__(app)
        self._turns = turns
        self._refuse = refuse

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for a turn and hand on, or refuse."""
        if get_route_path(scope).startswith("/static/"):
            await self._app(scope, receive, send)
            return
        found = scope[FOUND] = Routes.of(scope["app"]).find(scope)
        kind = "pages" if found is None else kind_of(found.method, found.template)
        if kind is None:
            await self._app(scope, receive, send)
            return
        try:
            await self._turns[kind].take()
        except AppError as refusal:
            if found is not None:
                scope["route"] = found  # metrics name it
            scope.setdefault("state", {})["turned_away"] = True
            await self._refuse(Request(scope, receive), refusal)(scope, receive, send)
            return
        await self._work(self._turns[kind], scope, receive, send)

    async def _work(self, turns: Turns, scope: Scope, receive: Receive, send: Send) -> None:
        """The turn ends when the answer begins: by then the work is done, and a stream of events has no end."""
        over, begun = False, time.monotonic()

        def end() -> None:
            nonlocal over
            if not over:
                over = True
                turns.leave(time.monotonic() - begun)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                end()
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            end()


def make_turns() -> dict[str, Turns]:
    """An empty line for every kind."""
    lobby = Lobby(LOBBY, 1)
    turns = {kind: Turns(kind, room, lobby) if kind in SHORT else Turns(kind, room) for kind, room in ROOMS.items()}
    for line in turns.values():
        AWAY.labels(line.kind)
        line.show()
    return turns
