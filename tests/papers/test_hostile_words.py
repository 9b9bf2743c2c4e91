"""Words that would like to be something else: a property of a calendar, a formula, a command of the typesetter."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from hypothesis import example, given
from hypothesis import strategies as st
from papers_gathering import Gathering, words_of
from sqlmodel import Session

from app.services import plans
from app.services.importing.sheets import harmless_between, take_off
from models.actor import Actor
from models.event import Event, EventPlace

INJECTED = (
    "Evil\r\nATTENDEE:mailto:x@evil.example\rURL:https://evil.example\n\x0b\x1c\x85\u2028END:VEVENT;X=1,\\n\x00\x1b"
)
ENDLESS = "\u202e\u200f\u200b\ufeff" + "A\u0301" * 140
MARKUP = '#read("/etc/passwd") #import "x.typ": * $x$ @ref \\ /* ``` <label> "'
FORMULAS = "\n=cmd|' /C calc'!A1;=HYPERLINK(\"https://evil.example\")\r+1;\t@SUM(1)\ufffe\uffff"
HOSTILE = (INJECTED, ENDLESS, MARKUP, FORMULAS)
FORMULA = re.compile(r"\s*[=+\-@\uff0b\uff0d\uff1d\uff20]")


@pytest.fixture
def hostile(session: Session, planned: Gathering) -> Gathering:
    """The same event with such words wherever somebody may write some; not all of them come in by every door."""
    for actor_id, words in zip(planned.actors, HOSTILE, strict=True):
        actor = session.get_one(Actor, actor_id)
        actor.name = actor.city = actor.side = words.replace("\x00", "")
    event = session.get_one(Event, planned.id)
    event.name, event.place = INJECTED.replace("\x00", ""), FORMULAS
    for place, words in zip((0, 1), (INJECTED, FORMULAS), strict=True):
        session.get_one(EventPlace, (planned.id, place)).label = words.replace("\x00", "")
    plans.publish(session, event_id=planned.id, number=1)
    session.commit()
    return planned


def test_no_word_is_a_property_of_a_calendar(client: TestClient, hostile: Gathering) -> None:
    (made,) = client.post(f"{hostile.url}/links", json={"actor_ids": [hostile.actors[3]]}).json()
    for address in (f"{hostile.url}/calendar.ics", f"/agenda/{made['token']}/calendar.ics"):
        told = client.get(address).content
        lines = told.split(b"\r\n")
        assert max(map(len, lines)) <= 75
        assert re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", b"".join(lines)) is None
        names = {re.split(rb"[:;]", line)[0] for line in lines if line[:1] not in (b" ", b"")}
        assert names.isdisjoint({b"ATTENDEE", b"X"})
        assert told.count(b"END:VEVENT\r\n") == told.count(b"BEGIN:VEVENT\r\n") == (3 if "events" in address else 1)


@pytest.mark.parametrize("kind", ["participants", "rounds", "badges", "signs"])
def test_no_word_is_a_command_of_the_typesetter(client: TestClient, hostile: Gathering, kind: str) -> None:
    answer = client.post(f"{hostile.url}/papers/{kind}", json={})
    assert answer.status_code == 200, answer.text
    assert "root:" not in (told := "".join(words_of(answer.content)))
    assert kind == "signs" or '#read("/etc/passwd")' in told.replace("\u00ad", "")


def cells(table: str) -> Iterator[str]:
    """Every cell as a spreadsheet finds it, whatever it takes for the sign between cells."""
    for sign in ",;\t":
        for line in csv.reader(io.StringIO(table, newline=""), delimiter=sign):
            yield from line


def test_no_word_is_a_formula_wherever_a_cell_begins(client: TestClient, hostile: Gathering) -> None:
    with zipfile.ZipFile(io.BytesIO(client.get(f"{hostile.url}/export?format=csv").content)) as archive:
        tables = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    assert [(name, cell) for name, table in tables.items() for cell in cells(table) if FORMULA.match(cell)] == []


def test_every_letter_fits_a_workbook_and_none_makes_a_formula(client: TestClient, hostile: Gathering) -> None:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(client.get(f"{hostile.url}/export").content))
    found = [cell for page in book for row in page.iter_rows() for cell in row]
    assert [c.value for c in found if c.data_type == "f" or (c.data_type == "s" and FORMULA.match(c.value))] == []


@example("\uff1d1; \u2019+")
@example("'' \r='@ ")
@given(st.text(alphabet=";\t\r\n =+-'@a", max_size=12))
def test_what_was_made_harmless_is_read_again_as_it_was(text: str) -> None:
    assert take_off(harmless_between(text)) == text


def test_a_text_of_empty_lines_is_looked_through_once() -> None:
    """Looked through from each of them, it would take hours."""
    lines = "a" + "\n" * 1_000_000
    assert take_off(harmless_between(f"{lines}=b")) == f"{lines}=b"
    assert harmless_between(f"{lines}b") == f"{lines}b"
