"""The audit trail: who read and changed what."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.api.problems import responses
from app.deps import SessionDep
from app.services import audit
from models.audit import AuditCheck, AuditPage

router = APIRouter(prefix="/audit", tags=["audit"], responses=responses())


@router.get("")
def list_records(
    session: SessionDep,
    target: Annotated[str | None, Query(max_length=200, description="Such as actor_id=12")] = None,
    who: Annotated[str | None, Query(max_length=100, description="Such as key:3")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AuditPage:
    """List what was read and changed, newest first"""
    return audit.list_records(session, target=target, who=who, cursor=cursor, limit=limit)


@router.get("/check")
def check_records(session: SessionDep) -> AuditCheck:
    """Say whether the records are still the ones that were written"""
    return audit.check_chain(session)
