"""Small files that would keep a service busy for hours or fill its memory: refused, or read no further than needed."""

import io
import tracemalloc
import zipfile

import pytest

from app.errors import AppError, TooLarge
from app.services.importing import archives
from app.services.importing.read import read_file
from app.services.importing.tables import MAX_CELL, MAX_SHEETS
from app.services.importing.xml_stream import Handlers, XmlFeed

ODS = (
    '<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x">{}</office:document-content>',
    "application/vnd.oasis.opendocument.spreadsheet",
)
WORKSHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def packed(parts: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, words in parts.items():
            archive.writestr(name, words)
    return out.getvalue()


def workbook(**instead: str) -> bytes:
    """A workbook with one row, and parts of it replaced: its names with double underscores for slashes."""
    from openpyxl import Workbook

    book, out = Workbook(), io.BytesIO()
    book.active.append(["name"])
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    return packed(parts | {f"{name.replace('__', '/')}.xml": words for name, words in instead.items()})


def listing(sheets: int, *, relation: str = "rId1") -> str:
    named = "".join(f'<sheet name="S{n}" sheetId="{n + 1}" id="{relation}"/>' for n in range(sheets))
    return f"<workbook><sheets>{named}</sheets></workbook>"


@pytest.mark.parametrize("opening", [b'<a b="', b"<a><!-- ", b"<a><?b ", b"<"])
def test_a_word_of_markup_without_an_end_is_not_waited_for(opening: bytes) -> None:
    stream = io.BytesIO(opening + b"x" * 30_000_000)
    with pytest.raises(AppError, match="is no valid XML"):
        XmlFeed(stream, Handlers(lambda *_: None, lambda _: None), "content.xml").run()
    assert stream.tell() < 10_000_000


def test_a_sheet_that_is_listed_a_thousand_times_is_read_once() -> None:
    assert len(read_file(workbook(xl__workbook=listing(1_000)), "t.xlsx").tables) == 1


def test_more_sheets_than_anybody_has_are_refused() -> None:
    tables = '<table:table table:name="A"/>' * (MAX_SHEETS + 1)
    document = packed({"mimetype": ODS[1], "content.xml": ODS[0].format(tables)})
    with pytest.raises(TooLarge, match=f"more than {MAX_SHEETS} sheets"):
        read_file(document, "t.ods")
    with pytest.raises(TooLarge, match=f"more than {MAX_SHEETS} sheets"):
        read_file(workbook(xl__workbook=listing(20 * MAX_SHEETS)), "t.xlsx")


def test_of_an_endless_cell_no_more_is_kept_than_is_read() -> None:
    words = "<r><t>" + "x" * 1000 + "</t></r>"
    shared = f"<sst><si>{words * 15_000}</si></sst>"
    cell = WORKSHEET.format('<row><c t="s"><v>0</v></c><c t="inlineStr"><is>' + words * 15_000 + "</is></c></row>")
    document = workbook(xl__sharedStrings=shared, xl__worksheets__sheet1=cell)
    paragraph = f"<text:p>{'x' * 1000}</text:p>" * 15_000
    cells = "<table:table-row><table:table-cell>{}</table:table-cell></table:table-row>"
    row = f'<table:table table:name="A">{cells}</table:table>'
    tracemalloc.start()
    try:
        read = [row.cells for row in read_file(document, "t.xlsx").tables[0].rows()]
        open_document = packed({"mimetype": ODS[1], "content.xml": ODS[0].format(row.format(paragraph))})
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        read += [row.cells for row in read_file(open_document, "t.ods").tables[0].rows()]
        assert tracemalloc.get_traced_memory()[1] - before < 12_000_000
    finally:
        tracemalloc.stop()
    assert [len(cell) for cells in read for cell in cells] == [MAX_CELL] * 3


def test_styles_that_no_cell_can_have_are_not_kept() -> None:
    styles = "<styleSheet><cellXfs>" + "<xf/>" * 200_000 + "</cellXfs></styleSheet>"
    with pytest.raises(TooLarge, match="styles"):
        read_file(workbook(xl__styles=styles), "t.xlsx")


def test_archives_in_an_archive_share_one_allowance(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = workbook(xl__unread="x" * 400_000)
    outer = packed({f"{n}.xlsx": inner for n in range(3)})
    assert len(read_file(outer, "t.zip").tables) == 3
    monkeypatch.setattr(archives, "MAX_UNPACKED", 1_000_000)
    assert len(read_file(inner, "t.xlsx").tables) == 1
    with pytest.raises(TooLarge, match="unpacks to"):
        read_file(outer, "t.zip")
