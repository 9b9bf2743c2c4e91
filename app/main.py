"""The application: doors, middleware and what lives as long as the process."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from app import __version__
from app.api import routers
from app.api.described import describe_keys
from app.api.problems import app_error_answer, http_error_answer, problem, validation_answer
from app.bodies import BodyLimit, why_unread
from app.calm import settle_objects
from app.crowding import Crowding, make_turns
from app.db import database_url, explain_database_error, make_engine, require_schema
from app.drift import Drift
from app.errors import AppError, BadInput, for_want_of_room, is_want_of_memory, is_want_of_room
from app.frugal import Frugal
from app.gauges import keep_telling
from app.guard import Guard, checked_by_guard
from app.headers import EVERY_ANSWER, SecurityHeaders
from app.importer import Importer
from app.limits import Limits
from app.live import Live
from app.logs import HEADER, RequestId, request_id
from app.mail import Post
from app.observe import Observe
from app.packing import Packed
from app.planner import Planner
from app.restored import bring_up
from app.room import room_for_changes
from app.services.meaning import Meaning, MeaningHolder, load_meaning
from app.services.pool import PoolCache
from app.services.retention import periods_of
from app.settings import Settings, get_settings
from app.tracing import Tracing
from app.trail import Clerk, Trail
from app.watch import Watch
from app.web import mount
from app.web.errors import page_or
from app.web.papers.wording import PHRASEBOOK
from app.worker import Worker

log = logging.getLogger(__name__)

DESCRIPTION = """
Viaduc finds the partner across the border. Organisations on every side of a border describe themselves in their own
language; Viaduc says who should meet whom and why, and turns that into a speed-dating schedule that is fair,
provably good and printable.

Errors are problem details (RFC 9457) and name the field that is wrong. Every POST that creates takes an
`Idempotency-Key`: sent again with the same body it creates nothing new, and answers what was made.
"""


def create_app(
    settings: Settings | None = None, *, engine: Engine | None = None, holder: MeaningHolder | None = None
) -> FastAPI:
    """The service; tests hand in a migrated database and a loaded model."""
    settings = settings or get_settings()
    tracing = Tracing(settings)
    # The framework's own reference pages load scripts from elsewhere; app/web/reference.py serves ours.
    app = FastAPI(
        title="Viaduc",
        version=__version__,
        description=DESCRIPTION,
        lifespan=_lifespan(settings, tracing, engine, holder),
        telemetry=tracing.config,
        license_info=_LICENCE,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(checked_by_guard), Depends(room_for_changes)],
    )
    app.state.settings = settings
    app.state.phrasebook = PHRASEBOOK
    # Begun here, before processes are forked: one that comes back does not believe a clock that was set meanwhile.
    app.state.drift = Drift()
    for router in routers:
        app.include_router(router)
    mount(app)
    describe_keys(app)
    _add_layers(app, settings)
    _handle_errors(app)
    return app


def _lifespan(
    settings: Settings, tracing: Tracing, engine: Engine | None, holder: MeaningHolder | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """What is opened, loaded and started with the process, and let go with it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        tracing.begin()
        app.state.engine = engine or _opened(settings)
        app.state.holder = holder or background_model(settings)
        app.state.watch = Watch(app.state.engine, app.state.holder)
        app.state.pool_cache = PoolCache()
        app.state.planner = Planner(
            app.state.engine,
            settings.plan_seconds,
            at_once=settings.plans_at_once,
            in_line=settings.plans_in_line,
        )
        app.state.live = Live(app.state.engine, app.state.drift)
        app.state.importer = Importer(app.state.engine)
        app.state.clerk = Clerk(app.state.engine)
        app.state.post = Post()
        worker = _worker(app, settings)
        if worker is not None:
            worker.start()
        telling = asyncio.create_task(keep_telling(app.state))
        yield
        telling.cancel()
        await app.state.live.stop()
        app.state.planner.stop()
        app.state.importer.stop()
        app.state.post.stop()
        app.state.clerk.stop()
        if worker is not None:
            worker.stop()
        if engine is None:
            app.state.engine.dispose()
        tracing.end()

    return lifespan


