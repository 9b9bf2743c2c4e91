"""Operation: is it alive, is it ready, what does it do."""

import math
from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from app.db import ping, require_schema, session_scope
from app.deps import HolderDep
from app.errors import AppError
from app.observe import BACKLOG, REGISTRY
from app.services.backlog import count_backlog

router = APIRouter(tags=["operation"])


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """What stands behind the process."""

    status: Literal["ready", "waiting"]
    database: str = Field(examples=["ok"])
    model: str = Field(examples=["ready"], description="loading, ready, or failed with the cause")


@router.get("/health")
async def health() -> Health:
    """Whether the process is alive"""
    return Health()


@router.get("/ready", responses={503: {"model": Readiness, "description": "Not ready (yet)"}})
async def ready(request: Request, response: Response, holder: HolderDep) -> Readiness:
    """Whether requests can be served: database, schema and model"""
    database = await run_in_threadpool(_database_state, request)
    ok = database == "ok" and holder.state == "ready"
    response.status_code = 200 if ok else 503
    return Readiness(status="ready" if ok else "waiting", database=database, model=holder.state)


def _database_state(request: Request) -> str:
    try:
        ping(request.app.state.engine)
        require_schema(request.app.state.engine)
    except AppError as error:
        return error.detail
    return "ok"


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request, holder: HolderDep) -> Response:
    """Prometheus metrics"""
    BACKLOG.set(_waiting(request, holder.name or ""))
    return Response(generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _waiting(request: Request, encoder: str) -> float:
    """Passages that wait for a vector; not a number while the database does not answer."""
    try:
        with session_scope(request.app.state.engine) as session:
            return count_backlog(session, encoder=encoder)
    except AppError:
        return math.nan
