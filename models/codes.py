"""Controlled codes: countries, languages, territories, kinds; and the plain sentences that refuse the others."""

import csv
import re
from functools import cache
from importlib.resources import files

KINDS = (
    "company", "cluster", "lab", "university", "technical_centre", "agency", "park", "incubator",
    "chamber", "funder", "research_network", "hospital", "public_body", "support", "other",
)  # fmt: skip
"""What an actor can be (the demo border's ORIGIN.md maps national labels to these)."""

FACETS = ("profile", "offer", "need")

_LANGUAGE_TAG = re.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
_NUTS_PREFIX = {"GR": "EL", "GB": "UK"}


@cache
def country_names() -> dict[str, str]:
    """ISO 3166-1 alpha-2 code → English name."""
    from babel import Locale  # noqa: PLC0415 - slow import

    not_countries = {"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB"}
    names = Locale("en").territories
    return {code: str(name) for code, name in names.items() if len(code) == 2 and code not in not_countries}


@cache
def language_names() -> dict[str, str]:
    """Primary language subtag → English name (BCP 47, as far as CLDR names them)."""
    from babel import Locale  # noqa: PLC0415 - slow import

    return {code: str(name) for code, name in Locale("en").languages.items() if "_" not in code}


@cache
def nuts_names() -> dict[str, str]:
    """NUTS 2021 code → name, all levels below the country (source: models/data/ORIGIN.md)."""
    with (files("models") / "data" / "nuts2021.csv").open(encoding="utf-8") as lines:
        return {row["code"]: row["name"] for row in csv.DictReader(lines)}


def check_country(code: str) -> str:
    """Return the code; ValueError when ISO 3166-1 does not know it."""
    if code not in country_names():
        hint = " (write it in capitals)" if code.upper() in country_names() else ""
        raise ValueError(
            f"unknown country {code!r}: expected an ISO 3166-1 code of two letters, such as FR or BE{hint}"
        )
    return code


def check_language(tag: str) -> str:
    """Return the tag; ValueError when it is no BCP 47 tag of a known language."""
    primary = tag.split("-")[0]
    if not _LANGUAGE_TAG.match(tag) or primary not in language_names():
        raise ValueError(f"unknown language {tag!r}: expected a BCP 47 code, such as fr, nl or pt-PT")
    return tag


def check_nuts(code: str) -> str:
    """Return the code; ValueError when NUTS 2021 does not list it."""
    if code not in nuts_names():
        raise ValueError(f"unknown NUTS code {code!r}: expected a code of NUTS 2021, such as FRE11 or BE25")
    return code


def check_nuts_country(nuts: str, country: str) -> None:
    """ValueError when a NUTS code lies in another country than the one given."""
    prefix = _NUTS_PREFIX.get(country, country)
    if not nuts.startswith(prefix):
        raise ValueError(f"NUTS code {nuts!r} does not lie in country {country!r}")


def check_kind(kind: str) -> str:
    """Return the kind; ValueError with the list when it is not one of ours."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}: expected one of {', '.join(KINDS)}")
    return kind