def _add_layers(app: FastAPI, settings: Settings) -> None:
    """What a request passes through; the layer added last is met first."""
    app.state.limits = Limits(settings)
    app.add_middleware(Guard, settings=settings, limits=app.state.limits, refuse=page_or(app_error_answer))
    app.add_middleware(Trail)
    app.add_middleware(BodyLimit, limit=settings.max_body_mb * 2**20, refuse=page_or(app_error_answer))
    app.add_middleware(Frugal, refuse=page_or(app_error_answer))
    app.add_middleware(Packed)
    app.state.turns = make_turns()
    # Met early: whoever is turned away from a service that is overrun takes as little of it as can be.
    app.add_middleware(Crowding, turns=app.state.turns, refuse=page_or(app_error_answer))
    if settings.cors_origins:
        app.add_middleware(CORSMiddleware, **_cors(settings))
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Observe)
    app.add_middleware(RequestId)


def _cors(settings: Settings) -> dict[str, Any]:
    """Other origins come with a key, never with a cookie."""
    return {
        "allow_origins": [origin.strip() for origin in settings.cors_origins.split(",") if origin.strip()],
        "allow_methods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
        "allow_headers": ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", HEADER],
        "expose_headers": ["ETag", "Retry-After", "Location", "Next-Cursor", HEADER],
        "allow_credentials": False,
        "max_age": 600,
    }


_LICENCE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}


def open_database(settings: Settings) -> Engine:
    """The engine, with the schema this code needs: brought up to date when the server is the embedded one."""
    url = database_url(settings)
    if settings.database_url is None:
        bring_up(url)
    engine = make_engine(url)
    try:
        require_schema(engine)
    except AppError:
        engine.dispose()
        raise
    return engine


def _opened(settings: Settings) -> Engine:
    """The same, for a process that starts again: why it cannot is said in the log, since nobody sits at a terminal."""
    try:
        return open_database(settings)
    except AppError as error:
        log.error("not started: %s", error)
        raise


def _worker(app: FastAPI, settings: Settings) -> Worker | None:
    """The service's own worker, unless another process does its work; both hold the same actors."""
    if not settings.embed_in_service:
        return None
    return Worker(
        app.state.engine, app.state.holder, settings.embed_batch, app.state.pool_cache, periods_of(settings),
        app.state.drift,
    )  # fmt: skip


def background_model(settings: Settings) -> MeaningHolder:
    """The model, loading."""

    def load() -> Meaning:
        meaning = load_meaning(settings.embedding_model, settings.data_dir, settings.threads, on_step=lambda _: None)
        settle_objects()
        return meaning

    holder = MeaningHolder(load)
    holder.start()
    return holder


def _handle_errors(app: FastAPI) -> None:
    app.add_exception_handler(AppError, page_or(app_error_answer))  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, page_or(validation_answer))  # type: ignore[arg-type]

    @app.exception_handler(UnicodeEncodeError)
    async def _half_a_letter(request: Request, _error: UnicodeEncodeError) -> Response:
        # JSON lets in what no database and no answer takes: one half of a pair of surrogates.
        told = BadInput("a text of the request holds half a letter, which nothing can store or show")
        return page_or(app_error_answer)(request, told)

    @app.exception_handler(HTTPException)
    async def _http_error(request: Request, error: HTTPException) -> Response:
        if is_want_of_memory(error):
            # The framework takes whatever goes wrong while it reads a body for a fault of the body.
            raise MemoryError from error
        if is_want_of_room(error):
            return page_or(app_error_answer)(request, for_want_of_room())
        told = HTTPException(error.status_code, why_unread(error.__cause__) or error.detail, error.headers)
        return page_or(http_error_answer)(request, told)

    @app.exception_handler(OSError)
    async def _no_room(request: Request, error: OSError) -> Response:
        if not is_want_of_room(error):
            raise error
        return page_or(app_error_answer)(request, for_want_of_room())

    @app.exception_handler(DBAPIError)
    async def _database_error(request: Request, error: DBAPIError) -> Response:
        return page_or(app_error_answer)(request, explain_database_error(error))

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> Response:
        answer = page_or(_unexpected_answer)(request, error)
        # This answer is made outside of every middleware.
        answer.headers.update({**EVERY_ANSWER, **answer.headers, HEADER: request_id() or ""})
        return answer


def _unexpected_answer(_request: Request, _error: Exception) -> Response:
    told = "an unexpected error; it was logged, nothing of this request was stored"
    return problem(500, "Something went wrong", told)
