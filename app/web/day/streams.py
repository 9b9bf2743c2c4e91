"""Streams of server-sent events: they tell a page that something changed, and what time it is here."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import StreamingResponse

from app.db import session_scope
from app.deps import EngineDep, LiveDep, PrincipalDep, SettingsDep
from app.errors import NotFound
from app.guard import still_is
from app.live import AGENDA_TOPICS, CLOCK_TOPICS, Live, Opener
from app.services.events import get_event
from app.services.links import open_link

router = APIRouter(prefix="/live", include_in_schema=False)

Since = Annotated[int | None, Query(ge=0, le=2**53, description="When the page was made, in ms of the epoch")]

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}


@router.get("/events/{event_id}")
def event_stream(
    request: Request,
    engine: EngineDep,
    live: LiveDep,
    settings: SettingsDep,
    principal: PrincipalDep,
    event_id: int,
    since: Since = None,
) -> StreamingResponse:
    """Everything that changes in an event, for the organiser's pages."""
    with session_scope(engine) as session:
        get_event(session, event_id=event_id)
    opener = Opener(principal.name, lambda: still_is(request, settings).runs(event_id))
    return _stream(live, event_id, None, since, opener=opener)


@router.get("/clock/{event_id}")
def clock_stream(engine: EngineDep, live: LiveDep, event_id: int, since: Since = None) -> StreamingResponse:
    """The timetable of an event, for the clock on the wall."""
    with session_scope(engine) as session:
        get_event(session, event_id=event_id)
    return _stream(live, event_id, CLOCK_TOPICS, since)


@router.get("/agenda/{token}")
def agenda_stream(engine: EngineDep, live: LiveDep, token: str, since: Since = None) -> StreamingResponse:
    """What a participant sees, for the holder of a link."""

    def holds() -> bool:
        try:
            with session_scope(engine) as session:
                open_link(session, token=token)
        except NotFound:
            return False
        return True

    with session_scope(engine) as session:
        link = open_link(session, token=token)
    return _stream(live, link.event_id, AGENDA_TOPICS, since, who=link.actor_id, opener=Opener(link.name, holds))


def _stream(
    live: Live,
    event_id: int,
    topics: frozenset[str] | None,
    since: int | None,
    *,
    who: int | None = None,
    opener: Opener | None = None,
) -> StreamingResponse:
    """The session is closed by now: a stream holds no connection to the database."""
    live.require_room()
    words = live.stream(event_id, topics, None if since is None else since / 1000, who, opener)
    return StreamingResponse(words, media_type="text/event-stream", headers=_HEADERS)
