"""Badges and table signs, as the data their templates set."""

import re
from typing import Any

from app.services.files.reasons import shorten
from app.services.files.timetable import Person
from app.services.papers.desk import Desk, draw_code

LONGEST_EVENT = 60
"""Characters of the event's name on a badge."""


def badges_data(desk: Desk) -> dict[str, Any]:
    """A badge for every delegate, or one for the participant where none is named."""
    event, options = desk.timetable.event, desk.options
    desk = desk if options.badge_names == "name" else desk.seen_by(None)
    return {
        "title": event.name,
        "lang": desk.tongues[0],
        "width": options.badge_width_mm,
        "height": options.badge_height_mm,
        "badges": [badge for person in desk.people() for badge in _badges(desk, person)],
        "nothing": desk.both(desk.tongues, "nothing_here"),
    }


def _badges(desk: Desk, person: Person) -> list[dict[str, Any]]:
    words = desk.words(desk.first(person))
    country = words.country(person.country) if person.country else person.side
    addresses = {"profile": desk.profiles, "agenda": desk.agendas, "none": {}}[desk.options.badge_code]
    address = addresses.get(person.id)
    delegates = person.delegates or ({"id": "", "languages": person.languages},)
    return [
        {
            "event": _short(desk.timetable.event.name),
            "person": _named(str(delegate["id"])),
            "name": person.name,
            "facts": " · ".join(part for part in (person.city, country) if part),
            "languages": " ".join(tag.split("-")[0].upper() for tag in delegate["languages"] or person.languages),
            "code": draw_code(address) if address else None,
        }
        for delegate in delegates
    ]


def _named(delegate: str) -> str:
    """Delegates may be numbers, which no one wears on a badge."""
    return delegate if any(c.isalpha() for c in delegate) and len(delegate) > 2 else ""


def _short(name: str) -> str:
    """The name of the event as far as a badge has room: up to a colon or dash if there is one, else whole words."""
    if len(name) <= LONGEST_EVENT:
        return name
    title = re.split(r"\s*[:–—]\s", name)[0]
    if 6 <= len(title) <= LONGEST_EVENT:
        return title
    return shorten(name, LONGEST_EVENT)


def signs_data(desk: Desk) -> dict[str, Any]:
    """A sign for every place."""
    event, lang = desk.timetable.event, desk.tongues[0]
    return {
        "title": event.name,
        "lang": lang,
        "event": event.name,
        "where": event.place or "",
        "when": desk.when(lang),
        "signs": [_sign(desk, label) for label in desk.timetable.places.values()],
        "nothing": desk.both(desk.tongues, "nothing_here"),
    }


def _sign(desk: Desk, label: str) -> dict[str, Any]:
    """A place in the event's language, and below it in the second where that calls it something else."""
    first, *others = (desk.words(lang).place(label) for lang in desk.tongues)
    return {"label": first, "also": next((name for name in others if name != first), "")}
