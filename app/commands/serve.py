"""`viaduc serve` and `viaduc worker`."""

import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from fastapi import FastAPI
from sqlalchemy import Engine

from app.calm import calm, settle_objects
from app.db import database_url, session_scope
from app.drift import Drift
from app.ending import Ended, leave_ending_to_others
from app.errors import Unavailable
from app.guard import Routes
from app.keeper import LATER, PAUSES_S, Keeper, Life, can_keep, open_door
from app.logs import set_up_logging
from app.main import background_model, create_app, open_database
from app.memory import bound_memory, require_memory
from app.restored import bring_up
from app.services.access.keys import has_admin
from app.services.meaning import MeaningHolder
from app.services.retention import periods_of
from app.settings import Settings
from app.worker import Worker

if TYPE_CHECKING:
    import uvicorn

log = logging.getLogger(__name__)

SWITCH_S = 0.001


def run_service(
    settings: Settings,
    *,
    migrate: bool = False,
    engine: Engine | None = None,
    holder: MeaningHolder | None = None,
    pauses_s: Sequence[float] = PAUSES_S,
) -> None:
    """Serve until interrupted; SIGTERM lets running requests finish (at most 20 s), a process that dies is replaced.

    With an `engine` or a `holder` of its own it serves in this very process. `pauses_s`: before each new start of one
    that cannot begin.
    """
    require_memory(settings)
    set_up_logging(settings.log_level, settings.log_format)
    if migrate:
        bring_up(database_url(settings))
    # A database that is down or of an old schema is told before anything listens.
    opened = engine or open_database(settings)
    say_how_to_come_in(settings, opened)
    if engine is not None or holder is not None or not can_keep():
        serve(settings, create_app(settings, engine=opened, holder=holder))
        opened.dispose()
        return
    opened.dispose()
    application = create_app(settings)
    Routes.of(application)  # put together here, once, for every process that is forked
    try:
        door = open_door(settings.host, settings.port)
    except OSError as error:
        cause = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise Unavailable(f"{settings.host}:{settings.port} cannot be listened on: {cause}") from error
    log.info("serving on http://%s:%s", settings.host, settings.port)
    settle_objects()  # here too: what nobody walks stays one copy for all processes
    leave_ending_to_others()
    keeper = Keeper(lambda life: serve(settings, application, door, life), door, settings.processes, pauses_s)
    sys.exit(keeper.run())


def serve(settings: Settings, application: FastAPI, door: socket.socket | None = None, life: Life | None = None) -> int:
    """Serve in this process; the exit status."""
    calm()
    bound_memory(settings)
    import uvicorn  # noqa: PLC0415 - slow import

    config = uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        # Its lines go where all others go. It would write down the address, token and all, of who asks for a socket.
        log_config=None,
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=20,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
    )
    # Every answer passes through the one thread that reads and writes: it does not wait 5 ms for each that computes.
    # Still shorter turns cost more than they give: at .05 ms everything takes a third more of the processor.
    sys.setswitchinterval(SWITCH_S)
    server = draining(config, application, life or Life())
    with suppress(KeyboardInterrupt, Ended):  # it drains, then says again what it was told
        server.run([door] if door else None)
    return 0 if server.started else LATER


def say_how_to_come_in(settings: Settings, engine: Engine) -> None:
    """A service that nobody can enter as admin says how to make the first key."""
    if settings.local_admin:
        return
    with session_scope(engine) as session:
        if not has_admin(session):
            log.warning("nobody can come in as admin yet: make the first key with `viaduc keys create --role admin`")


def draining(config: "uvicorn.Config", application: FastAPI, life: Life) -> "uvicorn.Server":
    """A server that ends its live pages first: they have no end of their own, and it waits for what is open."""
    import uvicorn  # noqa: PLC0415 - slow import

    class Draining(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            life.begun()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            application.state.live.close()
            application.state.planner.stop_soon()
            await super().shutdown(sockets)

    return Draining(config)


def run_worker(settings: Settings) -> None:
    """Drain the backlog until interrupted; a process that dies is replaced."""
    require_memory(settings)
    set_up_logging(settings.log_level, settings.log_format)
    open_database(settings).dispose()
    drift = Drift()
    leave_ending_to_others()
    sys.exit(Keeper(lambda life: work(settings, life, drift)).run() if can_keep() else work(settings, Life(), drift))


def work(settings: Settings, life: Life, drift: Drift) -> int:
    """Drain the backlog in this process; the exit status."""
    calm()
    bound_memory(settings)
    engine, holder, periods = open_database(settings), background_model(settings), periods_of(settings)
    worker = Worker(engine, holder, settings.embed_batch, periods=periods, drift=drift)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop_soon())
    life.begun()
    with suppress(KeyboardInterrupt):
        worker.run_forever()
    return 0
