"""The list of events, and the overview of one: its facts and what is next to do."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.deps import HolderDep, NowDep, PrincipalDep, SessionDep
from app.services import events as service
from app.services.checklist import checklist
from app.services.plan_condition import published_condition
from app.services.programmes import list_programmes, programme_of
from app.web.console.frame import event_frame
from app.web.render import page

router = APIRouter()


@router.get("/events")
def event_list(request: Request, session: SessionDep, principal: PrincipalDep) -> Response:
    """Every event, newest first; an organiser's are its own."""
    events = service.list_events(session, only=principal.sees)
    programmes = {p.id: p.name for p in list_programmes(session)}
    told = {"events": events, "begins": service.list_beginnings(session), "programmes": programmes}
    return page(request, "console/events.html", told)


@router.get("/events/{event_id}")
def overview(
    request: Request, session: SessionDep, holder: HolderDep, now: NowDep, event_id: int, plan: int | None = None
) -> Response:
    """Facts and what is next to do; addresses with a plan in them lead to the schedule, where it is now."""
    if plan is not None:
        return RedirectResponse(f"/console/events/{event_id}/schedule?plan={plan}", status_code=301)
    frame = event_frame(session, event_id, "overview")
    condition = published_condition(session, event_id=event_id, now=now)
    context = frame | {
        "condition": condition,
        "programme": programme_of(session, event_id=event_id),
        "steps": checklist(session, event=frame["event"], encoder=holder.name, condition=condition),
    }
    return page(request, "console/overview.html", context)
