"""Tables → records: where the headings stand, what each column means, and which way the table runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from app.services.importing.aside import is_sum_heading, row_aside
from app.services.importing.columns import REPEATABLE, SURE, TEXT_FIELDS, Guess, parse_target, recognise
from app.services.importing.connectors import find_connector
from app.services.importing.nested import in_words, recognise_path
from app.services.importing.remarks import WHOLE_ROW, remark
from app.services.importing.tables import MAX_COLUMNS, Row, Table, is_blank, is_empty
from app.services.importing.tongues import column_language
from app.services.importing.values import is_blank_text, parse_level
from app.services.importing.words import fold_word
from matching.encoder.language import detect_language
from models.competence_map import ColumnProposal, ImportOptions, Layout
from models.remark import Remark

_HEADER_WITHIN = 40
_SAMPLE_ROWS = 200
_TRANSPOSE_CELLS = 2_000_000
_SURE_OF_LANGUAGE = 0.8
_CORNER = frozenset({None, "competence", "offers", "sectors"})
"""What the corner of a matrix that runs across may say: nothing, or what stands below it."""
_WIDE = 4
"""Columns that are understood from which a row with a name alone is worth a remark."""
_CONTINUED = TEXT_FIELDS | {"facet", "lang", "level"}


@dataclass(frozen=True)
class Column:
    """One column: its heading as written and what it means (field None: left out)."""

    index: int
    heading: str
    guess: Guess
    field: str | None
    lang: str | None = None
    hint: str | None = None
    """The language that its texts most likely are in, where none is named."""


@dataclass(slots=True)
class Record:
    """One row under its headings: the cells that say something, why it cannot be read, or why it is passed over."""

    line: int
    cells: list[tuple[Column, Any]] = field(default_factory=list)
    broken: Remark | None = None
    continues: bool = False
    aside: Remark | None = None


@dataclass
class Plan:
    """How one table is read."""

    table: Table
    columns: list[Column]
    layout: Layout
    first_row: int
    proposals: list[ColumnProposal]
    width: int
    exact_width: bool
    headings: list[str]

    @property
    def name(self) -> str:
        """The sheet's name."""
        return self.table.name

    def has(self, name: str) -> bool:
        """Whether some column means that field."""
        return any(c.field == name for c in self.columns)

    def is_alone(self, record: Record) -> bool:
        """Whether a row says nothing but a name where others say more: perhaps a title between them."""
        if self.layout != "row_per_actor" or [c.field for c, _ in record.cells] != ["name"]:
            return False
        return self.table.headings is None and sum(1 for c in self.columns if c.field) >= _WIDE

    def records(self) -> Iterator[Record]:
        """The rows below the headings, in order; empty ones and those that are no actors are passed over."""
        for row in self.table.rows():
            if row.line >= self.first_row and not is_empty(row) and self._aside(row) is None:
                yield self._record(row)

    def identities(self, fields: frozenset[str]) -> Iterator[Record]:
        """The same records with the cells of these fields alone, where these tell whose row it is.

        Rows that are passed over are among them, with the reason.
        """
        telling = [c for c in self.columns if c.field in fields]
        for row in self.table.rows():
            if row.line < self.first_row or is_empty(row):
                continue
            aside = self._aside(row)
            if aside or row.broken or self._width_error(row.cells):
                yield Record(row.line, aside=aside) if aside else self._record(row)
                continue
            cells = [(c, row.cells[c.index]) for c in telling if c.index < len(row.cells)]
            cells = [(c, value) for c, value in cells if not is_blank(value)]
            # A row that names nobody may go on with the one before: that needs all its cells.
            yield Record(row.line, cells) if cells else self._record(row)

    def _aside(self, row: Row) -> Remark | None:
        return row_aside(row.cells, self.headings) if self.headings and not row.broken else None

    def _record(self, row: Row) -> Record:
        if row.broken:
            return Record(row.line, [(_WHOLE, " | ".join(map(str, row.cells))[:200])], row.broken)
        wrong = self._width_error(row.cells)
        if wrong:
            return Record(row.line, [(_WHOLE, " | ".join(map(str, row.cells))[:200])], wrong)
        cells = [
            (column, row.cells[column.index])
            for column in self.columns
            if column.field and column.index < len(row.cells) and not is_blank(row.cells[column.index])
        ]
        named = {c.field for c, _ in cells}
        return Record(row.line, cells, continues=bool(named) and named <= _CONTINUED and self.layout != "matrix")

    def _width_error(self, cells: Sequence[Any]) -> Remark | None:
        if not self.exact_width or len(cells) == self.width:
            return None
        if len(cells) < self.width:
            return remark("cells_missing", cells=len(cells), headings=self.width)
        if any(not is_blank(c) for c in cells[self.width :]):
            return remark("cells_too_many", cells=len(cells), headings=self.width)
        return None


_WHOLE = Column(0, WHOLE_ROW, Guess(None, 0), None)


