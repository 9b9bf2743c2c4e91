"""The rows of an import that could not be taken, as a file in the same format with the reason beside each."""

from collections import defaultdict
from typing import Any

from sqlmodel import Session

from app.services.importing.remarks import WHOLE_ROW, Teller, at_fault, english, remark
from app.services.importing.run import get_import, open_import
from app.services.importing.sheets import FileOut, Format, SheetOut, make_file
from app.services.importing.source import Rejected, Source


def rejected_rows(session: Session, *, import_id: int, tell: Teller = english) -> FileOut:
    """A file to mend and to load again: the rejected rows under their own headings, each with its reason.

    The heading of the column of reasons, in any language, means nothing to an import: it is left out again.
    """
    row = get_import(session, import_id=import_id)
    source = open_import(session, row=row)
    reasons = _reasons(source, tell)
    kind: Format = "jsonl" if source.plans[0].table.headings else "csv" if source.reading.format == "csv" else "xlsx"
    heading = tell(remark("reason"))
    sheets = [_sheet(source, position, reasons, heading) for position in range(len(source.plans))]
    stem = row.filename.rpartition("/")[2].rpartition(".")[0] or row.filename
    return make_file([s for s in sheets if s is not None], f"{stem}-rejected", kind)


def _reasons(source: Source, tell: Teller) -> dict[tuple[str | None, int], str]:
    found: dict[tuple[str | None, int], list[str]] = defaultdict(list)
    for batch in source.batches():
        for item in batch:
            if isinstance(item, Rejected):
                for place in item.places:
                    found[place] += [f"{at_fault(r, tell)}: {tell(r)}" for r in item.reasons]
    return {place: "; ".join(sentences) for place, sentences in found.items()}


def _sheet(source: Source, position: int, reasons: dict[tuple[str | None, int], str], heading: str) -> SheetOut | None:
    plan = source.plans[position]
    sheet = plan.name if len(source.plans) > 1 else None
    lines = {line for name, line in reasons if name == sheet}
    if not lines and len(source.plans) > 1:
        return None
    rejected = [row for row in plan.table.rows() if row.line in lines]
    # What could not even be cut into its keys is handed back whole, under a heading that means nothing.
    uncut = plan.table.headings is not None and any(row.broken for row in rejected)
    headings = [heading, *(c.heading for c in plan.columns), *([WHOLE_ROW] if uncut else [])]

    def rows() -> list[list[Any]]:
        before = [None] * len(plan.columns) if uncut else []
        return [[reasons[sheet, r.line], *(before if r.broken else []), *r.cells] for r in rejected]

    return SheetOut(plan.name, headings, rows)
