"""Competence maps in the browser: loading, looking, taking back, handing out."""

from fastapi import APIRouter

from app.web.maps.imports import router as imports
from app.web.maps.known import router as known
from app.web.maps.lists import router as lists
from app.web.maps.sectors import router as sectors

router = APIRouter(prefix="/console", include_in_schema=False)
# Addresses with a word in them come before those with a number in the same place.
for part in (sectors, known, imports, lists):
    router.include_router(part)
