"""Answering a person or an organisation that wants to see, or be rid of, what is stored of them."""

from typing import Annotated

from fastapi import APIRouter, Body, Response

from app.api import examples
from app.api.problems import responses
from app.deps import SessionDep
from app.services import privacy
from models.privacy import EraseRequest, PrivacyErased, PrivacyExport, Subject

router = APIRouter(prefix="/privacy", tags=["privacy"], responses=responses(404))


@router.post("/export")
def export_subject(
    session: SessionDep, response: Response, subject: Annotated[Subject, Body(openapi_examples=examples.SUBJECT)]
) -> PrivacyExport:
    """Tell everything that is stored of a person or an organisation"""
    response.headers["Cache-Control"] = "no-store"
    if subject.actor_id is not None:
        return privacy.export_organisation(session, actor_id=subject.actor_id)
    return privacy.export_person(session, email=subject.email or "")


@router.post("/erase")
def erase_subject(
    session: SessionDep, asked: Annotated[EraseRequest, Body(openapi_examples=examples.ERASURE)]
) -> PrivacyErased:
    """Erase a person or an organisation, or count what that would remove"""
    if asked.actor_id is not None:
        return privacy.erase_organisation(session, actor_id=asked.actor_id, dry_run=asked.dry_run)
    return privacy.erase_person(session, email=asked.email or "", names=asked.names, dry_run=asked.dry_run)
