"""ODS as tables: a stream over content.xml, with repeated and merged cells, dates and the stored values of formulas."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from app.services.importing.archives import open_container, open_member
from app.services.importing.hidden import hidden_parts
from app.services.importing.remarks import oversize, refusal, remark
from app.services.importing.tables import MAX_CELL, MAX_COLUMNS, MAX_ROWS, MAX_SHEETS, Reading, Row, Table
from app.services.importing.xml_stream import Handlers, XmlFeed, attribute

_PART = "content.xml"
_UNSEEN = frozenset({"collapse", "filter"})
_MAX_REPEAT = 1_000
"""Empty rows at the end of a sheet are one row repeated a million times; filled ones never this often."""


def read_ods(data: bytes) -> Reading:
    """Every sheet of an OpenDocument spreadsheet as a table."""
    surveyor = _Surveyor()
    with open_container(data) as container, open_member(container, _PART) as stream:
        XmlFeed(stream, Handlers(surveyor.start, surveyor.end), _PART).run()
    if not surveyor.sheets:
        raise refusal("file", remark("no_sheet"))
    reading = Reading("ods", [])
    for position, sheet in enumerate(surveyor.sheets):
        if sheet.hidden:
            reading.warnings.append(remark("sheet_hidden", sheet=sheet.name))
            continue
        reading.tables.append(Table(sheet.name, partial(_rows, data, position)))
        reading.warnings += hidden_parts(
            sheet.name, [n for n in sheet.hidden_columns if n <= sheet.widest], sheet.hidden_rows
        )
    if not reading.tables:
        raise refusal("file", remark("no_visible_sheet"))
    return reading


@dataclass
class _Sheet:
    """What is to be known of a sheet before its rows are read. Columns count from 1."""

    name: str
    hidden: bool
    hidden_columns: list[int] = field(default_factory=list)
    hidden_rows: int = 0
    widest: int = 0


class _Surveyor:
    """Goes over a document once for its sheets and their hidden parts."""

    def __init__(self) -> None:
        self.sheets: list[_Sheet] = []
        self._style = ""
        self._unseen: set[str] = set()
        self._columns = self._cells = 0
        self._row: tuple[bool, int] = (False, 1)
        self._filled = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "style":
            self._style = attribute(attributes, "name") or ""
        elif name == "table-properties" and attribute(attributes, "display") == "false":
            self._unseen.add(self._style)
        elif name == "table":
            if len(self.sheets) >= MAX_SHEETS:
                raise oversize(remark("too_many_sheets", most=MAX_SHEETS))
            said = attribute(attributes, "name") or f"sheet {len(self.sheets) + 1}"
            self.sheets.append(_Sheet(said, attribute(attributes, "style-name") in self._unseen))
            self._columns = 0
        elif name == "table-column" and self.sheets:
            self._column(attributes)
        elif name == "table-row":
            repeats = _count(attribute(attributes, "number-rows-repeated"))
            self._row = attribute(attributes, "visibility") in _UNSEEN, min(repeats, _MAX_REPEAT)
            self._cells, self._filled = 0, False
        elif name in {"table-cell", "covered-table-cell"}:
            self._cells += _count(attribute(attributes, "number-columns-repeated"))
            if self.sheets and attribute(attributes, "value-type"):
                self._filled = True
                self.sheets[-1].widest = max(self.sheets[-1].widest, self._cells)

    def _column(self, attributes: dict[str, str]) -> None:
        repeats = min(_count(attribute(attributes, "number-columns-repeated")), MAX_COLUMNS - self._columns)
        if attribute(attributes, "visibility") in _UNSEEN:
            self.sheets[-1].hidden_columns += range(self._columns + 1, self._columns + repeats + 1)
        self._columns += repeats

    def end(self, name: str) -> None:
        if name == "table-row" and self.sheets and self._row[0] and self._filled:
            self.sheets[-1].hidden_rows += self._row[1]


class _SheetParser:
    """Collects the rows of one sheet, the others are passed over."""

    def __init__(self, wanted: int) -> None:
        self.ready: list[Row] = []
        self.done = False
        self._wanted, self._sheet = wanted, -1
        self._line = 0
        self._row_repeat = self._cell_repeat = 1
        self._cells: list[str] = []
        self._paragraphs: list[list[str]] = []
        self._length = 0
        self._inside = self._annotation = 0
        self._plain: str | None = None
        self._spans = (1, 1)
        self._down: dict[int, tuple[str, int]] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self._sheet += 1
        if self._sheet != self._wanted:
            return
        if name == "table-row":
            self._cells = []
            self._row_repeat = _count(attribute(attributes, "number-rows-repeated"))
        elif name in {"table-cell", "covered-table-cell"}:
            self._start_cell(attributes)
        elif name == "annotation":
            self._annotation += 1
        elif name == "p" and not self._annotation:
            self._inside += 1
            if self._length <= MAX_CELL:
                self._paragraphs.append([])
                self._length += 1
        elif self._inside and name in {"s", "tab", "line-break"}:
            self.text({"s": " ", "tab": "\t", "line-break": "\n"}[name])

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._paragraphs, self._length = [], 0
        self._cell_repeat = _count(attribute(attributes, "number-columns-repeated"))
        self._spans = (
            _count(attribute(attributes, "number-rows-spanned")),
            _count(attribute(attributes, "number-columns-spanned")),
        )
        kind = attribute(attributes, "value-type")
        self._plain = None
        if kind in {"float", "percentage", "currency"}:
            self._plain = _plain_number(attribute(attributes, "value") or "")
        elif kind == "date":
            self._plain = attribute(attributes, "date-value")
        elif kind == "boolean":
            self._plain = attribute(attributes, "boolean-value")

    def end(self, name: str) -> None:
        if self._sheet != self._wanted:
            return
        if name == "table":
            self.done = True
        elif name == "annotation":
            self._annotation -= 1
        elif name == "p" and not self._annotation:
            self._inside -= 1
        elif name in {"table-cell", "covered-table-cell"}:
            self._end_cell(covered=name.startswith("covered"))
        elif name == "table-row":
            self._end_row()

    def _end_cell(self, *, covered: bool) -> None:
        value = self._plain if self._plain is not None else "\n".join("".join(p) for p in self._paragraphs)
        column = len(self._cells)
        if covered and not value:
            value = self._covered_value(column)
        elif value and self._spans != (1, 1):
            for offset in range(min(self._spans[1], 200)):
                self._down[column + offset] = (value, self._line + min(self._spans[0], 500))
        room = MAX_COLUMNS - column
        self._cells.extend([value[:MAX_CELL]] * min(self._cell_repeat, room))

    def _covered_value(self, column: int) -> str:
        value, until = self._down.get(column, ("", 0))
        return value if self._line < until else ""

    def _end_row(self) -> None:
        while self._cells and not self._cells[-1]:
            self._cells.pop()
        filled = bool(self._cells)
        for _ in range(min(self._row_repeat, _MAX_REPEAT) if filled else 0):
            self._line += 1
            # The rows of a repeated one share its cells: a few letters of XML stand for a thousand rows of them.
            self.ready.append(Row(self._line, self._cells))
        self._line += self._row_repeat - (min(self._row_repeat, _MAX_REPEAT) if filled else 0)
        if filled and self._line > MAX_ROWS + 100_000:
            raise refusal("file", remark("too_many_rows", most=MAX_ROWS))

    def text(self, piece: str) -> None:
        if self._inside and self._paragraphs and self._length <= MAX_CELL:
            self._paragraphs[-1].append(piece)
            self._length += len(piece)


def _count(value: str | None) -> int:
    return max(1, int(value)) if value and value.isdecimal() and len(value) < 10 else 1


def _plain_number(value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return value
    return str(int(number)) if abs(number) < 1e15 and number == int(number) else repr(number)


def _rows(data: bytes, sheet: int) -> Iterator[Row]:
    parser = _SheetParser(sheet)
    with open_container(data) as container, open_member(container, _PART) as stream:
        feed = XmlFeed(stream, Handlers(parser.start, parser.end, parser.text), _PART)
        more = True
        while more and not parser.done:
            more = feed.step()
            yield from parser.ready
            parser.ready = []
