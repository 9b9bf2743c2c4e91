"""What the frame of an event's pages needs: the event with its counts, and when it begins."""

from typing import Any

from sqlmodel import Session

from app.services import events


def event_frame(session: Session, event_id: int, tab: str) -> dict[str, Any]:
    """Context of `console/event_base.html`; NotFound when there is no such event."""
    return {
        "tab": tab,
        "event": events.event_public(session, event=events.get_event(session, event_id=event_id)),
        "rounds": events.list_rounds(session, event_id=event_id),
    }
