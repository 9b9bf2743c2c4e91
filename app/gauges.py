"""How the service is, as gauges: "is the event fine?". Filled when somebody asks for the metrics."""

import asyncio
import math
from typing import Any

from prometheus_client import Gauge
from sqlalchemy import Engine
from sqlalchemy.pool import QueuePool
from starlette.datastructures import State

from app.counting import is_shared
from app.memory import bytes_held, bytes_left, gave_up
from app.observe import REGISTRY
from app.room import free_bytes

# How the figures of several processes become one: what the database says was said last by whoever was asked.
_SAID_LAST: dict[str, Any] = {"registry": REGISTRY, "multiprocess_mode": "mostrecent"}
_TOGETHER: dict[str, Any] = {"registry": REGISTRY, "multiprocess_mode": "livesum"}
_LEAST: dict[str, Any] = {"registry": REGISTRY, "multiprocess_mode": "livemin"}
_EVERY_S = 3.0

BACKLOG = Gauge("viaduc_embedding_backlog", "Passages that wait for a vector", **_SAID_LAST)
OLDEST = Gauge("viaduc_embedding_oldest_seconds", "Age of the actor who waits longest for a vector", **_SAID_LAST)
PLANS = Gauge("viaduc_plans", "Plans: waiting, running, failed in the last 24 hours", ["state"], **_SAID_LAST)
IMPORTS = Gauge("viaduc_imports", "Imports: waiting, running, failed in the last 24 hours", ["state"], **_SAID_LAST)
DATABASE = Gauge("viaduc_database_up", "Whether the database answered this question", **_SAID_LAST)
MODEL = Gauge("viaduc_model_ready", "Whether every process has its language model", **_LEAST)
POOL = Gauge("viaduc_database_connections", "Connections of this service in use", **_TOGETHER)
POOL_MOST = Gauge("viaduc_database_connections_max", "Connections this service may open", **_TOGETHER)
STREAMS = Gauge("viaduc_live_streams", "Live pages open on this service", **_TOGETHER)
LISTENING = Gauge("viaduc_live_listening", "Whether every process hears changes (0 is fine without streams)", **_LEAST)
AUDIT = Gauge("viaduc_audit_waiting", "Reads that wait to be recorded", **_TOGETHER)

RESTARTS = Gauge("viaduc_restarts", "Times a working process died and was started again", **_TOGETHER)
CLOCK = Gauge("viaduc_clock_set_seconds", "How far the clock was set since this service began", registry=REGISTRY)
DISK = Gauge(
    "viaduc_disk_free_bytes", "Room on the disk of the embedded database; NaN where it is elsewhere", **_SAID_LAST
)

MEMORY = Gauge("viaduc_memory_bytes", "What the working processes hold in memory", **_TOGETHER)
MEMORY_LEFT = Gauge("viaduc_memory_left_bytes", "How much more the one nearest to its limit may take", **_LEAST)

_STATES = ("waiting", "running", "failed")


def fill_gauges(state: State) -> None:
    """Ask everything once; what the database would say is not a number while it does not answer."""
    own_gauges(state)
    free = free_bytes(state.settings)
    DISK.set(math.nan if free is None else free)
    CLOCK.set(round(state.drift.set_by().total_seconds()))
    up, condition = state.watch.condition()
    DATABASE.set(up)
    BACKLOG.set(condition.backlog if condition else math.nan)
    OLDEST.set(condition.oldest_s if condition else math.nan)
    for name in _STATES:
        PLANS.labels(name).set(condition.plans[name] if condition else math.nan)
        IMPORTS.labels(name).set(condition.imports[name] if condition else math.nan)


def own_gauges(state: State) -> None:
    """What this process knows of itself."""
    pool_gauges(state.engine)
    MODEL.set(state.holder.state == "ready")
    STREAMS.set(state.live.streams)
    LISTENING.set(state.live.listening)
    AUDIT.set(state.clerk.waiting)
    held, left = bytes_held(), bytes_left()
    MEMORY.set(math.nan if held is None else held)
    MEMORY_LEFT.set(math.inf if left is None else left)


async def keep_telling(state: State) -> None:
    """Where several processes count together, each says every few seconds how it is: any of them may be asked."""
    while is_shared():
        try:
            own_gauges(state)
        except MemoryError as error:
            gave_up(error, "background")
        await asyncio.sleep(_EVERY_S)


def pool_gauges(engine: Engine) -> None:
    """How many of its connections the process uses, before this question takes one."""
    pool = engine.pool
    if isinstance(pool, QueuePool):
        POOL.set(pool.checkedout())
        POOL_MOST.set(pool.size() + pool._max_overflow)
