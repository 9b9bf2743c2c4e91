"""Plans edited by hand: no sequence of edits makes a plan that the check refuses, and undo restores exactly."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from app.errors import BadInput, Conflict
from app.services.edits import edit_plan, redo_edit, undo_edit
from app.services.events import list_locks
from app.services.pairings import check_plan
from app.services.plans import get_plan, plan_public, store_plan, stored_plan
from matching.pairing import MaxIterations, problem_from_dict, solve
from matching.pairing.write import plan_to_dict
from models.actor import Actor
from models.base import utc_now
from models.edit import PlanEdit
from models.event import Event, EventPlace, Participant, Round

LANGUAGES = ["fr", "nl", "en"]
OPERATIONS = ["move", "swap", "add", "remove", "lock", "unlock"]


def problem_form(people: int, rounds: int, places: int) -> dict[str, Any]:
    """A small event in which every kind of rule can break."""
    form: list[dict[str, Any]] = []
    for i in range(people):
        person: dict[str, Any] = {"id": str(i + 1), "side": "FR" if i % 2 else "BE", "min": 1, "max": rounds - 1}
        person["languages"] = [LANGUAGES[i % 3]] if i % 4 else []
        if i % 5 == 1:
            person["delegates"] = [{"id": "x", "languages": ["fr"]}, {"id": "y", "languages": ["nl"]}]
            person["parallel"] = 2
        if i % 7 == 3:
            person["available"] = list(range(1, rounds))
        form.append(person)
    pairs = [[str(i + 1), str(j + 1), ((i * 7 + j * 3) % 10) / 10] for i in range(people) for j in range(i)]
    return {
        "rounds": rounds,
        "places": places,
        "participants": form,
        "utility": pairs,
        "interpreters": [{"id": "0", "languages": ["fr", "nl", "en"]}],
        "never": [["1", "4"]],
        "must": [["2", "3"]],
        "max_consecutive": 3,
        "time_limit_s": 5,
    }


def store(session: Session, people: int = 8, rounds: int = 5, places: int = 3) -> None:
    """An event with its computed plan 1."""
    session.add_all(Actor(name=f"P{i + 1}", country="FR", side="FR", kind="lab", search_text="") for i in range(people))
    session.add(Event(name="Small"))
    session.flush()
    for i in range(people):
        session.add(Participant(event_id=1, actor_id=i + 1))
    session.add_all(Round(event_id=1, ordinal=i, starts_at=utc_now()) for i in range(rounds))
    session.add_all(EventPlace(event_id=1, ordinal=i, label=f"T{i}") for i in range(places))
    problem = problem_from_dict(problem_form(people, rounds, places))
    store_plan(session, event_id=1, problem=problem, result=solve(problem, MaxIterations(20), seed=1))
    session.commit()


@pytest.fixture
def planned(session: Session) -> Session:
    store(session)
    return session


def faults(session: Session, number: int) -> list[str]:
    problem = get_plan(session, 1, number).problem
    return check_plan(problem, plan_to_dict(stored_plan(session, event_id=1, number=number)))


def state(session: Session, number: int) -> dict[str, Any]:
    """Everything of a plan that an undo must restore."""
    session.flush()
    session.expire_all()
    row = get_plan(session, 1, number)
    told = plan_public(session, event_id=1, number=number).model_dump(include={"meetings", "certificate"})
    return told | {"problem": row.problem, "locks": [k.model_dump() for k in list_locks(session, event_id=1)]}


def meetings(session: Session, number: int = 1) -> list[tuple[int, int]]:
    return [(m.a, m.b) for m in plan_public(session, event_id=1, number=number).meetings]


edits = st.lists(
    st.tuples(
        st.sampled_from(OPERATIONS),
        st.integers(0, 30),
        st.integers(0, 30),
        st.integers(0, 4),
        st.one_of(st.none(), st.integers(0, 2)),
    ),
    min_size=1,
    max_size=12,
)


def build(session: Session, asked: tuple[str, int, int, int, int | None], revision: int) -> PlanEdit:
    """An edit that mostly speaks of meetings that are there."""
    op, first, second, when, place = asked
    there = meetings(session)
    if op == "add" or not there:
        a = first % 8 + 1
        return PlanEdit(op="add", revision=revision, a=a, b=(a + second % 7) % 8 + 1, round=when, place=place)
    a, b = there[first % len(there)]
    other = there[second % len(there)]
    given_round = {"round": when, "place": place} if op == "move" else {}
    return PlanEdit(op=op, revision=revision, a=b, b=a, other=other if op == "swap" else None, **given_round)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=edits)
def test_no_sequence_of_edits_makes_a_plan_that_the_check_refuses_and_undo_restores_exactly(
    planned: Session, asked: list[tuple[str, int, int, int, int | None]]
) -> None:
    session = planned
    try:
        assert faults(session, 1) == []
        seen = [state(session, 1)]
        revision = 0
        for one in asked:
            before = state(session, 1)
            try:
                answer = edit_plan(session, event_id=1, number=1, edit=build(session, one, revision))
            except BadInput:
                assert state(session, 1) == before
                continue
            if not answer.allowed:
                assert answer.violations
                assert state(session, 1) == before
                continue
            revision = answer.revision
            assert faults(session, 1) == []
            assert answer.effect is not None
            now = state(session, 1)
            assert answer.effect.certificate == now["certificate"]
            assert now["certificate"]["bound"] is None or now["certificate"]["utility"] <= now["certificate"]["bound"]
            seen.append(now)
        for then in seen[-2::-1]:
            revision = undo_edit(session, event_id=1, number=1, revision=revision).revision
            assert state(session, 1) == then
        for then in seen[1:]:
            revision = redo_edit(session, event_id=1, number=1, revision=revision).revision
            assert state(session, 1) == then
        with pytest.raises(Conflict):
            redo_edit(session, event_id=1, number=1, revision=revision)
    finally:
        session.rollback()


def free_cell(session: Session) -> tuple[int, int, int, int]:
    """A meeting and a cell that it can move to."""
    plan = plan_public(session, event_id=1, number=1)
    for m in plan.meetings:
        for when in range(5):
            for place in range(3):
                edit = PlanEdit(op="move", revision=0, a=m.a, b=m.b, round=when, place=place, dry_run=True)
                if (when, place) != (m.round, m.place):
                    answer = edit_plan(session, event_id=1, number=1, edit=edit)
                    if answer.allowed:
                        return m.a, m.b, when, place
    raise AssertionError("no meeting can move")


def test_a_dry_run_says_the_effect_and_writes_nothing(planned: Session) -> None:
    before = state(planned, 1)
    a, b = meetings(planned)[0]
    answer = edit_plan(planned, event_id=1, number=1, edit=PlanEdit(op="remove", revision=0, a=a, b=b, dry_run=True))
    assert (answer.made, answer.new_draft, answer.revision) == (False, False, 0)
    effect = answer.effect
    assert effect is not None
    assert [(int(m["a"]), int(m["b"])) for m in effect.diff.removed] == [(a, b)]
    gone = next(m for m in before["meetings"] if (m["a"], m["b"]) == (a, b))
    assert effect.utility_after == pytest.approx(effect.utility_before - gone["utility"])
    assert state(planned, 1) == before


def test_moving_keeps_what_was_proven_and_giving_a_floor_up_does_not(planned: Session) -> None:
    a, b, when, place = free_cell(planned)
    base = state(planned, 1)["certificate"]
    moved = edit_plan(
        planned, event_id=1, number=1, edit=PlanEdit(op="move", revision=0, a=a, b=b, round=when, place=place)
    )
    assert moved.effect.certificate["status"] == base["status"]
    assert moved.effect.certificate["bound"] == base["bound"]
    certificate, revision, loser = moved.effect.certificate, moved.revision, None
    while certificate["bound"] is not None:
        one, other = next(p for p in meetings(planned) if set(p) != {2, 3})
        answer = edit_plan(planned, event_id=1, number=1, edit=PlanEdit(op="remove", revision=revision, a=one, b=other))
        certificate, revision, loser = answer.effect.certificate, answer.revision, answer.effect.short
    assert loser[0].after < loser[0].asked <= loser[0].before
    assert (certificate["status"], certificate["gap"]) == ("feasible", None)
    assert str(loser[0].id) in {u["participant"] for u in certificate["unmet"]}


def test_a_lock_binds_this_plan_and_the_next_ones_until_it_is_released(planned: Session) -> None:
    a, b, when, place = free_cell(planned)
    locked = edit_plan(planned, event_id=1, number=1, edit=PlanEdit(op="lock", revision=0, a=a, b=b))
    assert [(k.a, k.b) for k in list_locks(planned, event_id=1)] == [(a, b)]
    assert [m.locked for m in plan_public(planned, event_id=1, number=1).meetings if m.a == a and m.b == b] == [True]
    move = PlanEdit(op="move", revision=locked.revision, a=a, b=b, round=when, place=place)
    refused = edit_plan(planned, event_id=1, number=1, edit=move)
    assert [v.rule for v in refused.violations] == ["lock"]
    free = edit_plan(planned, event_id=1, number=1, edit=PlanEdit(op="unlock", revision=locked.revision, a=a, b=b))
    assert list_locks(planned, event_id=1) == []
    again = move.model_copy(update={"revision": free.revision})
    assert edit_plan(planned, event_id=1, number=1, edit=again).made


def test_undoing_the_release_of_a_lock_leaves_the_locks_as_they_were(planned: Session) -> None:
    """Whichever of several was let go: a plan made from the same locks is the same plan."""
    revision = 0
    for a, b in meetings(planned)[:3]:
        revision = edit_plan(
            planned, event_id=1, number=1, edit=PlanEdit(op="lock", revision=revision, a=a, b=b)
        ).revision
    locks = list_locks(planned, event_id=1)
    for lock in locks:
        release = PlanEdit(op="unlock", revision=revision, a=lock.a, b=lock.b)
        revision = edit_plan(planned, event_id=1, number=1, edit=release).revision
        revision = undo_edit(planned, event_id=1, number=1, revision=revision).revision
        assert list_locks(planned, event_id=1) == locks


def test_a_published_plan_is_never_changed_but_edited_as_a_new_draft(planned: Session) -> None:
    row = get_plan(planned, 1, 1)
    row.state = "published"
    before = state(planned, 1)
    a, b = meetings(planned)[0]
    answer = edit_plan(planned, event_id=1, number=1, edit=PlanEdit(op="remove", revision=0, a=a, b=b))
    assert (answer.number, answer.new_draft, answer.revision) == (2, True, 1)
    assert state(planned, 1) == before
    draft = plan_public(planned, event_id=1, number=2)
    assert (draft.parent, draft.state, draft.edits_done) == (1, "draft", 1)
    assert len(draft.meetings) == len(before["meetings"]) - 1
    undo_edit(planned, event_id=1, number=2, revision=1)
    assert state(planned, 2) == before
    with pytest.raises(Conflict, match="published and is not changed any more"):
        undo_edit(planned, event_id=1, number=1, revision=0)


def test_an_edit_that_saw_an_older_plan_is_refused(planned: Session) -> None:
    first, second = meetings(planned)[:2]
    edit_plan(planned, event_id=1, number=1, edit=PlanEdit(op="lock", revision=0, a=first[0], b=first[1]))
    with pytest.raises(Conflict, match=r"revision 1, you saw 0\): look at it again"):
        edit_plan(planned, event_id=1, number=1, edit=PlanEdit(op="lock", revision=0, a=second[0], b=second[1]))


def test_the_door_refuses_by_rule_and_says_which(client: TestClient, event: str) -> None:
    plan = client.post(f"{event}/plans", json={}).json()
    m = plan["meetings"][0]
    url = f"{event}/plans/1/edits"
    clash = next(o for o in plan["meetings"] if o["round"] != m["round"])
    wrong = {"op": "move", "revision": 0, "a": m["a"], "b": m["b"], "round": clash["round"], "place": clash["place"]}
    asked = client.post(url, json=wrong | {"dry_run": True}).json()
    assert (asked["allowed"], asked["made"], asked["effect"]) == (False, False, None)
    refused = client.post(url, json=wrong)
    assert refused.status_code == 422
    assert {e["field"] for e in refused.json()["errors"]} == {v["rule"] for v in asked["violations"]}
    assert client.get(f"{event}/plans/1").json() == plan
    assert client.post(url, json={"op": "lock", "revision": 0, "a": m["a"], "b": m["b"]}).status_code == 200
    late = client.post(url, json={"op": "lock", "revision": 0, "a": clash["a"], "b": clash["b"]})
    assert late.status_code == 409
    undone = client.post(f"{event}/plans/1/undo", json={"revision": 1}).json()
    assert (undone["made"], undone["revision"]) == (True, 2)
    again = client.post(f"{event}/plans/1/redo", json={"revision": 2}).json()
    assert again["revision"] == 3
    assert client.put(f"{event}/plans/1/note", json={"note": " Before lunch "}).json()["note"] == "Before lunch"
    assert client.post(url, json={"op": "move", "revision": 3, "a": 1, "b": 2}).status_code == 422


def test_of_two_editors_at_once_one_is_told_that_the_other_was_faster(client: TestClient, event: str) -> None:
    plan = client.post(f"{event}/plans", json={}).json()
    bodies = [{"op": "lock", "revision": 0, "a": m["a"], "b": m["b"]} for m in plan["meetings"]]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda body: client.post(f"{event}/plans/1/edits", json=body), bodies))
    assert sorted(a.status_code for a in answers) == [200, 409, 409, 409]
    assert client.get(f"{event}/plans/1").json()["revision"] == 1
    assert len(client.get(f"{event}/locks").json()) == 1


def test_plans_that_are_asked_for_at_once_get_different_numbers(client: TestClient, event: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.post(f"{event}/plans", json={}), range(4)))
    assert sorted(a.json().get("number", 0) for a in answers) == [1, 2, 3, 4]


def test_a_full_line_is_told_with_when_to_come_back(client: TestClient, event: str) -> None:
    planner = client.app.state.planner
    taken = 0
    while planner._room.acquire(blocking=False):
        taken += 1
    assert taken == 10
    refused = client.post(f"{event}/plans", json={"wait": False})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert client.get(f"{event}/plans").json() == []
    planner._room.release()
    assert client.post(f"{event}/plans", json={}).status_code == 201
    assert client.post(f"{event}/plans", json={}).status_code == 201
