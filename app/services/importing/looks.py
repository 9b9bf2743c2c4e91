"""What values look like: addresses on the web, countries, NUTS codes, languages, coordinates, texts."""

import re
from collections.abc import Callable, Sequence
from functools import partial

from app.services.importing.words import code_words, country_words, fold_word, language_words, older_codes

_URL = re.compile(r"^(https?://)?([\w-]+\.)+[a-z]{2,12}(/\S*)?$", re.I)
_EMAIL = re.compile(r"^[^@\s,;]+@([\w-]+\.)+[a-z]{2,12}$", re.I)
_SOME_EMAIL = re.compile(r"[^@\s,;<>]@([\w-]+\.)+[a-z]{2,12}", re.I)
_SOME_PHONE = re.compile(r"[+(]?\d[\d\s().\-/+]{6,24}\d")
_NUTS = re.compile(r"^[A-Z]{2}[0-9A-Z]{1,3}$")
_NUMBER = re.compile(r"^-?\d+([.,]\d+)?$")
_SPLIT = re.compile(r"[,;/|+&]|\s-\s|\s(?:et|en|und|and|og|y|e|eta)\s|\n")


def split_list(value: str) -> list[str]:
    """The items of a list written in one cell."""
    return [item.strip() for item in _SPLIT.split(value) if item.strip()]


def _matches(pattern: re.Pattern[str], value: str) -> bool:
    return bool(pattern.match(value.strip()))


def _holds(pattern: re.Pattern[str], value: str) -> bool:
    return bool(pattern.search(value))


def _is_language(value: str) -> bool:
    known = language_words()
    items = split_list(value) or value.split()
    return bool(items) and all(fold_word(i) in known or re.fullmatch(r"[A-Za-z]{2}(-[A-Za-z]{2,4})?", i) for i in items)


def _is_nuts(value: str) -> bool:
    from models.codes import nuts_names  # noqa: PLC0415 - reads its table only when asked

    code = value.strip().upper()
    return bool(_NUTS.match(code)) and (code in nuts_names() or code in older_codes())


def _is_number(low: float, high: float, value: str) -> bool:
    if not _NUMBER.match(value.strip()):
        return False
    return low <= float(value.strip().replace(",", ".")) <= high


_TESTS: dict[str, Callable[[str], bool]] = {
    "website": partial(_matches, _URL),
    "email": partial(_holds, _SOME_EMAIL),
    "phone": partial(_holds, _SOME_PHONE),
    "nuts": _is_nuts,
    "country": lambda v: fold_word(v) in country_words(),
    "languages": _is_language,
    "lang": _is_language,
    "lat": partial(_is_number, -90, 90),
    "lon": partial(_is_number, -180, 180),
    "size": lambda v: any(c.isdigit() for c in v),
    "facet": lambda v: fold_word(v) in code_words("facet"),
}
_LOOKS: dict[str, Callable[[str], bool]] = {
    "website": _TESTS["website"],
    "email": partial(_matches, _EMAIL),
    "nuts": _TESTS["nuts"],
    "country": _TESTS["country"],
}
"""Fields that values alone may suggest, where nearly each is one and nothing else."""


def fits(field: str, values: Sequence[str]) -> float | None:
    """Share of the values that can be of that field; None when nothing can be said."""
    test = _TESTS.get(field)
    filled = [v for v in values if v.strip()]
    if test is None or not filled:
        return None
    return sum(test(v) for v in filled) / len(filled)


def look_of(values: Sequence[str]) -> str | None:
    """The field that nearly all values look like."""
    filled = [v for v in values if v.strip()]
    if len(filled) < 2:
        return None
    return next((name for name, test in _LOOKS.items() if sum(map(test, filled)) >= 0.9 * len(filled)), None)
