"""Competence maps: upload, preview, apply."""

from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Body, Depends, File, Form, Query, Response, UploadFile
from pydantic import ValidationError

from app.api import examples
from app.api.paging import IN_PARTS, at_most, in_parts
from app.api.problems import responses, validation_errors
from app.db import session_scope
from app.deps import AttemptDep, EngineDep, HolderDep, KnownActor, SessionDep, SettingsDep
from app.editing import ReadingDep, SeenDep
from app.errors import BadInput
from app.importer import Importer, ImporterDep
from app.services import maps as service
from app.services import views
from app.services.bounds import BOUNDS
from app.services.cursors import Part
from app.services.editions import Subject, must_be
from app.services.idempotency import Attempt, recalled, run_once
from app.services.maps import FileOut
from models.competence_map import (
    ImportFromAddress,
    ImportOptions,
    ImportPublic,
    MapFields,
    MapPicture,
    MapPublic,
    UndoReport,
)
from models.sectors import SectorListPublic, SectorListReport
from models.views import ActorKnown, MapKnown

router = APIRouter(prefix="/maps", tags=["maps"], responses=responses(404))
actors_router = APIRouter(prefix="/actors", tags=["actors"], responses=responses(404))
sectors_router = APIRouter(prefix="/sector-lists", tags=["maps"], responses=responses(404))

FormatQuery = Annotated[Literal["csv", "xlsx", "jsonl"], Query(description="csv, xlsx or jsonl")]


def _selection(
    actor: Annotated[list[int] | None, Query(max_length=5_000, description="Only these actors, by id")] = None,
    country: Annotated[str | None, Query(max_length=2, description="Only actors of this country")] = None,
    side: Annotated[str | None, Query(max_length=40, description="Only actors of this side")] = None,
    kind: Annotated[str | None, Query(max_length=40, description="Only actors of this kind")] = None,
    sector: Annotated[str | None, Query(max_length=120, description="Only actors of this sector")] = None,
) -> service.Selection:
    return service.Selection(actor_ids=actor, country=country, side=side, kind=kind, sector=sector)


SelectionDep = Annotated[service.Selection, Depends(_selection)]
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in service.MEDIA_TYPES.values()}, "description": "A file"}
}


def _file(made: FileOut) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(made.name)}"
    return Response(made.data, media_type=made.media_type, headers={"Content-Disposition": disposition})


@router.get("")
def list_maps(session: SessionDep) -> Annotated[list[MapPublic], at_most(BOUNDS["maps"].most)]:
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


Wait = Annotated[
    bool, Query(description="Answer when it is done; else at once, and GET …/imports/{id} tells how far it is")
]


@dataclass(frozen=True)
class _Doors:
    """What every route that begins work on an import asks for."""

    engine: EngineDep
    importer: Importer
    encoder: str | None


def _doors(engine: EngineDep, importer: ImporterDep, holder: HolderDep) -> _Doors:
    return _Doors(engine, importer, holder.name)


DoorsDep = Annotated[_Doors, Depends(_doors)]


@dataclass(frozen=True)
class _Arrival:
    """A file on its way into a map."""

    fields: MapFields
    filename: str
    data: bytes
    options: ImportOptions
    fetched_from: str | None = None


def _take_in(doors: _Doors, attempt: Attempt, arrival: _Arrival, *, apply: bool, wait: bool) -> dict[str, Any]:
    """Keep the file, and read it (and apply it) now or in the background."""
    begun: list[int] = []

    def create() -> ImportPublic:
        row = service.accept(
            session,
            fields=arrival.fields,
            filename=arrival.filename,
            data=arrival.data,
            options=arrival.options,
        )
        row.fetched_from = arrival.fetched_from
        if wait:
            service.read_in(session, import_id=row.id)
            if apply:
                service.apply(session, import_id=row.id)
        else:
            service.start_job(session, import_id=row.id)
            begun.append(row.id)
        return service.import_public(session, row=row, encoder=doors.encoder)

    # Work in the background finds the file only when this is committed.
    with session_scope(doors.engine) as session:
        answer = run_once(session, attempt=attempt, create=create)
    for import_id in begun:
        doors.importer.submit(import_id, "load" if apply else "read")
    return answer


