"""Agendas of participants in the console: links made, told once, printed, renewed and closed; and what they may do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated, Any, cast
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.db import session_scope
from app.deps import EngineDep, SessionDep, SettingsDep
from app.errors import BadInput, Stale
from app.reach import only_here, public_base
from app.services import links
from app.services.agenda import read_rules, set_rules
from app.services.editions import Subject, edition_of, must_be, named
from app.services.events import get_event
from app.services.files.link_files import link_file
from app.services.files.timetable import read_timetable
from app.services.link_lists import WHOM, Holder, Whom, list_holders, owners_of
from app.services.papers.handouts import print_handouts
from app.services.texts import fold
from app.web.catalogues import LANGUAGES, choose_language
from app.web.console.agenda_rules import read_fields, rules_form, rules_values
from app.web.console.forms import Fields, FormDep
from app.web.console.frame import event_frame
from app.web.origin import same_origin
from app.web.papers.wording import words
from app.web.render import HEADERS, page

router = APIRouter(prefix="/events/{event_id}/agendas")

PURPOSES = ("link", "mail", "paper", "desk")
DEEDS = ("make", "renew", "revoke")
STATES = ("without", "unopened", "opened")
SECRET = {"Cache-Control": "no-store"}
"""For answers that tell links: no cache keeps them. That no other site learns where they were read, every page says."""
MOST = 5000 * 60
"""Characters of a form that hands links back to be printed: 5,000 participants."""


@dataclass(frozen=True)
class Wanted:
    """What the form asks for: whose links, and how they are handed out."""

    deed: str
    whom: Whom
    holders: Sequence[Holder]
    handing: links.Handing

    @property
    def ids(self) -> list[int]:
        """The participants meant."""
        return [h.actor_id for h in self.holders]

    @property
    def closing(self) -> int:
        """How many links that are open would be closed."""
        return sum(h.live for h in self.holders)


@router.get("")
def agendas(
    request: Request,
    session: SessionDep,
    settings: SettingsDep,
    event_id: int,
    q: Annotated[str, Query(max_length=300)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    saved: Annotated[str, Query(max_length=20)] = "",
    closed: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """Who has a link and who opened it; what participants may do in their agendas."""
    holders = list_holders(session, event_id=event_id)
    usual = "everybody" if all(h.live for h in holders) else "without"
    context = agendas_context(session, event_id, holders, _fresh(usual), public_base(request, settings))
    shown = [h for h in holders if _fits(h, q, state)]
    context |= {"shown": shown, "q": q, "state": state, "saved": saved, "closed": closed}
    return page(request, "console/agendas.html", context)


@router.post("", dependencies=[Depends(same_origin)])
def change_links(
    request: Request, session: SessionDep, settings: SettingsDep, event_id: int, form: FormDep
) -> Response:
    """Make links and tell them, this once; or close links. What closes open links of many is asked about first."""
    event = get_event(session, event_id=event_id)
    holders = list_holders(session, event_id=event_id)
    wanted = read_wanted(form, holders, event.zone)
    base = public_base(request, settings)
    if wanted is None:
        context = agendas_context(session, event_id, holders, form, base)
        return page(request, "console/agendas.html", context, status=422)
    if wanted.deed != "make" and wanted.closing and not form.has("sure"):
        context = event_frame(session, event_id, "participants") | {"wanted": wanted, "form": form}
        return page(request, "console/agendas_sure.html", context)
    if wanted.deed == "revoke":
        closed = links.revoke_links(session, event_id=event_id, actor_ids=wanted.ids)
        return RedirectResponse(f"/console/events/{event_id}/agendas?closed={closed}#links", status_code=303)
    make = links.make_links if wanted.deed == "make" else links.renew_links
    links_made = make(session, event_id=event_id, actor_ids=wanted.ids, handing=wanted.handing).values()
    made = [(link.name, f"{base}/agenda/{link.token}", link.token) for link in links_made]
    made.sort(key=lambda row: fold(row[0]))
    context = event_frame(session, event_id, "participants") | {"made": made, "wanted": wanted}
    context |= {"base": base, "only_here": only_here(base)}
    answer = page(request, "console/agendas_made.html", context)
    answer.headers.update(SECRET)
    return answer


@router.post("/file", dependencies=[Depends(same_origin)])
def file_of_links(
    request: Request,
    engine: EngineDep,
    settings: SettingsDep,
    event_id: int,
    tokens: Annotated[str, Form(max_length=MOST)],
    kind: Annotated[str, Form(max_length=10)] = "csv",
) -> Response:
    """Links that were just made, as a table or as cards with codes; the page hands them back, nobody stored them."""
    if kind not in {"csv", "cards"}:
        raise BadInput.of("kind", f"unknown kind {kind!r}: expected csv or cards")
    base = public_base(request, settings)
    with session_scope(engine) as session:
        known = owners_of(session, event_id=event_id, tokens=tokens.split())
        if not known:
            raise BadInput.of("tokens", "none of these links opens an agenda of this event; make new ones")
        addresses = {i: f"{base}/agenda/{token}" for i, token in known.items()}
        timetable = read_timetable(session, event_id=event_id)
        wording = words(choose_language(request))
        made = link_file(session, timetable=timetable, wording=wording, addresses=addresses) if kind == "csv" else None
    # Printing takes seconds: no connection waits for it.
    file = made or print_handouts(timetable, words, addresses)
    disposition = f"attachment; filename*=UTF-8''{quote(file.name)}"
    headers = HEADERS | SECRET | {"Content-Disposition": disposition}
    return Response(file.data, media_type=file.media_type, headers=headers)


@router.post("/rules", dependencies=[Depends(same_origin)])
def save_rules(request: Request, session: SessionDep, settings: SettingsDep, event_id: int, form: FormDep) -> Response:
    """Save what participants may do, or say what does not fit or who was faster."""
    zone = get_event(session, event_id=event_id).zone
    subject = Subject("agenda", event_id)
    fields = read_fields(form, zone)
    status = 422
    if fields is not None:
        try:
            must_be(session, subject, form.saw())
            set_rules(session, event_id=event_id, rules=fields)
            return RedirectResponse(f"/console/events/{event_id}/agendas?saved=rules#rules", status_code=303)
        except Stale:
            session.rollback()
            stored, edition = rules_values(read_rules(session, event_id=event_id), zone), edition_of(session, subject)
            form.overtake(edition, stored, named(session, edition.changed_by), zone)
            status = 412
    holders = list_holders(session, event_id=event_id)
    context = agendas_context(session, event_id, holders, _fresh(), public_base(request, settings))
    return page(request, "console/agendas.html", context | {"rules": form}, status=status)


def agendas_context(
    session: Session, event_id: int, holders: Sequence[Holder], form: Fields, base: str
) -> dict[str, Any]:
    """Everything the page shows, with the form of links as it is given; `base`: where the links would lead."""
    frame = event_frame(session, event_id, "participants")
    rules = read_rules(session, event_id=event_id)
    return frame | {
        "holders": holders,
        "shown": holders,
        "form": form,
        "rules": rules_form(session, event_id, rules, frame["event"].zone),
        "languages": LANGUAGES,
        "usual": links.default_expiry(session, event_id=event_id),
        "q": "",
        "state": "",
        "saved": "",
        "closed": None,
        "base": base,
        "only_here": only_here(base),
    }


def read_wanted(form: Fields, holders: Sequence[Holder], zone: str) -> Wanted | None:
    """What the form asks for; None when something does not fit."""
    deed = form.choice("deed", DEEDS) or "make"
    whom = cast(Whom, form.choice("whom", WHOM) or "without")
    ticked = {int(value) for value in form.values.get("actor", []) if value.isascii() and value.isdigit()}
    meant = [h for h in holders if h.is_meant(whom, ticked)]
    if not meant:
        form.refuse("whom", "nobody")
    language = form.choice("language", LANGUAGES)
    purpose = form.choice("purpose", PURPOSES) or "link"
    day = form.day("expires")
    expires = datetime.combine(day, time(23, 59), ZoneInfo(zone)) if day else None
    if expires is not None and expires <= datetime.now(expires.tzinfo):
        form.refuse("expires", "past")
    if form.errors:
        return None
    return Wanted(deed, whom, meant, links.Handing(purpose, language, expires))


def _fresh(whom: str = "without") -> Fields:
    """The form of links as it is shown first."""
    return Fields.of({"whom": whom, "purpose": "link"})


def _fits(holder: Holder, q: str, state: str) -> bool:
    said = fold(holder.name)
    told = {"without": not holder.live, "unopened": holder.opened_at is None, "opened": holder.opened_at is not None}
    return all(word in said for word in fold(q).split()) and told.get(state, True)
