"""Values as people write them → our codes. Each parser returns the value or raises Unreadable in plain words."""

import math
import re
from contextlib import suppress
from functools import lru_cache
from urllib.parse import urlsplit

from app.services.importing.looks import split_list
from app.services.importing.remarks import Unreadable
from app.services.importing.words import (
    calling_codes,
    code_words,
    country_words,
    fold_word,
    language_words,
    older_codes,
    region_words,
)
from models.codes import KINDS, check_country, check_language, nuts_names

BLANKS = frozenset(
    {
        "-",
        "--",
        "/",
        "n/a",
        "na",
        "n.a.",
        "#n/a",
        "nan",
        "null",
        "none",
        "nihil",
        "néant",
        "?",
        "…",
        ".",
        "s/o",
        "sans objet",
        "aucun",
        "aucune",
        "n.v.t.",
        "nvt",
        "geen",
        "keine",
        "keiner",
        "k.a.",
        "k. a.",
        "entfällt",
        "ingen",
        "ninguno",
        "ninguna",
        "no tiene",
        "no procede",
        "ez dago",
        "ez du",
        "nessuno",
        "nessuna",
        "nenhum",
        "nenhuma",
        "n/d",
        "n.d.",
        "n.c.",
        "nc",
        "s.o.",
        "#ref!",
        "#n/v",
        "#nv",
    }
)
"""What people write into a cell that they mean to leave empty."""
_LONG_BLANK = 40
"""Characters beyond which a cell that is not empty says something."""
_BEYOND_HOME = 10
"""Digits from which a telephone number without a plus may hold the code of its country."""
_LONG_NUMBER = 80
"""Characters beyond which a cell is no number: patterns with gaps in them are not tried on a page of blanks."""
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")
_DEGREES = re.compile(r"(\d{1,3})\s*°\s*(?:(\d{1,2})\s*[’'′])?\s*(?:(\d+(?:[.,]\d*)?)\s*(?:[”\"″]|''))?\s*([NSEWO])")
_PLAIN_ADDRESS = re.compile(r"(https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,24})/?\Z", re.ASCII | re.IGNORECASE)
"""Addresses as nearly all are written, which need no closer look."""
_TAG = re.compile(r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")


@lru_cache(4096)
def parse_country(value: str) -> str:
    """ISO 3166-1 code of a country written as a code or as a name in any of our languages."""
    code = country_words().get(fold_word(value))
    if code is None:
        raise Unreadable("country_unknown", value=value)
    return check_country(code)


@lru_cache(4096)
def parse_language(value: str) -> str:
    """BCP 47 tag of a language written as a tag or as a name in any of our languages."""
    text = value.strip()
    named = language_words().get(fold_word(text))
    if named:
        return named
    if _TAG.match(text):
        primary, *rest = re.split("[-_]", text)
        tag = "-".join([primary.lower(), *(p.upper() if len(p) == 2 else p for p in rest)])
        with suppress(ValueError):
            return check_language(tag)
    raise Unreadable("language_unknown", value=value)


def parse_languages(value: str) -> list[str]:
    """The languages listed in one cell."""
    items = split_list(value)
    if len(items) == 1 and " " in items[0] and fold_word(items[0]) not in language_words():
        items = items[0].split()
    return list(dict.fromkeys(parse_language(item) for item in items))


@lru_cache(4096)
def parse_nuts(value: str) -> str:
    """NUTS 2021 code written as a code, of an earlier edition too, or as the name of a territory that no other has."""
    code = plain_code(value)
    code = older_codes().get(code, code)
    if code in nuts_names():
        return code
    named = region_words().get(fold_word(value))
    if named:
        return named
    raise Unreadable("nuts_unknown", value=value)


def plain_code(value: str) -> str:
    """A code without spaces, in capitals."""
    return value.strip().upper().replace(" ", "")


@lru_cache(4096)
def parse_kind(value: str) -> str | None:
    """Our kind for a word; None when it is not known."""
    folded = fold_word(value)
    if folded.replace(" ", "_") in KINDS:
        return folded.replace(" ", "_")
    words = code_words("kind")
    if folded in words:
        return words[folded]
    parts = [words.get(fold_word(p)) for p in re.split(r"[(/,;:–—-]", value)]
    return next((p for p in parts if p), None)


@lru_cache(256)
def parse_facet(value: str) -> str | None:
    """offers, needs or description for a word; None when it is not known."""
    code = code_words("facet").get(fold_word(value))
    return {"offer": "offers", "need": "needs", "profile": "description"}[code] if code else None


def parse_number(value: str) -> float:
    """A number with a decimal point or comma, spaces or dots between thousands, or a range (its middle)."""
    number = _number(value.replace("\u00a0", " ").replace("\u202f", " ").strip())
    if number is None or not math.isfinite(number):
        raise Unreadable("number_expected", value=value)
    return number


def _number(text: str) -> float | None:
    if len(text) > _LONG_NUMBER:
        return None
    text = re.sub(r"(?<=\d)[ '’](?=\d{3}\b)", "", text)
    if re.fullmatch(r"-?\d{1,3}(\.\d{3})+(,\d+)?", text):
        text = text.replace(".", "")
    elif re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text) and "." in text:
        text = text.replace(",", "")
    if re.fullmatch(_NUMBER, text):
        return float(text.replace(",", "."))
    found = re.fullmatch(r"[~≈ca. ]*(\d+)\s*(?:-|–|à|to|bis|tot|til|a)\s*(\d+)\D*", text)
    if found:
        return (float(found[1]) + float(found[2])) / 2
    alone = re.fullmatch(r"(?:[^\W\d_]{1,10}\.?\s+)?[<>±~≈ca. +]*(\d+(?:[.,]\d+)?)\s*(?:\+|[^\W\d_.,]{1,15}\.?)?", text)
    return float(alone[1].replace(",", ".")) if alone else None


