"""The organiser's console: preparing events, programmes and actors in the browser."""

from fastapi import APIRouter

from app.web.console.overview import router as overview

router = APIRouter(prefix="/console", include_in_schema=False)
for part in (overview,):
    router.include_router(part)
