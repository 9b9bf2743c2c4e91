"""Answering somebody who asks what is stored of them: found, told, counted, erased; nobody stands in an address."""

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import SessionDep
from app.services import privacy
from app.services.actors import get_actor
from app.services.persons import Stand, delegates_named, find_persons
from app.web.console.forms import Fields, FormDep
from app.web.formats import Formats
from app.web.origin import same_origin
from app.web.privacy.words import PrivacyWords
from app.web.render import page
from models.privacy import EraseRequest, PrivacyErased, PrivacyExport

router = APIRouter(prefix="/console/privacy")
_FORM = [Depends(same_origin)]
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d:\d\d)?")
_PEOPLE = ("/find", "/person", "/person/count", "/person/erase")
_COMPANIES = tuple(f"/organisations/{{actor_id}}/{deed}" for deed in ("count", "erase"))


@router.get("")
def start(request: Request, session: SessionDep) -> Response:
    """Whom is it about?"""
    return _found(request, session, Fields())


def back(request: Request) -> Response:
    """To the beginning: what a form answered is at no address of its own (a change of language leads here)."""
    query = request.url.query
    return RedirectResponse(f"/console/privacy{'?' if query else ''}{query}", status_code=303)


for path in _PEOPLE + _COMPANIES:
    router.add_api_route(path, back, methods=["GET"], response_model=None)


@router.post("/find", dependencies=_FORM)
def find(request: Request, session: SessionDep, form: FormDep) -> Response:
    """Persons and organisations in whose names or addresses the words stand."""
    form.text("words", longest=200, required=True)
    return _found(request, session, form, status=422 if form.errors else 200)


@router.post("/person", dependencies=_FORM)
def person(request: Request, session: SessionDep, form: FormDep) -> Response:
    """Everything that is stored of a person, and where."""
    asked = read_subject(form)
    if asked is None:
        return _found(request, session, form, status=422)
    told = privacy.export_person(session, email=str(asked.email))
    return _told(request, form, told, {"subject": asked.email, "delegates": _delegates(session, asked, told)})


@router.post("/person/file", dependencies=_FORM)
def person_file(request: Request, session: SessionDep, form: FormDep) -> Response:
    """The same as a file, to be handed over."""
    asked = read_subject(form)
    if asked is None:
        return _found(request, session, form, status=422)
    return _file(privacy.export_person(session, email=str(asked.email)), "person.json")


@router.post("/person/count", dependencies=_FORM)
def count_person(request: Request, session: SessionDep, form: FormDep) -> Response:
    """What erasing a person would remove; nothing is changed."""
    return _erase_person(request, session, form, dry_run=True)


@router.post("/person/erase", dependencies=_FORM)
def erase_person(request: Request, session: SessionDep, form: FormDep) -> Response:
    """Erase a person for good, when that was confirmed; else count once more."""
    return _erase_person(request, session, form, dry_run=not form.has("sure"))


@router.get("/organisations/{actor_id}")
def organisation(request: Request, session: SessionDep, actor_id: int) -> Response:
    """Everything that is stored of an organisation, and where."""
    actor = get_actor(session, actor_id=actor_id)
    told = privacy.export_organisation(session, actor_id=actor_id)
    return _told(request, Fields(), told, {"subject": actor.name, "actor": actor, "delegates": []})


@router.post("/organisations/{actor_id}/file", dependencies=_FORM)
def organisation_file(session: SessionDep, actor_id: int) -> Response:
    """The same as a file, to be handed over."""
    return _file(privacy.export_organisation(session, actor_id=actor_id), f"organisation-{actor_id}.json")


@router.post("/organisations/{actor_id}/count", dependencies=_FORM)
def count_organisation(request: Request, session: SessionDep, actor_id: int, form: FormDep) -> Response:
    """What erasing an organisation would remove; nothing is changed."""
    return _erase_organisation(request, session, actor_id, form, dry_run=True)


