"""An adviser's word, pressed on the page of a registration."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.responses import RedirectResponse, Response

from app.deps import PrincipalDep, SessionDep
from app.services.introductions import Between, introduce, withdraw_introduction
from app.web.console.forms import FormDep
from app.web.origin import same_origin

router = APIRouter(prefix="/events/{event_id}/introductions")

Number = Annotated[int, Path(ge=1, lt=2**63)]


@router.post("/{actor_id}/{other_id}", dependencies=[Depends(same_origin)])
def say(
    session: SessionDep, principal: PrincipalDep, event_id: int, actor_id: Number, other_id: Number, form: FormDep
) -> Response:
    """Speak for one side, or take the word back. Leads back to whose registration was looked at."""
    between = Between(event_id, actor_id, other_id)
    if form.has("word", "back"):
        withdraw_introduction(session, between=between)
    else:
        introduce(session, between=between, principal=principal)
    seen = form.whole("seen", 1, 2**63 - 1) or actor_id
    return RedirectResponse(f"/console/events/{event_id}/participants/{seen}#introductions", status_code=303)
