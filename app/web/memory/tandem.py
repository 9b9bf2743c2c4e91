"""One tandem in the console: its life, moved on with a date and a word, mended, and what it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import NowDep, SessionDep, SightDep, get_principal
from app.errors import NotFound, Stale
from app.security import Principal
from app.services import events, tandems
from app.services.actors import get_actor
from app.services.editions import Subject, edition_of, must_be, named
from app.services.events import get_event
from app.services.memory import is_due, next_dates
from app.web.console.forms import EDITION, Fields, FormDep
from app.web.memory.life import life
from app.web.memory.tandems import address, read_about
from app.web.memory.words import MemoryWords
from app.web.origin import same_origin
from app.web.render import page
from models.actor import Actor
from models.tandem import TandemPublic, TandemUpdate

router = APIRouter(prefix="/console/memory/tandems/{actor_id}/{partner_id}")


@dataclass(frozen=True)
class Visit:
    """Who looks at which tandem, and when."""

    request: Request
    session: Session
    principal: Principal
    now: datetime
    subject: Subject
    """The tandem as editions name it: the lower of the two first."""

    def told(self) -> TandemPublic:
        """The tandem with its history, or NotFound."""
        return tandems.tandem_public(self.session, actor_id=self.subject.id, partner_id=self.subject.part)

    def change(self, said: Mapping[str, Any]) -> Response:
        """Store what a form says, and lead back."""
        changes = TandemUpdate.model_validate(said)
        made = tandems.update_tandem(
            self.session, actor_id=self.subject.id, partner_id=self.subject.part, changes=changes
        )
        return RedirectResponse(f"{address(made)}?saved=1", status_code=303)


def _visit(
    request: Request,
    session: SessionDep,
    sight: SightDep,
    now: NowDep,
    actor_id: int,
    partner_id: int,
) -> Visit:
    lower, higher = sorted((actor_id, partner_id))
    if not 0 < lower < higher < 2**63:
        raise NotFound.by_code("no_tandem", one=actor_id, other=partner_id)
    sight.must_relate(lower, higher)
    return Visit(request, session, get_principal(request), now, Subject("tandem", lower, higher))


VisitDep = Annotated[Visit, Depends(_visit, scope="function")]


@router.get("")
def tandem(visit: VisitDep, saved: Annotated[bool, Query()] = False) -> Response:
    """One tandem: its life, its history, and how it goes on."""
    return _show(visit, {}, saved=saved)


@router.post("/steps", dependencies=[Depends(same_origin)])
def move(visit: VisitDep, form: FormDep) -> Response:
    """Move a tandem on, with a date and a word."""
    told = visit.told()
    if _is_stale(visit, form):
        words = MemoryWords.of(visit.request)
        return _overtaken(visit, "step", form, {"status": words.status(told.status)})
    status = form.choice("status", told.next_statuses)
    if status is None:
        form.refuse("status", "required")
    since, note = form.day("since"), form.text("step_note", longest=2000)
    if form.errors:
        return _show(visit, {"step": form}, status=422)
    return visit.change({"status": status, "since": since, "step_note": note})


@router.post("/newest", dependencies=[Depends(same_origin)])
def mend(visit: VisitDep, form: FormDep) -> Response:
    """Mend the date and the word of the newest step; where the tandem has moved on meanwhile, nothing is done."""
    told = visit.told()
    if form.shown("newest_status") != told.status:
        return _show(visit, {}, status=409, moved=True)
    if _is_stale(visit, form):
        return _overtaken(visit, "newest", form, _newest_values(told))
    since, note = form.day("newest_since"), form.text("newest_note", longest=2000)
    if form.errors:
        return _show(visit, {"newest": form}, status=422)
    return visit.change({"status": told.status, "since": since, "step_note": note})


@router.post("", dependencies=[Depends(same_origin)])
def save(visit: VisitDep, form: FormDep) -> Response:
    """Save what a tandem is about and where it comes from."""
    told = visit.told()
    if _is_stale(visit, form):
        return _overtaken(visit, "about", form, _about_values(told))
    said = read_about(visit.session, visit.principal, form)
    if form.errors:
        return _show(visit, {"about": form}, status=422)
    if told.event_id is not None and not visit.principal.runs(told.event_id):
        # An event of others is not shown here, so an empty choice does not mean that it should go.
        del said["event_id"]
    return visit.change(said)


@router.post("/remove", dependencies=[Depends(same_origin)])
def remove(visit: VisitDep) -> Response:
    """Remove a tandem that was recorded by mistake, with its history."""
    tandems.delete_tandem(visit.session, actor_id=visit.subject.id, partner_id=visit.subject.part)
    return RedirectResponse("/console/memory", status_code=303)


def _is_stale(visit: Visit, form: Fields) -> bool:
    """Whether somebody changed the tandem since the form was filled; else it is held until the commit."""
    try:
        must_be(visit.session, visit.subject, form.saw())
    except Stale:
        visit.session.rollback()
        return True
    return False


def _overtaken(visit: Visit, name: str, form: Fields, stored: Mapping[str, Any]) -> Response:
    """The page with what was typed, and what somebody else made of these fields meanwhile."""
    edition = edition_of(visit.session, visit.subject)
    told = form.overtake(edition, stored, named(visit.session, edition.changed_by))
    for field in told.now.keys() - stored.keys():
        del told.now[field]
    if told.now.get("event"):
        told.now["event"] = get_event(visit.session, event_id=int(told.now["event"])).name
    return _show(visit, {name: form}, status=412)


def _show(visit: Visit, forms: Mapping[str, Fields], *, status: int = 200, **more: Any) -> Response:
    """The page, with these of its three forms as they were sent."""
    session, principal = visit.session, visit.principal
    # The edition first, so that a change while the rest is read is noticed when a form is saved.
    seen = {EDITION: edition_of(session, visit.subject).n}
    told = visit.told()
    pair, today = (told.actor_id, told.partner_id), visit.now.date()
    follow_up: date | None = next_dates(session, pairs={pair}, events=principal.sees, today=today).get(pair)
    ends: list[Actor] = [get_actor(session, actor_id=i) for i in pair]
    row = tandems.get_tandem(session, actor_id=told.actor_id, partner_id=told.partner_id)
    context: dict[str, Any] = {
        "tab": "tandems",
        "tandem": told,
        "ends": ends,
        "stages": life(told.history),
        "follow_up": follow_up,
        "due": is_due(row, follow_up, today),
        "events": events.list_events(session, only=principal.sees),
        "may_remove": principal.role == "admin",
        "words": MemoryWords.of(visit.request),
        "saved": False,
        "moved": False,
        "step": Fields.of({"since": today.isoformat()} | seen),
        "newest": Fields.of(_newest_values(told) | seen),
        "about": Fields.of(_about_values(told) | seen),
    }
    return page(visit.request, "memory/tandem.html", {**context, **forms, **more}, status=status)


def _newest_values(told: TandemPublic) -> dict[str, Any]:
    newest = told.history[-1]
    return {"newest_since": newest.since, "newest_note": newest.note}


def _about_values(told: TandemPublic) -> dict[str, Any]:
    return {"theme": told.theme, "note": told.note, "event": told.event_id}
