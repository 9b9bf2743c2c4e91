"""Changes that are made in transactions of their own: recorded in them, by name, or not made."""

from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlmodel import Session

from app.db import WITNESS, session_scope
from models.competence_map import CompetenceMap

CSV = "name;country;offers\nWeaver;FR;cloth\n"


def recorded(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT route, who FROM audit ORDER BY id")).all()]


def without_the_clerk(client: TestClient) -> None:
    """Nothing is recorded afterwards any more, as when the process is killed at once."""
    client.app.state.clerk.stop()


def test_an_import_and_its_record_are_one_transaction(client: TestClient, engine: Engine) -> None:
    without_the_clerk(client)
    made = client.post(
        "/maps/imports", params={"apply": True}, data={"name": "Border"}, files={"file": ("b.csv", CSV, "text/csv")}
    )
    assert made.status_code == 201
    assert recorded(engine) == [("POST /maps/imports", "local")]


def test_a_plan_and_its_record_are_one_transaction(client: TestClient, engine: Engine, event: str) -> None:
    without_the_clerk(client)
    before = recorded(engine)
    assert client.post(f"{event}/plans", json={"time_limit_s": 1}).status_code == 201
    assert client.post(f"{event}/plans", json={"time_limit_s": 1, "wait": False}).status_code == 202
    assert recorded(engine)[len(before) :] == [("POST /events/{event_id}/plans", "local")] * 2


def test_a_plan_that_is_refused_has_no_record(client: TestClient, engine: Engine, event: str) -> None:
    without_the_clerk(client)
    before = recorded(engine)
    assert client.post("/events/99/plans", json={"time_limit_s": 1}).status_code == 404
    assert recorded(engine) == before


class Told:
    """A witness that writes down what it sees."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def begins(self, session: Session) -> None:
        self.seen.append("begins")

    def ends(self, session: Session) -> None:
        self.seen.append("ends")


def test_only_transactions_that_write_are_witnessed_to_their_end(engine: Engine) -> None:
    told = Told()
    before = WITNESS.set(told)
    try:
        with session_scope(engine) as session:
            session.execute(text("SELECT 1"))
        assert told.seen == ["begins"]
        with session_scope(engine) as session:
            session.add(CompetenceMap(name="Border"))
        assert told.seen == ["begins", "begins", "ends"]
    finally:
        WITNESS.reset(before)
