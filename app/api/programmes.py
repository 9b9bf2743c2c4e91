"""Programmes: what groups events of one border and declares its sides."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from app.api.paging import at_most
from app.api.problems import responses
from app.deps import AttemptDep, SessionDep
from app.editing import ChangingDep, ReadingDep
from app.services import programmes as service
from app.services.bounds import BOUNDS
from app.services.idempotency import run_once
from models.programme import ProgrammeCreate, ProgrammePublic

router = APIRouter(prefix="/programmes", tags=["programmes"], responses=responses())

EXAMPLE: dict[str, Any] = {
    "three sides of two countries": {
        "value": {
            "name": "Tandem",
            "border": "Lille – Kortrijk – Tournai",
            "sides": [
                {"code": "FR", "name": "Hauts-de-France", "nuts": ["FRE"]},
                {"code": "VLG", "name": "Vlaanderen", "nuts": ["BE2"]},
                {"code": "WAL", "name": "Wallonie", "nuts": ["BE3"]},
            ],
            "themes": ["textile", "design"],
            "languages": ["fr", "nl"],
            "colour": "#0b5c66",
        }
    }
}
ProgrammeBody = Annotated[ProgrammeCreate, Body(openapi_examples=EXAMPLE)]


@router.get("")
def list_programmes(session: SessionDep) -> Annotated[list[ProgrammePublic], at_most(BOUNDS["programmes"].most)]:
    """List programmes by name"""
    return service.list_programmes(session)


@router.post("", status_code=201, response_model=ProgrammePublic, responses=responses(409))
def create_programme(session: SessionDep, attempt: AttemptDep, fields: ProgrammeBody) -> dict[str, Any]:
    """Create a programme; events name it by `programme_id`"""
    return run_once(session, attempt=attempt, create=lambda: service.create_programme(session, fields=fields))


@router.get("/{programme_id}", responses=responses(404))
def read_programme(session: SessionDep, reading: ReadingDep, programme_id: int) -> ProgrammePublic:
    """Read a programme with its number of events"""
    reading.tell("programme", programme_id)
    programme = service.get_programme(session, programme_id=programme_id)
    return service.programme_public(session, programme=programme)


@router.put("/{programme_id}", responses=responses(404, 412))
def update_programme(
    session: SessionDep, changing: ChangingDep, programme_id: int, fields: ProgrammeBody
) -> ProgrammePublic:
    """Replace what a programme says"""
    with changing.of("programme", programme_id):
        return service.update_programme(session, programme_id=programme_id, fields=fields)


@router.delete("/{programme_id}", status_code=204, responses=responses(404, 412))
def delete_programme(session: SessionDep, changing: ChangingDep, programme_id: int) -> Response:
    """Remove a programme; its events stay, without one"""
    changing.require("programme", programme_id)
    service.delete_programme(session, programme_id=programme_id)
    return Response(status_code=204)