@router.post(
    "/imports",
    status_code=201,
    response_model=ImportPublic,
    responses=responses(409, 413, 507),
)
def upload(
    doors: DoorsDep,
    attempt: AttemptDep,
    file: Annotated[UploadFile, File(description="CSV, XLSX, ODS, JSON, JSON Lines, or a ZIP of them")],
    fields: Annotated[MapFields, Depends(_map_fields)],
    options: Annotated[ImportOptions, Depends(_options)],
    apply: Annotated[bool, Query(description="Apply at once; else the preview waits for …/apply")] = False,
    wait: Wait = True,
) -> dict[str, Any]:
    """Upload a file into a map and say what it will do; nothing else changes until it is applied"""
    arrival = _Arrival(fields, file.filename or "upload", file.file.read(), options)
    return _take_in(doors, attempt, arrival, apply=apply, wait=wait)


@router.post("/imports/from-address", status_code=201, response_model=ImportPublic, responses=responses(409, 413, 507))
def fetch_and_preview(
    doors: DoorsDep,
    settings: SettingsDep,
    attempt: AttemptDep,
    asked: Annotated[ImportFromAddress, Body(openapi_examples=examples.IMPORT_ADDRESS)],
    apply: bool = False,
    wait: Wait = True,
) -> dict[str, Any]:
    """Fetch a file from an address of an allowed host, and go on as with an upload"""
    known = recalled(doors.engine, attempt=attempt)
    if known is not None:
        # The file is not fetched again: its host may be gone, or hand out another one.
        return known
    found = service.fetch_file(asked.url, settings)
    arrival = _Arrival(asked.map, found.filename, found.data, asked.options, asked.url)
    return _take_in(doors, attempt, arrival, apply=apply, wait=wait)


@router.get("/imports/{import_id}")
def read_import(session: SessionDep, holder: HolderDep, reading: ReadingDep, import_id: int) -> ImportPublic:
    """Read an import with its report, how far work on it is, and how many of its texts are found by meaning"""
    reading.tell("import", import_id)
    row = service.get_import(session, import_id=import_id)
    return service.import_public(session, row=row, encoder=holder.name)


@router.put("/imports/{import_id}/options", responses=responses(409, 412))
def preview_again(
    doors: DoorsDep,
    seen: SeenDep,
    import_id: int,
    options: Annotated[ImportOptions, Body(openapi_examples=examples.IMPORT_OPTIONS)],
    wait: Wait = True,
) -> ImportPublic:
    """Preview again with another mapping or layout"""
    with session_scope(doors.engine) as session:
        must_be(session, Subject("import", import_id), seen)
        row = service.choose(session, import_id=import_id, options=options)
        if wait:
            service.read_in(session, import_id=import_id)
        else:
            service.start_job(session, import_id=import_id)
        answer = service.import_public(session, row=row, encoder=doors.encoder)
    if not wait:
        doors.importer.submit(import_id, "read")
    return answer


@router.post("/imports/{import_id}/apply", responses=responses(409, 412, 507))
def apply_import(doors: DoorsDep, seen: SeenDep, import_id: int, wait: Wait = True) -> ImportPublic:
    """Apply a previewed import: all of it, or nothing; a second time changes nothing"""
    with session_scope(doors.engine) as session:
        must_be(session, Subject("import", import_id), seen)
        if wait:
            service.apply(session, import_id=import_id, checkpoint=session.commit)
        else:
            service.start_job(session, import_id=import_id)
        row = service.get_import(session, import_id=import_id)
        answer = service.import_public(session, row=row, encoder=doors.encoder)
    if not wait:
        doors.importer.submit(import_id, "apply")
    return answer


