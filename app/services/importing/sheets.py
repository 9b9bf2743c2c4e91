"""Tables → files: CSV, XLSX, JSON Lines. No cell starts like a formula, so that nothing runs when a person opens it."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Format = Literal["csv", "xlsx", "jsonl"]
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
}
_RISKY = re.compile(r"^'*[=+\-@\t\r]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
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


def take_off(text: str) -> str:
    """Undo `harmless`."""
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
        writer.writerow([harmless(h) for h in sheet.headings])
        writer.writerows([harmless(_plain(v)) for v in row] for row in sheet.rows())
    return out.getvalue().encode("utf-8-sig")


def _xlsx(sheets: Sequence[SheetOut]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(_NAME.sub(" ", sheet.name)[:31] or "map")
        page.freeze_panes = "A2"
        page.append([_bold(page, Font, h) for h in sheet.headings])
        for row in sheet.rows():
            page.append([harmless(_plain(v)) for v in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _bold(page: Any, font: Any, heading: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(page, harmless(heading))
    cell.font = font(bold=True)
    return cell


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
