"""One import: how far it is, what it would do, the corrections, the decision, and taking it back."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.db import session_scope
from app.deps import EngineDep, HolderDep, SessionDep
from app.importer import ImporterDep
from app.services import maps as service
from app.services.editions import Subject, edition_of, must_be
from app.web.maps.choices import (
    COLUMNS_SHOWN,
    TWINS_SHOWN,
    FormDep,
    chosen_columns,
    chosen_twins,
    field_of,
    seen_by,
    words_of,
)
from app.web.maps.lists import begin, file_answer
from app.web.maps.words import LAYOUTS, TEXT_LANGUAGES, TEXTS, MapWords
from app.web.origin import same_origin
from app.web.render import page, wants_fragment
from models.competence_map import ColumnProposal, ImportOptions, ImportPublic, ImportReport

router = APIRouter(prefix="/maps/imports")

CHANGES_SHOWN = 50
REJECTS_SHOWN = 100
UNDER_WAY = frozenset({"waiting", "counting", "reading", "comparing", "applying"})


@router.get("/{import_id}")
def import_page(request: Request, session: SessionDep, holder: HolderDep, import_id: int) -> Response:
    """The page of an import in whatever state it is; to htmx, how far the work is until it is done."""
    row = service.get_import(session, import_id=import_id)
    seen = edition_of(session, Subject("import", import_id)).n
    session.refresh(row, ["options", "state", "report"])
    shown = service.import_public(session, row=row, encoder=holder.name)
    working = shown.progress is not None and shown.progress.stage in UNDER_WAY
    context = {"shown": shown, "working": working, "words": MapWords.of(request), "seen_edition": seen}
    if wants_fragment(request):
        answer = page(request, "maps/_watched.html", context)
        if not working and request.headers.get("hx-target") == "work":
            # The work is done: what it came to is another page.
            answer.headers["HX-Refresh"] = "true"
        return answer
    target = service.get_map(session, map_id=row.map_id)
    return page(request, "maps/import.html", context | {"map": target} | _preview(session, shown))


def _preview(session: Session, shown: ImportPublic) -> dict[str, Any]:
    report = shown.report
    proposals = unsure_first(report.proposals)
    return {
        "report": report,
        "options": shown.options,
        "columns": proposals[:COLUMNS_SHOWN],
        "more_columns": max(0, len(proposals) - COLUMNS_SHOWN),
        "unsure": [p for p in proposals if not p.field and p.guess],
        "field_of": field_of,
        "sheets": list(dict.fromkeys(p.sheet for p in report.proposals if p.sheet)),
        "layouts": list(LAYOUTS),
        "with_language": TEXTS,
        "text_languages": TEXT_LANGUAGES,
        "lists": [listed.name for listed in service.list_sector_lists(session)],
        "changes": report.changes[:CHANGES_SHOWN],
        "rejected": report.rejected[:REJECTS_SHOWN],
        "twins": report.twins[:TWINS_SHOWN],
        "without_country": _names_no_country(report),
        "sure_twins": sum(1 for t in report.twins[:TWINS_SHOWN] if t.score >= 0.9),
        "value": written,
    }


def _names_no_country(report: ImportReport) -> bool:
    """Whether rows are rejected for want of a country that the file has no column for."""
    told = any(p.field in {"country", "nuts"} for p in report.proposals)
    return not told and any(r.code == "country_missing" for r in report.rejected)


def unsure_first(proposals: list[ColumnProposal]) -> list[ColumnProposal]:
    """The columns that a person has to decide before those that were recognised, then those nobody asks for."""
    return sorted(proposals, key=lambda p: 0 if not p.field and p.guess else 1 if p.field else 2)


def written(value: Any) -> list[str]:
    """The value of a field as lines of words."""
    if value is None or value in ("", []):
        return []
    if isinstance(value, dict):
        return [f"{value['text']} ({value.get('lang')})"] if "text" in value else [str(value)]
    if isinstance(value, list):
        return [line for item in value for line in written(item)]
    return [str(value)]


@router.post("/{import_id}/options", dependencies=[Depends(same_origin)])
def correct(engine: EngineDep, importer: ImporterDep, form: FormDep, import_id: int) -> Response:
    """Read the file again under what the form says of its columns, or of its twins."""
    with session_scope(engine) as session:
        must_be(session, Subject("import", import_id), seen_by(form))
        row = service.get_import(session, import_id=import_id)
        now = ImportOptions.model_validate(row.options)
        if words_of(form, "part") == "twins":
            options = chosen_twins(form, now, ImportReport.model_validate(row.report).twins)
        elif words_of(form, "part") == "country":
            options = now.model_copy(update={"country": words_of(form, "country", 60)})
        else:
            options = chosen_columns(form, now)
        service.choose(session, import_id=import_id, options=options)
        service.start_job(session, import_id=import_id)
    return begin(importer, import_id, "read")


@router.post("/{import_id}/apply", dependencies=[Depends(same_origin)])
def apply(engine: EngineDep, importer: ImporterDep, form: FormDep, import_id: int) -> Response:
    """Do what the preview says, as a whole or in steps; not what somebody else chose since it was read."""
    with session_scope(engine) as session:
        must_be(session, Subject("import", import_id), seen_by(form))
        if form.get("how") is not None:
            service.store_in_steps(session, import_id=import_id, steps=form.get("how") == "steps")
        service.start_job(session, import_id=import_id)
    return begin(importer, import_id, "apply")


@router.post("/{import_id}/stop", dependencies=[Depends(same_origin)])
def stop(session: SessionDep, import_id: int) -> Response:
    """Stop the work at its next step."""
    service.stop_job(session, import_id=import_id)
    return _to(import_id)


@router.post("/{import_id}/undo", dependencies=[Depends(same_origin)])
def undo(session: SessionDep, import_id: int) -> Response:
    """Take an applied import back."""
    service.undo(session, import_id=import_id)
    return _to(import_id)


@router.post("/{import_id}/discard", dependencies=[Depends(same_origin)])
def discard(session: SessionDep, import_id: int) -> Response:
    """Forget a file that was never applied."""
    service.discard(session, import_id=import_id)
    return RedirectResponse("/console/maps", status_code=303)


@router.get("/{import_id}/rejected")
def rejected(request: Request, session: SessionDep, import_id: int) -> Response:
    """The rejected rows with their reasons in the reader's language, to mend and load again."""
    return file_answer(service.rejected_rows(session, import_id=import_id, tell=MapWords.of(request).tell))


def _to(import_id: int) -> Response:
    return RedirectResponse(f"/console/maps/imports/{import_id}", status_code=303)
