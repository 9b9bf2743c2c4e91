"""Participants of an event: who is there, who is added, what each registration says, and many at once."""

from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import NowDep, SessionDep, SightDep
from app.errors import Conflict, NotFound, Stale
from app.services import events as service
from app.services.actors import get_actor
from app.services.editions import Subject, edition_of, must_be, named
from app.services.introductions import list_introductions
from app.services.newcomers import MOST_SKIPPED, find_newcomers
from app.services.plan_condition import published_condition
from app.services.plans import latest_plan
from app.services.texts import fold
from app.web.catalogues import choose_language
from app.web.console.added import added_query, read_added
from app.web.console.forms import EDITION, Fields, FormDep, write_numbers
from app.web.console.frame import event_frame
from app.web.formats import Formats
from app.web.origin import same_origin
from app.web.render import page, wants_fragment
from models.event import Delegate, EventPublic, ParticipantCreate, ParticipantPublic

router = APIRouter(prefix="/events/{event_id}/participants")

FOUND = 12
"""Actors found to register, a page."""


class Looked(BaseModel):
    """Whom to show: by words of the name and by side; and whom to look for to add, after how many."""

    q: str = Field(default="", max_length=300)
    side: str = Field(default="", max_length=300)
    gone: int = Field(default=0, ge=0, le=MOST_SKIPPED)
    add: str = Field(default="", max_length=300)
    skip: int = Field(default=0, ge=0, le=MOST_SKIPPED)


@router.get("")
def participants(
    request: Request,
    session: SessionDep,
    sight: SightDep,
    now: NowDep,
    event_id: int,
    looked: Annotated[Looked, Query()],
) -> Response:
    """Who is there, narrowed by words and side; and whom to add, found by words."""
    people = service.list_participants(session, event_id=event_id)
    context: dict[str, Any] = event_frame(session, event_id, "participants") | {
        **looked.model_dump(),
        "sides": sorted(Counter(p.side for p in people).items()),
        "everybody": len(people),
        "people": [p for p in people if _fits(p, looked.q) and looked.side in {"", p.side}],
        "found": find_newcomers(
            session, event_id=event_id, words=looked.add, sight=sight, skip=looked.skip, limit=FOUND
        ),
        "step": FOUND,
        "write_numbers": write_numbers,
    }
    if wants_fragment(request):
        part = "console/_found.html" if request.headers.get("hx-target") == "found" else "console/_people.html"
        return page(request, part, context)
    context["condition"] = published_condition(session, event_id=event_id, now=now)
    context["added"] = read_added(request, people)
    return page(request, "console/participants.html", context)


@router.post("", dependencies=[Depends(same_origin)])
def register(session: SessionDep, sight: SightDep, event_id: int, form: FormDep) -> Response:
    """Register an actor as it is; who is registered already stays so. Leads back to where the button was."""
    actor_id = form.whole("actor_id", 1, 2**63 - 1, required=True)
    if actor_id is None or form.errors:
        raise NotFound("there is no such actor")
    sight.must_know(actor_id)
    try:
        service.register(session, event_id=event_id, fields=ParticipantCreate(actor_id=actor_id))
        told = added_query([actor_id])
    except Conflict:
        told = added_query([], [actor_id])
    back = form.shown("back")
    here = f"/console/events/{event_id}/participants"
    target = back if back.startswith("/console/") else here
    if target.partition("?")[0] in {here, f"/console/events/{event_id}/invite"}:
        target += f"{'&' if '?' in target else '?'}{told}"
    return RedirectResponse(target, status_code=303)


@router.post("/take-back", dependencies=[Depends(same_origin)])
def take_back(session: SessionDep, event_id: int, form: FormDep) -> Response:
    """Take out again who was registered a moment ago; who is out already stays so."""
    named = {int(number) for number in form.values.get("actor_id", []) if number.isascii() and number.isdigit()}
    there = {p.actor_id for p in service.list_participants(session, event_id=event_id)}
    for actor_id in named & there:
        service.unregister(session, event_id=event_id, actor_id=actor_id)
    return RedirectResponse(f"/console/events/{event_id}/participants?gone={len(named & there)}", status_code=303)


@router.get("/{actor_id}")
def registration(request: Request, session: SessionDep, event_id: int, actor_id: int) -> Response:
    """What one registration says, to change it."""
    seen = edition_of(session, Subject("participant", event_id, actor_id)).n
    person = _person(session, event_id, actor_id)
    rounds = len(service.list_rounds(session, event_id=event_id))
    said = service.read_registration(session, event_id=event_id, actor_id=actor_id)
    values = registration_values(said, rounds, choose_language(request))
    form = Fields.of(values | {EDITION: seen})
    return page(request, "console/registration.html", _context(session, event_id, person, form))


