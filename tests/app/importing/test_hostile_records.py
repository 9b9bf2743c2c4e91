"""Records that would crash a reader or keep it busy for hours: each is answered at once, by rows or in plain words."""

import json
import time

import pytest

from app.errors import BadInput
from app.services.importing.canonical import Canonical
from app.services.importing.dates import parse_date
from app.services.importing.remarks import Unreadable
from app.services.importing.source import Rejected, open_source
from app.services.importing.values import parse_coordinate, parse_number, parse_website

ACTOR = {"id": "1", "name": "Weaver", "country": "FR"}


def read(data: bytes, name: str) -> list[Canonical | Rejected]:
    """All rows of a file, in less than two seconds of work."""
    began = time.process_time()
    rows = [row for batch in open_source(data, name).batches() for row in batch]
    assert time.process_time() - began < 2
    return rows


def of_line(**more: object) -> bytes:
    return json.dumps(ACTOR | more).encode() + b"\n"


def test_an_other_name_whose_wordings_are_all_empty_says_nothing():
    (row,) = read(of_line(aliases=[{"nl": 0}, {"fr": ""}, {"fr": "Tisserand", "nl": "Wever"}]), "a.jsonl")
    assert isinstance(row, Canonical)
    assert row.actor.aliases == ["Tisserand"]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("9" * 5_000, "a number of thousands of digits"),
        ("[" * 400 + "1" + "]" * 400, "nested too deeply"),
        ('{"a":' * 400 + "1" + "}" * 400, "nested too deeply"),
    ],
    ids=["digits", "lists", "objects"],
)
def test_json_beyond_what_can_be_read_is_refused_with_its_line(written, why):
    broken = of_line()[:-2] + b', "level": ' + written.encode() + b"}\n"
    good, bad = read(of_line() + broken, "a.jsonl")
    if isinstance(good, Rejected):
        good, bad = bad, good
    assert isinstance(good, Canonical)
    assert isinstance(bad, Rejected)
    assert bad.lines == [2]
    assert why in bad.reasons[0].reason
    with pytest.raises(BadInput, match=why):
        open_source(b"[" + broken + b"]", "a.json")


def test_what_no_database_stores_does_not_reach_it():
    written = b'{"name": "A\\ud800", "country": "FR", "le\\ud800": 1, "level": ["\\ud83d\\ude42\\u0000", NaN, 1e999]}\n'
    source = open_source(written, "a.jsonl")
    (row,) = [row for batch in source.batches() for row in batch]
    assert isinstance(row, Canonical)
    assert row.actor.name == "A\ufffd"
    assert row.said["beside"] == {"level": ["🙂", None, None]}
    assert "le\ufffd" in [proposal.heading for plan in source.plans for proposal in plan.proposals]


@pytest.mark.parametrize("value", ["50°3'1.2.3\"N", "50°" + " " * 20_000 + "x", "1e999", "9" * 400])
def test_degrees_that_are_none_are_refused_as_such(value):
    began = time.process_time()
    with pytest.raises(Unreadable):
        parse_coordinate(value, -90, 90)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("value", ["1e999", "9" * 400, "a" + " " * 100_000 + "x"])
def test_a_number_beyond_all_numbers_is_none(value):
    with pytest.raises(Unreadable):
        parse_number(value)


def test_a_page_of_blanks_is_no_date():
    began = time.process_time()
    assert parse_date("1" + " " * 100_000 + "x") is None
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "table",
    [
        b"name;country;offers\nWeaver;FR;a" + b" " * 100_000 + b"b\n",
        b"name;country;size\nWeaver;FR;1\nTotal;;" + b"1" * 100_000 + b"x\n",
        b"name;country;" + b"(" * 100_000 + b"\nWeaver;FR;1\n",
    ],
    ids=["a text of blanks", "a sum of digits", "a heading of brackets"],
)
def test_cells_of_a_hundred_thousand_signs_keep_nobody_waiting(table):
    assert read(table, "a.csv")


def test_an_address_with_brackets_before_its_fragment_is_read_again_as_it_was() -> None:
    once = parse_website("w.exämple.eu:8443/a?b=c<b>#d")
    assert once == parse_website(once) == "https://w.exämple.eu:8443/a?b=c<b"
