"""Privacy in the console: contacts, answering a person, periods, the audit trail, texts of consent."""

from fastapi import APIRouter

from app.web.privacy.contacts import router as contacts
from app.web.privacy.periods import router as periods
from app.web.privacy.requests import router as requests
from app.web.privacy.texts import router as texts
from app.web.privacy.trail import router as trail

router = APIRouter(include_in_schema=False)
for part in (contacts, requests, periods, texts, trail):
    router.include_router(part)
