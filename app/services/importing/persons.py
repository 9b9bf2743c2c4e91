"""Names, addresses and telephones of persons: kept beside the source's words only where a map has a legal basis."""

import re
from collections.abc import Callable

from app.services.importing.cells import Cell, Context, Draft
from app.services.importing.notes import Place
from app.services.importing.remarks import Unreadable
from app.services.importing.values import parse_phone

_TAKEN_OUT = "[…]"
"""In the place of what a text must not say."""
_NUMBERS = re.compile(r"[;,|\n]|\s(?:/|ou|or|of|oder|eller|o|edo)\s")
_OFFICE = re.compile(
    r"(?:info|contact|kontakt|hello|office|mail|post|admin|secretariat|secretaria|sekretariat|accueil|onthaal|direction"
    r"|sales|support|communication|hallo|welcome|reception|international|innovation|europe|europa)"
    r"(?:[-._+]?(?:[a-z]{2}|\d+))?@", re.I
)  # fmt: skip
"""Addresses of an office, not of a person: info@, contact-fr@."""
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[a-z]{2,12}", re.I)
"""Begins where a word does and is no longer than addresses may be: no text takes long to look through."""


def read_personal(name: str) -> Callable[[Cell], None]:
    """Persons' names and addresses: kept beside the source's words only where a legal basis was given."""

    def read(cell: Cell) -> None:
        items = _apart(name, cell.text)
        open_to_all = [item for item in items if name == "email" and _OFFICE.match(item)]
        personal = [item for item in items if item not in open_to_all]
        if open_to_all:
            cell.draft.extras.setdefault(name, []).extend(open_to_all)
        if personal and cell.context.legal_basis:
            cell.draft.extras.setdefault("personal", {}).setdefault(name, []).extend(personal)
            cell.draft.headings[name] = (cell.column.heading, personal[0])
        elif personal:
            cell.note("persons")

    return read


def _apart(name: str, text: str) -> list[str]:
    """The addresses or numbers of one cell: an office's address beside a person's must not take it along."""
    if name == "email":
        return _ADDRESS.findall(text) or [text]
    return [item.strip() for item in _NUMBERS.split(text) if item.strip()] if name == "phone" else [text]


def take_out_addresses(draft: Draft, context: Context) -> None:
    """E-mail addresses of persons need a legal basis, inside a text too; those of an office stay."""
    if context.legal_basis:
        return
    for texts in draft.texts.values():
        for text in texts:
            told = _ADDRESS.sub(_office_alone, text.text) if "@" in text.text else text.text
            if told != text.text:
                text.text = told
                context.notes.add("address_in_text", Place(draft.line, draft.sheet), heading=text.heading)


def _office_alone(address: re.Match[str]) -> str:
    return address[0] if _OFFICE.match(address[0]) else _TAKEN_OUT


def complete_phones(draft: Draft, context: Context) -> None:
    """Telephones with the code of their country: only now it is known. What cannot be dialled is kept and named."""
    numbers = draft.extras.get("personal", {}).get("phone", [])
    heading = draft.headings.get("phone", ("phone", ""))[0]
    for position, number in enumerate(numbers):
        try:
            numbers[position] = parse_phone(number, draft.scalars.get("country", ""))
        except Unreadable as error:
            context.notes.add("of_column", Place(draft.line, draft.sheet), heading=heading, reason=error.remark)
