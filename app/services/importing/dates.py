"""Dates as people write them in a table → ISO 8601, as exact as they are written: a day, a month, a year."""

import re
from datetime import date, timedelta
from functools import cache, lru_cache

from app.services.importing.words import LANGUAGES, fold_word

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})\Z")
_DAY_FIRST = re.compile(r"(\d{1,2})\s*[./\s-]\s*(\d{1,2})\s*[./\s-]\s*(\d{4}|\d{2})\Z")
_YEAR_FIRST = re.compile(r"(\d{4})\s*[./-]\s*(\d{1,2})(?:\s*[./]\s*(\d{1,2}))?\Z")
_MONTH_YEAR = re.compile(r"(\d{1,2})\s*[./-]\s*(\d{4})\Z")
_IN_WORDS = re.compile(r"(?:(\d{1,2})(?:er|st|nd|rd|th|º)?\s+)?([^\W\d]{3,12})\s+(\d{4})\Z")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?\Z")
_EPOCH = date(1899, 12, 30)
"""Day 0 of the dates of spreadsheets."""
_SERIALS = range(20_000, 60_000)
"""Serial numbers of the days from 1954 to 2064, beyond which five digits are no date of a fact."""
_LONGEST = 80
"""Characters beyond which a cell is no date."""
_TIME = re.compile(r"[ T,]+\d{1,2}[:.h]\d{2}(?:[:.]\d{2})?.*\Z")
"""The time of the day behind a date."""
_LITTLE_WORDS = re.compile(r"(?i)\b(?:de|del|d|den|le|the|of|vom|am|op)\b[.’']?\s*|(?<=\d)\.(?=\s)")


@lru_cache(4096)
def parse_date(value: str) -> str | None:
    """ISO date, month ("2013-06") or year of a cell; None when it is none. 3/4/2013 is a day of April, as in Europe."""
    if len(value) > _LONGEST:
        return None
    text = _TIME.sub("", value.strip())
    if re.fullmatch(r"(?:19|20)\d{2}", text):
        return text
    if found := _ISO.match(text):
        return _day(*found.groups())
    if found := _DAY_FIRST.match(text):
        return _day_first(*found.groups())
    if found := _YEAR_FIRST.match(text):
        return _day(*found.groups()) if found[3] else _month(found[1], found[2])
    if found := _MONTH_YEAR.match(text):
        return _month(found[2], found[1])
    if _SERIAL.match(text) and int(float(text)) in _SERIALS:
        return (_EPOCH + timedelta(days=int(float(text)))).isoformat()
    return _in_words(text)


def _day_first(first: str, second: str, year: str) -> str | None:
    full = year if len(year) == 4 else f"{20 if int(year) < 70 else 19}{year}"
    # Only the American order makes a month of what comes second: 12/31/2013.
    day, month = (second, first) if int(second) > 12 else (first, second)
    return _day(full, month, day)


def _in_words(text: str) -> str | None:
    plain = " ".join(_LITTLE_WORDS.sub(" ", text).split())
    found = _IN_WORDS.match(plain)
    month = _months().get(fold_word(found[2])) if found else None
    if found is None or month is None:
        return None
    return _day(found[3], str(month), found[1]) if found[1] else _month(found[3], str(month))


def _day(year: str, month: str, day: str) -> str | None:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _month(year: str, month: str) -> str | None:
    return f"{int(year):04}-{int(month):02}" if 1 <= int(month) <= 12 else None


@cache
def _months() -> dict[str, int]:
    """Folded name of a month, whole or short, in any of our languages → its number."""
    from babel import Locale  # noqa: PLC0415 - slow import

    return {
        fold_word(name): number
        for language in LANGUAGES
        for form in Locale(language).months.values()
        for width in ("wide", "abbreviated")
        for number, name in form[width].items()
    }
