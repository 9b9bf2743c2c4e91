"""The list of competence maps with the form that loads one, a map's own page, and what is handed out."""

from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from typing import Annotated, Any, Literal
from urllib.parse import quote

from babel import Locale
from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from app.db import session_scope
from app.deps import EngineDep, PrincipalDep, SessionDep, SettingsDep
from app.errors import BadInput
from app.importer import Importer, ImporterDep
from app.services import maps as service
from app.services.cursors import Part
from app.services.views import map_known
from app.settings import Settings
from app.web.maps.choices import FormDep, words_of
from app.web.maps.picture import draw
from app.web.maps.words import MapWords
from app.web.origin import same_origin
from app.web.render import page
from models.competence_map import MapFields

router = APIRouter(prefix="/maps")

PATIENCE_S = 1.5
"""A small file is read before the next page is shown; a large one shows how far it is."""
_PARTS = ("country", "side", "kind", "sector")
"""What a part of a map is chosen by."""
_LOADED = 50
"""Files of a map on its page at once; the older ones are a page further."""
_MAP_FIELDS = ("source", "territory", "licence", "as_of", "legal_basis")


@router.get("")
def maps(
    request: Request,
    session: SessionDep,
    settings: SettingsDep,
    principal: PrincipalDep,
    name: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Every map by name, and the form that loads a file."""
    context = _loading(settings) | {
        "maps": service.list_maps(session),
        "waiting": service.waiting_imports(session) if principal.role == "admin" else [],
        "lists": service.list_sector_lists(session),
        "name": name,
        "may_load": principal.role == "admin",
        "words": MapWords.of(request),
    }
    return page(request, "maps/maps.html", context)


def _loading(settings: Settings) -> dict[str, Any]:
    hosts = [h.removeprefix("private:") for h in settings.import_urls.replace(",", " ").split()]
    return {"hosts": hosts, "most_mb": settings.max_body_mb, "template_languages": _own_names()}


def _own_names() -> list[tuple[str, str]]:
    """The languages of templates, each by its own name."""
    return [(code, (Locale.parse(code).display_name or code).capitalize()) for code in service.LANGUAGES]


@router.post("", dependencies=[Depends(same_origin)])
def load(engine: EngineDep, importer: ImporterDep, settings: SettingsDep, form: FormDep) -> Response:
    """Take a file in, read it, and show what it would do."""
    filename, data, address = _file(form, settings)
    with session_scope(engine) as session:
        row = service.accept(session, fields=_map_fields(form, filename), filename=filename, data=data)
        row.fetched_from = address
        service.start_job(session, import_id=row.id)
        number = row.id
    return begin(importer, number, "read")


def _file(form: FormData, settings: Settings) -> tuple[str, bytes, str | None]:
    """(name, content, address it was fetched from) of what the form brings."""
    upload, address = form.get("file"), words_of(form, "url", 2000)
    if isinstance(upload, UploadFile) and upload.filename:
        return upload.filename, upload.file.read(), None
    if address:
        found = service.fetch_file(address, settings)
        return found.filename, found.data, address
    raise BadInput.of("file", "no file was chosen")


def _map_fields(form: FormData, filename: str) -> MapFields:
    stem = filename.replace("\\", "/").rpartition("/")[2]
    name = words_of(form, "name", 200) or stem.rpartition(".")[0] or stem
    try:
        return MapFields.model_validate({"name": name[:200]} | {k: words_of(form, k) for k in _MAP_FIELDS})
    except ValidationError as error:
        raise BadInput.of_shape(error) from error


def begin(importer: Importer, import_id: int, work: Literal["read", "apply"]) -> Response:
    """Begin work on an import, and show its page: with the outcome when it came at once, else with how far it is."""
    with suppress(NotYet):
        importer.submit(import_id, work).result(timeout=PATIENCE_S)
    return RedirectResponse(f"/console/maps/imports/{import_id}", status_code=303)


@router.get("/template")
def template(
    template: Annotated[str, Query(max_length=10)] = "en", format: Literal["csv", "xlsx", "jsonl"] = "xlsx"
) -> Response:
    """An empty map to fill in."""
    return file_answer(service.make_template(template, format))


@router.get("/{map_id}")
def one_map(request: Request, session: SessionDep, principal: PrincipalDep, map_id: int) -> Response:
    """A map at a glance: how complete it is, what stands in it, who knows it, and what was loaded."""
    row = service.get_map(session, map_id=map_id)
    loaded = Part(_LOADED, request.query_params.get("cursor"))
    context = {
        "map": service.map_public(session, competence_map=row),
        "picture": draw(service.draw_map(session, map_id=map_id)),
        "known": map_known(session, map_id=map_id),
        "imports": service.list_imports(session, map_id=map_id, part=loaded),
        "older": loaded.next_cursor,
        "choices": service.export_choices(session, map_id=map_id),
        "may_load": principal.role == "admin",
        "words": MapWords.of(request),
    }
    return page(request, "maps/map.html", context)


@router.get("/{map_id}/export")
def export(
    request: Request, session: SessionDep, map_id: int, format: Literal["csv", "xlsx", "jsonl"] = "xlsx"
) -> Response:
    """The map, or what was chosen of it, as a file that loads again unchanged."""
    name = service.get_map(session, map_id=map_id).name
    country, side, kind, sector = (
        request.query_params.get(part, "").replace("\x00", "")[:200] or None for part in _PARTS
    )
    selection = service.Selection(map_id, country=country, side=side, kind=kind, sector=sector)
    return file_answer(service.export_actors(session, selection=selection, kind=format, stem=name))


def file_answer(made: service.FileOut) -> Response:
    """A file to keep."""
    disposition = f"attachment; filename*=UTF-8''{quote(made.name)}"
    headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    return Response(made.data, media_type=made.media_type, headers=headers)
