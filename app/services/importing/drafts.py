"""A record → a draft: each cell parsed under its field, what cannot be taken noted with line, heading and value."""

import re
from collections.abc import Callable, Set
from functools import lru_cache
from typing import Any

from app.services.importing.cells import Cell, Context, Draft, RowOf, Text, clean
from app.services.importing.columns import PERSONAL
from app.services.importing.dates import parse_date
from app.services.importing.layout import Record
from app.services.importing.nested import is_text, words_of
from app.services.importing.notes import Place
from app.services.importing.persons import read_personal
from app.services.importing.remarks import WHOLE_ROW, Unreadable, english, remark
from app.services.importing.sector_words import Reading
from app.services.importing.sectors import holds_codes
from app.services.importing.values import (
    is_blank_text,
    parse_coordinate,
    parse_country,
    parse_facet,
    parse_kind,
    parse_language,
    parse_languages,
    parse_level,
    parse_number,
    parse_nuts,
    parse_website,
    parse_yes_no,
    plain_code,
)
from app.services.importing.words import fold_word, older_codes
from models.competence_map import Rejection
from models.remark import Remark

_BULLETS = re.compile(r"[\r\n|•▪◦·●]\s*(?:[-–*]\s+)?|;\s+")


def read_record(record: Record, context: Context) -> Draft:
    """The draft of one record. Its `problems` say what makes it impossible to take."""
    draft = Draft([record.line], context.sheet)
    if record.broken:
        column, value = record.cells[0] if record.cells else (None, "")
        heading = column.heading if column else WHOLE_ROW
        draft.problems.append(rejection(draft, heading, value, record.broken))
        return draft
    row = RowOf(draft, context, _row_facet(record, context), _row_language(record, draft, context))
    for column, value in record.cells:
        assert column.field is not None
        if isinstance(value, str) and not context.structured and is_blank_text(value):
            continue
        try:
            _READERS[column.field](Cell(row, column, value))
        except Unreadable as error:
            draft.problems.append(rejection(draft, column.heading, value, error.remark))
    _give_level(draft, {column.heading for column, _ in record.cells if column.field == "competence"})
    return draft


def _give_level(draft: Draft, headings: Set[str]) -> None:
    """A level in a row of one competence is that competence's: kept as a matrix's, so that rows can be joined."""
    level = draft.extras.get("level")
    named = [text.text for texts in draft.texts.values() for text in texts if text.heading in headings]
    if named and isinstance(level, str):
        del draft.extras["level"]
        draft.extras.setdefault("levels", {}).update(dict.fromkeys(named, level))


def rejection(draft: Draft, heading: str, value: object, why: Remark) -> Rejection:
    """Why a draft cannot be taken: heading and value as the file writes them, the reason in English and as a code."""
    return Rejection(
        line=draft.line,
        field=heading,
        value=str(value)[:200],
        reason=english(why),
        sheet=draft.sheet,
        code=why.code,
        values=why.values,
    )


def _row_facet(record: Record, context: Context) -> str:
    """Which texts a row's competence belongs to: its facet column's word, else offers."""
    for column, value in record.cells:
        if column.field == "facet":
            known = parse_facet(str(value))
            if known is None:
                place = Place(record.line, context.sheet)
                context.notes.add("facet_unknown", place, heading=column.heading, value=str(value)[:60])
            return known or "offers"
    return "offers"


def _row_language(record: Record, draft: Draft, context: Context) -> str | None:
    for column, value in record.cells:
        if column.field == "lang":
            try:
                return parse_language(str(value))
            except Unreadable as error:
                draft.problems.append(rejection(draft, column.heading, value, error.remark))
    return context.options.language


def _read_plain(name: str) -> Callable[[Cell], None]:
    def read(cell: Cell) -> None:
        cell.put(name, cell.text)

    return read


def _read_name(cell: Cell) -> None:
    if isinstance(cell.value, dict) and cell.value and is_text(cell.value):
        _read_names(cell, [str(text).strip() for text in cell.value.values() if isinstance(text, str) and text.strip()])
        return
    if "name" in cell.draft.scalars:
        if cell.text != cell.draft.scalars["name"]:
            cell.draft.lists.setdefault("aliases", []).append(cell.text)
        return
    cell.put("name", " ".join(cell.text.split()))


def _read_names(cell: Cell, wordings: list[str]) -> None:
    """A name in several languages: the first is the name, the others are aliases."""
    if not wordings:
        raise Unreadable("structure_unexpected")
    known = [cell.draft.scalars["name"]] if "name" in cell.draft.scalars else []
    names = [*known, *wordings]
    first = names[0]
    cell.put("name", first)
    kept = cell.draft.lists.setdefault("aliases", [])
    kept += [other for other in dict.fromkeys(names[1:]) if other != first and other not in kept]


