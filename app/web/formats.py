"""Countries, languages, dates and numbers as a reader of one language writes them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup, escape

from app.services.timetable import on_several_days
from app.web.catalogues import LANGUAGES, translations
from app.web.labels import mark
from models.codes import nuts_names
from models.event import RoundPublic
from models.match import Fragment

PLACE = mark("place", "Table")
"""What a place is called unless somebody says otherwise; the service counts them on."""
_VARIANTS = {"en": "en_GB"}


@dataclass(frozen=True)
class Formats:
    """Babel, bound to the language of a page."""

    lang: str

    @property
    def locale(self) -> Locale:
        """The CLDR locale of the page."""
        return _locale(self.lang)

    def country(self, code: str) -> str:
        """FR → France, Frankrijk, …"""
        return str(self.locale.territories.get(code, code))

    def language(self, tag: str) -> str:
        """nl → Dutch, néerlandais, …"""
        if tag == "und":
            return ""
        return str(self.locale.languages.get(tag.split("-")[0], tag))

    def languages(self, tags: Iterable[str]) -> str:
        """Several languages in one phrase."""
        return self.list(self.language(tag) for tag in tags)

    def list(self, items: Iterable[str]) -> str:
        """a, b and c"""
        return _list(self.lang, tuple(items))

    def territory(self, code: str) -> str:
        """A NUTS code by its name."""
        return nuts_names().get(code, code)

    def number(self, value: float, digits: int = 0) -> str:
        """A number with the language's separators."""
        return format_decimal(round(value, digits), locale=self.locale)

    def percent(self, share: float, digits: int = 0) -> str:
        """0.83 → 83 %"""
        pattern = "#,##0." + "#" * digits + ("%" if self.lang == "en" else "\u00a0%")
        return format_percent(share, format=pattern, locale=self.locale)

    def day(self, moment: datetime, zone: str) -> str:
        """The date of a moment, in the zone of the event."""
        return _date(self.lang, moment.astimezone(ZoneInfo(zone)).date(), "full")

    def short_day(self, moment: datetime, zone: str) -> str:
        """The same, short."""
        return self.date(moment.astimezone(ZoneInfo(zone)).date())

    def date(self, day: date) -> str:
        """A day that is the same wherever it is read, short."""
        return _date(self.lang, day, "medium")

    def time(self, moment: datetime, zone: str) -> str:
        """The time of a moment, in the zone of the event."""
        return _time(self.lang, moment, zone)

    def place(self, label: str) -> str:
        """Table 3 → Tafel 3: what the service named, in the reader's language; any other name as it is."""
        return _place(self.lang, label)

    def slot(self, slot: RoundPublic, zone: str) -> str:
        """09:00–09:20"""
        end = slot.starts_at + timedelta(minutes=slot.minutes)
        return f"{self.time(slot.starts_at, zone)}–{self.time(end, zone)}"

    def moment(self, at: datetime, zone: str, rounds: Sequence[RoundPublic]) -> str:
        """The time of a moment; with its day where the rounds of its event, by time, lie on several."""
        return self._of_day(at, zone, rounds) + self.time(at, zone)

    def dated_slot(self, slot: RoundPublic, zone: str, rounds: Sequence[RoundPublic]) -> str:
        """From when to when a round is; with its day as `moment`."""
        return self._of_day(slot.starts_at, zone, rounds) + self.slot(slot, zone)

    def several_days(self, rounds: Sequence[RoundPublic], zone: str) -> bool:
        """Whether a time alone would not tell which day is meant."""
        return on_several_days(rounds, zone)

    def _of_day(self, at: datetime, zone: str, rounds: Sequence[RoundPublic]) -> str:
        return f"{self.short_day(at, zone)}, " if on_several_days(rounds, zone) else ""


@cache
def _locale(lang: str) -> Locale:
    return Locale.parse(_VARIANTS.get(lang, lang))


@lru_cache(maxsize=4096)
def _time(lang: str, moment: datetime, zone: str) -> str:
    """A page of a large event names the same few moments thousands of times."""
    there = ZoneInfo(zone)
    return format_time(moment.astimezone(there), "short", tzinfo=there, locale=_locale(lang))


@lru_cache(maxsize=1024)
def _date(lang: str, day: date, style: Literal["medium", "full"]) -> str:
    words = str(format_date(day, style, locale=_locale(lang)))
    return _as_said_in_basque(words, day) if lang == "eu" else words


def _as_said_in_basque(words: str, day: date) -> str:
    """2027(e)ko martxoaren 9(a) → 2027ko martxoaren 9a: endings follow a number's last sound, which CLDR leaves open.

    Bat, bost, hamar and ehun end in a consonant, and with them every year that ends in one of these; hamaika (11) and
    hogeita hamaika (31) end in the article already.
    """
    hard = (day.year % 100) % 20 in {1, 5, 10, 15} or (day.year % 100 == 0 and day.year % 1000 != 0)
    return words.replace("(e)ko", "eko" if hard else "ko").replace("(a)", "" if day.day in {11, 31} else "a")


@lru_cache(maxsize=1024)
def _list(lang: str, items: tuple[str, ...]) -> str:
    return format_list(items, locale=_locale(lang))


@lru_cache(maxsize=4096)
def _place(lang: str, label: str) -> str:
    named = _NUMBERED.fullmatch(label)
    if named is None or named[1] not in _place_words():
        return label
    return f"{translations(lang).pgettext('place', PLACE)} {named[2]}"


_NUMBERED = re.compile(r"(\w+) (\d{1,4})")


@cache
def _place_words() -> frozenset[str]:
    """What the service calls places, in every language."""
    return frozenset(translations(lang).pgettext("place", PLACE) for lang in LANGUAGES)


def highlight(fragment: Fragment) -> Markup:
    """The fragment with its marks in <mark>; everything somebody wrote is escaped."""
    pieces, position = [], 0
    for start, end in sorted(fragment.marks):
        start, end = max(start, position), min(end, len(fragment.text))
        if start < end:
            pieces += [escape(fragment.text[position:start]), Markup("<mark>"), escape(fragment.text[start:end])]
            pieces.append(Markup("</mark>"))
            position = end
    return Markup("").join([*pieces, escape(fragment.text[position:])])
