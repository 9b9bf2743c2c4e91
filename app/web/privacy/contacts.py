"""Contacts of an actor: the persons to write to there, each with the ground on which it is stored."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import PrincipalDep, SessionDep
from app.errors import NotFound, Stale
from app.services import consents
from app.services import contacts as service
from app.services.actors import get_actor
from app.services.editions import Subject, edition_of, must_be, named
from app.web.catalogues import choose_language
from app.web.console.forms import EDITION, Fields, FormDep
from app.web.formats import Formats
from app.web.origin import same_origin
from app.web.privacy.words import BASES, VISIBILITIES, PrivacyWords
from app.web.render import page
from models.contact import ContactFields, ContactPublic


def _may(session: SessionDep, principal: PrincipalDep, actor_id: int) -> None:
    service.require_runner(session, principal=principal, actor_id=actor_id)


router = APIRouter(prefix="/console/actors/{actor_id}/contacts", dependencies=[Depends(_may, scope="function")])
NO_STORE = {"Cache-Control": "no-store"}


@router.get("")
def contact_list(
    request: Request, session: SessionDep, actor_id: int, saved: Annotated[bool, Query()] = False
) -> Response:
    """Every person to write to at an actor, and a form for one more."""
    form = Fields.of({"visibility": "mutual", "basis": "consent"})
    return _list(request, session, actor_id, form, saved=saved)


@router.post("", dependencies=[Depends(same_origin)])
def add(request: Request, session: SessionDep, actor_id: int, form: FormDep) -> Response:
    """Store a person with the ground for it, or say what does not fit."""
    fields = read_contact(form, choose_language(request))
    if fields is None:
        return _list(request, session, actor_id, form, status=422)
    service.create_contact(session, actor_id=actor_id, fields=fields)
    return RedirectResponse(f"/console/actors/{actor_id}/contacts?saved=1", status_code=303)


@router.get("/{contact_id}")
def edit(request: Request, session: SessionDep, actor_id: int, contact_id: int) -> Response:
    """One person, to correct or confirm what is stored."""
    if contact_id >= 2**63:
        raise NotFound(f"actor {actor_id} has no contact {contact_id}")
    seen = edition_of(session, Subject("contact", actor_id, contact_id)).n
    held = service.read_contact(session, actor_id=actor_id, contact_id=contact_id)
    form = Fields.of(contact_values(held, choose_language(request)) | {EDITION: seen})
    return _one(request, session, held, form)


@router.post("/{contact_id}", dependencies=[Depends(same_origin)])
def save(request: Request, session: SessionDep, actor_id: int, contact_id: int, form: FormDep) -> Response:
    """Say anew what is stored, which confirms it; or say what does not fit, or who was faster."""
    held = service.read_contact(session, actor_id=actor_id, contact_id=contact_id)
    fields = read_contact(form, choose_language(request))
    if fields is None:
        return _one(request, session, held, form, status=422)
    subject = Subject("contact", actor_id, contact_id)
    try:
        must_be(session, subject, form.saw())
    except Stale:
        session.rollback()
        held, edition = (
            service.read_contact(session, actor_id=actor_id, contact_id=contact_id),
            edition_of(session, subject),
        )
        form.overtake(edition, contact_values(held, choose_language(request)), named(session, edition.changed_by))
        return _one(request, session, held, form, status=412)
    service.replace_contact(session, actor_id=actor_id, contact_id=contact_id, fields=fields)
    return RedirectResponse(f"/console/actors/{actor_id}/contacts?saved=1", status_code=303)


@router.post("/{contact_id}/remove", dependencies=[Depends(same_origin)])
def remove(session: SessionDep, actor_id: int, contact_id: int) -> Response:
    """Forget a person, as when consent is withdrawn."""
    service.delete_contact(session, actor_id=actor_id, contact_id=contact_id)
    return RedirectResponse(f"/console/actors/{actor_id}/contacts?saved=1", status_code=303)


def read_contact(form: Fields, lang: str) -> ContactFields | None:
    """A contact from its form; None when something does not fit, above all when there is no ground."""
    basis = form.choice("basis", BASES)
    said = {
        "name": form.text("name", longest=200, required=True),
        "role": form.text("role", longest=200),
        "email": form.text("email", longest=254),
        "phone": form.text("phone", longest=60),
        "languages": form.languages("languages", lang),
        "visibility": form.choice("visibility", VISIBILITIES) or "mutual",
        "basis": basis,
        "consent_on": form.day("consent_on", required=basis == "consent"),
        "consent_text": form.text("consent_text", longest=100, required=basis == "consent"),
        "basis_note": form.text("basis_note", longest=1000, required=basis not in {None, "consent"}),
    }
    if basis is None:
        form.refuse("basis", "required")
    if not (said["email"] or said["phone"]):
        form.refuse("email", "reach")
    return form.fit(ContactFields, said, "name", email="email")


def contact_values(held: ContactPublic, lang: str) -> dict[str, Any]:
    """A stored contact as the fields of its form."""
    values = held.model_dump(exclude={"id", "actor_id", "confirmed_at", "languages"})
    return values | {"languages": ", ".join(Formats(lang).language(tag) for tag in held.languages)}


def _list(
    request: Request, session: Session, actor_id: int, form: Fields, *, status: int = 200, saved: bool = False
) -> Response:
    context = _context(request, session, actor_id, form) | {
        "contacts": service.list_contacts(session, actor_id=actor_id),
        "saved": saved,
    }
    answer = page(request, "privacy/contacts.html", context, status=status)
    answer.headers.update(NO_STORE)
    return answer


def _one(request: Request, session: Session, held: ContactPublic, form: Fields, status: int = 200) -> Response:
    context = _context(request, session, held.actor_id, form) | {"contact": held}
    answer = page(request, "privacy/contact.html", context, status=status)
    answer.headers.update(NO_STORE)
    return answer


def _context(request: Request, session: Session, actor_id: int, form: Fields) -> dict[str, Any]:
    return {
        "actor": get_actor(session, actor_id=actor_id),
        "form": form,
        "versions": consents.versions(session),
        "visibilities": [*VISIBILITIES],
        "bases": [*BASES],
        "words": PrivacyWords.of(request),
    }
