"""What the forms of an event say: its facts and rules, the timetable of its rounds, its places, and its tracks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from app.services.bounds import MAX_PLACES, MAX_ROUNDS
from app.services.capacity import Capacity, Frame, capacity
from app.services.slots import Break, PastMidnight, Slot, Timetable, make_slots, rounds_of
from app.web.catalogues import translations
from app.web.console.forms import Fields
from app.web.formats import PLACE
from models.event import EventCreate, EventPublic, PlaceCreate, RoundPublic, Track

MOST_DAYS = 5
BREAKS = ("break1", "break2")
EXPECTED = ("expect1", "expect2", "expect3")
MOST_PEOPLE = 5000
_RULES = ("cross_side_only", "require_language", "avoid_repeats", "raise_floor")

FRESH = {
    "zone": "Europe/Brussels", "days": 1, "start": "09:00", "minutes": 20, "pause": 5, "number": 8,
    "break1_at": "12:30", "break1_minutes": 60, "places_number": 10, "min_meetings": 3,
    "cross_side_only": True, "require_language": True, "avoid_repeats": True, "expect1": 20, "expect2": 20,
}  # fmt: skip
"""What the form of a new event proposes."""


def place_word(lang: str) -> str:
    """What a place is called unless somebody says otherwise."""
    return translations(lang).pgettext("place", PLACE)


def event_values(event: EventPublic) -> dict[str, object]:
    """A stored event as the fields of its form."""
    names = ("name", "place", "zone", "programme_id", "min_meetings", "max_meetings", "max_consecutive", *_RULES)
    return {name: getattr(event, name) for name in names}


def read_event(form: Fields, programmes: Sequence[int], tracks: list[Track]) -> EventCreate | None:
    """The event's own fields; None when something does not fit."""
    chosen = form.choice("programme_id", [str(i) for i in programmes])
    least, most = form.whole("min_meetings", 0, MAX_ROUNDS) or 0, form.whole("max_meetings", 1, MAX_ROUNDS)
    said = {
        "name": form.text("name", required=True),
        "place": form.text("place"),
        "zone": form.zone("zone"),
        "programme_id": int(chosen) if chosen else None,
        "min_meetings": least,
        "max_meetings": most,
        "max_consecutive": form.whole("max_consecutive", 1, MAX_ROUNDS),
        "tracks": tracks,
        **{rule: form.has(rule) for rule in _RULES},
    }
    if most is not None and least > most:
        form.refuse("min_meetings", "floor")
    return form.fit(EventCreate, said, "name")


def read_timetable(form: Fields, zone: str) -> list[Slot]:
    """Rounds and breaks as the form says; empty when they cannot be made."""
    before = len(form.errors)
    day = form.day("day", required=True)
    start = form.clock("start", required=True)
    minutes = form.whole("minutes", 1, 480, required=True)
    pause = form.whole("pause", 0, 480) or 0
    days = form.whole("days", 1, MOST_DAYS) or 1
    number = form.whole("number", 1, MAX_ROUNDS // days, required=True)
    breaks = tuple(filter(None, (_break(form, name) for name in BREAKS)))
    if len(form.errors) > before or "zone" in form.errors or not (day and start and minutes and number):
        return []
    try:
        return make_slots(Timetable(day, start, zone, minutes, pause, number, days, breaks))
    except PastMidnight:
        form.refuse("number", "midnight")
    except OverflowError:
        form.refuse("day", "date")
    return []


def _break(form: Fields, name: str) -> Break | None:
    at: time | None = form.clock(f"{name}_at")
    minutes = form.whole(f"{name}_minutes", 1, 480, required=at is not None)
    return Break(at, minutes) if at is not None and minutes else None


def read_places(form: Fields, word: str) -> list[PlaceCreate]:
    """Places by their names, one a line, or so many of them, numbered."""
    names = form.lines("places_names", longest=100)
    count = form.whole("places_number", 1, MAX_PLACES, required=not names)
    word = form.text("places_word", longest=80) or word
    if not names:
        names = [f"{word} {n}" for n in range(1, (count or 0) + 1)]
    doubled = next((name for name in names if names.count(name) > 1), None) if len(names) <= MAX_PLACES else None
    if doubled is not None:
        form.refuse("places_names", "doubled", word=doubled)
    if len(names) > MAX_PLACES:
        form.refuse("places_names", "between", low=1, high=MAX_PLACES)
        return []
    return [PlaceCreate(label=name[:100]) for name in names]


def read_tracks(form: Fields) -> list[Track]:
    """Tracks, one a line."""
    names = form.lines("tracks", longest=60)
    if len(set(names)) < len(names):
        form.refuse("tracks", "doubled", word=next(n for n in names if names.count(n) > 1))
    return [Track(id=name[:60]) for name in names]


def frame_of(event: EventPublic, sides: Mapping[str, int]) -> Capacity | None:
    """What an event holds for those who are registered; None while something is missing."""
    frame = Frame(sides, event.rounds, event.places, event.min_meetings, event.max_meetings, event.cross_side_only)
    return capacity(frame) if event.rounds and event.places and frame.people > 1 else None


@dataclass(frozen=True)
class Preview:
    """What stands beside the form: the rounds and what they and the places can hold."""

    slots: list[Slot]
    places: int
    floor: int
    holds: Capacity | None

    @property
    def rounds(self) -> list[RoundPublic]:
        """The rounds alone."""
        return [RoundPublic(index=i, **r.model_dump()) for i, r in enumerate(rounds_of(self.slots))]


def preview(form: Fields) -> Preview:
    """As much as can be said of a form that may still be unfinished."""
    zone = form.zone("zone")
    slots = read_timetable(form, zone) if "zone" not in form.errors else []
    places = len(read_places(form, "?"))
    floor = form.whole("min_meetings", 0, MAX_ROUNDS) or 0
    expected = {name: form.whole(name, 0, MOST_PEOPLE) or 0 for name in EXPECTED}
    cap = form.whole("max_meetings", 1, MAX_ROUNDS)
    rounds = sum(1 for slot in slots if slot.kind == "round")
    frame = Frame(expected, rounds, places, floor, cap, form.has("cross_side_only"))
    return Preview(slots, places, floor, capacity(frame) if rounds and places and frame.people > 1 else None)
