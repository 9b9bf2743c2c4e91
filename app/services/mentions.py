"""Where words stand in the whole database: every text, list and JSON column of every table, and in stored uploads."""

import html
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import Column, String, Table, Text, cast, func, literal_column, or_, update
from sqlalchemy import select as rows
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Session, SQLModel, col, select

import models
from models.competence_map import MapImport

assert models.TABLES
_KEPT = frozenset({"audit", "tombstone", "passage", "alembic_version"})
"""The audit trail names nobody; passages are pieces of profiles and follow them."""
_NO_WORDS = frozenset({"hash", "digest", "row_hash", "body_hash", "salt"})
_FEW = 20
"""Words that are looked for one by one in every row."""
_NAMELESS = "erased"
_MOST_UNPACKED = 200 * 2**20
EMAIL = r"[A-Za-z0-9._%+'-]{1,254}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
"""With an end to it (models.access.Email): a text without spaces is not gone through again from each of its letters."""


@dataclass(frozen=True)
class Words:
    """What is looked for: whole words, in whatever case."""

    said: tuple[str, ...]

    @property
    def pattern(self) -> re.Pattern[str]:
        """Finds any of them where they stand alone."""
        longest = sorted(self.said, key=len, reverse=True)
        return re.compile(rf"(?<![\w@])(?:{'|'.join(map(re.escape, longest))})(?![\w@])", re.IGNORECASE)


def word_columns() -> Iterator[tuple[Table, Column[Any]]]:
    """Every column that can hold words."""
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns if table.name not in _KEPT else ():
            kind = getattr(column.type, "impl", column.type)
            words = isinstance(kind, String | JSONB) or (isinstance(kind, ARRAY) and isinstance(kind.item_type, String))
            if words and column.name not in _NO_WORDS:
                yield table, column


def find_mentions(session: Session, *, words: Words) -> list[tuple[str, str]]:
    """(table.column, the text that says it) for every place."""
    found = []
    for table, column in word_columns():
        for _, value in _holding(session, table, column, words):
            found += [(f"{table.name}.{column.name}", text) for text in strings(value) if words.pattern.search(text)]
    return found


def mask_mentions(session: Session, *, marks: Mapping[str, str], only: frozenset[str] | None = None) -> dict[str, int]:
    """Put a mark in place of each word, everywhere or in some columns; table.column → rows that were changed.

    `marks` leads from the word, in small letters, to its mark.
    """
    words, changed = Words(tuple(marks)), dict[str, int]()
    pattern = words.pattern

    def masked_in(text: str) -> str:
        return pattern.sub(lambda found: marks.get(found.group().lower(), _NAMELESS), text)

    for table, column in word_columns():
        if only is not None and f"{table.name}.{column.name}" not in only:
            continue
        for place, value in _holding(session, table, column, words, lock=True):
            masked = walk(value, masked_in)
            if masked != value:
                set_ = update(table).where(_ctid(table) == place).values({column.name: masked})
                session.connection().execute(set_)
                name = f"{table.name}.{column.name}"
                changed[name] = changed.get(name, 0) + 1
    return changed


def _ctid(table: Table) -> Any:
    """Where a row lies: a name for it that every table has, good until the row is changed."""
    return cast(literal_column(f'"{table.name}".ctid'), Text)


def _holding(
    session: Session, table: Table, column: Column[Any], words: Words, *, lock: bool = False
) -> list[tuple[str, Any]]:
    text = func.lower(cast(column, Text))
    # As JSON writes them too: a quotation mark stands behind a stroke there.
    forms = {form.lower() for word in words.said for form in (word, word.replace("\\", "\\\\").replace('"', '\\"'))}
    if len(forms) > _FEW:
        # One look for what they have in common, and the pattern decides.
        forms = {"@" if all("@" in form for form in forms) else ""}
    query = rows(_ctid(table), column).where(or_(*(func.strpos(text, form) > 0 for form in sorted(forms))))
    return [(place, value) for place, value in session.connection().execute(query.with_for_update() if lock else query)]


def walk(value: Any, change: Callable[[str], str]) -> Any:
    """A value with every text in it changed, and keys that are addresses: other keys are ours."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [walk(item, change) for item in value]
    if isinstance(value, dict):
        return {change(key) if "@" in key else key: walk(item, change) for key, item in value.items()}
    return value


def strings(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value:
            yield from strings(item)
        if isinstance(value, dict):
            for item in value.values():
                yield from strings(item)


def address_rows(session: Session) -> frozenset[bytes]:
    """A print of every row in which an e-mail address may stand, of its words alone."""
    return frozenset(print_ for print_, _ in _rows_with_addresses(session))


def stored_emails(session: Session, *, but: frozenset[bytes] = frozenset()) -> set[str]:
    """Every e-mail address that stands anywhere in the tables, but for rows with one of these prints."""
    found: set[str] = set()
    for print_, text in _rows_with_addresses(session):
        if print_ not in but:
            found.update(address.lower() for address in re.findall(EMAIL, text))
    return found


def _rows_with_addresses(session: Session) -> Iterator[tuple[bytes, str]]:
    """(print, words) of each row; tables hold words in columns that differ, so a print begins with the table's name."""
    held: dict[Table, list[Column[Any]]] = {}
    for table, column in word_columns():
        held.setdefault(table, []).append(column)
    for table, columns in held.items():
        text = cast(func.row(*columns), Text)
        query = rows(text).select_from(table).where(func.strpos(text, "@") > 0).execution_options(yield_per=1000)
        for (value,) in session.connection().execute(query):
            yield blake2b(f"{table.name} {value}".encode(), digest_size=16).digest(), value


def uploads_with(session: Session, *, words: Words, map_ids: set[int] | None = None) -> list[int]:
    """Stored uploads (of these maps, or of all) whose file holds one of the words."""
    query = select(MapImport.id).order_by(col(MapImport.id))
    if map_ids is not None:
        query = query.where(col(MapImport.map_id).in_(map_ids))
    forms = {form.lower() for word in words.said for form in (word, html.escape(word))}
    found = []
    for import_id in session.exec(query).all():
        data = session.exec(select(MapImport.data).where(MapImport.id == import_id)).one()
        if any(_says(blob, forms) for blob in _unpacked(data)):
            found.append(import_id)
    return found


def _says(blob: bytes, forms: set[str]) -> bool:
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "latin-1"):
        text = blob.decode(encoding, "ignore").lower()
        if any(form in text for form in forms):
            return True
    return False


def _unpacked(data: bytes) -> Iterator[bytes]:
    raw = zlib.decompress(data)
    yield raw
    if not raw.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for item in archive.infolist():
                if item.file_size <= _MOST_UNPACKED:
                    yield archive.read(item)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return