def _read_kind(cell: Cell) -> None:
    kind = parse_kind(cell.text)
    if kind is None:
        cell.note("kind_unknown", value=cell.text[:60])
    cell.put("kind", kind or "other")


def _read_parsed(name: str, parse: Callable[[str], Any]) -> Callable[[Cell], None]:
    def read(cell: Cell) -> None:
        cell.put(name, parse(cell.text))

    return read


def _read_or_leave_out(name: str, parse: Callable[[str], Any]) -> Callable[[Cell], None]:
    """Fields that are not worth losing an actor for: a value that cannot be read is left out and named."""

    def read(cell: Cell) -> None:
        try:
            cell.put(name, parse(cell.text))
        except Unreadable as error:
            cell.note("left_out", reason=error.remark)

    return read


@lru_cache(maxsize=4096)
def _is_numbered(heading: str) -> bool:
    """Whether a heading ends with a number: such columns hold one item each."""
    return bool(re.search(r"\d$", fold_word(heading)))


def _items(cell: Cell) -> list[str]:
    """The items of a list, written as a list or in one cell."""
    if isinstance(cell.value, list):
        # An item whose every wording is empty says nothing.
        words = [said[0] for item in cell.value if item not in (None, "", {}) and (said := _wordings(item))]
        words = [word["text"] if isinstance(word, dict) and "text" in word else word for word in words]
        if not all(isinstance(word, str | int | float) for word in words):
            raise Unreadable("words_expected")
        return [str(word).strip() for word in words if str(word).strip()]
    text = cell.text
    if _is_numbered(cell.column.heading) and cell.column.field != "relations":
        return [text]
    separator = r"[;|\n]" if re.search(r"[;|\n]", text) else r",\s+" if ", " in text else ","
    return [item.strip() for item in re.split(separator, text) if item.strip()]


def _read_list(name: str) -> Callable[[Cell], None]:
    def read(cell: Cell) -> None:
        kept = cell.draft.lists.setdefault(name, [])
        kept += [item for item in _items(cell) if item not in kept]

    return read


def _read_sectors(cell: Cell) -> None:
    kept = cell.draft.lists.setdefault("sectors", [])
    for item in _items(cell):
        try:
            read = cell.context.sectors.read(item, coded=holds_codes(cell.column.heading))
        except Unreadable as error:
            cell.note("of_column", reason=error.remark)
            read = Reading(item)
        if read.unmapped:
            cell.note("sector_unmapped", value=item[:60])
        if read.sector not in kept:
            kept.append(read.sector)
        if read.nace:
            cell.draft.extras.setdefault("nace", []).append(read.nace)


def _read_languages(cell: Cell) -> None:
    kept = cell.draft.lists.setdefault("languages", [])
    if isinstance(cell.value, list):
        found = [parse_language(item) for item in _items(cell)]
    else:
        found = parse_languages(cell.text)
    kept += [item for item in found if item not in kept]


def _read_texts(name: str) -> Callable[[Cell], None]:
    def read(cell: Cell) -> None:
        cell.draft.texts.setdefault(name, []).extend(_texts_of(cell, name))

    return read


def _texts_of(cell: Cell, name: str) -> list[Text]:
    heading, lang = cell.column.heading, cell.column.lang or cell.lang
    if isinstance(cell.value, dict):
        return [_structured(entry, heading, lang) for entry in _wordings(cell.value)]
    if isinstance(cell.value, list):
        return [text for item in cell.value for text in _item_texts(item, cell, lang)]
    text = cell.text
    if cell.context.structured and not text:
        raise Unreadable("text_empty")
    numbered = cell.context.structured or _is_numbered(heading)
    pieces = [text] if numbered or name == "description" else [p for p in _BULLETS.split(text) if p and p.strip()]
    return [Text(piece.strip(), lang, heading, cell.column.hint) for piece in pieces]


def _item_texts(item: Any, cell: Cell, lang: str | None) -> list[Text]:
    """The texts of one item of a list; a level beside its words is kept as that of a matrix is."""
    texts = [_structured(entry, cell.column.heading, lang) for entry in _wordings(item)]
    level = item.get("level") if isinstance(item, dict) else None
    if isinstance(level, str | int | float) and "text" not in item:
        cell.draft.extras.setdefault("levels", {}).update({text.text: str(level) for text in texts})
    return texts


def _wordings(item: Any) -> list[Any]:
    """The texts of one item: its wordings by language, or the one it is."""
    said = words_of(item)
    if isinstance(said, dict) and said and "text" not in said and is_text(said):
        return [{"lang": lang, "text": text} for lang, text in said.items() if text]
    return [said]


