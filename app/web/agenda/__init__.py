"""The participant's agenda: by a link, without an account, also without a connection."""

from fastapi import APIRouter

from app.web.agenda.doing import router as doing
from app.web.agenda.offline import router as offline
from app.web.agenda.pages import router as pages

router = APIRouter()
# The service worker's fixed address comes before the addresses that hold a token.
for part in (offline, pages, doing):
    router.include_router(part)

__all__ = ["router"]