@router.post("/imports/{import_id}/stop")
def stop_import(session: SessionDep, holder: HolderDep, import_id: int) -> ImportPublic:
    """Stop work on an import in the background; what is applied as a whole is then as it was before"""
    row = service.get_import(session, import_id=import_id)
    service.stop_job(session, import_id=import_id)
    return service.import_public(session, row=row, encoder=holder.name)


@router.delete("/imports/{import_id}", status_code=204, responses=responses(409))
def discard_import(session: SessionDep, import_id: int) -> Response:
    """Forget a file that was never applied"""
    service.discard(session, import_id=import_id)
    return Response(status_code=204)


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


@router.get("/{map_id}/imports", responses=IN_PARTS)
def list_imports(session: SessionDep, map_id: int, part: Annotated[Part, Depends(in_parts(200))]) -> list[ImportPublic]:
    """List what was loaded into a map, newest first; the texts of each are counted where it is read by itself"""
    service.get_map(session, map_id=map_id)
    rows = service.list_imports(session, map_id=map_id, part=part)
    return [service.import_public(session, row=row, count_texts=False) for row in rows]


@router.post("/imports/{import_id}/undo", responses=responses(409))
def undo_import(session: SessionDep, import_id: int) -> UndoReport:
    """Take back an applied import; what was edited since is left alone and named"""
    return service.undo(session, import_id=import_id)


@router.get("/imports/{import_id}/rejected", response_class=Response, responses=_FILE)
def rejected_rows(session: SessionDep, import_id: int) -> Response:
    """Download the rejected rows, each with its reason, to mend and load again"""
    return _file(service.rejected_rows(session, import_id=import_id))


@router.get("/{map_id}/export", response_class=Response, responses=_FILE)
def export_map(session: SessionDep, part: SelectionDep, map_id: int, format: FormatQuery = "xlsx") -> Response:
    """Download a map, or a selection of it; loaded again, it changes nothing"""
    name = service.get_map(session, map_id=map_id).name
    return _file(service.export_actors(session, selection=replace(part, map_id=map_id), kind=format, stem=name))


@router.get("/{map_id}/picture")
def draw_map(session: SessionDep, map_id: int) -> MapPicture:
    """Read a map at a glance: completeness, languages, sectors by territory, places, what is missing"""
    service.get_map(session, map_id=map_id)
    return service.draw_map(session, map_id=map_id)


@router.get("/{map_id}/known")
def map_known(session: SessionDep, map_id: int) -> MapKnown:
    """Read how far the actors of a map are known: looks by side in 30 days, and other maps they stand in"""
    service.get_map(session, map_id=map_id)
    return views.map_known(session, map_id=map_id)


@actors_router.get("/{actor_id}/known")
def actor_known(session: SessionDep, actor_id: KnownActor) -> ActorKnown:
    """Read who knows that an actor exists: looks by side in 30 days, and the maps it stands in; nobody is named"""
    return views.actor_known(session, actor_id=actor_id)


@sectors_router.get("")
def list_sector_lists(
    session: SessionDep,
) -> Annotated[list[SectorListPublic], at_most(BOUNDS["sector lists"].most)]:
    """List the border's own sector lists with their terms"""
    return service.list_sector_lists(session)


@sectors_router.post("", status_code=201, response_model=SectorListReport, responses=responses(409, 413, 507))
def load_sector_list(
    session: SessionDep,
    attempt: AttemptDep,
    name: Annotated[str, Form(min_length=1, max_length=200, description="A list of this name is replaced")],
    file: Annotated[UploadFile, File(description="CSV, XLSX, ODS or JSON: code, name(s), viaduc, nace")],
) -> dict[str, Any]:
    """Load a sector list; imports map sectors onto it and name what they could not map"""
    data, filename = file.file.read(), file.filename or "list"
    load = partial(service.load_sector_list, session, name=name.strip(), filename=filename, data=data)
    return run_once(session, attempt=attempt, create=load)


@sectors_router.delete("/{list_id}", status_code=204)
def delete_sector_list(session: SessionDep, list_id: int) -> Response:
    """Forget a sector list; actors keep their words"""
    service.delete_sector_list(session, list_id=list_id)
    return Response(status_code=204)
