"""CSV in the wild: any delimiter, quotes opened and never closed, rows with too few cells or too many."""

import csv
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from app.services.importing.encodings import find_decoder
from app.services.importing.remarks import remark
from app.services.importing.tables import MAX_CELL, MAX_COLUMNS, Reading, Row, Table

_DELIMITERS = ",;\t|"
_RARE_DELIMITERS = "^~:#§¦!*\x1f\x01"
"""Believed only where none of the others cuts the lines into cells, and this one cuts nearly all."""
_SAMPLE_LINES = 60
_LITTLE, _MUCH = 0.5, 0.9
"""Shares of the lines that have the same number of cells."""
_CELLS = re.compile(r"[,;\t|\r\n]")
_EMPTY_QUOTES = re.compile(r'(?<![^,;\t|\r\n])""(?![^,;\t|\r\n])')
"""A cell with nothing in it."""
_MAX_QUOTED_LINES = 200
"""Lines one quoted cell may span; beyond that a quote was opened and never closed."""

csv.field_size_limit(100_000_000)


def read_delimited(data: bytes, name: str) -> Reading:
    """A CSV or TSV file as one table. Rows that cannot be read are in it, marked broken."""
    decoder = find_decoder(data)
    lines = partial(decoder.lines, data)
    warnings = list(decoder.warnings)
    if _rows_are_quoted(lines()):
        lines = partial(_unquoted, lines)
        warnings.append(remark("rows_in_quotes"))
    declared, skip = _declared_delimiter(lines())
    sample = list(islice(lines(), _SAMPLE_LINES))
    way = replace(_way_of_quoting(sample), delimiter=declared or _find_delimiter(sample))
    table = Table(name, lambda: _rows(lines(), way, skip))
    return Reading("csv", [table], decoder.encoding, way.delimiter, warnings)


@dataclass(frozen=True)
class _Way:
    """How the cells of a file are told apart."""

    quote: str = '"'
    escape: str | None = None
    delimiter: str = ","

    def reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """Lines to cells."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=self.escape is None,
            strict=False,
        )


def _way_of_quoting(sample: Sequence[str]) -> _Way:
    """Double quotes, doubled inside; single quotes or a backslash before them where the sample has only these."""
    text = "".join(sample)
    if '"' not in text:
        cells = [cell.strip() for cell in _CELLS.split(text) if cell.strip()]
        quoted = sum(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in cells)
        return _Way(quote="'") if cells and 2 * quoted > len(cells) else _Way()
    inside = text.replace('\\"', "")
    return _Way(escape="\\") if inside != text and '""' not in _EMPTY_QUOTES.sub("", inside) else _Way()


def _rows_are_quoted(lines: Iterator[str]) -> bool:
    """Whether each row is one quoted cell with delimiters inside: a CSV that passed through a single column."""
    sample = [line.strip() for line in islice(lines, _SAMPLE_LINES) if line.strip()]
    if not sample or not all(_is_one_quoted_cell(line) for line in sample):
        return False
    return any(all(d in s for s in sample) for d in _DELIMITERS)


def _is_one_quoted_cell(line: str) -> bool:
    return len(line) > 1 and line[0] == line[-1] == '"' and '"' not in line[1:-1].replace('""', "")


def _unquoted(lines: Callable[[], Iterator[str]]) -> Iterator[str]:
    for line in lines():
        text = line.strip()
        yield (text[1:-1].replace('""', '"') if _is_one_quoted_cell(text) else text) + "\n"


def _declared_delimiter(lines: Iterator[str]) -> tuple[str | None, int]:
    """Excel's own first line `sep=;`, and how many lines it takes."""
    first = next(lines, "").strip().lower()
    if first.startswith("sep=") and len(first) == 5:
        return first[4], 1
    return None, 0


def _find_delimiter(sample: list[str]) -> str:
    """The delimiter under which most lines have the same number of cells, more than one."""
    best, rare = (
        max(((_regularity(sample, d), -i, d) for i, d in enumerate(listed)))
        for listed in (_DELIMITERS, _RARE_DELIMITERS)
    )
    return rare[2] if best[0] < _LITTLE and rare[0] > _MUCH else best[2]


def _regularity(lines: list[str], delimiter: str) -> float:
    try:
        widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if any(c.strip() for c in cells)]
    except csv.Error:
        return 0.0
    wide = Counter(w for w in widths if w > 1)
    if not wide:
        return 0.0
    width, count = max(wide.items(), key=lambda item: (item[1], item[0]))
    return count / len(widths) + min(width, 20) / 100


class _Feed:
    """Lines that can be taken back, so that one broken row does not swallow the rows after it."""

    def __init__(self, lines: Iterator[str], taken: int) -> None:
        self._source = lines
        self._again: deque[str] = deque()
        self.since_mark: list[str] = []
        self.taken = taken
        self.exhausted = False

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if len(self.since_mark) >= _MAX_QUOTED_LINES:
            raise csv.Error("quote")
        try:
            line = self._again.popleft() if self._again else next(self._source)
        except StopIteration:
            self.exhausted = True
            raise
        self.since_mark.append(line)
        self.taken += 1
        return line.replace("\x00", "")

    def mark(self) -> None:
        """A row is complete."""
        self.since_mark = []

    def rewind(self) -> None:
        """Give back every line of the unfinished row but its first."""
        self._again.extendleft(reversed(self.since_mark[1:]))
        self.taken -= len(self.since_mark) - 1
        self.since_mark = []
        self.exhausted = False


def _rows(lines: Iterator[str], way: _Way, skip: int) -> Iterator[Row]:
    for _ in range(skip):
        next(lines, None)
    feed = _Feed(lines, skip)
    while True:
        reader = way.reader(feed)
        try:
            yield from _until_broken(reader, feed)
            return
        except csv.Error:
            first = feed.taken - len(feed.since_mark) + 1
            raw = feed.since_mark[0] if feed.since_mark else ""
            feed.rewind()
            yield Row(first, _cut(raw, way), remark("quote_open"))


def _cut(line: str, way: _Way) -> list[str]:
    """The cells of a line whose quotes do not match, as they seem to be: each under its heading when it is mended."""
    return [cell.strip().strip(way.quote)[:MAX_CELL] for cell in line.split(way.delimiter)[:MAX_COLUMNS]]


def _until_broken(reader: Iterator[list[str]], feed: _Feed) -> Iterator[Row]:
    while True:
        line = feed.taken + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        if feed.exhausted:
            # csv closes an open quote silently at the end of the file, and the row has swallowed all after it.
            raise csv.Error("quote")
        feed.mark()
        if len(cells) > MAX_COLUMNS:
            yield Row(line, cells[:1], remark("row_too_wide", cells=len(cells), most=MAX_COLUMNS))
        elif cells:
            yield Row(line, [c[:MAX_CELL] for c in cells])
