"""Sectors as written: NACE codes become the words of their division (Rev. 2), everything else stays as it is."""

import csv
import re
from functools import cache
from importlib.resources import files

from app.services.importing.remarks import Unreadable

_CODE = re.compile(
    r"^(?:NACE|NAF|APE|CAE|CNAE|ATECO|SBI|WZ)?[\s:]*+([A-U])?\s*+\.?\s*+(\d{2})(?:[.\s]?\d{1,2}){0,2}\s?[A-Z]?$",
    re.IGNORECASE,
)
"""Possessive where blanks follow each other: a cell of nothing else comes to an end."""


@cache
def divisions() -> dict[str, tuple[str, str]]:
    """Division of NACE Rev. 2 → (section, name)."""
    source = files("app.services.importing") / "data" / "nace.csv"
    with source.open(encoding="utf-8") as lines:
        return {row["division"]: (row["section"], row["name"]) for row in csv.DictReader(lines)}


def holds_codes(heading: str) -> bool:
    """Whether a heading says that the column holds codes of a classification."""
    return bool(re.search(r"(?i)nace|naf|\bape\b|cae|ateco|\bsbi\b|\bwz\b|co[dg][eicè]|kode", heading))


def read_sector(value: str, *, coded: bool = False) -> tuple[str, str | None]:
    """(sector in words, its NACE code where it was one). Unreadable for a code that NACE does not know.

    Digits alone are a code only in a column of codes (`coded`): elsewhere 2014 may be a year.
    """
    text = value.strip()
    found = _CODE.match(text)
    if not found or (text.isdigit() and not coded):
        return text, None
    section, division = found[1], found[2]
    known = divisions().get(division)
    if known is None or (section and section.upper() != known[0]):
        raise Unreadable("nace_unknown", value=text)
    digits = re.sub(r"[^0-9.]", "", text)
    return known[1], f"{known[0]}{digits}"
