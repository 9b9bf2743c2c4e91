"""Texts of consent, by version: what people agreed to when their address was stored."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Response

from app.api import examples
from app.api.paging import at_most
from app.api.problems import responses
from app.deps import AttemptDep, SessionDep
from app.services import consents as service
from app.services.bounds import BOUNDS
from app.services.idempotency import run_once
from models.contact import ConsentTextCreate, ConsentTextPublic

router = APIRouter(prefix="/consent-texts", tags=["contacts"], responses=responses())


@router.get("")
def list_consent_texts(
    session: SessionDep,
) -> Annotated[list[ConsentTextPublic], at_most(BOUNDS["consent texts"].most)]:
    """List the texts that people agree to, newest first, with how many contacts stand on each"""
    return service.list_texts(session)


@router.post("", status_code=201, response_model=ConsentTextPublic, responses=responses(409))
def add_consent_text(
    session: SessionDep,
    attempt: AttemptDep,
    fields: Annotated[ConsentTextCreate, Body(openapi_examples=examples.CONSENT_TEXT)],
) -> dict[str, Any]:
    """Keep a text under its version; it does not change any more"""
    return run_once(session, attempt=attempt, create=lambda: service.add_text(session, fields=fields))


@router.delete("/{version}", status_code=204, responses=responses(404, 409))
def remove_consent_text(session: SessionDep, version: Annotated[str, Path(max_length=100)]) -> Response:
    """Remove a text that nobody agreed to"""
    service.remove_text(session, version=version)
    return Response(status_code=204)
