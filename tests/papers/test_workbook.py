"""Rows that are set into a workbook are read as those that openpyxl would have written."""

import io
import re
import zipfile
from datetime import datetime
from typing import Any

from app.services.importing.sheets import harmless, make_file
from app.services.importing.workbook import with_rows

NINE = datetime(2027, 3, 28, 9, 30)  # noqa: DTZ001 - a spreadsheet knows no zones
ROWS: list[list[Any]] = [
    ["Tissages & Cie <fr>", 1, 0.75, True, NINE, None, ""],
    [" two\nlines\t", -3, 1e-7, False, NINE, 'a "quoted" ]]> end', float("nan")],
    [],
    ["=1+1", 2**40, "#N/A", "TRUE", "12", "x" * 40_000, "é\u2028🙂"],
]


def read(data: bytes) -> list[list[Any]]:
    """Every cell of the first sheet, as it is read back."""
    from openpyxl import load_workbook

    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(data)).worksheets[0].iter_rows()]


def headed(sheets: int = 1) -> Any:
    from openpyxl import Workbook

    book = Workbook()
    for _ in range(sheets - 1):
        book.create_sheet()
    for page in book.worksheets:
        page.append([f"column {n}" for n in range(7)])
    return book


def as_openpyxl_writes() -> bytes:
    book, out = headed(), io.BytesIO()
    for row in ROWS:
        book.worksheets[0].append([None if value != value else harmless(value) for value in row])
    book.save(out)
    return out.getvalue()


def test_rows_are_read_as_openpyxl_would_have_written_them() -> None:
    from openpyxl import load_workbook

    data = with_rows(headed(), [ROWS], safe=harmless)
    made, wanted = read(data), read(as_openpyxl_writes())
    assert made[2].pop() == "nan"  # no number of a spreadsheet: a word is better than a file that does not open
    assert wanted[2].pop() is None
    assert made == wanted
    page = load_workbook(io.BytesIO(data)).worksheets[0]
    assert (page["E2"].is_date, page["E2"].number_format, page["A5"].data_type) == (True, "yyyy-mm-dd hh:mm", "s")


def test_a_book_says_of_no_sheet_that_it_ends_at_its_headings() -> None:
    """A reader that believes it (openpyxl's own, where it only reads) would find no row."""
    from openpyxl import load_workbook

    data = with_rows(headed(2), [[["one", 1]], [["two", 2]] * 3000], safe=harmless)
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert re.search(rb"<dimension", file.read("xl/worksheets/sheet2.xml")) is None
    found = load_workbook(io.BytesIO(data), read_only=True)
    assert [len(list(page.rows)) for page in found.worksheets] == [2, 3001]
    found.close()


def test_a_workbook_of_no_tables_opens() -> None:
    assert read(make_file([], "none", "xlsx").data) == [[None]]
