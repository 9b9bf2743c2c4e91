"""Door 2, HTML: server-rendered pages that work without JavaScript and ask nothing of any other host."""

from fastapi import FastAPI

from app.web import directory, events, front
from app.web.static_files import CachedStaticFiles

__all__ = ["mount"]


def mount(app: FastAPI) -> None:
    """Add the pages and their static files to the service."""
    for router in (front.router, directory.router, events.router):
        app.include_router(router)
    app.mount("/static", CachedStaticFiles(), name="static")