@dataclass(frozen=True)
class Header:
    """A row (or two) of headings and how much of it was understood."""

    headings: list[str]
    first_row: int
    score: float


def plan_table(
    table: Table, options: ImportOptions, remembered: Mapping[str, str], *, exact_width: bool
) -> Plan | None:
    """How a table is to be read; None when no row of it looks like headings of actors."""
    own = {fold_word(k): v for k, v in {**remembered, **options.mapping}.items()}
    known = find_connector(table)
    wanted = (dict(known.mapping) if known else {}) | own
    if options.layout == "matrix_transposed":
        return _plan(transpose(table), wanted, options.layout, exact_width=False)
    plan = _plan(table, wanted, options.layout, exact_width=exact_width)
    if plan is None and options.layout is None:
        plan = _plan(transpose(table), wanted, "matrix_transposed", exact_width=False)
        if plan and not any(c.field == "competence" for c in plan.columns):
            return None
    return plan


def _plan(table: Table, wanted: Mapping[str, str], layout: Layout | None, *, exact_width: bool) -> Plan | None:
    sample = [row for row in islice(table.rows(), _SAMPLE_ROWS) if not is_empty(row)]
    header = _header(table, sample, wanted, layout)
    if header is None:
        return None
    told = [] if table.headings is not None else header.headings
    body = [row for row in sample if row.line >= header.first_row and not row.broken]
    body = [row for row in body if not told or row_aside(row.cells, told) is None]
    understand = recognise if table.headings is None else recognise_path
    columns = _columns(header.headings, body, wanted, understand, transposed=layout == "matrix_transposed")
    levels = _level_columns(columns, body, wanted) if layout in {None, "matrix", "matrix_transposed"} else []
    if layout == "matrix_transposed" and len(levels) < 2:
        return None
    if layout in {"matrix", "matrix_transposed"} or len(levels) >= 3:
        lang = _language_of([c.heading for c in columns])
        columns = [replace(c, field="competence", lang=c.lang or lang) if c in levels else c for c in columns]
        layout = layout or "matrix"
    if not any(c.field in {"name", "id"} for c in columns):
        return None
    columns = [replace(c, hint=_hint(c, body)) for c in columns]
    proposals = [_proposal(table.name, c, body) for c in columns]
    chosen = layout or ("row_per_competence" if any(c.field == "competence" for c in columns) else "row_per_actor")
    return Plan(table, columns, chosen, header.first_row, proposals, len(header.headings), exact_width, told)


def _header(table: Table, sample: Sequence[Row], wanted: Mapping[str, str], layout: Layout | None) -> Header | None:
    if table.headings is not None:
        return Header(table.headings, 0, 1.0)
    if layout == "matrix_transposed":
        corner = recognise(_text(sample[0].cells[0])) if sample and sample[0].cells else Guess(None, 0)
        if not sample or corner.field not in _CORNER | {"name"}:
            return None
        return Header([_text(c) for c in sample[0].cells], sample[0].line + 1, 1.0)
    return find_header(sample, wanted)


def find_header(sample: Sequence[Row], wanted: Mapping[str, str]) -> Header | None:
    """The row, or the pair of rows, that is best understood as headings and names the actors."""
    best: Header | None = None
    early = [row for row in sample if not row.broken and row.line <= sample[0].line + _HEADER_WITHIN]
    for position, row in enumerate(early):
        texts = [_text(c) for c in row.cells]
        following = early[position + 1] if position + 1 < len(early) else None
        single = Header(texts, row.line + 1, _score(texts, wanted))
        for candidate in [single, *_with_second_row(single, following, wanted)]:
            if candidate.score > 0 and (best is None or candidate.score > best.score + 0.01):
                best = candidate
    return best


def _with_second_row(top: Header, row: Row | None, wanted: Mapping[str, str]) -> list[Header]:
    if row is None:
        return []
    width = max(len(row.cells), len(top.headings))
    below = [_text(c) for c in row.cells] + [""] * (width - len(row.cells))
    above = top.headings + [""] * (width - len(top.headings))
    if not _looks_like_headings([b for a, b in zip(above, below, strict=True) if b and b != a]):
        return []
    carried, joined = "", []
    for up, down in zip(above, below, strict=True):
        carried = up or (carried if down else "")
        joined.append(_join(carried, down) if down else up)
    return [Header(joined, row.line + 1, _score(joined, wanted) - 0.3)]


def _looks_like_headings(texts: Sequence[str]) -> bool:
    return bool(texts) and all(t.isdigit() or _mark(t) >= SURE or recognise(f"description {t}").lang for t in texts)


def _join(up: str, down: str) -> str:
    if not up or up == down:
        return down
    both = f"{up} {down}"
    return both if _mark(both) >= max(_mark(down), SURE) else down


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _mark(heading: str) -> float:
    guess = recognise(heading)
    return guess.confidence if guess.field else 0.0


