"""Rows below the headings that are no actors: the headings once more, sums, titles between rows, remarks under a table.

They are passed over and named, so that no actor is called "Total" and nobody has to mend them as rejected rows.
"""

import re
from collections.abc import Sequence
from typing import Any

from app.services.importing.remarks import remark
from app.services.importing.tables import is_blank
from app.services.importing.words import country_words, fold_word
from models.remark import Remark

_SUM_WORDS = (
    "total", "totaal", "totale", "totais", "totali", "subtotal", "subtotaal", "sous total", "somme", "som", "summe",
    "gesamt", "gesamtsumme", "insgesamt", "zwischensumme", "sum", "grand total", "i alt", "ialt", "suma", "guztira",
    "guztizkoa", "soma", "somma", "total general", "total général", "algemeen totaal", "eindtotaal", "anzahl", "count",
    "nombre total", "aantal", "antal",
)  # fmt: skip
_SUMS = frozenset(map(fold_word, _SUM_WORDS))
_SUM_BEGINS = tuple({word[:3] for word in _SUMS})
_SUM_HEADINGS = _SUMS - {"som", "sum", "count", "antal", "anzahl", "aantal"}
_REMARK = re.compile(
    r"\*+\s*\S|(?:sources?|quellen?|bron(?:nen)?|kilder?|fuentes?|iturri(?:ak?)|fontes?|fonti|notes?|notas?|n\.?\s?b\.?|"
    r"remarques?|nota bene|anmerkung(?:en)?|hinweise?|stand|opmerking(?:en)?|bemærk(?:ning)?|oharrak?|observaciones|"
    r"légende|legende|leyenda|mise à jour|actualizado)\s*[:：]",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[-+]?[\d\s.,'’%€\u00a0\u202f]*\d[\d\s.,'’%€\u00a0\u202f]*\Z")
_SHORT = 200
_WIDE = 3
"""Columns a merged cell covers from which its text is no value of each of them."""


def row_aside(cells: Sequence[Any], headings: Sequence[str]) -> Remark | None:
    """Why a row is no actor; None when it may be one. `headings` are the table's own, in its order."""
    first = next((i for i, cell in enumerate(cells) if not is_blank(cell)), None)
    if first is None or not isinstance(cells[first], str) or len(cells[first]) > _SHORT:
        return None
    text = cells[first].strip()
    if first < len(headings) and text == headings[first] and _are_headings(cells, headings):
        return remark("headings_again")
    if text[:3].lower() in _SUM_BEGINS and _is_sum(text) and _only_numbers(cells[first + 1 :]):
        return remark("sum_row", value=text[:60])
    return _single(text, cells, first, headings)


def is_sum_heading(heading: str) -> bool:
    """Whether a column (of a matrix) adds up the others; a heading in two languages says so in either."""
    parts = (fold_word(part) for part in re.split(r"[/|]", heading))
    return any(part in _SUM_HEADINGS for part in parts)


def _are_headings(cells: Sequence[Any], headings: Sequence[str]) -> bool:
    said = [(str(cell).strip(), heading) for cell, heading in zip(cells, headings, strict=False) if not is_blank(cell)]
    return len(said) > 1 and all(cell == heading for cell, heading in said)


def _is_sum(text: str) -> bool:
    words, _, _rest = text.partition(":")
    parts = [fold_word(part) for part in re.split(r"[/|]", re.sub(r"[\d.,\s]+$", "", words)) if part.strip()]
    return bool(parts) and all(part in _SUMS for part in parts)


def _only_numbers(cells: Sequence[Any]) -> bool:
    # Longer ones are not tried: the pattern would take as many steps as they have digits, for each of them.
    return all(is_blank(cell) or (len(str(cell)) <= _SHORT and _NUMBER.match(str(cell).strip())) for cell in cells)


def _single(text: str, cells: Sequence[Any], first: int, headings: Sequence[str]) -> Remark | None:
    """What stands alone in its row (once, or in a cell merged over the others) and does not read like a name."""
    if any(not is_blank(cell) and str(cell).strip() != text for cell in cells[first + 1 :]):
        return None
    leftmost = next((i for i, heading in enumerate(headings) if heading), 0)
    if len([h for h in headings if h]) < 2 or first > leftmost:
        return None
    if _REMARK.match(text):
        return remark("remark_row", value=text[:60])
    filled = sum(1 for cell in cells if not is_blank(cell))
    # "Luxembourg" may be a town, its region and its country.
    if filled < _WIDE or fold_word(text) in country_words():
        return None
    return remark("title_row", value=text[:60])
