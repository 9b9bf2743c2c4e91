"""Competence maps: upload, preview, apply."""

from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Body, Depends, File, Form, Query, Response, UploadFile
from pydantic import ValidationError

from app.api import examples
from app.api.problems import responses, validation_errors
from app.deps import AttemptDep, SessionDep
from app.errors import BadInput
from app.services import maps as service
from app.services.idempotency import run_once
from app.services.maps import FileOut
from models.competence_map import (
    ImportOptions,
    ImportPublic,
    MapFields,
    MapPicture,
    MapPublic,
    UndoReport,
)

router = APIRouter(prefix="/maps", tags=["maps"], responses=responses(404))


FormatQuery = Annotated[Literal["csv", "xlsx", "jsonl"], Query(description="csv, xlsx or jsonl")]
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in service.MEDIA_TYPES.values()}, "description": "A file"}
}


def _file(made: FileOut) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(made.name)}"
    return Response(made.data, media_type=made.media_type, headers={"Content-Disposition": disposition})


@router.get("")
def list_maps(session: SessionDep) -> list[MapPublic]:
    """List the competence maps by name"""
    return service.list_maps(session)


def _map_fields(
    name: Annotated[str, Form(min_length=1, max_length=200, description="Name of the competence map")],
    source: Annotated[str | None, Form(max_length=500)] = None,
    territory: Annotated[str | None, Form(max_length=200)] = None,
    licence: Annotated[str | None, Form(max_length=200)] = None,
    as_of: Annotated[date | None, Form(description="Date of the facts")] = None,
    legal_basis: Annotated[str | None, Form(max_length=500)] = None,
) -> MapFields:
    return MapFields(
        name=name, source=source, territory=territory, licence=licence, as_of=as_of, legal_basis=legal_basis
    )


def _options(
    options: Annotated[str | None, Form(max_length=100_000, description="ImportOptions as JSON")] = None,
) -> ImportOptions:
    try:
        return ImportOptions.model_validate_json(options) if options else ImportOptions()
    except ValidationError as error:
        errors = validation_errors(error.errors())
        raise BadInput(f"options.{errors[0].field}: {errors[0].reason}", errors) from error


@router.post("/imports", status_code=201, response_model=ImportPublic, responses=responses(409, 413, 507))
def upload(
    session: SessionDep,
    attempt: AttemptDep,
    file: Annotated[UploadFile, File(description="CSV, XLSX, ODS, JSON, JSON Lines, or a ZIP of them")],
    fields: Annotated[MapFields, Depends(_map_fields)],
    options: Annotated[ImportOptions, Depends(_options)],
    apply: Annotated[bool, Query(description="Apply at once; else the preview waits for …/apply")] = False,
) -> dict[str, Any]:
    """Upload a file into a map and say what it will do; nothing else changes until it is applied"""

    def create() -> ImportPublic:
        row = service.preview(
            session, fields=fields, filename=file.filename or "upload", data=file.file.read(), options=options
        )
        if apply:
            service.apply(session, import_id=row.id)
        return service.import_public(row)

    return run_once(session, attempt=attempt, create=create)


@router.get("/imports/{import_id}")
def read_import(session: SessionDep, import_id: int) -> ImportPublic:
    """Read an import with its report"""
    return service.import_public(service.get_import(session, import_id=import_id))


@router.put("/imports/{import_id}/options", responses=responses(409))
def preview_again(
    session: SessionDep,
    import_id: int,
    options: Annotated[ImportOptions, Body(openapi_examples=examples.IMPORT_OPTIONS)],
) -> ImportPublic:
    """Preview again with another mapping or layout"""
    return service.import_public(service.preview_again(session, import_id=import_id, options=options))


@router.post("/imports/{import_id}/apply", responses=responses(409, 507))
def apply_import(session: SessionDep, import_id: int) -> ImportPublic:
    """Apply a previewed import: all of it, or nothing; a second time changes nothing"""
    service.apply(session, import_id=import_id)
    return service.import_public(service.get_import(session, import_id=import_id))


@router.get("/template", response_class=Response, responses=_FILE)
def make_template(
    lang: Annotated[str, Query(max_length=10, description="en, fr, nl, de, da, es, eu, pt or it")] = "en",
    format: FormatQuery = "xlsx",
) -> Response:
    """Download a template with an example row, its headings in a language"""
    return _file(service.make_template(lang, format))


@router.get("/{map_id}")
def read_map(session: SessionDep, map_id: int) -> MapPublic:
    """Read a competence map"""
    return service.map_public(session, competence_map=service.get_map(session, map_id=map_id))


@router.get("/{map_id}/imports")
def list_imports(session: SessionDep, map_id: int) -> list[ImportPublic]:
    """List what was loaded into a map, newest first"""
    service.get_map(session, map_id=map_id)
    return [service.import_public(row) for row in service.list_imports(session, map_id=map_id)]


@router.post("/imports/{import_id}/undo", responses=responses(409))
def undo_import(session: SessionDep, import_id: int) -> UndoReport:
    """Take back an applied import; what was edited since is left alone and named"""
    return service.undo(session, import_id=import_id)


@router.get("/imports/{import_id}/rejected", response_class=Response, responses=_FILE)
def rejected_rows(session: SessionDep, import_id: int) -> Response:
    """Download the rejected rows, each with its reason, to mend and load again"""
    return _file(service.rejected_rows(session, import_id=import_id))


@router.get("/{map_id}/export", response_class=Response, responses=_FILE)
def export_map(session: SessionDep, map_id: int, format: FormatQuery = "xlsx") -> Response:
    """Download a map; loaded again, it changes nothing"""
    name = service.get_map(session, map_id=map_id).name
    return _file(service.export_actors(session, selection=service.Selection(map_id), kind=format, stem=name))


@router.get("/{map_id}/picture")
def draw_map(session: SessionDep, map_id: int) -> MapPicture:
    """Read a map at a glance: completeness, languages, sectors by territory, places, what is missing"""
    service.get_map(session, map_id=map_id)
    return service.draw_map(session, map_id=map_id)
