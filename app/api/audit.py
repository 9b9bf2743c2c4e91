"""The audit trail: who read and changed what."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from app.api.problems import responses
from app.deps import SessionDep
from app.services import audit
from models.audit import AuditAction, AuditCheck, AuditPage

_PLAIN = r"^[^\x00]*$"
router = APIRouter(prefix="/audit", tags=["audit"], responses=responses())


@router.get("")
def list_records(
    session: SessionDep,
    target: Annotated[
        str, Query(max_length=200, pattern=_PLAIN, description="Such as actor_id=12; of several words each is named")
    ] = "",
    who: Annotated[str, Query(max_length=100, pattern=_PLAIN, description="Such as key:3")] = "",
    action: Annotated[AuditAction | None, Query()] = None,
    day: Annotated[date | None, Query(description="A day in UTC")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AuditPage:
    """List what was read and changed, newest first"""
    asked = audit.TrailQuery(target, who, action, day)
    return audit.list_records(session, asked=asked, cursor=cursor, limit=limit)


@router.get("/check")
def check_records(session: SessionDep) -> AuditCheck:
    """Say whether the records are still the ones that were written"""
    return audit.check_chain(session)
