"""How the service is, as gauges: "is the event fine?". Filled when somebody asks for the metrics."""

import logging
import math

from prometheus_client import Gauge
from sqlalchemy import Engine
from sqlalchemy.pool import QueuePool
from starlette.datastructures import State

from app.db import session_scope
from app.errors import AppError
from app.observe import REGISTRY
from app.room import free_bytes
from app.services.condition import Condition, ask_condition

log = logging.getLogger(__name__)

BACKLOG = Gauge("viaduc_embedding_backlog", "Passages that wait for a vector", registry=REGISTRY)
OLDEST = Gauge("viaduc_embedding_oldest_seconds", "Age of the actor who waits longest for a vector", registry=REGISTRY)
PLANS = Gauge("viaduc_plans", "Plans: waiting, running, failed in the last 24 hours", ["state"], registry=REGISTRY)
IMPORTS = Gauge(
    "viaduc_imports", "Imports: waiting, running, failed in the last 24 hours", ["state"], registry=REGISTRY
)
DATABASE = Gauge("viaduc_database_up", "Whether the database answered this question", registry=REGISTRY)
MODEL = Gauge("viaduc_model_ready", "Whether this process has its language model", registry=REGISTRY)
POOL = Gauge("viaduc_database_connections", "Connections of this process in use", registry=REGISTRY)
POOL_MOST = Gauge("viaduc_database_connections_max", "Connections this process may open", registry=REGISTRY)
STREAMS = Gauge("viaduc_live_streams", "Live pages open on this process", registry=REGISTRY)
LISTENING = Gauge(
    "viaduc_live_listening", "Whether this process hears changes (0 is fine without streams)", registry=REGISTRY
)
AUDIT = Gauge("viaduc_audit_waiting", "Reads of this process that wait to be recorded", registry=REGISTRY)

RESTARTS = Gauge("viaduc_restarts", "Times the working process died and was started again", registry=REGISTRY)
DISK = Gauge(
    "viaduc_disk_free_bytes", "Room on the disk of the embedded database; NaN where it is elsewhere", registry=REGISTRY
)

_STATES = ("waiting", "running", "failed")


def fill_gauges(state: State) -> None:
    """Ask everything once; what the database would say is not a number while it does not answer."""
    pool_gauges(state.engine)
    MODEL.set(state.holder.state == "ready")
    STREAMS.set(state.live.streams)
    LISTENING.set(state.live.listening)
    AUDIT.set(state.clerk.waiting)
    free = free_bytes(state.settings)
    DISK.set(math.nan if free is None else free)
    DATABASE.set(0)
    condition = _condition(state)
    BACKLOG.set(condition.backlog if condition else math.nan)
    OLDEST.set(condition.oldest_s if condition else math.nan)
    for name in _STATES:
        PLANS.labels(name).set(condition.plans[name] if condition else math.nan)
        IMPORTS.labels(name).set(condition.imports[name] if condition else math.nan)


def pool_gauges(engine: Engine) -> None:
    """How many of its connections the process uses, before this question takes one."""
    pool = engine.pool
    if isinstance(pool, QueuePool):
        POOL.set(pool.checkedout())
        POOL_MOST.set(pool.size() + pool._max_overflow)


def _condition(state: State) -> Condition | None:
    try:
        with session_scope(state.engine) as session:
            session.connection()
            DATABASE.set(1)
            return ask_condition(session, encoder=state.holder.name or "")
    except AppError as error:
        log.warning("the metrics go without the database: %s", error)
        return None
