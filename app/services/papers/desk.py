"""What every paper is made of: the timetable, the reasons, the words of each reader, the codes to scan."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from app.services.files.reasons import Pair, Said, Why
from app.services.files.timetable import Encounter, Person, Slot, Timetable
from app.services.files.wording import Wording, Words
from models.papers import PaperOptions

Tongues = tuple[str, ...]
"""One language or two, the reader's own first."""


@dataclass(frozen=True)
class Desk:
    """Everything at hand; `agendas` and `profiles` are addresses by actor, printed as codes to scan."""

    timetable: Timetable
    words: Words
    options: PaperOptions = field(default_factory=PaperOptions)
    reasons: Mapping[Pair, Why] = field(default_factory=dict)
    agendas: Mapping[int, str] = field(default_factory=dict)
    profiles: Mapping[int, str] = field(default_factory=dict)

    @property
    def zone(self) -> str:
        """The event's time zone."""
        return self.timetable.event.zone

    @cached_property
    def tongues(self) -> Tongues:
        """The languages of papers that everybody reads."""
        return self._two(self.first(None), None)

    def seen_by(self, reader: int | None) -> "Desk":
        """The same with the people as a participant may know them; None: as everybody at the event may."""
        return replace(self, timetable=self.timetable.seen_by(reader))

    def people(self) -> list[Person]:
        """Whose papers are asked for, by name; NotFound when one is not registered."""
        if self.options.actor_ids is None:
            return list(self.timetable.people.values())
        return [self.timetable.person(actor_id) for actor_id in self.options.actor_ids]

    def first(self, reader: Person | None) -> str:
        """The language that comes first for a reader: what the options fix, else their own, else the event's."""
        if self.options.first != "own":
            return self.options.first
        return (reader.own_language if reader else None) or self.timetable.languages[0]

    def tongues_of(self, reader: Person, partner: Person | None = None) -> Tongues:
        """The reader's language, and beside it that of the partner, or the event's second."""
        return self._two(self.first(reader), partner.own_language if partner else None)

    def both(self, tongues: Tongues, phrase: str, **values: Any) -> list[str]:
        """A phrase in each of the languages."""
        return [self.words(lang).say(phrase, **values) for lang in tongues]

    def clock(self, slot: Slot, lang: str) -> tuple[str, str]:
        """When a round begins and ends."""
        words = self.words(lang)
        return words.time(slot.start, self.zone), words.time(slot.end, self.zone)

    def facts(self, person: Person, lang: str) -> str:
        """What somebody is, where from, and what they speak."""
        return facts_of(person, self.words(lang))

    def date_of(self, slot: Slot) -> date:
        """The day on which a round begins, by the clock of the event."""
        return slot.start.astimezone(ZoneInfo(self.zone)).date()

    def when(self, lang: str) -> str:
        """The day of the event; first and last day where it has several."""
        if not self.timetable.slots:
            return ""
        words, slots = self.words(lang), list(self.timetable.slots.values())
        days = dict.fromkeys((words.day(slots[0].start, self.zone), words.day(slots[-1].start, self.zone)))
        return " – ".join(days)

    def foot(self, tongues: Tongues) -> list[str]:
        """Which plan this is, and whether it may still change."""
        plan = self.timetable.plan
        if plan is None:
            return []
        told = plan.published_at if plan.state == "published" and plan.published_at else plan.created_at
        phrase = "plan_published" if plan.state == "published" else f"plan_{plan.state}"
        return [
            words.say(
                phrase, number=plan.number, day=words.short_day(told, self.zone), time=words.time(told, self.zone)
            )
            for words in map(self.words, tongues)
        ]

    def interpreter(self, meeting: Encounter, tongues: Tongues) -> list[str]:
        """Who interprets at a meeting, in words; nothing where nobody has to."""
        if meeting.interpreter is None:
            return []
        return [self.interpreter_name(meeting.interpreter, lang) for lang in tongues]

    def interpreter_name(self, index: int, lang: str) -> str:
        """Interpreters have numbers that people count from 1, and languages."""
        words, known = self.words(lang), self.timetable.interpreters.get(index)
        name = words.say("interpreter_number", number=index + 1)
        return f"{name} ({', '.join(map(words.language, known.languages))})" if known else name

    def _two(self, first: str, partners: str | None) -> Tongues:
        if self.options.second == "none":
            return (first,)
        if self.options.second != "partner":
            return tuple(dict.fromkeys((first, self.options.second)))
        others = [lang for lang in (partners, *self.timetable.languages) if lang and lang != first]
        return (first, *others[:1])


def facts_of(person: Person, words: Wording) -> str:
    """Kind, town, country or side, and languages, as one line."""
    country = words.country(person.country) if person.country else ""
    side = person.side if person.side and person.side != person.country else ""
    where = f"{country} ({side})" if country and side else country or side
    kind = words.kind(person.kind) if person.kind != "other" else ""
    spoken = ", ".join(map(words.language, person.languages))
    return " · ".join(part for part in (kind, person.city or "", where, spoken) if part)


def draw_code(address: str) -> str:
    """A QR code as SVG, without a margin: paper is white."""
    import segno  # noqa: PLC0415 - slow import

    out = io.BytesIO()
    segno.make_qr(address, error="m", boost_error=False).save(
        out, kind="svg", border=0, xmldecl=False, svgns=True, omitsize=True
    )
    return out.getvalue().decode()


_ENDLESS = re.compile(r"\S{30,}")


def _breakable(word: re.Match[str]) -> str:
    """An address or the like, with places where a line may end that nobody sees."""
    return "\u200b".join(re.findall(r".{1,8}", word.group()))


_QUOTES = {"fr": ("« ", " »"), "es": ("«", "»"), "eu": ("«", "»"), "de": ("„", "“"), "da": ("»", "«")}


def quoted(said: Said) -> str:
    """What somebody wrote, between the quotation marks of its language."""
    before, after = _QUOTES.get(said.lang.split("-")[0], ("“", "”"))
    return f"{before}{_ENDLESS.sub(_breakable, said.text)}{after}"


def where_from(person: Person) -> str:
    """Town and side, where there is room for no more."""
    return " · ".join(part for part in (person.city or "", person.side or person.country) if part)
