"""A file as a stream of canonical rows: what preview and apply both read, so that they cannot disagree."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from app.services.importing.canonical import Canonical, complete, detect_missing_languages, finish, join
from app.services.importing.cells import Context, Draft, clean
from app.services.importing.columns import parse_target
from app.services.importing.drafts import FIELDS, read_record, rejection
from app.services.importing.layout import Plan, Record, plan_table
from app.services.importing.notes import Notes, Place
from app.services.importing.read import read_file
from app.services.importing.remarks import Unreadable, refusal, remark
from app.services.importing.sector_words import SectorWords
from app.services.importing.sheets import take_off
from app.services.importing.tables import Reading, is_empty
from app.services.importing.values import is_blank_text, parse_country, parse_language
from app.services.importing.words import code_words, fold_word
from models.competence_map import ImportOptions, Layout, Rejection
from models.remark import Remark

BATCH = 500
_CONSENT = re.compile(
    r"(?i)consent|accept|acept|accett|\bagree|autoris|autoriz|toestemming|akkoord|einverstand|einwillig|zustimm|samtykk|"
    r"onartz|onespen|baimen|rgpd|gdpr|dsgvo|\bavg\b"
)
_IDENTITY = frozenset({"id", "name", "country", "nuts", "region"})


@dataclass(frozen=True)
class Rejected:
    """Rows that cannot be taken: their sheets and lines, and the reasons."""

    places: list[tuple[str | None, int]]
    reasons: list[Rejection]

    @property
    def lines(self) -> list[int]:
        """Their lines, on whatever sheet."""
        return [line for _, line in self.places]


Batch = list[Canonical | Rejected]


@dataclass
class Source:
    """An opened file: how each table is read, how many rows there are, and which keys they have."""

    reading: Reading
    plans: list[Plan]
    context: Context
    notes: Notes
    counts: Counter[str] = field(default_factory=Counter)
    rows: int = 0

    @property
    def layout(self) -> Layout:
        """The layout of the file: of its first table that is not simply a row per actor."""
        special = [p.layout for p in self.plans if p.layout not in {"row_per_actor", "row_per_competence"}]
        if special:
            return special[0]
        said = self.context.options.layout
        return said or ("row_per_competence" if any(n > 1 for n in self.counts.values()) else "row_per_actor")

    def batches(self) -> Iterator[Batch]:
        """The canonical rows in the order in which they are complete, rejected ones among them."""
        done: list[Draft | Rejected] = []
        for item in self._grouped():
            done.append(item)
            if len(done) >= BATCH:
                yield self._finish(done)
                done = []
        if done:
            yield self._finish(done)

    def _grouped(self) -> Iterator[Draft | Rejected]:
        """One draft per actor; an actor of several rows is handed on with its last one."""
        left = Counter(self.counts)
        waiting: dict[str, Draft] = {}
        for key, draft in self._drafts():
            if key is None:
                yield _rejected(draft, draft.problems or _nameless(draft))
                continue
            left[key] -= 1
            if draft.problems:
                yield _rejected(draft, draft.problems)
            elif key in waiting:
                wrong = join(waiting[key], draft, self.context)
                if wrong:
                    yield _rejected(draft, wrong)
            else:
                waiting[key] = draft
            if not left[key] and key in waiting:
                yield waiting.pop(key)

    def _drafts(self) -> Iterator[tuple[str | None, Draft]]:
        for plan in self.plans:
            context, previous = self._context(plan), None
            for record in plan.records():
                draft = read_record(record, context)
                complete(draft, context)
                if context.options.country and plan.is_alone(record):
                    context.notes.add("name_alone", Place(record.line, context.sheet))
                key = previous if record.continues else draft.key()
                previous = key
                yield key, draft

    def count(self) -> None:
        """First pass: which keys there are and on how many rows, so that rows of one actor find each other."""
        for plan in self.plans:
            context, previous = replace(self._context(plan), notes=Notes()), None
            for record in plan.identities(_IDENTITY):
                if record.aside:
                    self._pass_over(record, context)
                    continue
                self.rows += 1
                key = previous if record.continues else _key_of(record, context)
                previous = key
                if key is not None:
                    self.counts[key] += 1

    def _pass_over(self, record: Record, context: Context) -> None:
        assert record.aside is not None
        self.notes.add(record.aside.code, Place(record.line, context.sheet), **record.aside.values)

    def _context(self, plan: Plan) -> Context:
        several = len(self.plans) > 1
        return replace(
            self.context,
            structured=plan.table.headings is not None,
            sheet=plan.name if several else None,
            matrix=plan.layout in {"matrix", "matrix_transposed"},
        )

    def _finish(self, done: list[Draft | Rejected]) -> Batch:
        finished: Batch = []
        detect_missing_languages(item for item in done if isinstance(item, Draft))
        for item in done:
            if isinstance(item, Rejected):
                finished.append(item)
                continue
            result = finish(item, self.context)
            finished.append(_rejected(item, result) if isinstance(result, list) else result)
        return finished


@dataclass(frozen=True)
class Rules:
    """How a file is to be read: what the admin says of it, and what its map and the border say of every file."""

    options: ImportOptions = field(default_factory=ImportOptions)
    remembered: Mapping[str, str] = field(default_factory=dict)
    """Folded heading → field, as it was confirmed for an earlier file of the map."""
    legal_basis: str | None = None
    """Why names of persons may be stored; without one they are not."""
    sectors: SectorWords = field(default_factory=SectorWords)


def open_source(data: bytes, filename: str, rules: Rules | None = None) -> Source:
    """Read a file far enough to know its tables, its columns and its keys.

    Raises BadInput (or TooLarge) when the file cannot be read, when no table of it names actors, or when there is
    no row below the headings.
    """
    rules = rules or Rules()
    options = _checked(rules.options)
    reading = read_file(data, filename)
    notes = Notes.of(reading.warnings)
    plans = _plans(reading, options, rules.remembered, notes)
    source = Source(reading, plans, Context(options, notes, rules.legal_basis, rules.sectors), notes)
    source.count()
    if not source.rows:
        raise refusal("file", remark("headings_alone", name=filename))
    _note_columns(plans, notes)
    return source


def _checked(options: ImportOptions) -> ImportOptions:
    for heading, target in options.mapping.items():
        name, lang = parse_target(target)
        if name and name not in FIELDS:
            raise refusal(f"mapping.{heading}", remark("field_unknown", value=name, fields=", ".join(FIELDS)))
        if lang:
            _parsed(f"mapping.{heading}", parse_language, lang)
    return options.model_copy(
        update={
            "country": _parsed("country", parse_country, options.country) if options.country else None,
            "language": _parsed("language", parse_language, options.language) if options.language else None,
        }
    )


def _parsed(name: str, parse: object, value: str) -> str:
    try:
        return str(parse(value))  # type: ignore[operator]
    except Unreadable as error:
        raise refusal(name, error.remark) from error


def _plans(reading: Reading, options: ImportOptions, remembered: Mapping[str, str], notes: Notes) -> list[Plan]:
    plans: list[Plan] = []
    names = [t.name for t in reading.tables]
    if options.sheet and options.sheet not in names:
        raise refusal("sheet", remark("sheet_unknown", sheet=options.sheet, sheets=", ".join(names[:20])))
    for table in reading.tables:
        if options.sheet and table.name != options.sheet:
            continue
        plan = plan_table(table, options, remembered, exact_width=reading.format == "csv")
        if plan:
            plans.append(plan)
        elif any(not is_empty(row) for row in islice(table.rows(), 50)):
            notes.add("table_unheaded", table=table.name)
    if max((_width(p) for p in plans), default=0) >= 3:
        # A sheet of explanations may have a word that looks like a heading; beside a real table that is not enough.
        for plan in [p for p in plans if _width(p) < 2]:
            plans.remove(plan)
            notes.add("table_narrow", table=plan.name)
    if not plans:
        raise refusal("file", _no_headings(reading))
    return plans


def _width(plan: Plan) -> int:
    return sum(1 for column in plan.columns if column.field)


def _no_headings(reading: Reading) -> Remark:
    for table in reading.tables:
        seen = table.headings or next(
            ([str(c) for c in row.cells] for row in islice(table.rows(), 50) if not is_empty(row)), []
        )
        if seen:
            return remark("names_not_found", seen=", ".join(f"'{s[:40]}'" for s in seen[:12] if s))
    return remark("no_rows")


def _note_columns(plans: list[Plan], notes: Notes) -> None:
    for plan in plans:
        if plan.layout == "matrix_transposed":
            notes.add("runs_across", table=plan.name)
        place = Place(sheet=plan.name) if len(plans) > 1 else None
        for column in plan.columns:
            if _refuses(column.heading, plan):
                notes.add("consent_refused", place, heading=column.heading)
            if column.field or column.guess.left_out or column.heading == f"column {column.index + 1}":
                continue
            if column.guess.question:
                notes.add("column_unsure", place, heading=column.heading, field=column.guess.question)
            else:
                notes.add("column_ignored", place, heading=column.heading)


def _refuses(heading: str, plan: Plan) -> bool:
    """Whether a column reads like a consent, and a row among the first says no to it."""
    if not _CONSENT.search(heading):
        return False
    samples = next((p.samples for p in plan.proposals if p.heading == heading), [])
    return any(code_words("yes").get(fold_word(sample)) == "no" for sample in samples)


def _key_of(record: Record, context: Context) -> str | None:
    """The key its draft will have: found without reading the other cells, and without a draft where there is an id."""
    for column, value in record.cells:
        if column.field == "id" and isinstance(value, str | int) and not record.broken:
            text = clean(str(value) if context.structured else take_off(str(value)))
            if text and (context.structured or not is_blank_text(text)):
                return text
    cells = [(c, v) for c, v in record.cells if c.field in _IDENTITY]
    draft = read_record(Record(record.line, cells, record.broken), context)
    complete(draft, context)
    return draft.key()


def _rejected(draft: Draft, reasons: list[Rejection]) -> Rejected:
    name = str(draft.scalars.get("name") or "")[:120] or None
    return Rejected(draft.places, [reason.model_copy(update={"name": name}) for reason in reasons])


def _nameless(draft: Draft) -> list[Rejection]:
    return [rejection(draft, "name", "", remark("name_missing"))]
