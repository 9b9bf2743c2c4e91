"""One file that opens from anywhere: data, style and script inside, and a policy that lets in nothing else."""

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.services.files.reasons import Pair, Why
from app.services.files.tables import stem_of
from app.services.files.timetable import Encounter, Person, Timetable
from app.services.files.wording import Phrasebook
from app.services.importing.sheets import FileOut

FOLDER = Path(__file__).parent
PHRASES = (
    "clock", "people", "places", "rounds", "desk", "language", "search", "time", "place", "round", "participant",
    "partner", "round_of", "before", "pause", "over", "next_at", "shifted", "earlier", "later", "full", "nothing_here",
    "interpreter_number", "pausing", "expected", "here", "late", "absent", "gone", "desk_hint", "save_file", "forget",
    "forget_sure", "not_kept", "you_need", "you_offer", "you_profile", "they_need", "they_offer", "they_profile",
)  # fmt: skip
"""What the page says, by the keys its script uses."""


@dataclass(frozen=True)
class Told:
    """What the page is made of beside the timetable; `lang` is the language it opens in."""

    phrasebook: Phrasebook
    lang: str = "en"
    reasons: Mapping[Pair, Why] = field(default_factory=dict)


def offline_page(timetable: Timetable, told: Told, *, now: datetime | None = None) -> FileOut:
    """The page as a file to hand out."""
    style, script = (_source(name) for name in ("page.css", "page.js"))
    parts = {
        "lang": told.lang,
        "title": html.escape(timetable.event.name),
        "style": style,
        "script": script,
        "style-hash": _digest(style),
        "script-hash": _digest(script),
        "data": _in_script(describe(timetable, told, now or datetime.now(UTC))),
    }
    page = _source("page.html")
    pieces = page.split("%")
    # Every second piece is a name; what is put in is never looked at again, whatever it holds.
    filled = [parts[piece] if number % 2 else piece for number, piece in enumerate(pieces)]
    return FileOut(f"{stem_of(timetable)}-offline.html", "text/html; charset=utf-8", "".join(filled).encode())


def describe(timetable: Timetable, told: Told, now: datetime) -> dict[str, Any]:
    """Everything the script reads."""
    event, lang = timetable.event, told.lang
    return {
        "event": {"id": event.id, "name": event.name, "place": event.place, "zone": event.zone},
        "made": now.astimezone(UTC).isoformat(timespec="seconds"),
        "plan": timetable.plan.number if timetable.plan else None,
        "lang": lang,
        "languages": dict(told.phrasebook.languages),
        "facts": {code: _facts(timetable, told, code) for code in told.phrasebook.languages},
        "words": {code: _words(told, code) for code in told.phrasebook.languages},
        "slots": [{"start": _epoch(slot.start), "end": _epoch(slot.end)} for slot in timetable.slots.values()],
        "places": {code: _places(timetable, told, code) for code in told.phrasebook.languages},
        "interpreters": [[index, list(known.languages)] for index, known in timetable.interpreters.items()],
        "people": [_person(person, told) for person in timetable.people.values()],
        "meetings": [_meeting(meeting, told.reasons) for meeting in timetable.meetings],
    }


def _words(told: Told, lang: str) -> dict[str, str]:
    """The phrases of a language with their placeholders as they stand: the script fills them."""
    words = told.phrasebook.words(lang)
    return {key: words.say(key) for key in PHRASES}


def _places(timetable: Timetable, told: Told, lang: str) -> list[tuple[int, str]]:
    words = told.phrasebook.words(lang)
    return [(index, words.place(label)) for index, label in timetable.places.items()]


def _facts(timetable: Timetable, told: Told, lang: str) -> str:
    if not timetable.slots:
        return ""
    first = next(iter(timetable.slots.values()))
    return told.phrasebook.words(lang).day(first.start, timetable.event.zone)


def _person(person: Person, told: Told) -> dict[str, Any]:
    words = told.phrasebook.words(told.lang)
    spoken = ", ".join(map(words.language, person.languages))
    facts = " · ".join(part for part in (person.city or "", person.side, spoken) if part)
    rounds = None if person.available is None else list(person.available)
    return {"id": person.id, "name": person.name, "facts": facts, "rounds": rounds}


def _meeting(meeting: Encounter, reasons: Mapping[Pair, Why]) -> dict[str, Any]:
    why = reasons.get((meeting.a, meeting.b))
    return {
        "a": meeting.a,
        "b": meeting.b,
        "slot": meeting.slot,
        "place": meeting.place,
        "interpreter": meeting.interpreter,
        "why": why and [[why.mine, why.yours.lang, why.yours.text], [why.theirs, why.their.lang, why.their.text]],
    }


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _source(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


_MEANT: Sequence[tuple[str, str]] = (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"))


def _in_script(value: Any) -> str:
    """JSON that no HTML parser takes for anything but text: without any of its signs."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign, escaped in _MEANT:
        text = text.replace(sign, escaped)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