def _structured(entry: Any, heading: str, lang: str | None) -> Text:
    """One text written as "…" or {"lang": …, "text": …}."""
    if isinstance(entry, str):
        entry = {"text": entry}
    if not isinstance(entry, dict) or not isinstance(entry.get("text"), str) or set(entry) - {"lang", "text", "basis"}:
        raise Unreadable("text_shape")
    text = clean(entry["text"])
    if not text:
        raise Unreadable("text_empty")
    said = entry.get("lang")
    return Text(text, parse_language(str(said)) if said else lang, heading)


def _read_competence(cell: Cell) -> None:
    if cell.context.matrix:
        _read_matrix(cell)
        return
    cell.draft.texts.setdefault(cell.facet, []).extend(_texts_of(cell, cell.facet))


def _read_matrix(cell: Cell) -> None:
    level = parse_level(cell.text)
    if level is None:
        cell.note("level_unknown", value=cell.text[:40])
        level = (True, cell.text)
    if level[0]:
        text = Text(cell.column.heading, cell.column.lang or cell.lang, cell.column.heading)
        cell.draft.texts.setdefault(cell.facet, []).append(text)
        cell.draft.extras.setdefault("levels", {})[cell.column.heading] = level[1]


def _read_relations(cell: Cell) -> None:
    entries = cell.value if isinstance(cell.value, list) else _items(cell)
    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry.get("target"), str | int):
            kind, target = str(entry.get("type") or "partner"), str(entry["target"])
        elif isinstance(entry, str):
            kind, _, target = entry.rpartition(":")
        else:
            raise Unreadable("relation_shape")
        word = fold_word(kind or "partner").replace(" ", "_")[:60]
        if not re.match("[a-z]", word):
            raise Unreadable("relation_type", value=kind)
        cell.draft.relations.append((word, target.strip()))


def _read_geolocation(cell: Cell) -> None:
    """Both coordinates in one cell: "50.6,3.06", "(50.6; 3.06)"."""
    parts = re.findall(r"-?\d+(?:\.\d+)?", cell.text)
    if len(parts) != 2:
        cell.note("left_out", reason=remark("degrees_pair_expected", value=cell.text[:40]))
        return
    cell.put("lat", parse_coordinate(parts[0], -90, 90))
    cell.put("lon", parse_coordinate(parts[1], -180, 180))


def _read_extra(name: str) -> Callable[[Cell], None]:
    """What a source says beside our fields: kept with its words, not in the profile."""

    def read(cell: Cell) -> None:
        cell.draft.extras[name] = cell.value if isinstance(cell.value, list | dict) else cell.text

    return read


def _read_anonymous(cell: Cell) -> None:
    """Yes or no in words, or as JSON writes it."""
    cell.put("anonymous", cell.value if isinstance(cell.value, bool) else parse_yes_no(cell.text))


def _read_nuts(cell: Cell) -> None:
    code = parse_nuts(cell.text)
    if (written := plain_code(cell.text)) in older_codes():
        cell.note("nuts_older", value=written, nuts=code)
    cell.put("nuts", code)


def _read_date(cell: Cell) -> None:
    """The date of the facts; what is none is kept in the source's words."""
    found = parse_date(cell.text)
    if found is None:
        cell.note("date_unread", value=cell.text[:40])
    cell.draft.extras["facts_as_of"] = found or cell.text


def _nothing(_cell: Cell) -> None:
    return


_READERS: dict[str, Callable[[Cell], None]] = {
    "id": _read_plain("id"),
    "name": _read_name,
    "kind": _read_kind,
    "country": _read_parsed("country", parse_country),
    "region": _read_plain("region"),
    "nuts": _read_nuts,
    "side": _read_plain("side"),
    "city": _read_plain("city"),
    "lat": _read_parsed("lat", lambda v: parse_coordinate(v, -90, 90)),
    "lon": _read_parsed("lon", lambda v: parse_coordinate(v, -180, 180)),
    "geolocation": _read_geolocation,
    "anonymous": _read_anonymous,
    "website": _read_or_leave_out("website", parse_website),
    "size": _read_or_leave_out("size", parse_number),
    "languages": _read_languages,
    "sectors": _read_sectors,
    "aliases": _read_list("aliases"),
    "description": _read_texts("description"),
    "offers": _read_texts("offers"),
    "needs": _read_texts("needs"),
    "competence": _read_competence,
    "relations": _read_relations,
    "facet": _nothing,
    "lang": _nothing,
    "level": _read_extra("level"),
    "border": _read_extra("border"),
    "facts_as_of": _read_date,
    "basis": _read_extra("basis"),
    **{name: read_personal(name) for name in PERSONAL},
    "_address": _nothing,
    "_note": _nothing,
}
FIELDS = tuple(name for name in _READERS if not name.startswith("_"))
"""Fields a mapping may name (texts with a language: "description.fr")."""
