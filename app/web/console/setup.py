"""The set-up of an event: facts, rules, rounds, places, interpreters, tracks and weights, each with its own form."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.deps import NowDep, SessionDep
from app.errors import BadInput, Stale
from app.services import events as service
from app.services.editions import Kind, Subject, edition_of, must_be, named
from app.services.plan_condition import published_condition
from app.services.programmes import list_programmes
from app.services.weights import event_weights, set_event_weights, weights_in_force
from app.web.catalogues import choose_language
from app.web.console import setup_forms as sections
from app.web.console.event_form import Preview, event_values, frame_of, read_event
from app.web.console.forms import Fields, FormDep
from app.web.console.zones import zones
from app.web.origin import same_origin
from app.web.render import page
from models.event import Track

router = APIRouter(prefix="/events/{event_id}/setup")

Section = Callable[[Session, int, Fields, str], None]


@router.get("")
def setup(
    request: Request, session: SessionDep, now: NowDep, event_id: int, saved: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Every section, each with its form; and what a published plan suffers from how the event is set up."""
    shown = context(session, event_id, choose_language(request), now)
    return page(request, "console/setup.html", shown | {"saved": saved})


@router.post("/{section}", dependencies=[Depends(same_origin)])
def save(request: Request, session: SessionDep, now: NowDep, event_id: int, section: str, form: FormDep) -> Response:
    """Save one section, or show it again with what does not fit. Where meetings fall by it, lead to what says so."""
    service.get_event(session, event_id=event_id)
    lang = choose_language(request)
    if section not in SECTIONS:
        raise BadInput.of("section", f"unknown section {section!r}: expected one of {', '.join(SECTIONS)}")
    try:
        must_be(session, _subject(section, event_id), form.saw())
        SECTIONS[section](session, event_id, form, lang)
    except Stale:
        return _overtaken(request, session, now, event_id, section, form)
    except BadInput as error:
        form.blame(error, {}, section)
    if not form.errors:
        session.flush()
        where = "rounds" if section == "timetable" else section
        told = published_condition(session, event_id=event_id, now=now) if section in _UPSETTING else None
        part = "upset" if told and told.fallen else where
        return RedirectResponse(f"/console/events/{event_id}/setup?saved={where}#{part}", status_code=303)
    # What was changed before the trouble was seen is not to be committed.
    session.rollback()
    shown = context(session, event_id, lang, now)
    shown["forms"][section] = form
    return page(request, "console/setup.html", shown | {"saved": ""}, status=422)


def _overtaken(
    request: Request, session: Session, now: datetime, event_id: int, section: str, form: Fields
) -> Response:
    """The page with what was typed, and what somebody else made of it meanwhile."""
    session.rollback()
    shown = context(session, event_id, choose_language(request), now)
    stored: Fields = shown["forms"][section]
    # Facts and rules are halves of one row: only what this form holds is compared.
    holds = form.shown("holds").split() or stored.values
    edition = edition_of(session, _subject(section, event_id))
    kept = {n: v for n, v in stored.values.items() if n in holds}
    form.overtake(edition, kept, named(session, edition.changed_by), shown["event"].zone)
    shown["forms"][section] = form
    return page(request, "console/setup.html", shown | {"saved": ""}, status=412)


def _subject(section: str, event_id: int) -> Subject:
    return Subject(_KINDS.get(section, "event"), event_id)


def context(session: Session, event_id: int, lang: str, now: datetime) -> dict[str, Any]:
    """Everything the page shows; the editions first, so that a change while it is read is noticed when it is saved."""
    editions = {s: edition_of(session, _subject(s, event_id)).n for s in SECTIONS}
    event = service.event_public(session, event=service.get_event(session, event_id=event_id))
    rounds = service.list_rounds(session, event_id=event_id)
    places = service.list_places(session, event_id=event_id)
    interpreters = service.list_interpreters(session, event_id=event_id)
    people = service.list_participants(session, event_id=event_id)
    weights = event_weights(session, event_id=event_id)
    frame = frame_of(event, Counter(p.side for p in people))
    return {
        "tab": "setup",
        "event": event,
        "rounds": rounds,
        "condition": published_condition(session, event_id=event_id, now=now),
        "people": len(people),
        "sides": Counter(p.side for p in people),
        "preview": Preview([], event.places, event.min_meetings, frame),
        "programmes": list_programmes(session),
        "zones": zones(),
        "weights": weights,
        "editions": editions,
        "service_weights": weights_in_force(session).weights.to_dict(),
        "forms": {
            "facts": Fields.of(event_values(event)),
            "rules": Fields.of(event_values(event)),
            "rounds": Fields.of(sections.round_values(rounds, event.zone)),
            "timetable": Fields.of(sections.timetable_values(rounds, event.zone)),
            "places": Fields.of(sections.place_values(places, lang)),
            "interpreters": Fields.of(sections.interpreter_values(interpreters, lang)),
            "tracks": Fields.of(sections.track_values(event.tracks)),
            "weights": Fields.of(weights.changes),
        },
    }


def save_event(session: Session, event_id: int, form: Fields, _lang: str) -> None:
    """Facts and rules are two forms of the same row: what one does not send stays as it is."""
    event = service.event_public(session, event=service.get_event(session, event_id=event_id))
    whole = Fields.of(event_values(event))
    # A box that is not ticked is not sent: the form says which fields it holds.
    for name in form.shown("holds").split():
        whole.values[name] = form.values.get(name, [])
    tracks: list[Track] = event.tracks
    fields = read_event(whole, [p.id for p in list_programmes(session)], tracks)
    form.errors |= whole.errors
    if fields is not None:
        service.update_event(session, event_id=event_id, fields=fields)


def save_weights(session: Session, event_id: int, form: Fields, _lang: str) -> None:
    """What the event weighs in its own way; an empty field is the service's."""
    known = weights_in_force(session).weights.to_dict()
    changes = {name: value for name in known if (value := form.decimal(name, 0, 100)) is not None}
    if not form.errors:
        set_event_weights(session, event_id=event_id, changes=changes)


_KINDS: dict[str, Kind] = {
    "rounds": "rounds",
    "timetable": "rounds",
    "places": "places",
    "interpreters": "interpreters",
}
"""What a section edits; the others are the event's own row."""

_UPSETTING = frozenset({"rules", "rounds", "timetable", "places", "interpreters", "tracks"})
"""Sections after which meetings of a published plan may fall."""

SECTIONS: dict[str, Section] = {
    "facts": save_event,
    "rules": save_event,
    "rounds": sections.save_rounds,
    "timetable": sections.save_timetable,
    "places": sections.save_places,
    "interpreters": sections.save_interpreters,
    "tracks": sections.save_tracks,
    "weights": save_weights,
}
