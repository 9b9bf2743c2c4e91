"""Texts of consent by version: what people agreed to when their address was stored."""

import re

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import SessionDep
from app.errors import Conflict
from app.services import consents
from app.web.catalogues import LANGUAGES
from app.web.console.forms import Fields, FormDep
from app.web.origin import same_origin
from app.web.render import page
from models.actor import MAX_TEXT
from models.contact import VERSION, ConsentTextCreate

router = APIRouter(prefix="/console/privacy/texts")


@router.get("")
def text_list(request: Request, session: SessionDep) -> Response:
    """Every version with its words, and a form for the next."""
    return _show(request, session, Fields())


@router.post("", dependencies=[Depends(same_origin)])
def add(request: Request, session: SessionDep, form: FormDep) -> Response:
    """Keep a version, or say what does not fit; one that is there does not change."""
    fields = read_text(form)
    if fields is None:
        return _show(request, session, form, status=422)
    try:
        consents.add_text(session, fields=fields)
    except Conflict:
        form.refuse("version", "doubled", word=fields.version)
        return _show(request, session, form, status=409)
    return RedirectResponse("/console/privacy/texts", status_code=303)


@router.post("/remove", dependencies=[Depends(same_origin)])
def remove(session: SessionDep, form: FormDep) -> Response:
    """Remove a version that nobody agreed to."""
    consents.remove_text(session, version=form.text("version", longest=100, required=True) or "")
    return RedirectResponse("/console/privacy/texts", status_code=303)


def read_text(form: Fields) -> ConsentTextCreate | None:
    """A version from its form: the same text in as many languages as were filled in."""
    version = form.text("version", longest=100, required=True)
    if version and not re.fullmatch(VERSION, version):
        form.refuse("version", "version")
    said = {lang: form.text(f"text-{lang}", longest=MAX_TEXT) for lang in LANGUAGES}
    texts = [{"lang": lang, "text": words} for lang, words in said.items() if words]
    if not texts:
        form.refuse(f"text-{next(iter(LANGUAGES))}", "required")
    return form.fit(ConsentTextCreate, {"version": version, "texts": texts}, "version")


def _show(request: Request, session: Session, form: Fields, status: int = 200) -> Response:
    context = {"tab": "texts", "texts": consents.list_texts(session), "form": form}
    return page(request, "privacy/texts.html", context, status=status)
