"""Whom to invite to an event: actors the ranking proposes to those who are there."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.deps import HolderDep, PoolDep, PrincipalDep, SessionDep
from app.errors import Unavailable
from app.services.events import list_participants
from app.services.guests import propose_guests
from app.web.answers import Shown
from app.web.catalogues import choose_language
from app.web.console.added import read_added
from app.web.console.frame import event_frame
from app.web.render import page

router = APIRouter(prefix="/events/{event_id}/invite")


@router.get("")
def invite(
    request: Request, session: SessionDep, holder: HolderDep, cache: PoolDep, principal: PrincipalDep, event_id: int
) -> Response:
    """Best first, each with whom it fits and why."""
    frame = event_frame(session, event_id, "participants")
    guests = None
    if frame["event"].participants:
        try:
            guests = propose_guests(
                session,
                meaning=holder.get(),
                cache=cache,
                event_id=event_id,
                lang=choose_language(request),
                principal=principal,
            )
        except Unavailable:
            guests = None
    shown = Shown(guests.threshold, [], [], 0) if guests else None
    added = read_added(request, list_participants(session, event_id=event_id))
    return page(request, "console/invite.html", frame | {"guests": guests, "answer": shown, "added": added})
