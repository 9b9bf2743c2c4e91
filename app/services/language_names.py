"""Languages and countries by the names people call them, in any language of the interface."""

from functools import cache

from models.codes import check_country, check_language, country_names

_TOLD_IN = ("fr", "nl", "de", "da", "es", "eu", "en")


def language_code(word: str, lang: str) -> str | None:
    """The code of a language named by code or by name (the reader's own language wins), or None."""
    try:
        return check_language(word if "-" in word else word.lower())
    except ValueError:
        return _names(lang).get(word.casefold())


def country_code(word: str, lang: str) -> str | None:
    """The code of a country named by code or by name, or None."""
    try:
        return check_country(word.upper())
    except ValueError:
        return _countries(lang).get(word.casefold())


@cache
def _names(lang: str) -> dict[str, str]:
    from babel import Locale  # noqa: PLC0415 - slow import

    names: dict[str, str] = {}
    for tongue in (*_TOLD_IN, lang):
        told = Locale.parse(tongue).languages
        names |= {str(name).casefold(): code for code, name in told.items() if len(code) <= 3}
    return names


@cache
def _countries(lang: str) -> dict[str, str]:
    from babel import Locale  # noqa: PLC0415 - slow import

    names: dict[str, str] = {}
    for tongue in (*_TOLD_IN, lang):
        told = Locale.parse(tongue).territories
        names |= {str(name).casefold(): code for code, name in told.items() if code in country_names()}
    return names
