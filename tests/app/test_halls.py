"""An event around its plans is read once, and anew after every change of anything of it, whoever makes it."""

import re

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from app.errors import NotFound
from app.services.halls import HALL_ROWS, Hall, read_hall


def hall(session: Session) -> Hall:
    session.rollback()
    return read_hall(session, event_id=1)


def test_every_table_that_a_hall_is_read_from_is_told_by_its_state(
    event: str, session: Session, queries: list[str]
) -> None:
    assert hall(session).event.participants == 4
    read = {name for statement in queries for name in re.findall(r'(?:FROM|JOIN) "?([a-z_]+)"?', statement)}
    assert {"participant", "actor", "event_place"} <= read
    assert read <= HALL_ROWS.keys() | {"plan"}


def test_a_hall_is_read_once_while_nothing_of_it_changes(event: str, session: Session, queries: list[str]) -> None:
    first = hall(session)
    queries.clear()
    assert hall(session) is first
    assert len(queries) <= 3


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE event SET name = 'Other', min_meetings = 1",
        "UPDATE round SET minutes = 25 WHERE ordinal = 1",
        "UPDATE event_place SET label = 'Corner' WHERE ordinal = 0",
        "INSERT INTO event_interpreter (event_id, ordinal, languages) VALUES (1, 0, '{fr,nl}')",
        "UPDATE participant SET side = 'NL' WHERE actor_id = 1",
        "DELETE FROM participant WHERE actor_id = 1",
        "UPDATE actor SET name = 'Renamed' WHERE id = 1",
    ],
)
def test_what_another_process_changes_is_seen_at_once(
    event: str, session: Session, engine: Engine, change: str
) -> None:
    before = hall(session)
    with engine.begin() as other:
        other.execute(text(change))
    after = hall(session)
    assert after != before
    assert hall(session) is after


def test_an_actor_that_becomes_anonymous_has_its_pseudonym_at_once(
    event: str, session: Session, engine: Engine
) -> None:
    assert [p.pseudonym for p in hall(session).people] == [None] * 4
    with engine.begin() as other:
        other.execute(text("UPDATE actor SET anonymous = true, veil = repeat('ab', 16) WHERE id = 1"))
    assert [p.actor_id for p in hall(session).people if p.pseudonym] == [1]


def test_an_event_that_is_not_there_has_no_hall(session: Session) -> None:
    with pytest.raises(NotFound):
        read_hall(session, event_id=9)
