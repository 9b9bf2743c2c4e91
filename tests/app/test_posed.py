"""A problem that was read once is not read again, and one that was changed by anybody always is."""

from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlmodel import Session

from app.services.boards import list_asked
from app.services.edits import edit_plan
from app.services.plans import stored_plan
from app.services.posed import posed_frame, posed_problem
from models.edit import PlanEdit

PLAN: dict[str, Any] = {"event_id": 1, "number": 1}
READ = "problem FROM plan"


def lengthen(session: Session) -> None:
    """Give the plan's problem so many tracks that the database keeps it apart from its row."""
    tracks = "SELECT jsonb_agg(jsonb_build_object('id', md5(n::text))) FROM generate_series(1, 400) n"
    session.execute(text(f"UPDATE plan SET problem = problem || jsonb_build_object('tracks', ({tracks}))"))
    session.commit()


def asked_whole(queries: list[str]) -> bool:
    return any(READ in statement and "NULL FROM" not in statement for statement in queries)


def test_a_problem_is_read_once_until_somebody_writes_another(
    client: TestClient, event: str, session: Session, queries: list[str]
) -> None:
    client.post(f"{event}/plans", json={})
    for long in (False, True):
        if long:
            lengthen(session)
        first = posed_problem(session, **PLAN)
        queries.clear()
        assert posed_problem(session, **PLAN) is first
        assert not asked_whole(queries)
        for default in (0.25, 0.5):
            told = f"UPDATE plan SET problem = problem || jsonb_build_object('repeat_penalty', {default})"
            session.execute(text(told))
            assert posed_problem(session, **PLAN).problem.repeat_penalty == default  # within one transaction, too
        session.rollback()
        assert posed_problem(session, **PLAN).problem == first.problem


def test_what_another_process_writes_is_read(
    client: TestClient, event: str, session: Session, engine: Engine, queries: list[str]
) -> None:
    client.post(f"{event}/plans", json={})
    lengthen(session)
    assert [a.min for a in list_asked(session, **PLAN)][:1] == [2]
    session.commit()
    with engine.begin() as other:
        other.execute(text("UPDATE plan SET problem = jsonb_set(problem, '{participants,0,min}', '0')"))
    assert [a.min for a in list_asked(session, **PLAN)][:1] == [0]
    assert posed_problem(session, **PLAN).problem.participants[0].min == 0


def test_an_edit_of_what_is_known_reads_no_problem_and_a_lock_is_known_at_once(
    client: TestClient, event: str, session: Session, queries: list[str]
) -> None:
    client.post(f"{event}/plans", json={})
    lengthen(session)
    one = stored_plan(session, **PLAN).meetings[0]
    ends = {"a": int(one.a), "b": int(one.b)}
    assert not posed_problem(session, **PLAN).problem.locked
    queries.clear()
    for revision, op in enumerate(("lock", "unlock", "lock")):
        assert edit_plan(session, **PLAN, edit=PlanEdit(op=op, revision=revision, **ends)).made  # type: ignore[arg-type]
        session.commit()
    assert not asked_whole(queries)
    assert [{lock.a, lock.b} for lock in posed_problem(session, **PLAN).problem.locked] == [{one.a, one.b}]
    assert posed_frame(session, **PLAN).locked == {frozenset(ends.values())}
    stored = session.execute(text("SELECT problem->'locked' FROM plan")).scalar_one()
    assert [(lock["a"], lock["b"]) for lock in stored] == [(one.a, one.b)]
