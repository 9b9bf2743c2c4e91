"""The tables of bounds are those of the code: every number, and every kind of thing that is kept."""

import re
from pathlib import Path

import pytest

from app import bodies, db, live, trail
from app.api import paging
from app.crowding import THREADS
from app.services import apart, meaning, pool, registration
from app.services.bounds import BOUNDS, MAX_LOCKS, MAX_PARTICIPANTS, MAX_PLACES, MAX_ROUNDS
from app.services.importing import archives, spreadsheet_xlsx, tables, xml_stream
from app.services.papers import press
from app.settings import Settings
from matching.pairing import problem
from models.actor import MAX_TEXT, MAX_TEXTS
from models.edit import PlanNote
from models.feedback import FeedbackCreate
from models.moment import YEARS

ROOT = Path(__file__).resolve().parents[2]
LIMITS = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").split("\n## Limits\n")[1].split("\n## ")[0]
SET = {name: field.default for name, field in Settings.model_fields.items()}
HELD = "`tests/app/test_bounds.py`: `test_one_more_than_is_kept_is_refused_by_the_bound`"
HELD_APART = {
    "drafts": f"{HELD}; `tests/app/test_plan_removal.py`: `test_the_oldest_that_nobody_touched_makes_room`",
    "published plans": "`tests/app/test_plan_removal.py`: `test_events_are_published_so_often`",
}


NOWHERE = db.make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing").pool
"""How many connections a process has at most; none is made."""


def rows(heading: str) -> list[list[str]]:
    """The cells of the table whose first heading is this."""
    table = LIMITS.split(f"\n| {heading} |")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]


def longest(shape: type, name: str) -> int:
    """The most letters of a field."""
    return next(m.max_length for m in shape.model_fields[name].metadata if hasattr(m, "max_length"))


NUMBERS: dict[str, list[float]] = {
    "a request's body": [SET["max_body_mb"]],
    "the same of who says nothing of themselves, or sends a form with a link": [bodies.OF_STRANGERS / 2**10],
    "requests of a kind worked on, and waiting": [THREADS, NOWHERE.size() + NOWHERE._max_overflow],
    "requests of a key, of an address; tries to sign in": [SET["rate_key"], SET["rate_address"], SET["rate_sign_in"]],
    "time for what is sent to arrive": [bodies.PATIENCE_S, bodies.SLOWEST / 2**10],
    "live pages of a process": [live.MAX_STREAMS],
    "hundreds of pages that hear the same": [live._LONGEST_MS / 1000],
    "waiting for what another transaction holds": [db.LOCK_S],
    "plans computed, and in line": [],
    "solver time": [SET["plan_seconds"], apart.GRACE_S],
    "participants, rounds, places, delegates, requested meetings of a problem": [
        problem.MAX_PARTICIPANTS, problem.MAX_ROUNDS, problem.MAX_PLACES, problem.MAX_DELEGATES, problem.MAX_REQUESTED,
    ],
    "participants of an event": [MAX_PARTICIPANTS],
    "rounds, places, locks of an event; words of the desk in one request": [
        MAX_ROUNDS, MAX_PLACES, MAX_LOCKS, MAX_PARTICIPANTS,
    ],
    "the year of a round, of an end": [YEARS[0], YEARS[-1]],
    "a text; texts of one facet": [MAX_TEXT, MAX_TEXTS],
    "suggestions; items of a page of a list; of a list that is an array": [100, 200, paging.LONGEST],
    "a note: on a plan; of a tandem, a relation, feedback, an answer": [
        longest(PlanNote, "note"), longest(FeedbackCreate, "note"),
    ],
    "a pasted list": [registration.MOST_CHARACTERS],
    "a ZIP: files, unpacked size, how much it swells": [
        archives.MAX_MEMBERS, archives.MAX_UNPACKED / 1e9, archives._MAX_RATIO,
    ],
    "a ZIP in a ZIP": [],
    "a workbook: sheets, each once however often it is listed; styles; different texts": [
        tables.MAX_SHEETS, spreadsheet_xlsx._MAX_STYLES, spreadsheet_xlsx._MAX_STRINGS,
    ],
    "a tag in XML; a document type": [xml_stream._LONGEST / 2**20],
    "a table: columns, rows, letters of a cell": [tables.MAX_COLUMNS, tables.MAX_ROWS, tables.MAX_CELL],
    "fetching a file": [],
    "printing": [press.IN_LINE, press.LONGEST_S],
    "what a process remembers: questions, rankings of the pool, reasons of agendas": [
        meaning.QUESTIONS, pool.RANKINGS, pool.ENCOUNTERS,
    ],
    "reads that wait for the audit trail": [trail._ROOM],
}  # fmt: skip
"""Row → the numbers of its second cell, as the code has them."""


def test_every_row_is_compared() -> None:
    assert [row[0] for row in rows("what")] == [*NUMBERS]


@pytest.mark.parametrize("what", NUMBERS)
def test_the_numbers_are_those_of_the_code(what: str) -> None:
    cell = next(row[1] for row in rows("what") if row[0] == what)
    told = [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", cell)]
    assert told == NUMBERS[what]


def test_everything_that_is_kept_has_its_line() -> None:
    assert rows("kept") == [
        [bound.what, f"{bound.most:,}", bound.way, HELD_APART.get(name, HELD)] for name, bound in BOUNDS.items()
    ]
