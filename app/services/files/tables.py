"""Everything of an event as tables: a workbook of nine sheets, or as many CSV files."""

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlmodel import Session

from app.services.events import list_interpreters, list_participants, list_wishes
from app.services.files.timetable import Encounter, Timetable
from app.services.files.wording import Wording
from app.services.importing.sheets import FileOut, harmless, harmless_between
from app.services.importing.workbook import with_rows
from models.event import WishCreate

TABLES = ("event", "participants", "rounds", "people", "places", "interpreters", "wishes", "unmet", "certificate")
"""Every table by its key, in the order of the workbook."""
TableName = Literal[
    "event", "participants", "rounds", "people", "places", "interpreters", "wishes", "unmet", "certificate"
]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NARROWEST, _WIDEST = 8, 60


@dataclass(frozen=True)
class Table:
    """One table: the name of its sheet, its headings, its rows."""

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class _Book:
    """What the tables are made of."""

    session: Session
    timetable: Timetable
    wording: Wording

    @property
    def event_id(self) -> int:
        return self.timetable.event.id

    def name(self, actor_id: int | None) -> str:
        person = self.timetable.people.get(actor_id) if actor_id is not None else None
        return person.name if person else ""

    def side(self, actor_id: int) -> str:
        person = self.timetable.people.get(actor_id)
        return person.side if person else ""

    def table(self, name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
        say = self.wording.say
        return Table(say(f"table_{name}"), [say(f"column_{h}") for h in headings], [list(row) for row in rows])

    def when(self, slot: int) -> tuple[Any, Any, Any]:
        """Number from 1, start and end by the clock of the event (a spreadsheet knows no zones)."""
        known = self.timetable.slots[slot]
        return slot + 1, known.start.replace(tzinfo=None), known.end.replace(tzinfo=None)

    def place(self, index: int | None) -> str:
        return self.timetable.place_name(index, self.wording)

    def interpreter(self, meeting: Encounter) -> int | None:
        return None if meeting.interpreter is None else meeting.interpreter + 1


def make_table(session: Session, *, timetable: Timetable, wording: Wording, table: TableName) -> Table:
    """One table of the event by its key."""
    return _MAKERS[table](_Book(session, timetable, wording))


def workbook(session: Session, *, timetable: Timetable, wording: Wording) -> FileOut:
    """All tables as an Excel workbook: headings that stay, a filter on each, times as times. No cell is a formula."""
    from openpyxl import Workbook

    book: Any = Workbook()
    book.remove(book.active)
    made = [make_table(session, timetable=timetable, wording=wording, table=name) for name in TABLES]  # type: ignore[arg-type]
    for table in made:
        _frame(book, table)
    rows = [([_cell(value) for value in row] for row in table.rows) for table in made]
    return FileOut(f"{stem_of(timetable)}.xlsx", XLSX, with_rows(book, rows, safe=harmless))


def comma_files(session: Session, *, timetable: Timetable, wording: Wording) -> FileOut:
    """All tables as CSV files in one archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, name in enumerate(TABLES, start=1):
            table = make_table(session, timetable=timetable, wording=wording, table=name)  # type: ignore[arg-type]
            archive.writestr(f"{number}-{name}.csv", comma_separated(table))
    return FileOut(f"{stem_of(timetable)}-csv.zip", "application/zip", out.getvalue())


def comma_separated(table: Table) -> bytes:
    """One table as CSV: UTF-8 with a mark, so that spreadsheets read the accents."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([harmless_between(h) for h in table.headings])
    writer.writerows([harmless_between(_plain(value)) for value in row] for row in table.rows)
    return out.getvalue().encode("utf-8-sig")


def stem_of(timetable: Timetable) -> str:
    """How files of an event begin: its name up to a colon or dash, in letters that every system takes."""
    name = timetable.event.name
    title = re.split(r"\s*[:–—]\s", name)[0]
    folded = unicodedata.normalize("NFKD", title if " " in title.strip() else name).casefold()
    kept = "".join(c if c.isascii() and c.isalnum() else " " for c in folded if not unicodedata.combining(c))
    return "-".join(kept.split()[:6]) or f"event-{timetable.event.id}"


def _frame(book: Any, table: Table) -> None:
    """The sheet of a table with its headings, ready for its rows."""
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    page = book.create_sheet(table.name[:31])
    page.append([harmless(h) for h in table.headings])
    for cell in page[1]:
        cell.font, cell.alignment = Font(bold=True), Alignment(vertical="top", wrap_text=True)
    page.freeze_panes = "A2"
    page.auto_filter.ref = f"A1:{get_column_letter(len(table.headings))}{len(table.rows) + 1}"
    for number, heading in enumerate(table.headings):
        widest = max((_width(row[number]) for row in table.rows), default=0)
        wanted = max(_NARROWEST, len(heading), widest) + 2
        page.column_dimensions[get_column_letter(number + 1)].width = min(_WIDEST, wanted)
    page.page_setup.orientation, page.page_setup.fitToHeight = "landscape", 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = "1:1"


def _width(value: Any) -> int:
    return 16 if hasattr(value, "hour") else len(str(_cell(value) if value is not None else ""))


def _cell(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _plain(value: Any) -> Any:
    return value.isoformat(" ", "minutes") if hasattr(value, "hour") else _cell(value)


def _event(book: _Book) -> Table:
    event, plan = book.timetable.event, book.timetable.plan
    told = {"name": event.name, "where": event.place, "zone": event.zone, "rounds": event.rounds,
            "places": event.places, "participants": event.participants, "min": event.min_meetings,
            "max": event.max_meetings, "plan": plan.number if plan else None}  # fmt: skip
    return book.table("event", ("what", "value"), [(book.wording.say(f"column_{k}"), v) for k, v in told.items()])


def _participants(book: _Book) -> Table:
    people, held = book.timetable.people, book.timetable.by_person
    rows = []
    for p in list_participants(book.session, event_id=book.event_id):
        fact = people[p.actor_id]
        rounds = "" if p.available is None else [n + 1 for n in p.available]
        delegates = [d.id for d in p.delegates]
        rows.append([p.actor_id, p.name, p.pseudonym, book.wording.kind(fact.kind), fact.country, p.side, fact.city,
                     p.languages, rounds, p.min, p.max, delegates, p.parallel, p.tracks,
                     len(held.get(p.actor_id, ()))])  # fmt: skip
    headings = ("id", "name", "pseudonym", "kind", "country", "side", "city", "languages", "available", "min", "max",
                "delegates", "parallel", "tracks", "meetings")  # fmt: skip
    return book.table("participants", headings, rows)


def _rounds(book: _Book) -> Table:
    rows = [
        [*book.when(m.slot), book.place(m.place), book.name(m.a), book.side(m.a), book.name(m.b), book.side(m.b),
         book.interpreter(m), round(m.worth, 4)]
        for m in book.timetable.meetings
    ]  # fmt: skip
    headings = ("round", "start", "end", "place", "participant", "side", "partner", "side", "interpreter", "worth")
    return book.table("rounds", headings, rows)


def _people(book: _Book) -> Table:
    table = book.timetable
    rows = [
        [person.name, person.side, *book.when(m.slot), book.place(m.place), book.name(m.other(person.id)),
         book.side(m.other(person.id)), book.interpreter(m)]
        for person in table.people.values()
        for m in table.by_person[person.id]
    ]  # fmt: skip
    headings = ("participant", "side", "round", "start", "end", "place", "partner", "side", "interpreter")
    return book.table("people", headings, rows)


def _places(book: _Book) -> Table:
    table = book.timetable
    rows = [
        [book.wording.place(label), *book.when(m.slot), book.name(m.a), book.name(m.b), book.interpreter(m)]
        for index, label in table.places.items()
        for m in table.by_place[index]
    ]
    return book.table("places", ("place", "round", "start", "end", "participant", "partner", "interpreter"), rows)


def _interpreters(book: _Book) -> Table:
    table = book.timetable
    rows: list[list[Any]] = []
    for known in list_interpreters(book.session, event_id=book.event_id):
        rounds = "" if known.available is None else [n + 1 for n in known.available]
        who = [known.index + 1, known.languages, rounds]
        sits = [
            [*who, *book.when(m.slot), book.place(m.place), book.name(m.a), book.name(m.b)]
            for m in table.by_interpreter[known.index]
        ]
        rows += sits or [[*who, *[None] * 6]]
    headings = ("interpreter", "languages", "available", "round", "start", "end", "place", "participant", "partner")
    return book.table("interpreters", headings, rows)


def _wishes(book: _Book) -> Table:
    wishes: list[WishCreate] = list_wishes(book.session, event_id=book.event_id)
    say = book.wording.say
    met = {m.pair for m in book.timetable.meetings}
    rows = [
        [
            book.name(w.actor_id),
            book.name(w.target_id),
            say(f"word_{w.kind}"),
            say("yes") if _pair(w) in met else say("no"),
        ]
        for w in wishes
    ]
    return book.table("wishes", ("participant", "partner", "word", "planned"), rows)


def _pair(wish: WishCreate) -> tuple[int, int]:
    return (min(wish.actor_id, wish.target_id), max(wish.actor_id, wish.target_id))


def _unmet(book: _Book) -> Table:
    plan = book.timetable.plan
    told = plan.certificate.get("unmet", []) if plan else []
    rows = []
    for item in told:
        actor = str(item["participant"])
        name = book.name(int(actor)) if actor.isdecimal() else actor
        rows.append([name or actor, book.wording.cause(str(item["cause"]))])
    return book.table("unmet", ("participant", "cause"), rows)


def _certificate(book: _Book) -> Table:
    plan = book.timetable.plan
    told = plan.certificate if plan else {}
    floor = told.get("floor", {})
    facts = {"status": told.get("status"), "utility": told.get("utility"), "bound": told.get("bound"),
             "gap": told.get("gap"), "floor_requested": floor.get("requested"), "floor_reached": floor.get("reached"),
             "seconds": told.get("seconds")}  # fmt: skip
    rows = [(book.wording.say(f"column_{key}"), value) for key, value in facts.items() if value is not None]
    return book.table("certificate", ("what", "value"), rows)


_MAKERS: dict[str, Callable[[_Book], Table]] = {
    "event": _event,
    "participants": _participants,
    "rounds": _rounds,
    "people": _people,
    "places": _places,
    "interpreters": _interpreters,
    "wishes": _wishes,
    "unmet": _unmet,
    "certificate": _certificate,
}
