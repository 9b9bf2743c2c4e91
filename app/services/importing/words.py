"""The word lists of data/, folded once: headings, kinds, countries, languages in nine languages."""

import re
import tomllib
from collections import defaultdict
from functools import cache
from importlib.resources import files
from typing import Any

from app.services.texts import fold

LANGUAGES = ("en", "fr", "nl", "de", "da", "es", "eu", "pt", "it")

_LETTERS = str.maketrans("øØłŁ", "oOlL", "") | {
    ord(letter): pair for letter, pair in zip("æÆœŒß", ("ae", "ae", "oe", "oe", "ss"), strict=True)
}


def fold_word(words: str) -> str:
    """`fold`, with the letters that decomposition leaves alone and with symbols kept when there is nothing else."""
    plain = fold(words.translate(_LETTERS))
    return plain or re.sub(r"\s+", "", words)


@cache
def _file(name: str) -> dict[str, Any]:
    return tomllib.loads((files("app.services.importing") / "data" / name).read_text(encoding="utf-8"))


@cache
def heading_words() -> dict[str, frozenset[str]]:
    """Folded heading → the fields it may mean (one, unless languages disagree)."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, by_language in _file("headings.toml").items():
        for listed in by_language.values():
            for word in listed.split("|"):
                found[fold_word(word)].add(name)
    return {word: frozenset(names) for word, names in found.items()}


@cache
def code_words(table: str) -> dict[str, str]:
    """Folded word → code, for one table of words.toml (kind, facet, yes, country, language)."""
    return {fold_word(word): code for code, listed in _file("words.toml")[table].items() for word in listed.split("|")}


@cache
def country_words() -> dict[str, str]:
    """Folded name of a country in any of our languages → ISO 3166-1 code."""
    from babel import Locale  # noqa: PLC0415 - slow import

    from models.codes import country_names  # noqa: PLC0415 - beside the table it narrows

    known = country_names()
    words = {
        fold_word(str(name)): code
        for language in LANGUAGES
        for code, name in Locale(language).territories.items()
        if code in known
    }
    return words | {code.lower(): code for code in known} | code_words("country")


@cache
def language_words() -> dict[str, str]:
    """Folded name of a language in any of our languages → BCP 47 code."""
    from babel import Locale  # noqa: PLC0415 - slow import

    words = {
        fold_word(str(name)): code
        for language in LANGUAGES
        for code, name in Locale(language).languages.items()
        if re.fullmatch("[a-z]{2,3}", code)
    }
    return words | code_words("language")


@cache
def region_words() -> dict[str, str]:
    """Folded name of a NUTS 2021 territory → code, where the name is not shared by several."""
    from models.codes import nuts_names  # noqa: PLC0415 - beside the table it narrows

    found: dict[str, list[str]] = defaultdict(list)
    for code, name in nuts_names().items():
        found[fold_word(name)].append(code)
    # A territory that is its own subdivision has one name on several levels: the largest is meant.
    return {
        name: min(codes, key=len)
        for name, codes in found.items()
        if all(code.startswith(min(codes, key=len)) for code in codes)
    }


@cache
def older_codes() -> dict[str, str]:
    """NUTS code of 2006 to 2016 → the code of 2021 of the same territory, or of the smallest that holds it."""
    found: dict[str, str] = {}
    for older, code in _file("words.toml")["nuts_older"].items():
        found[older] = code
        if older.startswith("FR"):
            # The departments kept their order within a region: FR301 became FRE11.
            found |= {f"{older}{digit}": f"{code}{digit}" for digit in "123456789" if f"{code}{digit}" in _nuts()}
    return found


def _nuts() -> dict[str, str]:
    from models.codes import nuts_names  # noqa: PLC0415 - beside the table it narrows

    return nuts_names()


@cache
def calling_codes() -> dict[str, tuple[str, str]]:
    """Country → (its calling code, the digits before a number at home)."""
    codes = {country: said.partition("|") for country, said in _file("words.toml")["calling"].items()}
    return {country: (code, at_home) for country, (code, _, at_home) in codes.items()}


def asking_words() -> dict[str, str]:
    """Words of questions that say nothing of what is asked for."""
    return code_words("asking")


def stop_words() -> dict[str, str]:
    """Articles and little words that do not make one heading differ from another."""
    return code_words("stops")
