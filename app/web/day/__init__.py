"""The day: live streams, the desk, the clock on the wall, and who sits where."""

from fastapi import APIRouter

from app.web.day.streams import router as streams

router = APIRouter()
for part in (streams,):
    router.include_router(part)

__all__ = ["router"]
