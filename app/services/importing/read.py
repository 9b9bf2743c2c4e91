"""Any file as tables: the format is told by its bytes first, by its name second."""

import re
import zipfile
from collections.abc import Callable

from app.services.importing import archives
from app.services.importing.archives import open_container, open_member, room_after
from app.services.importing.delimited import read_delimited
from app.services.importing.json_records import read_json, read_json_lines
from app.services.importing.remarks import Value, oversize, refusal, remark
from app.services.importing.spreadsheet_ods import read_ods
from app.services.importing.spreadsheet_xlsx import read_xlsx
from app.services.importing.tables import Reading, Table

MAX_BYTES = 500_000_000
_FOREIGN: tuple[tuple[bytes, str, dict[str, Value]], ...] = (
    (b"%PDF", "is_pdf", {}),
    (b"\xd0\xcf\x11\xe0", "is_old_workbook", {}),
    (b"\x1f\x8b", "is_gzip", {}),
    (b"Rar!", "is_other_archive", {"kind": "RAR"}),
    (b"7z\xbc\xaf", "is_other_archive", {"kind": "7z"}),
    (b"\x89PNG", "is_picture", {}),
    (b"\xff\xd8\xff", "is_picture", {}),
    (b"SQLite format 3", "is_sqlite", {}),
    (b"PAR1", "is_parquet", {}),
)
_WORKBOOK_NAMES = (".xlsx", ".xlsm", ".ods", ".zip")
_OURS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".geojson", ".xlsx", ".xlsm", ".ods")
_DEPTH = 1
_SAYS_SOMETHING = re.compile(rb"[^\x00 \t\r\n\xef\xbb\xbf\xff\xfe]")


def read_file(data: bytes, filename: str, *, depth: int = 0) -> Reading:
    """The tables of a file. BadInput or TooLarge says in plain words why a file cannot be read."""
    if len(data) > MAX_BYTES:
        raise oversize(remark("file_too_large", name=filename, bytes=len(data), most=MAX_BYTES))
    if not _SAYS_SOMETHING.search(data):
        raise refusal("file", remark("file_empty", name=filename))
    _refuse_foreign(data, filename)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _read_container(data, filename, depth)
    if filename.lower().endswith(_WORKBOOK_NAMES):
        raise refusal("file", remark("is_misnamed", name=filename))
    return _text_reader(data, filename)(data, filename)


def _refuse_foreign(data: bytes, filename: str) -> None:
    for mark, code, values in _FOREIGN:
        if data.startswith(mark):
            raise refusal("file", remark(code, name=filename, **values))
    head = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<table")):
        raise refusal("file", remark("is_web_page", name=filename))
    if head.startswith(b"<"):
        raise refusal("file", remark("is_xml", name=filename))


def _text_reader(data: bytes, filename: str) -> Callable[[bytes, str], Reading]:
    name = filename.lower()
    head = data[:4000].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if name.endswith((".jsonl", ".ndjson")):
        return read_json if head.startswith(b"[") and not head.startswith(b"[{}") else read_json_lines
    if head.startswith((b"{", b"[")) and not name.endswith((".csv", ".tsv")):
        return read_json_lines if _looks_like_lines(head) else read_json
    if name.endswith((".json", ".geojson")):
        return read_json
    return read_delimited


def _looks_like_lines(head: bytes) -> bool:
    """Whether the first line is a whole object, so that each line is one."""
    first = head.splitlines()[0].strip()
    return first.startswith(b"{") and first.endswith(b"}") and len(head.split(b"\n")) > 1


def _read_container(data: bytes, filename: str, depth: int) -> Reading:
    with open_container(data) as container:
        names = set(container.namelist())
        if "xl/workbook.xml" in names:
            return read_xlsx(data)
        if "content.xml" in names and _mimetype(container) == b"application/vnd.oasis.opendocument.spreadsheet":
            return read_ods(data)
        if "content.xml" in names or "word/document.xml" in names or "[Content_Types].xml" in names:
            raise refusal("file", remark("is_office_document", name=filename))
        return _read_archive(container, filename, depth)


def _mimetype(container: zipfile.ZipFile) -> bytes:
    if "mimetype" not in container.namelist():
        return b""
    with open_member(container, "mimetype") as stream:
        return stream.read(100).strip()


def _read_archive(container: zipfile.ZipFile, filename: str, depth: int) -> Reading:
    if depth >= _DEPTH:
        raise refusal("file", remark("zip_in_zip", name=filename))
    tables: list[Table] = []
    reading = Reading("zip", tables)
    room = archives.MAX_UNPACKED
    for member in sorted(container.namelist()):
        if member.endswith("/") or member.startswith("__MACOSX") or member.rpartition("/")[2].startswith("."):
            continue
        if not member.lower().endswith(_OURS):
            reading.warnings.append(remark("member_left_out", member=member))
            continue
        with open_member(container, member) as stream:
            data = stream.read()
        room = room_after(room, data)
        inner = read_file(data, member, depth=depth + 1)
        many = len(inner.tables) > 1
        tables += [Table(f"{member}/{t.name}" if many else member, t.rows, t.headings) for t in inner.tables]
        reading.warnings += [remark("of_member", member=member, said=w) for w in inner.warnings]
    if not tables:
        raise refusal("file", remark("zip_without_table", name=filename))
    return reading