def parse_coordinate(value: str, low: float, high: float) -> float:
    """Degrees, as a decimal number (point or comma) or as degrees, minutes and seconds with a compass letter."""
    text = value.strip().upper()
    if len(text) > _LONG_NUMBER:
        raise Unreadable("number_expected", value=value)
    parts = _DEGREES.fullmatch(text)
    if parts:
        degrees = float(parts[1]) + float(parts[2] or 0) / 60 + float((parts[3] or "0").replace(",", ".")) / 3600
        number = -degrees if parts[4] in "SWO" else degrees
    elif re.fullmatch(r"[-+]?\d{1,3}[.,]\d+°?", text):
        # Degrees have no thousands: the point of 50.358 stands before decimals.
        number = float(text.rstrip("°").replace(",", "."))
    else:
        number = parse_number(text.rstrip("°"))
    if not low <= number <= high:
        raise Unreadable("degrees_outside", value=value, low=f"{low:g}", high=f"{high:g}")
    return number


def parse_website(value: str) -> str:
    """An address on the web with its scheme and with its host in lower case."""
    plain = _PLAIN_ADDRESS.match(value)
    if plain and len(value) < 400:
        return f"{(plain[1] or 'https://').lower()}{plain[2].lower()}"
    text = next(iter(value.strip().strip("<>").split()), "")
    full = text if re.match(r"(?i)https?://", text) else f"https://{text}"
    try:
        parts = urlsplit(full)
        host, number = parts.hostname or "", parts.port
    except ValueError:
        host, number = "", None
    if not re.fullmatch(r"([\w-]+\.)+[^\W\d_]{2,24}", host) or len(full) > 500:
        raise Unreadable("website_expected", value=value[:80])
    path = parts.path if parts.path != "/" else ""
    port = f":{number}" if number else ""
    query = f"?{parts.query}" if parts.query else ""
    # As the brackets around an address: what is read again must not change again.
    return f"{parts.scheme.lower()}://{host.lower()}{port}{path}{query}".rstrip("<>")


def parse_phone(value: str, country: str) -> str:
    """A telephone number as ITU-T E.164 writes it: +33320000000. `country` is where a number without one is dialled."""
    digits = re.sub(r"[\s\u00a0().\-–/]", "", value.replace("(0)", ""))
    digits = f"+{digits[2:]}" if digits.startswith("00") else digits
    if re.fullmatch(r"\d{5,14}", digits) and country in calling_codes():
        code, at_home = calling_codes()[country]
        # A spreadsheet makes 33320000000 of +33320000000: a number this long that begins so may be either.
        doubtful = digits.startswith(code) and len(digits) >= _BEYOND_HOME
        digits = digits if doubtful else f"+{code}{digits.removeprefix(at_home)}"
    if not re.fullmatch(r"\+[1-9]\d{5,14}", digits):
        raise Unreadable("phone_expected", value=value[:60])
    return digits


def host_of(website: str | None) -> str:
    """The host of an address without www, or nothing."""
    host = urlsplit(website).hostname or "" if website else ""
    return host.removeprefix("www.")


def is_blank_text(value: str) -> bool:
    """Whether a cell is left empty, in the many ways people do it."""
    if len(value) > _LONG_BLANK:
        return value.isspace()
    stripped = value.strip()
    return not stripped or stripped.lower() in BLANKS


def parse_yes_no(value: str) -> bool:
    """Whether a cell says yes; a cell that says neither is refused, so that nobody is opened by a slip of the pen."""
    known = code_words("yes").get(fold_word(value))
    if known is None:
        raise Unreadable("yes_no_expected", value=value)
    return known == "yes"


def parse_level(value: str) -> tuple[bool, str | None] | None:
    """(has the competence, its level as written) for a cell of a matrix; None when the cell is no level."""
    text = value.strip()
    known = code_words("yes").get(fold_word(text)) if text else "no"
    if known:
        return known == "yes", None if known == "no" else text
    if re.fullmatch(r"[0-9]{1,2}([.,]\d+)?(\s*/\s*\d{1,2})?|\+{1,5}|\*{1,5}|[A-E]", text):
        return not text.startswith("0") or text.startswith("0."), text
    return None


def region_country(region: str) -> str | None:
    """The country a region named in NUTS 2021 lies in."""
    code = region_words().get(fold_word(region))
    return {"EL": "GR", "UK": "GB"}.get(code[:2], code[:2]) if code else None
