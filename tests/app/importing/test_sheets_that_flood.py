"""Small files that would become large in memory, and numbers no spreadsheet shows: read, or refused, at once."""

import io
import resource
import zipfile
from datetime import datetime
from itertools import islice

import pytest

from app.services.importing.layout import transpose
from app.services.importing.spreadsheet_ods import read_ods
from app.services.importing.spreadsheet_xlsx import _Book
from app.services.importing.tables import Row, Table

ODS = (
    '<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x">'
    '<table:table table:name="A">{}</table:table></office:document-content>'
)


def most_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ods(rows: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", ODS.format(rows))
    return out.getvalue()


def test_rows_and_cells_that_repeat_a_thousand_times_share_their_memory():
    cell = '<table:table-cell table:number-columns-repeated="2000"><text:p>x</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="1000">{cell}</table:table-row>'
    (table,) = read_ods(ods(row * 100)).tables
    before = most_mb()
    rows = list(islice(table.rows(), 50_000))
    assert [len(rows), len(rows[-1].cells), rows[-1].line] == [50_000, 2_000, 50_000]
    assert most_mb() - before < 200


def test_hidden_columns_beyond_any_table_are_not_listed():
    hidden = '<table:table-column table:visibility="collapse" table:number-columns-repeated="1999"/>'
    cells = (
        '<table:table-row><table:table-cell value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'
    )
    before = most_mb()
    reading = read_ods(ods(hidden * 20_000 + cells))
    assert most_mb() - before < 200
    assert [remark.code for remark in reading.warnings] == ["columns_hidden"]


@pytest.mark.parametrize("value", ["1e999", "-1e999", "nan"])
def test_a_number_beyond_all_numbers_is_read_as_it_stands(value):
    kind = f'office:value-type="float" office:value="{value}"'
    (table,) = read_ods(ods(f"<table:table-row><table:table-cell {kind}/></table:table-row>")).tables
    assert [row.cells for row in table.rows()] == [[repr(float(value))]]
    book = _Book([], frozenset({1}), datetime(1904, 1, 1), {})  # noqa: DTZ001 - a spreadsheet's dates have no zone
    assert book.value("n", 0, value) == repr(float(value))
    assert book.value("n", 1, "2958465") == "2958465"
    assert book.value("s", 0, "²") == ""


def test_a_long_narrow_table_with_one_wide_row_is_not_turned():
    rows = [Row(1, ["x"] * 2_000), *(Row(line, ["x", "y"]) for line in range(2, 100_000))]
    before = most_mb()
    assert list(transpose(Table("A", lambda: iter(rows))).rows()) == []
    assert most_mb() - before < 100
