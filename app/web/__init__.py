"""Door 2, HTML: server-rendered pages that work without JavaScript and ask nothing of any other host."""

from fastapi import FastAPI

from app.web.access import manage as access
from app.web.access import sign_in
from app.web.agenda import router as agenda
from app.web.board import router as board
from app.web.console import router as console
from app.web.day import router as day
from app.web.directory import router as directory
from app.web.front import router as front
from app.web.maps import router as maps
from app.web.memory import router as memory
from app.web.papers.pages import router as papers
from app.web.privacy import router as privacy
from app.web.reference import router as reference
from app.web.report import router as report
from app.web.static_files import CachedStaticFiles

__all__ = ["mount"]


def mount(app: FastAPI) -> None:
    """Add the pages and their static files to the service."""
    rooms = (console, board, day, agenda, maps, memory, privacy, papers, report)
    pages = (front, directory, sign_in, access, *rooms, reference)
    for router in pages:
        app.include_router(router)
    app.mount("/static", CachedStaticFiles(), name="static")
