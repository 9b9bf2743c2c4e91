"""The schedule board: a plan on a page, what is proven about it, and its editing by hand."""

from fastapi import APIRouter

from app.web.board.edits import router as edits
from app.web.board.schedule import router as schedule

__all__ = ["router"]

router = APIRouter(prefix="/console/events/{event_id}", include_in_schema=False)
router.include_router(schedule)
router.include_router(edits)
