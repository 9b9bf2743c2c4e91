"""Programmes: what groups events of one border, with its sides, themes, languages and the look of its papers."""

import re
from typing import Any

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import SessionDep
from app.errors import NotFound, Stale
from app.services import events, programmes
from app.services.editions import Subject, edition_of, must_be, named
from app.services.pages import list_sides
from app.web.catalogues import choose_language
from app.web.console.forms import EDITION, Fields, FormDep
from app.web.formats import Formats
from app.web.origin import same_origin
from app.web.render import page
from models.codes import check_nuts
from models.programme import ProgrammeCreate, ProgrammePublic, ProgrammeSide

router = APIRouter(prefix="/programmes")


@router.get("")
def programme_list(request: Request, session: SessionDep) -> Response:
    """Every programme with its sides."""
    return page(request, "console/programmes.html", {"programmes": programmes.list_programmes(session)})


@router.get("/new")
def new_programme(request: Request, session: SessionDep) -> Response:
    """An empty programme."""
    return page(request, "console/programme.html", _context(session, Fields.of({"colour": "#0b5c66"}), None))


@router.post("/new", dependencies=[Depends(same_origin)])
def create_programme(request: Request, session: SessionDep, form: FormDep) -> Response:
    """Store a programme, or say what does not fit."""
    fields = read_programme(form, choose_language(request))
    if fields is None:
        return page(request, "console/programme.html", _context(session, form, None), status=422)
    programmes.create_programme(session, fields=fields)
    return RedirectResponse("/console/programmes", status_code=303)


@router.get("/{programme_id}")
def edit_programme(request: Request, session: SessionDep, programme_id: int) -> Response:
    """One programme, to change it."""
    if programme_id >= 2**63:
        raise NotFound.by_code("no_programme", number=programme_id)
    seen = edition_of(session, Subject("programme", programme_id)).n
    row = programmes.get_programme(session, programme_id=programme_id)
    programme = programmes.programme_public(session, programme=row)
    form = Fields.of(programme_values(programme, choose_language(request)) | {EDITION: seen})
    return page(request, "console/programme.html", _context(session, form, programme))


@router.post("/{programme_id}", dependencies=[Depends(same_origin)])
def save_programme(request: Request, session: SessionDep, programme_id: int, form: FormDep) -> Response:
    """Save what a programme says, or say what does not fit."""
    row = programmes.get_programme(session, programme_id=programme_id)
    fields = read_programme(form, choose_language(request))
    if fields is None:
        shown = _context(session, form, programmes.programme_public(session, programme=row))
        return page(request, "console/programme.html", shown, status=422)
    try:
        must_be(session, Subject("programme", programme_id), form.saw())
    except Stale:
        return _overtaken(request, session, programme_id, form)
    programmes.update_programme(session, programme_id=programme_id, fields=fields)
    return RedirectResponse("/console/programmes", status_code=303)


def _overtaken(request: Request, session: Session, programme_id: int, form: Fields) -> Response:
    """The form with what was typed, and what somebody else made of the programme meanwhile."""
    session.rollback()
    row = programmes.get_programme(session, programme_id=programme_id)
    programme = programmes.programme_public(session, programme=row)
    edition = edition_of(session, Subject("programme", programme_id))
    form.overtake(edition, programme_values(programme, choose_language(request)), named(session, edition.changed_by))
    return page(request, "console/programme.html", _context(session, form, programme), status=412)


@router.post("/{programme_id}/remove", dependencies=[Depends(same_origin)])
def remove_programme(session: SessionDep, programme_id: int) -> Response:
    """Remove a programme; its events stay."""
    programmes.delete_programme(session, programme_id=programme_id)
    return RedirectResponse("/console/programmes", status_code=303)


def read_programme(form: Fields, lang: str) -> ProgrammeCreate | None:
    """A programme from its form; None when something does not fit."""
    colour = form.text("colour", longest=40)
    if colour is not None and not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        form.refuse("colour", "colour")
    said: dict[str, Any] = {
        "name": form.text("name", required=True),
        "border": form.text("border"),
        "sides": _sides(form, lang),
        "themes": form.lines("themes", longest=120),
        "languages": form.languages("languages", lang),
        "brand": form.text("brand", longest=120),
        "colour": colour.lower() if colour else None,
    }
    return form.fit(ProgrammeCreate, said, "code-0")


def _sides(form: Fields, lang: str) -> list[ProgrammeSide]:
    found: list[ProgrammeSide] = []
    covered: set[str] = set()
    for row in form.sent("code"):
        code, name = form.text(f"code-{row}", longest=40), form.text(f"side-{row}", longest=100)
        countries, nuts = form.countries(f"countries-{row}", lang), _nuts(form, f"nuts-{row}")
        if not (code or name or countries or nuts):
            continue
        if not (countries or nuts):
            form.refuse(f"countries-{row}", "covers")
        doubled = next((c for c in (*countries, *nuts) if c in covered), None)
        if doubled or code in {side.code for side in found}:
            form.refuse(f"code-{row}", "doubled", word=doubled or code)
        covered |= {*countries, *nuts}
        if not (code or name):
            form.refuse(f"code-{row}", "required")
        if not form.errors:
            found.append(
                ProgrammeSide(code=code or str(name)[:40], name=name or str(code), countries=countries, nuts=nuts)
            )
    return found


def _nuts(form: Fields, name: str) -> list[str]:
    found: list[str] = []
    for word in re.split(r"[,;\s]+", (form.text(name, longest=2000) or "").upper()):
        if not word:
            continue
        try:
            found.append(check_nuts(word))
        except ValueError:
            form.refuse(name, "unknown", word=word)
    return list(dict.fromkeys(found))


def programme_values(programme: ProgrammePublic, lang: str) -> dict[str, object]:
    """A stored programme as the fields of its form."""
    show = Formats(lang)
    values: dict[str, object] = {name: getattr(programme, name) for name in ("name", "border", "brand", "colour")}
    values["themes"] = "\n".join(programme.themes)
    values["languages"] = ", ".join(show.language(tag) for tag in programme.languages)
    for row, side in enumerate(programme.sides):
        values |= {
            f"code-{row}": side.code,
            f"side-{row}": side.name,
            f"countries-{row}": ", ".join(show.country(code) for code in side.countries),
            f"nuts-{row}": ", ".join(side.nuts),
        }
    return values


def _context(session: Session, form: Fields, programme: ProgrammePublic | None) -> dict[str, Any]:
    own = [e for e in events.list_events(session) if programme and e.programme_id == programme.id]
    return {"form": form, "programme": programme, "events": own, "sides": list_sides(session)}
