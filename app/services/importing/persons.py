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

_WORD = r"[A-ZÀ-ÖØ-Þ][\w'’-]*(?:\.(?=\s))?"
_LITTLE = r"(?:(?:de|du|del|della|van|der|den|von|zu|la|le|ten|ter|af)\s+){0,2}"
_MORE = rf"(?:\s+{_LITTLE}{_WORD})"
_TITLED = re.compile(
    rf"(?<![\w.])(?:(?:MM?\.|Mme|Mlle|Monsieur|Madame|Herrn?|Frau|Hr\.|Fru|Dhr\.|[Dd]e heer|Mevr\.|Mevrouw|Mw\.|Mrs?\.?"
    rf"|Ms\.?|Sra?\.|Señora?|Dña\.|Doña|Sig\.(?:ra)?)\s+{_LITTLE}{_WORD}{_MORE}{{0,2}}"
    rf"|(?:Dr\.?|Prof\.?|Pr\.)(?:\s+(?:[Dd]r|ir|ing|med)\.)*\s+{_WORD}{_MORE}{{1,3}})"
)
"""A title of courtesy before a name. Behind an academic one two names are expected: Dr. Oetker is a brand."""
_DIGITS = re.compile(r"\d[ \u00a0\u202f./()-]{0,2}\d[ \u00a0\u202f./()-]{0,2}\d")
_TELEPHONE = re.compile(
    r"(?i)\b(?:t[ée]l[ée]?(?:phone|foon|fon|fono|fonoa)?|tlf|gsm|mobile?|mobiel|mobil|handy|m[óo]vil|mugikorra|portable|fax)"
    r"\b[.:\s]{0,4}\+?\(?\d(?:[ \u00a0\u202f./()-]{0,2}\d){6,14}"
)
"""A telephone number behind a word that says so; other numbers of a text may be anything."""


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


def take_out_persons(draft: Draft, context: Context) -> None:
    """Addresses, telephones and names with a title need a legal basis, inside a text too; those of an office stay."""
    if context.legal_basis:
        return
    place = Place(draft.line, draft.sheet)
    known = " ".join([draft.scalars.get("name", ""), *draft.lists.get("aliases", [])])
    for text in (text for texts in draft.texts.values() for text in texts):
        told = _ADDRESS.sub(_office_alone, text.text) if "@" in text.text else text.text
        if told != text.text:
            context.notes.add("address_in_text", place, heading=text.heading)
        text.text = _TELEPHONE.sub(_TAKEN_OUT, told) if _DIGITS.search(told) else told
        # "Monsieur Meuble" is no person where the actor is called so.
        text.text = _TITLED.sub(lambda found: found[0] if found[0] in known else _TAKEN_OUT, text.text)
        if text.text != told:
            context.notes.add("person_in_text", place, heading=text.heading)


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
