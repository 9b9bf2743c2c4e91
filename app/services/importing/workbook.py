"""Workbooks of many rows: openpyxl makes the book; the rows, which are many and alike, are set in as it writes them.

Through its own objects 100,000 rows of four cells take five times as long, in a process that answers others meanwhile.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from math import isfinite
from typing import IO, Any
from xml.sax.saxutils import escape

_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_SIZE = re.compile(rb"<dimension [^>]*/>")
"""How far the cells go, as openpyxl knows it; who reads a book finds out without."""
_LETTERS = 32_767
"""Of a cell; a spreadsheet takes a longer one for a damage."""
_KNOWN = 10_000
"""Cells whose form is remembered: names stand in thousands of rows."""
_AT_ONCE = 500
MOMENT = "yyyy-mm-dd hh:mm"
Rows = Iterable[Sequence[Any]]
Form = Callable[[Any], str]


def with_rows(book: Any, rows: Sequence[Rows], *, safe: Callable[[Any], Any]) -> bytes:
    """The workbook as a file, each sheet with its rows (texts, numbers, moments, None) below its one row of headings.

    Texts are written as texts, whatever they begin with; `safe` is asked for each all the same, since people copy cells
    into other files.
    """
    # Forgotten with the file: what persons are called is kept nowhere beside the database.
    form = lru_cache(_KNOWN, typed=True)(_forms(_style_of(book, MOMENT), safe))
    frame, out = io.BytesIO(), io.BytesIO()
    book.save(frame)
    with zipfile.ZipFile(frame) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name in made.namelist():
            sheet = _SHEET.fullmatch(name)
            with file.open(name, "w") as page:
                if sheet is None:
                    page.write(made.read(name))
                    continue
                before, end, after = made.read(name).partition(b"</sheetData>")
                page.write(_SIZE.sub(b"", before))
                _write(page, rows[int(sheet[1]) - 1], form)
                page.write(end + after)
    return out.getvalue()


def _style_of(book: Any, number_format: str) -> int:
    """The number under which cells name this format."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(book.worksheets[0])
    cell.number_format = number_format
    return int(cell.style_id)


def _write(page: IO[bytes], rows: Rows, form: Form) -> None:
    names: list[str] = []
    waiting: list[str] = []
    for number, row in enumerate(rows, start=2):
        if len(row) > len(names):
            names = _columns(len(row))
        cells = [
            f'<c r="{name}{number}"{form(value)}'
            for name, value in zip(names, row, strict=False)
            if value is not None and value != ""
        ]
        waiting.append(f'<row r="{number}">{"".join(cells)}</row>')
        if len(waiting) == _AT_ONCE:
            page.write("".join(waiting).encode())
            waiting.clear()
    page.write("".join(waiting).encode())


def _columns(count: int) -> list[str]:
    from openpyxl.utils import get_column_letter

    return [get_column_letter(n) for n in range(1, count + 1)]


def _forms(moment: int, safe: Callable[[Any], Any]) -> Form:
    from openpyxl.utils.datetime import to_excel

    serial: Callable[[datetime], float] = to_excel

    def form(value: Any) -> str:
        """What follows the address of a cell."""
        if isinstance(value, bool):
            return f' t="b"><v>{value:d}</v></c>'
        if isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
            return f"><v>{value!r}</v></c>"
        if isinstance(value, datetime):
            return f' s="{moment}"><v>{serial(value)!r}</v></c>'
        said = str(safe(value))[:_LETTERS]
        kept = ' xml:space="preserve"' if said != said.strip() or "\n" in said else ""
        return f' t="inlineStr"><is><t{kept}>{escape(said)}</t></is></c>'

    return form
