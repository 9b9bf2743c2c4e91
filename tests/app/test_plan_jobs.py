"""Plans computed in the background: progress, stop, and what becomes of one whose process died."""

import threading
import time
from datetime import datetime, timedelta

import psycopg
from fastapi.testclient import TestClient
from sqlalchemy import make_url
from sqlmodel import Session

from app import planner
from app.planner import Planner
from app.services.plan_jobs import SILENT_S, Silences, give_up_silent, run_plan, start_plan, still_waiting
from app.services.posing import pose
from matching.pairing.stop import MaxRuntime, StopFlag
from models.base import utc_now
from models.plan import Plan, PlanCreate


def finished(client: TestClient, event: str, number: int) -> dict:
    """The plan once its background work is over: leaving the client's context waits for the planner."""
    client.app.state.planner.stop()
    return client.get(f"{event}/plans/{number}").json()


def test_a_plan_is_answered_at_once_and_becomes_a_draft(client: TestClient, event: str) -> None:
    started = client.post(f"{event}/plans", json={"wait": False})
    assert started.status_code == 202
    assert (started.json()["state"], started.json()["meetings"]) == ("computing", [])
    plan = finished(client, event, 1)
    assert (plan["state"], plan["progress"], len(plan["meetings"])) == ("draft", None, 4)


def promise(client: TestClient, engine) -> None:
    """Plan 1 of event 1 waits to be computed, by whoever calls `run_plan`."""
    client.app.state.planner.stop()
    with Session(engine) as session:
        meaning = client.app.state.holder.get()
        written = pose(session, encoder=meaning.name, event_id=1, options=PlanCreate(time_limit_s=60))
        start_plan(session, event_id=1, written=written)
        session.commit()


def test_a_stop_is_heard_and_the_best_so_far_is_kept(client: TestClient, engine, event: str) -> None:
    promise(client, engine)
    assert client.post(f"{event}/plans/1/stop").status_code == 202
    run_plan(engine, event_id=1, number=1, limit=lambda s: StopFlag(MaxRuntime(s)))
    assert client.get(f"{event}/plans/1").json()["state"] == "draft"
    again = client.post(f"{event}/plans/1/stop")
    assert (again.status_code, again.json()["detail"]) == (409, "plan 1 is not being computed; it is draft")


class Steady:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def computing(engine, *numbers: int) -> None:
    """Plans that some process began."""
    with Session(engine) as session:
        for number in numbers:
            session.add(Plan(event_id=1, number=number, state="computing", problem={}, certificate={}))
        session.commit()


def given_up(engine, silences: Silences) -> int:
    with Session(engine) as session:
        lost = give_up_silent(session, silences)
        session.commit()
    return lost


def test_a_plan_whose_process_died_is_given_up_and_never_published(client: TestClient, engine, event: str) -> None:
    client.app.state.planner.stop()
    computing(engine, 1, 2)
    steady = Steady()
    silences = Silences(steady)
    assert given_up(engine, silences) == 0
    steady.at = SILENT_S - 1
    still_waiting(engine, [(1, 2)])
    assert given_up(engine, silences) == 0
    steady.at = SILENT_S
    assert given_up(engine, silences) == 1
    states = {p["number"]: p["state"] for p in client.get(f"{event}/plans").json()}
    assert states == {1: "failed", 2: "computing"}
    refused = client.post(f"{event}/plans/1/publish").json()["detail"]
    assert refused == "plan 1 is failed: only a finished plan can be published"


def test_a_clock_that_is_set_makes_no_plan_silent(engine, event: str) -> None:
    computing(engine, 1)
    steady = Steady()
    silences = Silences(steady)
    for hours in (0, 5, -5):
        with Session(engine) as session:
            session.get(Plan, (1, 1)).heard_at = utc_now() + timedelta(hours=hours)
            session.commit()
        assert given_up(engine, silences) == 0
        steady.at += SILENT_S - 1
        assert given_up(engine, silences) == 0
    steady.at += 1
    assert given_up(engine, silences) == 1


def test_what_goes_wrong_in_the_background_is_told_beside_the_plan(client: TestClient, engine, event: str) -> None:
    with Session(engine) as session:
        session.add(Plan(event_id=1, number=1, state="computing", problem={"rounds": 0}, certificate={}))
        session.commit()
    run_plan(engine, event_id=1, number=1, limit=lambda s: StopFlag(MaxRuntime(s)))
    plan = client.get(f"{event}/plans/1").json()
    assert plan["state"] == "failed"
    assert plan["progress"]["cause"]


def test_a_database_that_is_away_for_a_moment_costs_no_plan(
    client: TestClient, engine, database_url: str, event: str
) -> None:
    """It goes when the plan has been read, and is back when it is long computed."""
    promise(client, engine)
    elsewhere = make_url(database_url).set(drivername="postgresql", database="template1")
    with psycopg.connect(elsewhere.render_as_string(), autocommit=True) as admin:
        allow = "ALTER DATABASE postgres ALLOW_CONNECTIONS {}"

        def limit(seconds: float) -> StopFlag:
            admin.execute(allow.format("false"))
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'postgres'")
            threading.Timer(0.5, lambda: admin.execute(allow.format("true"))).start()
            return StopFlag(MaxRuntime(seconds))

        try:
            run_plan(engine, event_id=1, number=1, limit=limit)
        finally:
            admin.execute(allow.format("true"))
    plan = client.get(f"{event}/plans/1").json()
    assert (plan["state"], plan["progress"], len(plan["meetings"])) == ("draft", None, 4)


def test_plans_in_line_are_spoken_of_by_who_will_compute_them(engine, event: str, monkeypatch) -> None:
    monkeypatch.setattr(planner, "_PULSE_S", 0.05)
    computing(engine, 1, 2)
    line = Planner(engine, 60, at_once=1)
    free = threading.Event()
    with line.turn() as turn:
        turn.begin(free.wait)
    with line.turn() as turn:
        line.submit(turn, 1, 2)
    with Session(engine) as session:
        before = {number: session.get(Plan, (1, number)).heard_at for number in (1, 2)}
    deadline = time.monotonic() + 20
    while heard_at(engine, 2) == before[2]:
        assert time.monotonic() < deadline
    assert heard_at(engine, 1) == before[1]
    free.set()
    line.stop()


def heard_at(engine, number: int) -> datetime:
    with Session(engine) as session:
        return session.get(Plan, (1, number)).heard_at


def test_a_service_that_stops_keeps_the_best_so_far_and_says_which_plans_were_not_begun(
    client: TestClient, event: str
) -> None:
    numbers = [
        client.post(f"{event}/plans", json={"wait": False, "time_limit_s": 60}).json()["number"] for _ in range(6)
    ]
    begun = time.perf_counter()
    client.app.state.planner.stop()
    assert time.perf_counter() - begun < 20
    plans = [client.get(f"{event}/plans/{n}").json() for n in numbers]
    assert {p["state"] for p in plans} <= {"draft", "failed"}
    assert plans[0]["state"] == "draft"
    for plan in plans:
        if plan["state"] == "failed":
            assert plan["progress"]["cause"] == "the service stopped before its turn came; compute it again"
