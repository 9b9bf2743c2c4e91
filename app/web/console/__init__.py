"""The organiser's console: preparing events, programmes and actors in the browser."""

from fastapi import APIRouter

from app.web.console.actors import router as actors
from app.web.console.agendas import router as agendas
from app.web.console.explore import router as explore
from app.web.console.introductions import router as introductions
from app.web.console.invite import router as invite
from app.web.console.outlook import router as outlook
from app.web.console.overview import router as overview
from app.web.console.participants import router as participants
from app.web.console.paste import router as paste
from app.web.console.programmes import router as programmes
from app.web.console.setup import router as setup
from app.web.console.wishes import router as wishes
from app.web.console.wizard import router as wizard

router = APIRouter(prefix="/console", include_in_schema=False)
parts = (
    wizard, overview, setup, outlook, paste, participants, introductions, invite, wishes, agendas, programmes, explore,
    actors,
)  # fmt: skip
for part in parts:
    router.include_router(part)
