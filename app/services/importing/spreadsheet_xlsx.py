"""XLSX as tables: a stream over the sheets' XML, with merged cells, dates and the stored values of formulas.

Own reader rather than openpyxl's: it holds one row at a time, is not led astray by declared dimensions, sees merged
cells while streaming, and refuses document types.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from app.services.importing.archives import MAX_MEMBERS, open_container, open_member
from app.services.importing.hidden import hidden_parts
from app.services.importing.remarks import oversize, refusal, remark
from app.services.importing.tables import MAX_CELL, MAX_COLUMNS, MAX_ROWS, MAX_SHEETS, Reading, Row, Table, Words
from app.services.importing.xml_stream import Handlers, XmlFeed, attribute

_CELL = re.compile(r"^([A-Z]{1,3})([0-9]{1,7})$")
_DATE_FORMATS = frozenset({14, 15, 16, 17, 18, 19, 20, 21, 22, 45, 46, 47})
_DATE_LETTERS = re.compile(r"[dyDY]|(?<![a-zA-Z])[mMhHsS]")
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's dates have no zone
_MAX_MERGES = 20_000
_MAX_STYLES = 70_000
"""Styles of cells, and ways of writing numbers: a little more than the format allows."""
_MAX_STRINGS = 10_000_000
"""Different texts of cells."""
_MAX_LISTED = 10 * MAX_SHEETS
"""Sheets that a workbook may name, seen and hidden."""
_LAST_DAY = 2_957_003
"""Serial number of the last day of 9999 where days count from 1904; from 1900 it is a little later."""
_TRUE = frozenset({"1", "true"})


def read_xlsx(data: bytes) -> Reading:
    """Every visible sheet of a workbook as a table."""
    with open_container(data) as container:
        sheets, from_1904, hidden = _sheets(container)
        shared = _shared_strings(container)
        dates = _date_styles(container)
        surveys = {part: _survey(container, part) for _, part in sheets}
    epoch = datetime(1904, 1, 1) if from_1904 else _EPOCH  # noqa: DTZ001 - a spreadsheet's dates have no zone
    reading = Reading("xlsx", [], warnings=[remark("sheet_hidden", sheet=name) for name in hidden])
    for name, part in sheets:
        survey = surveys[part]
        book = _Book(shared, dates, epoch, survey.covered)
        reading.tables.append(Table(name, partial(_rows, data, part, book)))
        if survey.uncomputed:
            reading.warnings.append(remark("formulas_not_computed", sheet=name, formulas=survey.uncomputed))
        reading.warnings += hidden_parts(name, survey.hidden_columns, survey.hidden_rows)
    return reading


def _sheets(container: zipfile.ZipFile) -> tuple[list[tuple[str, str]], bool, list[str]]:
    """[(name, part)] of the visible sheets, whether dates count from 1904, and the names of the hidden sheets."""
    listed: list[tuple[str, str]] = []
    hidden: list[str] = []
    flags: dict[str, bool] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet" and attribute(attributes, "state") in {None, "visible"}:
            listed.append((attribute(attributes, "name") or "", attribute(attributes, "id") or ""))
        elif name == "sheet":
            hidden.append(attribute(attributes, "name") or "")
        if len(listed) + len(hidden) > _MAX_LISTED:
            raise oversize(remark("too_many_sheets", most=MAX_SHEETS))
        if name == "workbookPr":
            flags["1904"] = attribute(attributes, "date1904") in {"1", "true"}

    _parse(container, "xl/workbook.xml", Handlers(start, lambda _: None))
    targets = _relationships(container)
    # A part that is listed under many names is one sheet, and no work for each of them.
    parts = {targets[rid]: name for name, rid in reversed(listed) if "worksheets/" in targets.get(rid, "")}
    sheets = [(name, part) for part, name in reversed(parts.items())]
    if len(sheets) > MAX_SHEETS:
        raise oversize(remark("too_many_sheets", most=MAX_SHEETS))
    if not sheets:
        raise refusal("file", remark("no_visible_sheet"))
    return sheets, flags.get("1904", False), hidden


def _relationships(container: zipfile.ZipFile) -> dict[str, str]:
    targets: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            target = attribute(attributes, "Target") or ""
            if len(targets) >= MAX_MEMBERS:
                raise oversize(remark("zip_of_too_many", files=len(targets) + 1, most=MAX_MEMBERS))
            targets[attribute(attributes, "Id") or ""] = target.lstrip("/") if target[:1] == "/" else f"xl/{target}"

    _parse(container, "xl/_rels/workbook.xml.rels", Handlers(start, lambda _: None))
    return targets


def _parse(container: zipfile.ZipFile, part: str, handlers: Handlers) -> None:
    with open_member(container, part) as stream:
        XmlFeed(stream, handlers, part).run()


def _shared_strings(container: zipfile.ZipFile) -> list[str]:
    part = next((n for n in container.namelist() if n.lower() == "xl/sharedstrings.xml"), None)
    if part is None:
        return []
    strings: list[str] = []
    words = Words()
    state = {"in": False, "phonetic": False}

    def start(name: str, _attributes: dict[str, str]) -> None:
        if name == "si":
            words.clear()
        state["in"] = name == "t"
        state["phonetic"] = state["phonetic"] or name == "rPh"

    def end(name: str) -> None:
        state["in"] = False
        if name == "si":
            strings.append(words.text)
            if len(strings) > _MAX_STRINGS:
                raise oversize(remark("too_many_styles", most=_MAX_STRINGS))
        if name == "rPh":
            state["phonetic"] = False

    def text(piece: str) -> None:
        if state["in"] and not state["phonetic"]:
            words.add(piece)

    _parse(container, part, Handlers(start, end, text))
    return strings


def _date_styles(container: zipfile.ZipFile) -> frozenset[int]:
    """Indices of the cell styles that show a number as a date."""
    if "xl/styles.xml" not in container.namelist():
        return frozenset()
    formats: dict[int, str] = {}
    styles: list[int] = []
    state = {"xfs": False}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            formats[_number(attribute(attributes, "numFmtId"))] = attribute(attributes, "formatCode") or ""
        if name == "cellXfs":
            state["xfs"] = True
        if name == "xf" and state["xfs"]:
            styles.append(_number(attribute(attributes, "numFmtId")))
        if len(styles) > _MAX_STYLES or len(formats) > _MAX_STYLES:
            raise oversize(remark("too_many_styles", most=_MAX_STYLES))

    def end(name: str) -> None:
        if name == "cellXfs":
            state["xfs"] = False

    _parse(container, "xl/styles.xml", Handlers(start, end))
    return frozenset(i for i, f in enumerate(styles) if f in _DATE_FORMATS or _shows_date(formats.get(f, "")))


def _shows_date(code: str) -> bool:
    return bool(_DATE_LETTERS.search(re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", code)))


def _number(value: str | None) -> int:
    return int(value) if value and value.isdecimal() and len(value) < 10 else 0


@dataclass
class _Survey:
    """What is to be known of a sheet before its rows are read."""

    covered: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    """Covered cell → the cell whose value it shows, as (row, column) from 1."""
    uncomputed: int = 0
    """Formulas without a value."""
    hidden_columns: list[int] = field(default_factory=list)
    hidden_rows: int = 0


def _survey(container: zipfile.ZipFile, part: str) -> _Survey:
    if not _mentions(container, part, (b"mergeCell ", b"<f", b":f", b"hidden=")):
        return _Survey()
    surveyor = _Surveyor()
    _parse(container, part, Handlers(surveyor.start, surveyor.end, surveyor.text))
    found = surveyor.found
    found.hidden_columns = [n for n in found.hidden_columns if n <= surveyor.widest]
    return found


class _Surveyor:
    """Goes over a sheet once for its merged cells, formulas and hidden parts."""

    def __init__(self) -> None:
        self.found = _Survey()
        self.widest = 0
        self._formula = self._computed = self._row_hidden = self._filled = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._formula = self._computed = False
            if self.found.hidden_columns and (position := _position(attributes.get("r", ""))):
                self.widest = max(self.widest, position[1])
        elif name == "f":
            self._formula = True
        elif name == "v":
            self._filled = True
        elif name == "row":
            self._row_hidden, self._filled = attributes.get("hidden") in _TRUE, False
        elif name == "col" and attributes.get("hidden") in _TRUE:
            first, last = _number(attributes.get("min")), _number(attributes.get("max"))
            if len(self.found.hidden_columns) < MAX_COLUMNS:
                self.found.hidden_columns += range(first, min(last, MAX_COLUMNS) + 1)
        elif name == "mergeCell":
            _cover(self.found.covered, attribute(attributes, "ref") or "")

    def end(self, name: str) -> None:
        if name == "f":
            self._computed = False
        elif name == "c" and self._formula and not self._computed:
            self.found.uncomputed += 1
        elif name == "row":
            self.found.hidden_rows += self._row_hidden and self._filled

    def text(self, piece: str) -> None:
        self._computed = self._computed or bool(piece.strip())


def _mentions(container: zipfile.ZipFile, part: str, words: tuple[bytes, ...]) -> bool:
    """Whether a part holds one of the words at all: much faster than parsing it to learn that it does not."""
    tail = b""
    with open_member(container, part) as stream:
        while piece := stream.read(1 << 20):
            window = tail + piece
            if any(word in window for word in words):
                return True
            tail = piece[-16:]
    return False


def _cover(covered: dict[tuple[int, int], tuple[int, int]], ref: str) -> None:
    first, _, last = ref.partition(":")
    start, end = _position(first), _position(last or first)
    if start is None or end is None:
        return
    for row in range(start[0], min(end[0], start[0] + 500) + 1):
        for column in range(start[1], min(end[1], start[1] + 200) + 1):
            if (row, column) != start and len(covered) < _MAX_MERGES:
                covered[row, column] = start


def _position(ref: str) -> tuple[int, int] | None:
    found = _CELL.match(ref)
    if not found:
        return None
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column


class _Book:
    """What the cells of a sheet refer to."""

    def __init__(
        self,
        shared: list[str],
        dates: frozenset[int],
        epoch: datetime,
        merged: dict[tuple[int, int], tuple[int, int]],
    ) -> None:
        self.shared, self.dates, self.epoch = shared, dates, epoch
        self.covered: dict[int, list[tuple[int, tuple[int, int]]]] = {}
        self.anchors: dict[int, set[int]] = {}
        for (row, column), anchor in merged.items():
            self.covered.setdefault(row, []).append((column, anchor))
            self.anchors.setdefault(anchor[0], set()).add(anchor[1])

    def value(self, kind: str, style: int, raw: str) -> str:
        """The text of a cell as a person sees it."""
        if kind == "s":
            index = _number(raw.strip())
            return self.shared[index] if index < len(self.shared) else ""
        if kind == "b":
            return "true" if raw.strip() == "1" else "false"
        if kind == "e":
            return ""
        if kind in {"str", "inlineStr", "d"}:
            return raw[:MAX_CELL]
        return self._number(style, raw.strip())

    def _number(self, style: int, raw: str) -> str:
        try:
            number = float(raw)
        except ValueError:
            return raw
        if style in self.dates and 0 < number < _LAST_DAY:
            moment = self.epoch + timedelta(days=number)
            return moment.date().isoformat() if number == int(number) else moment.isoformat(timespec="minutes")
        if abs(number) < 1e15 and number == int(number):
            return str(int(number))
        return repr(number)


class _SheetParser:
    """Collects the cells of each row of a sheet."""

    def __init__(self, book: _Book) -> None:
        self.book = book
        self.ready: list[Row] = []
        self._line = 0
        self._cells: list[str] = []
        self._column = 0
        self._kind, self._style = "", 0
        self._words = Words()
        self._inside = False
        self._anchored: dict[tuple[int, int], str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            position = _position(attributes.get("r", ""))
            self._column = position[1] if position else self._column + 1
            self._kind, self._style = attributes.get("t", "n"), _number(attributes.get("s"))
            self._words.clear()
        elif name in {"v", "t"}:
            self._inside = True
        elif name == "row":
            self._line = _number(attributes.get("r")) or self._line + 1
            self._cells, self._column = [], 0
            if self._line > MAX_ROWS + 100_000:
                raise refusal("file", remark("too_many_rows", most=MAX_ROWS))

    def end(self, name: str) -> None:
        if name in {"v", "t"}:
            self._inside = False
        elif name == "c":
            if self._words.said and self._column <= MAX_COLUMNS:
                self._put(self._column, self.book.value(self._kind, self._style, self._words.text))
        elif name == "row":
            self._fill_merged()
            self.ready.append(Row(self._line, list(self._cells)))

    def text(self, piece: str) -> None:
        if self._inside:
            self._words.add(piece)

    def _put(self, column: int, value: str) -> None:
        if column > len(self._cells):
            self._cells.extend([""] * (column - len(self._cells)))
        self._cells[column - 1] = value

    def _fill_merged(self) -> None:
        for column in self.book.anchors.get(self._line, ()):
            if column <= len(self._cells):
                self._anchored[self._line, column] = self._cells[column - 1]
        for column, anchor in self.book.covered.get(self._line, ()):
            if column <= MAX_COLUMNS and anchor in self._anchored:
                self._put(column, self._anchored[anchor])


def _rows(data: bytes, part: str, book: _Book) -> Iterator[Row]:
    parser = _SheetParser(book)
    with open_container(data) as container, open_member(container, part) as stream:
        feed = XmlFeed(stream, Handlers(parser.start, parser.end, parser.text), part)
        more = True
        while more:
            more = feed.step()
            yield from parser.ready
            parser.ready = []
