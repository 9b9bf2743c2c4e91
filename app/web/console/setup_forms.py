"""The sections of the set-up that are rows: rounds, places, interpreters and tracks, shown and read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.services import events as service
from app.services.bounds import MAX_PLACES
from app.services.renumbering import replace_interpreters, replace_places, replace_rounds
from app.services.slots import rounds_of
from app.web.console.event_form import place_word, read_timetable
from app.web.console.forms import Fields, write_numbers
from app.web.formats import Formats
from models.event import (
    EventCreate,
    InterpreterCreate,
    InterpreterPublic,
    PlaceCreate,
    PlacePublic,
    RoundCreate,
    RoundPublic,
    Track,
)

Values = Mapping[str, object]


def round_values(rounds: Sequence[RoundPublic], zone: str) -> Values:
    """Day, time and minutes of each round."""
    values: dict[str, object] = {}
    for r in rounds:
        local = r.starts_at.astimezone(ZoneInfo(zone))
        values[f"day-{r.index}"] = local.date().isoformat()
        values[f"time-{r.index}"] = local.strftime("%H:%M")
        values[f"minutes-{r.index}"] = r.minutes
    return values


def timetable_values(rounds: Sequence[RoundPublic], zone: str) -> Values:
    """What to propose where the rounds are made anew."""
    first = rounds[0].starts_at.astimezone(ZoneInfo(zone)) if rounds else None
    return {
        "day": first.date().isoformat() if first else "",
        "start": first.strftime("%H:%M") if first else "09:00",
        "minutes": rounds[0].minutes if rounds else 20,
        "days": 1,
        "pause": 5,
        "number": len(rounds) or 8,
    }


def place_values(places: Sequence[PlacePublic], lang: str) -> Values:
    """Name and rounds of each place."""
    rows: dict[str, object] = {"word": place_word(lang)}
    for p in places:
        rows |= {f"label-{p.index}": p.label, f"rounds-{p.index}": write_numbers(p.available)}
    return rows


def interpreter_values(interpreters: Sequence[InterpreterPublic], lang: str) -> Values:
    """Languages and rounds of each interpreter."""
    show = Formats(lang)
    return {f"languages-{i.index}": ", ".join(show.language(t) for t in i.languages) for i in interpreters} | {
        f"rounds-{i.index}": write_numbers(i.available) for i in interpreters
    }


def track_values(tracks: Sequence[Track]) -> Values:
    """Name, rounds and places of each track."""
    values: dict[str, object] = {}
    for row, track in enumerate(tracks):
        values |= {
            f"track-{row}": track.id,
            f"rounds-{row}": write_numbers(track.rounds),
            f"places-{row}": write_numbers(track.places),
        }
    return values


def save_rounds(session: Session, event_id: int, form: Fields, _lang: str) -> None:
    """The rounds as their rows say; an emptied row is a round that is dropped, a filled empty one is new."""
    event = service.get_event(session, event_id=event_id)
    known = len(service.list_rounds(session, event_id=event_id))
    kept: list[tuple[int | None, RoundCreate]] = []
    for row in form.sent("time"):
        names = f"day-{row}", f"time-{row}", f"minutes-{row}"
        if not form.shown(names[1]).strip():
            continue
        day, at = form.day(names[0], required=True), form.clock(names[1])
        minutes = form.whole(names[2], 1, 480, required=True)
        if day and at and minutes and not form.errors:
            starts_at = datetime.combine(day, at, ZoneInfo(event.zone))
            kept.append((row if row < known else None, RoundCreate(starts_at=starts_at, minutes=minutes)))
    if not form.errors:
        replace_rounds(session, event_id=event_id, rounds=kept)


def save_timetable(session: Session, event_id: int, form: Fields, _lang: str) -> None:
    """Rounds made anew; the first stays the first for whoever is not there in it."""
    event = service.get_event(session, event_id=event_id)
    known = len(service.list_rounds(session, event_id=event_id))
    rounds = rounds_of(read_timetable(form, event.zone))
    if not form.errors:
        numbered = [(i if i < known else None, fields) for i, fields in enumerate(rounds)]
        replace_rounds(session, event_id=event_id, rounds=numbered)


def save_places(session: Session, event_id: int, form: Fields, _lang: str) -> None:
    """The places as their rows say, and so many more."""
    rounds = len(service.list_rounds(session, event_id=event_id))
    known = len(service.list_places(session, event_id=event_id))
    kept: list[tuple[int | None, PlaceCreate]] = []
    for row in form.sent("label"):
        label = form.text(f"label-{row}", longest=100)
        available = form.numbers(f"rounds-{row}", rounds)
        if label and not form.errors:
            kept.append((row if row < known else None, PlaceCreate(label=label, available=available)))
    more = form.whole("more", 0, MAX_PLACES - len(kept)) or 0
    if form.errors:
        return
    word = form.text("word", longest=80) or ""
    kept += [(None, PlaceCreate(label=label)) for label in _new_labels(word, more, {p.label for _, p in kept})]
    replace_places(session, event_id=event_id, places=kept)


def _new_labels(word: str, more: int, taken: set[str]) -> list[str]:
    """Labels that nobody has yet, counted on."""
    found: list[str] = []
    number = 1
    while len(found) < more:
        label = f"{word} {number}".strip()
        if label not in taken:
            found.append(label)
        number += 1
    return found


def save_interpreters(session: Session, event_id: int, form: Fields, lang: str) -> None:
    """The interpreters as their rows say."""
    rounds = len(service.list_rounds(session, event_id=event_id))
    known = len(service.list_interpreters(session, event_id=event_id))
    kept: list[tuple[int | None, InterpreterCreate]] = []
    for row in form.sent("languages"):
        languages = form.languages(f"languages-{row}", lang)
        available = form.numbers(f"rounds-{row}", rounds)
        if len(languages) == 1:
            form.refuse(f"languages-{row}", "two")
        if languages and not form.errors:
            fields = InterpreterCreate(languages=languages, available=available)
            kept.append((row if row < known else None, fields))
    if not form.errors:
        replace_interpreters(session, event_id=event_id, interpreters=kept)


def save_tracks(session: Session, event_id: int, form: Fields, _lang: str) -> None:
    """The tracks as their rows say."""
    event = service.event_public(session, event=service.get_event(session, event_id=event_id))
    kept: list[Track] = []
    for row in form.sent("track"):
        name = form.text(f"track-{row}", longest=60)
        rounds = form.numbers(f"rounds-{row}", event.rounds)
        places = form.numbers(f"places-{row}", event.places)
        if name in {t.id for t in kept}:
            form.refuse(f"track-{row}", "doubled", word=name)
        if name and not form.errors:
            kept.append(Track(id=name, rounds=rounds, places=places))
    if not form.errors:
        own = {name: getattr(event, name) for name in EventCreate.model_fields}
        fields = EventCreate.model_validate(own | {"tracks": kept})
        service.update_event(session, event_id=event_id, fields=fields)
