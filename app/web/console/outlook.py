"""What a floor of meetings would take, worked out by planning; no connection waits for it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.db import session_scope
from app.deps import EngineDep, HolderDep, SettingsDep
from app.errors import AppError, NotFound
from app.services.conflicts import hard_conflicts
from app.services.whatif import outlook_of
from app.web.catalogues import choose_language, translations
from app.web.console.frame import event_frame
from app.web.refusals import tell_refusal
from app.web.render import page, wants_fragment
from models.plan import WhatIfRequest

router = APIRouter(prefix="/events/{event_id}/outlook")

SECONDS = 10.0


@router.get("")
def what_if(
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    holder: HolderDep,
    event_id: int,
    floor: Annotated[int, Query(ge=1, le=200)] = 1,
) -> Response:
    """Rounds, places and interpreters that it takes, who would be short, and whom one more of would help most."""
    with session_scope(engine) as session:
        told: dict[str, Any] = event_frame(session, event_id, "setup")
        told["conflicts"] = hard_conflicts(session, event_id=event_id)
    told |= {"floor": floor, "outlook": None, "refused": "", "cause": None}
    try:
        question, longest = WhatIfRequest(floor=floor, time_limit_s=SECONDS), settings.plan_seconds
        meaning = holder.get()
        told["outlook"] = outlook_of(engine, meaning=meaning, event_id=event_id, question=question, longest_s=longest)
    except NotFound:
        raise
    except AppError as error:
        told["refused"] = error.detail
        told["cause"] = tell_refusal(error, translations(choose_language(request)))
    return page(request, "console/_outlook.html" if wants_fragment(request) else "console/outlook.html", told)
