"""A body that comes a letter at a time is given up: its place is for others."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import bodies
from app.bodies import BodyLimit
from app.errors import AppError

PART = b"x" * 100


def refuse(_request: Request, error: AppError) -> Response:
    return JSONResponse({"detail": error.detail}, error.status)


def service(patience_s: float) -> FastAPI:
    app = FastAPI()
    app.add_middleware(BodyLimit, limit=10_000, refuse=refuse, patience_s=patience_s)

    @app.post("/count")
    async def count(request: Request) -> int:
        return len(await request.body())

    return app


async def drops(parts: int, every_s: float) -> AsyncIterator[bytes]:
    for _ in range(parts):
        await asyncio.sleep(every_s)
        yield PART


def sent(patience_s: float, parts: int, every_s: float) -> httpx2.Response:
    async def send() -> httpx2.Response:
        line = httpx2.ASGITransport(service(patience_s))
        async with httpx2.AsyncClient(transport=line, base_url="http://here") as client:
            return await client.post("/count", content=drops(parts, every_s))

    return asyncio.run(send())


def test_a_body_that_never_ends_is_refused_in_words() -> None:
    told = sent(patience_s=0.2, parts=10_000, every_s=0.05)
    assert (told.status_code, told.json()["detail"].split(";")[0]) == (408, "what was sent did not arrive in time")


def test_who_sends_fast_enough_has_all_the_time_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SLOWEST", 200)
    assert sent(patience_s=0.3, parts=12, every_s=0.05).json() == 1200  # 0.6 s, and each part earns half a second


def test_a_stream_that_is_too_long_is_refused() -> None:
    assert sent(patience_s=5, parts=101, every_s=0).status_code == 413
