"""`viaduc serve` and `viaduc worker`."""

import logging
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from fastapi import FastAPI
from sqlalchemy import Engine

from app.db import database_url, session_scope, upgrade
from app.logs import set_up_logging
from app.main import background_model, create_app, open_database
from app.services.access.keys import has_admin
from app.services.meaning import MeaningHolder
from app.services.retention import periods_of
from app.settings import Settings
from app.worker import Worker

if TYPE_CHECKING:
    import uvicorn

log = logging.getLogger(__name__)


def run_service(
    settings: Settings, *, migrate: bool = False, engine: Engine | None = None, holder: MeaningHolder | None = None
) -> None:
    """Serve until interrupted; SIGTERM lets running requests finish (at most 20 s)."""
    import uvicorn  # noqa: PLC0415 - slow import

    set_up_logging(settings.log_level, settings.log_format)
    if migrate:
        upgrade(database_url(settings))
    # A database that is down or of an old schema is told before anything listens.
    engine = engine or open_database(settings)
    application = create_app(settings, engine=engine, holder=holder or background_model(settings))
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
    say_how_to_come_in(settings, engine)
    with suppress(KeyboardInterrupt):
        draining(config, application).run()
    engine.dispose()


def say_how_to_come_in(settings: Settings, engine: Engine) -> None:
    """A service that nobody can enter as admin says how to make the first key."""
    if settings.local_admin:
        return
    with session_scope(engine) as session:
        if not has_admin(session):
            log.warning("nobody can come in as admin yet: make the first key with `viaduc keys create --role admin`")


def draining(config: "uvicorn.Config", application: FastAPI) -> "uvicorn.Server":
    """A server that ends its live pages first: they have no end of their own, and it waits for what is open."""
    import uvicorn  # noqa: PLC0415 - slow import

    class Draining(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            application.state.live.close()
            application.state.planner.stop_soon()
            await super().shutdown(sockets)

    return Draining(config)


def run_worker(settings: Settings) -> None:
    """Drain the backlog until interrupted."""
    set_up_logging(settings.log_level, settings.log_format)
    engine, holder, periods = open_database(settings), background_model(settings), periods_of(settings)
    worker = Worker(engine, holder, settings.embed_batch, periods=periods)
    try:
        worker.run_forever()
    except KeyboardInterrupt:
        worker.stop_soon()