def _score(texts: Sequence[str], wanted: Mapping[str, str]) -> float:
    """How much of a row is understood as headings; nothing without a name or an id among them."""
    distinct = {t for t in texts if t and len(t) < 80}
    marks = {t: 1.0 if fold_word(t) in wanted else _mark(t) for t in distinct}
    targets = {wanted.get(fold_word(t)) or recognise(t).field for t, mark in marks.items() if mark >= SURE}
    if not {t.partition(".")[0] for t in targets if t} & {"name", "id"}:
        return 0.0
    return sum(mark for mark in marks.values() if mark >= SURE) + (0.01 if len(distinct) > 1 else 0.0)


def _columns(
    headings: Sequence[str],
    body: Sequence[Row],
    wanted: Mapping[str, str],
    understand: Callable[[str, Sequence[str]], Guess],
    *,
    transposed: bool,
) -> list[Column]:
    columns: list[Column] = []
    taken: dict[str, int] = {}
    for index, heading in enumerate(headings):
        values = [_text(r.cells[index]) for r in body if index < len(r.cells) and isinstance(r.cells[index], str)]
        target = wanted.get(fold_word(heading))
        said = [v for v in values if v][:50]
        guess = _wanted(target) if target is not None else understand(heading, said)
        if transposed and index == 0 and guess.field in _CORNER:
            guess = Guess("name", 1.0)
        name = guess.field if guess.sure else None
        if name and name not in REPEATABLE and name in taken:
            # The surer one of two columns for one field counts; the other is asked about.
            if _beside(heading, columns[taken[name]].heading):
                name, guess = None, Guess(None, 0.0)
            elif columns[taken[name]].guess.confidence >= guess.confidence:
                name, guess = None, Guess(guess.field, 0.5)
            else:
                older = columns[taken[name]]
                columns[taken[name]] = Column(older.index, older.heading, Guess(name, 0.5), None)
        if name:
            taken[name] = index
        columns.append(Column(index, heading or f"column {index + 1}", guess, name, guess.lang if name else None))
    return columns


def _beside(heading: str, other: str) -> bool:
    """Whether two headings are parts of one object, such as "country.code" and "country.name"."""
    above, dot, _ = heading.rpartition(".")
    return bool(dot) and above == other.rpartition(".")[0]


def _wanted(target: str) -> Guess:
    name, lang = parse_target(target)
    return Guess(name or None, 1.0, lang)


def _level_columns(columns: Sequence[Column], body: Sequence[Row], wanted: Mapping[str, str]) -> list[Column]:
    """Columns without a meaning of their own whose cells are all levels or crosses: the competences of a matrix."""
    found = []
    for column in columns:
        if fold_word(column.heading) in wanted or (column.field and column.field not in {"competence", "offers"}):
            continue
        if column.guess.confidence >= SURE and column.guess.field not in {"competence", "offers"}:
            continue
        texts = [_text(r.cells[column.index]) for r in body if column.index < len(r.cells)]
        unread = [t for t in texts if t and parse_level(t) is None]
        levels = len([t for t in texts if t]) - len(unread)
        if levels and not is_sum_heading(column.heading) and all(map(is_blank_text, unread)):
            found.append(column)
    return found


def _language_of(headings: Sequence[str]) -> str | None:
    """The language of a matrix: its competences are single words, which only all headings together tell apart."""
    lang, confidence = detect_language(". ".join(headings))
    return lang if confidence >= _SURE_OF_LANGUAGE else None


def _hint(column: Column, body: Sequence[Row]) -> str | None:
    if column.lang or column.field not in TEXT_FIELDS:
        return None
    return column_language(_text(r.cells[column.index]) for r in body if column.index < len(r.cells))


def _proposal(sheet: str, column: Column, body: Sequence[Row]) -> ColumnProposal:
    values = [_text(in_words(r.cells[column.index])) for r in body if column.index < len(r.cells)]
    samples = list(dict.fromkeys(v[:120] for v in values if v))[:3]
    target = f"{column.field}.{column.lang}" if column.field and column.lang else column.field
    return ColumnProposal(
        heading=column.heading,
        field=target,
        confidence=round(column.guess.confidence, 2),
        guess=column.guess.question if not column.field else None,
        samples=samples,
        sheet=sheet,
    )


def transpose(table: Table) -> Table:
    """The table with its columns as rows, each on the line of its number; empty where it is too large to be held."""
    rows: list[Row] = []
    cells = 0
    for row in table.rows():
        cells += len(row.cells)
        if cells > _TRANSPOSE_CELLS or len(rows) > MAX_COLUMNS:
            return Table(table.name, lambda: iter(()))
        if not row.broken and not is_empty(row):
            rows.append(row)
    while rows and sum(not is_blank(cell) for cell in rows[0].cells) < 2:
        # A title above the table would be a column of its own.
        rows.pop(0)
    width = max((len(r.cells) for r in rows), default=0)
    turned = [Row(i + 1, [r.cells[i] if i < len(r.cells) else "" for r in rows]) for i in range(width)]
    return Table(table.name, lambda: iter(turned))