@router.post("/{actor_id}", dependencies=[Depends(same_origin)])
def change(request: Request, session: SessionDep, event_id: int, actor_id: int, form: FormDep) -> Response:
    """Save what one registration says, or say what does not fit."""
    person = _person(session, event_id, actor_id)
    event = service.event_public(session, event=service.get_event(session, event_id=event_id))
    fields = read_registration(form, event, actor_id, choose_language(request))
    if fields is None:
        context = _context(session, event_id, person, form)
        return page(request, "console/registration.html", context, status=422)
    subject = Subject("participant", event_id, actor_id)
    try:
        must_be(session, subject, form.saw())
    except Stale:
        session.rollback()
        said = service.read_registration(session, event_id=event_id, actor_id=actor_id)
        stored, edition = (
            registration_values(said, event.rounds, choose_language(request)),
            edition_of(session, subject),
        )
        told = form.overtake(edition, stored, named(session, edition.changed_by), event.zone)
        if "there" in told.now:
            told.now["there"] = write_numbers(range(event.rounds) if said.available is None else said.available)
        return page(request, "console/registration.html", _context(session, event_id, person, form), status=412)
    service.change_registration(session, event_id=event_id, fields=fields)
    return RedirectResponse(f"/console/events/{event_id}/participants#p{actor_id}", status_code=303)


@router.post("/{actor_id}/remove", dependencies=[Depends(same_origin)])
def remove(session: SessionDep, event_id: int, actor_id: int) -> Response:
    """Take a participant out of the event."""
    service.unregister(session, event_id=event_id, actor_id=actor_id)
    return RedirectResponse(f"/console/events/{event_id}/participants", status_code=303)


def read_registration(form: Fields, event: EventPublic, actor_id: int, lang: str) -> ParticipantCreate | None:
    """A registration from its form; None when something does not fit."""
    there = [i for i in range(event.rounds) if form.has("there", str(i))]
    delegates = _delegates(form, event.rounds, lang)
    said = {
        "actor_id": actor_id,
        "side": form.text("side", longest=40),
        "available": None if len(there) == event.rounds else there,
        "min": form.whole("min", 0, 200),
        "max": form.whole("max", 0, 200),
        "languages": form.languages("languages", lang) or None,
        "delegates": delegates,
        "parallel": form.whole("parallel", 1, 50) or 1,
        "max_consecutive": form.whole("max_consecutive", 1, 200),
        "tracks": [t.id for t in event.tracks if form.has("tracks", t.id)],
    }
    low, high = said["min"], said["max"]
    if isinstance(low, int) and isinstance(high, int) and low > high:
        form.refuse("min", "floor")
    if isinstance(said["parallel"], int) and said["parallel"] > max(1, len(delegates)):
        form.refuse("parallel", "delegates")
    return form.fit(ParticipantCreate, said, "side")


def _delegates(form: Fields, rounds: int, lang: str) -> list[Delegate]:
    found: list[Delegate] = []
    for row in form.sent("delegate"):
        name = form.text(f"delegate-{row}", longest=100)
        languages = form.languages(f"speaks-{row}", lang)
        available = form.numbers(f"hours-{row}", rounds)
        if name in {d.id for d in found}:
            form.refuse(f"delegate-{row}", "doubled", word=name)
        if name and not form.errors:
            found.append(Delegate(id=name, languages=languages, available=available))
    return found


def registration_values(person: ParticipantCreate, rounds: int, lang: str) -> dict[str, object]:
    """A registration as the fields of its form."""
    show = Formats(lang)
    values: dict[str, object] = {
        "there": [*range(rounds)] if person.available is None else person.available,
        "languages": ", ".join(show.language(tag) for tag in person.languages or []),
        **{name: getattr(person, name) for name in ("side", "min", "max", "parallel", "max_consecutive", "tracks")},
    }
    for row, delegate in enumerate(person.delegates):
        values |= {
            f"delegate-{row}": delegate.id,
            f"speaks-{row}": ", ".join(show.language(tag) for tag in delegate.languages),
            f"hours-{row}": write_numbers(delegate.available),
        }
    return values


def _person(session: Session, event_id: int, actor_id: int) -> ParticipantPublic:
    people = service.list_participants(session, event_id=event_id)
    person = next((p for p in people if p.actor_id == actor_id), None)
    if person is None:
        raise NotFound.by_code("not_registered", number=actor_id, event=event_id)
    return person


def _context(session: Session, event_id: int, person: ParticipantPublic, form: Fields) -> dict[str, Any]:
    plan = latest_plan(session, event_id=event_id)
    introductions = list_introductions(session, event_id=event_id, actor_id=person.actor_id)
    spoke = {word.by for pair in introductions for word in (pair.actor_word, pair.partner_word) if word}
    meetings = [m for m in plan.meetings if person.actor_id in {m.a, m.b}] if plan else []
    return event_frame(session, event_id, "participants") | {
        "person": person,
        "actor": get_actor(session, actor_id=person.actor_id),
        "form": form,
        "plan": plan,
        "meetings": len(meetings),
        "introductions": introductions,
        "advisers": {by: named(session, by) or by for by in sorted(spoke)},
    }


def _fits(person: ParticipantPublic, words: str) -> bool:
    names = fold(f"{person.name} {person.pseudonym or ''}")
    return all(word in names for word in fold(words).split())
