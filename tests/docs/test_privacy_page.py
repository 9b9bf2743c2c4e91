"""The page for data-protection officers names every table, and what it names is there."""

import re
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from app.settings import Settings
from models import TABLES

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "privacy.md"
TEXT = PAGE.read_text(encoding="utf-8")
ROWS = [line.split("|")[1:-1] for line in TEXT.split("## Every table")[1].splitlines() if line.startswith("| ")][1:]
_PERSONAL = ("contact", "access_person", "attendance", "meeting_answer")
_KEYS = {"id", "actor_id", "event_id", "target_id"}


def told() -> dict[str, set[str]]:
    """Table → the fields that its rows name."""
    fields: dict[str, set[str]] = {}
    tables: list[str] = []
    for first, second, *_ in ROWS:
        tables = re.findall(r"`(\w+)`", first) or tables
        for table in tables:
            fields.setdefault(table, set()).update(re.findall(r"`(\w+)`", second))
    return fields


def test_every_table_is_named() -> None:
    assert sorted(told()) == sorted(str(t.__tablename__) for t in TABLES)


def test_every_field_that_is_named_exists() -> None:
    columns = {name: set(SQLModel.metadata.tables[name].columns.keys()) for name in told()}
    assert {name: fields - columns[name] for name, fields in told().items() if fields - columns[name]} == {}


@pytest.mark.parametrize("table", _PERSONAL)
def test_every_field_of_a_table_of_persons_is_named(table: str) -> None:
    columns = set(SQLModel.metadata.tables[table].columns.keys()) - _KEYS
    assert columns - told()[table] == set()


def test_the_periods_are_those_of_the_settings() -> None:
    periods = re.findall(r"(\d+) months[^|]*?\(`VIADUC_(KEEP_\w+)`", TEXT)
    assert {name: int(months) for months, name in periods} == {
        name.upper(): field.default for name, field in Settings.model_fields.items() if name.startswith("keep_")
    }
