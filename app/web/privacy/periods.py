"""Periods: how long things are kept, what goes next, and what is over."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import NowDep, SessionDep, SettingsDep
from app.services.retention import next_deletions, periods_of, sweep
from app.settings import Settings
from app.web.origin import same_origin
from app.web.privacy.words import PrivacyWords
from app.web.render import page
from models.privacy import Swept

router = APIRouter(prefix="/console/privacy/periods")


@router.get("")
def periods(request: Request, session: SessionDep, settings: SettingsDep, now: NowDep) -> Response:
    """Each period with its setting, and what goes next."""
    return _show(request, session, settings, now)


@router.get("/count", response_model=None)
def back(request: Request) -> Response:
    """What a form answered is at no address of its own."""
    query = request.url.query
    return RedirectResponse(f"/console/privacy/periods{'?' if query else ''}{query}", status_code=303)


@router.post("/count", dependencies=[Depends(same_origin)])
def count(request: Request, session: SessionDep, settings: SettingsDep, now: NowDep) -> Response:
    """What is over its period at this moment; nothing is changed."""
    over = sweep(session, periods=periods_of(settings), now=now, dry_run=True)
    return _show(request, session, settings, now, over)


@router.post("/sweep", dependencies=[Depends(same_origin)])
def sweep_now(session: SessionDep, settings: SettingsDep, now: NowDep) -> Response:
    """Remove it now instead of within a day."""
    sweep(session, periods=periods_of(settings), now=now)
    return RedirectResponse("/console/privacy/periods", status_code=303)


def _show(request: Request, session: Session, settings: Settings, now: Any, over: Swept | None = None) -> Response:
    kept = periods_of(settings)
    context = {
        "tab": "periods",
        "periods": kept,
        "next": next_deletions(session, periods=kept, now=now),
        "over": over,
        "session_days": settings.session_days,
        "words": PrivacyWords.of(request),
    }
    return page(request, "privacy/periods.html", context)
