"""Door 2, HTML: server-rendered pages that work without JavaScript and ask nothing of any other host."""

from fastapi import FastAPI

from app.web.console import router as console
from app.web.day import router as day
from app.web.directory import router as directory
from app.web.events import router as events
from app.web.agenda import router as agenda
from app.web.front import router as front
from app.web.papers.pages import router as papers
from app.web.reference import router as reference
from app.web.static_files import CachedStaticFiles

__all__ = ["mount"]


def mount(app: FastAPI) -> None:
    """Add the pages and their static files to the service."""
    for router in (front, directory, console, events, day, agenda, papers, reference):
        app.include_router(router)
    app.mount("/static", CachedStaticFiles(), name="static")
