"""The day: live streams, the desk, the clock on the wall, and who sits where."""

from fastapi import APIRouter

from app.web.day.clock import router as clock
from app.web.day.desk import router as desk
from app.web.day.hall import router as hall
from app.web.day.people import router as people
from app.web.day.replan import router as replan
from app.web.day.streams import router as streams

router = APIRouter()
for part in (streams, desk, people, hall, replan, clock):
    router.include_router(part)

__all__ = ["router"]
