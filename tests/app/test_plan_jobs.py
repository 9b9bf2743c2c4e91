"""Plans computed in the background: progress, stop, and what becomes of one whose process died."""

import time
from datetime import timedelta

from fastapi.testclient import TestClient
from sqlmodel import Session

from app.services.plan_jobs import give_up_silent, run_plan
from matching.pairing.stop import MaxRuntime, StopFlag
from models.base import utc_now
from models.plan import Plan


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


def test_a_stop_is_heard_and_the_best_so_far_is_kept(client: TestClient, engine, event: str) -> None:
    client.app.state.planner.stop()
    with Session(engine) as session:
        from app.services.plan_jobs import start_plan
        from app.services.problems import build_problem
        from models.plan import PlanCreate

        meaning = client.app.state.holder.get()
        problem = build_problem(session, meaning=meaning, event_id=1, options=PlanCreate(time_limit_s=60))
        start_plan(session, event_id=1, problem=problem)
        session.commit()
    assert client.post(f"{event}/plans/1/stop").status_code == 202
    run_plan(engine, event_id=1, number=1, limit=lambda s: StopFlag(MaxRuntime(s)))
    assert client.get(f"{event}/plans/1").json()["state"] == "draft"
    again = client.post(f"{event}/plans/1/stop")
    assert (again.status_code, again.json()["detail"]) == (409, "plan 1 is not being computed; it is draft")


def test_a_plan_whose_process_died_is_given_up_and_never_published(client: TestClient, engine, event: str) -> None:
    client.app.state.planner.stop()
    with Session(engine) as session:
        silent = utc_now() - timedelta(seconds=120)
        session.add(Plan(event_id=1, number=1, state="computing", problem={}, certificate={}, heard_at=silent))
        session.add(Plan(event_id=1, number=2, state="computing", problem={}, certificate={}))
        session.commit()
        assert give_up_silent(session) == 1
        session.commit()
    states = {p["number"]: p["state"] for p in client.get(f"{event}/plans").json()}
    assert states == {1: "failed", 2: "computing"}
    refused = client.post(f"{event}/plans/1/publish").json()["detail"]
    assert refused == "plan 1 is failed: only a finished plan can be published"


def test_what_goes_wrong_in_the_background_is_told_beside_the_plan(client: TestClient, engine, event: str) -> None:
    with Session(engine) as session:
        session.add(Plan(event_id=1, number=1, state="computing", problem={"rounds": 0}, certificate={}))
        session.commit()
    run_plan(engine, event_id=1, number=1, limit=lambda s: StopFlag(MaxRuntime(s)))
    plan = client.get(f"{event}/plans/1").json()
    assert plan["state"] == "failed"
    assert plan["progress"]["cause"]


def test_a_plan_that_waits_for_its_turn_is_given_more_time(engine, event: str) -> None:
    with Session(engine) as session:
        for number, minutes in ((1, 5), (2, 20)):
            heard = utc_now() - timedelta(minutes=minutes)
            waiting = Plan(event_id=1, number=number, state="computing", problem={}, certificate={}, heard_at=heard)
            waiting.progress = {"stage": "waiting"}
            session.add(waiting)
        session.commit()
        assert give_up_silent(session) == 1
        assert session.get(Plan, (1, 2)).state == "failed"


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