@router.post("/organisations/{actor_id}/erase", dependencies=_FORM)
def erase_organisation(request: Request, session: SessionDep, actor_id: int, form: FormDep) -> Response:
    """Erase an organisation for good, when that was confirmed; else count once more."""
    return _erase_organisation(request, session, actor_id, form, dry_run=not form.has("sure"))


def read_subject(form: Fields) -> EraseRequest | None:
    """Who is meant: the address, and other names under which they sit at tables; None when something does not fit."""
    email, names = form.text("email", longest=254, required=True), form.lines("names", longest=100)
    return form.fit(EraseRequest, {"email": email, "names": names}, "email", names="names")


def _delegates(session: Session, asked: EraseRequest, told: PrivacyExport) -> list[Stand]:
    """Where they sit: under names of contacts at the contacts' own organisations, under the others anywhere."""
    own = {(row["actor_id"], row["name"]) for row in told.tables.get("contact", [])}
    seats = delegates_named(session, names={name for _, name in own} | {*asked.names})
    return [seat for seat in seats if seat.name in asked.names or (seat.actor_id, seat.name) in own]


def _erase_person(request: Request, session: Session, form: Fields, *, dry_run: bool) -> Response:
    asked = read_subject(form)
    if asked is None:
        return _found(request, session, form, status=422)
    done = privacy.erase_person(session, email=str(asked.email), names=asked.names, dry_run=dry_run)
    return _erased(request, form, done, {"subject": asked.email, "names": asked.names, "actor": None})


def _erase_organisation(request: Request, session: Session, actor_id: int, form: Fields, *, dry_run: bool) -> Response:
    actor = get_actor(session, actor_id=actor_id)
    told = {"subject": actor.name, "names": [], "actor": {"id": actor_id, "name": actor.name}}
    done = privacy.erase_organisation(session, actor_id=actor_id, dry_run=dry_run)
    return _erased(request, form, done, told)


def _found(request: Request, session: Session, form: Fields, status: int = 200) -> Response:
    words = form.shown("words").replace("\x00", "")[:200]
    context = {"tab": "requests", "form": form, "asked": words.strip(), "found": find_persons(session, words=words)}
    return _page(request, "privacy/requests.html", context, status)


def _told(request: Request, form: Fields, told: PrivacyExport, more: dict[str, Any]) -> Response:
    context = {
        "tab": "requests",
        "form": form,
        "told": told,
        "plain": plain,
        "moment_of": moment_of,
        "actor": None,
        "names": form.lines("names"),
    }
    return _page(request, "privacy/told.html", context | more)


def _erased(request: Request, form: Fields, done: PrivacyErased, more: dict[str, Any]) -> Response:
    return _page(request, "privacy/erased.html", {"tab": "requests", "form": form, "done": done} | more)


def plain(value: Any, show: Formats) -> str:
    """What stands in a field of a row, as a line of words."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {plain(item, show)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(plain(item, show) for item in value)
    at = moment_of(value)
    if isinstance(at, datetime):
        return f"{show.short_day(at, 'UTC')}, {show.time(at, 'UTC')} UTC"
    return show.date(at) if at else str(value)


def moment_of(value: Any) -> datetime | date | None:
    """The moment or the day that a field of a row is, as the database writes them; None for any other field."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return None
    with suppress(ValueError):
        return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    return None


def shown_fields(row: dict[str, Any], most: int = 20) -> Iterable[tuple[str, Any]]:
    """The fields of a row that say something, the first of them."""
    return [(name, value) for name, value in row.items() if value not in (None, "", [], {})][:most]


def _file(told: PrivacyExport, name: str) -> Response:
    content = json.dumps(told.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type="application/json", headers=headers)


def _page(request: Request, template: str, context: dict[str, Any], status: int = 200) -> Response:
    more = {"words": PrivacyWords.of(request), "shown_fields": shown_fields}
    answer = page(request, template, context | more, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer
