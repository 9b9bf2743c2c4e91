"""`viaduc serve` and `viaduc worker`."""

from sqlalchemy import Engine

from app.db import database_url, upgrade
from app.main import background_model, create_app, open_database
from app.observe import set_up_logging
from app.services.meaning import MeaningHolder
from app.settings import Settings
from app.worker import Worker


def run_service(
    settings: Settings, *, migrate: bool = False, engine: Engine | None = None, holder: MeaningHolder | None = None
) -> None:
    """Serve until interrupted; SIGTERM lets running requests finish (at most 20 s)."""
    import uvicorn  # noqa: PLC0415 - slow import

    set_up_logging(settings.log_level)
    if migrate:
        upgrade(database_url(settings))
    # A database that is down or of an old schema is told before anything listens.
    engine = engine or open_database(settings)
    uvicorn.run(
        create_app(settings, engine=engine, holder=holder or background_model(settings)),
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level,
        access_log=False,
        timeout_graceful_shutdown=20,
    )
    engine.dispose()


def run_worker(settings: Settings) -> None:
    """Drain the backlog until interrupted."""
    set_up_logging(settings.log_level)
    worker = Worker(open_database(settings), background_model(settings), settings.embed_batch)
    try:
        worker.run_forever()
    except KeyboardInterrupt:
        worker.stop_soon()
