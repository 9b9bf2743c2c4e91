"""Tables → files: CSV, XLSX, JSON Lines. No cell starts like a formula, so that nothing runs when a person opens it."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.services.importing.workbook import with_rows

Format = Literal["csv", "xlsx", "jsonl"]
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
}
_SIGNS = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
"""What a formula begins with; the wide ones do where East Asian letters are written."""
_RISKY = re.compile(rf"^'*(?:\s*{_SIGNS}|[\t\r\n])")
_INSIDE = re.compile(rf"([;\t\r\n]\s*+'*+)({_SIGNS}?)")
"""Where a cell may begin inside a cell. It fits without a sign too: thousands of empty lines are passed over."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no XML holds: one such letter makes a workbook that opens nowhere."""
_NAME = re.compile(r"[\\/*?:\[\]]")


@dataclass(frozen=True)
class FileOut:
    """A file to hand out."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True)
class SheetOut:
    """One table of a file: its headings and its rows, opened anew by each call."""

    name: str
    headings: Sequence[str]
    rows: Callable[[], Iterable[Sequence[Any]]]


def harmless(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: an apostrophe stands before it (reading takes it off again)."""
    if isinstance(value, str):
        value = _CONTROL.sub("", value)
        return f"'{value}" if _RISKY.match(value) else value
    return value


def harmless_between(value: Any) -> Any:
    """The same for CSV, where a cell begins wherever a spreadsheet thinks so: with a comma in the list separator's
    place, many take a semicolon, a tab or the end of a line inside a cell for the end of it."""
    value = harmless(value)
    return _INSIDE.sub(lambda at: f"{at[1]}'{at[2]}" if at[2] else at[1], value) if isinstance(value, str) else value


def take_off(text: str) -> str:
    """Undo `harmless` and `harmless_between`."""
    if "'" in text:
        text = _INSIDE.sub(lambda at: (at[1].removesuffix("'") if at[2] else at[1]) + at[2], text)
    return text[1:] if text.startswith("'") and _RISKY.match(text) else text


def make_file(sheets: Sequence[SheetOut], stem: str, kind: Format) -> FileOut:
    """The tables as one file; CSV and JSON Lines hold one table after the other."""
    data = {"csv": _csv, "xlsx": _xlsx, "jsonl": _jsonl}[kind](sheets)
    safe = re.sub(r"[^\w.-]+", "-", stem).strip("-.") or "map"
    return FileOut(f"{safe}.{kind}", MEDIA_TYPES[kind], data)


def _csv(sheets: Sequence[SheetOut]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for sheet in sheets:
        writer.writerow([harmless_between(h) for h in sheet.headings])
        writer.writerows([harmless_between(_plain(v)) for v in row] for row in sheet.rows())
    return out.getvalue().encode("utf-8-sig")


def _xlsx(sheets: Sequence[SheetOut]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book: Any = Workbook()
    book.remove(book.active)
    sheets = sheets or [SheetOut("", [], list)]  # a workbook without a sheet opens nowhere
    for sheet in sheets:
        page = book.create_sheet(_NAME.sub(" ", _CONTROL.sub("", sheet.name))[:31] or "map")
        page.freeze_panes = "A2"
        page.append([harmless(h) for h in sheet.headings])
        for cell in page[1]:
            cell.font = Font(bold=True)
    return with_rows(book, [([_plain(v) for v in row] for row in sheet.rows()) for sheet in sheets], safe=harmless)


def _jsonl(sheets: Sequence[SheetOut]) -> bytes:
    lines = (
        json.dumps({h: v for h, v in zip(s.headings, row, strict=False) if v not in (None, "", [])}, ensure_ascii=False)
        for s in sheets
        for row in s.rows()
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value == int(value):
        return int(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
