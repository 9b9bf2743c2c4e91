"""What an event came to, as figures."""

from fastapi import APIRouter

from app.api.problems import responses
from app.deps import SessionDep
from app.services.report import event_report, gather
from models.report import EventReport

router = APIRouter(prefix="/events/{event_id}/report", tags=["events"], responses=responses(404))


@router.get("")
def get_report(session: SessionDep, event_id: int) -> EventReport:
    """Tell what an event came to: attendance, meetings by side and sector, answers, partnerships, what follows"""
    return event_report(session, gathered=gather(session, event_id=event_id))
