"""Operation: is it alive, is it ready, what does it do."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from app.deps import HolderDep
from app.gauges import fill_gauges
from app.memory import memory_state
from app.observe import counts
from app.room import disk_state

router = APIRouter(tags=["operation"])


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """What stands behind the process."""

    status: Literal["ready", "waiting"]
    database: str = Field(examples=["ok"])
    model: str = Field(examples=["ready"], description="loading, ready, or failed with the cause")
    disk: str = Field(examples=["ok"], description="ok, or how little room is left: then changes are refused (507)")
    memory: str = Field(examples=["ok"], description="ok, or how short it is: then what asks for too much gets 503")


@router.get("/health")
async def health() -> Health:
    """Whether the process is alive"""
    return Health()


@router.get("/ready", responses={503: {"model": Readiness, "description": "Not ready (yet)"}})
async def ready(request: Request, response: Response, holder: HolderDep) -> Readiness:
    """Whether requests can be served: database, schema and model"""
    database = await run_in_threadpool(request.app.state.watch.database_state)
    ok = database == "ok" and holder.state == "ready"
    response.status_code = 200 if ok else 503
    disk = disk_state(request.app.state.settings)
    return Readiness(
        status="ready" if ok else "waiting", database=database, model=holder.state, disk=disk, memory=memory_state()
    )


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request) -> Response:
    """Prometheus metrics"""
    fill_gauges(request.app.state)
    return Response(counts(), headers={"Content-Type": CONTENT_TYPE_LATEST})
