"""A plan after the set-up changed: meetings keep their round, place and interpreter; what falls is told and mended."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import Conflict
from app.services.events import list_interpreters, list_places, list_rounds
from app.services.meaning import Meaning
from app.services.plan_condition import TABLES, Condition, plan_condition
from app.services.plan_jobs import run_plan, start_plan
from app.services.posing import pose
from app.services.renumbering import replace_interpreters, replace_places, replace_rounds
from matching.pairing.stop import MaxRuntime, StopFlag
from models.event import InterpreterCreate, Participant, PlaceCreate, RoundCreate
from models.plan import PlanCreate

BEFORE = datetime(2027, 3, 8, 12, tzinfo=UTC)


@pytest.fixture
def published(client: TestClient, event: str, session: Session) -> str:
    """The plan of an event before its day, with everybody in it."""
    client.app.state.clock = lambda: BEFORE
    client.post(f"{event}/plans", json={})
    client.post(f"{event}/plans/1/publish")
    return event


def meetings(client: TestClient, event: str, number: int = 1) -> dict[frozenset[int], tuple]:
    told = client.get(f"{event}/plans/{number}").json()["meetings"]
    return {frozenset((m["a"], m["b"])): (m["round"], m["place"], m["interpreter"]) for m in told}


def condition(session: Session, now: datetime = BEFORE, number: int = 1) -> Condition:
    session.expire_all()
    return plan_condition(session, event_id=1, number=number, now=now)


def without_round(session: Session, gone: int) -> None:
    rounds = list_rounds(session, event_id=1)
    kept = [(r.index, RoundCreate(starts_at=r.starts_at, minutes=r.minutes)) for r in rounds if r.index != gone]
    replace_rounds(session, event_id=1, rounds=kept)
    session.commit()


def test_a_plan_that_fits_its_event_is_whole(client: TestClient, published: str, session: Session) -> None:
    told = condition(session)
    assert (told.is_whole, told.meetings, told.over) == (True, len(meetings(client, published)), False)


def test_every_table_that_a_condition_is_made_of_is_told_by_its_state(
    published: str, session: Session, queries: list[str]
) -> None:
    assert condition(session).is_whole
    read = {name for statement in queries for name in re.findall(r'(?:FROM|JOIN) "?([a-z_]+)"?', statement)}
    assert {"meeting", "participant", "wish", "day_loss"} <= read
    assert read <= TABLES


def test_a_condition_that_was_told_is_not_worked_out_again_until_something_of_it_changes(
    client: TestClient, published: str, session: Session, queries: list[str]
) -> None:
    first = condition(session)
    queries.clear()
    assert condition(session) is first
    assert len(queries) <= 4
    row = session.get_one(Participant, (1, 1))
    for hours, fallen in (([0], True), (None, False)):
        row.available = hours
        session.flush()
        assert bool(condition(session).fallen) is fallen  # within one transaction, too


def test_a_round_taken_out_of_the_middle_loses_its_own_meetings_and_no_others(
    client: TestClient, published: str, session: Session
) -> None:
    before = meetings(client, published)
    start = {r.index: r.starts_at for r in list_rounds(session, event_id=1)}
    without_round(session, 1)
    after = meetings(client, published)
    now = {r.index: r.starts_at for r in list_rounds(session, event_id=1)}
    assert {pair: now.get(at[0]) for pair, at in after.items()} == {
        pair: None if at[0] == 1 else start[at[0]] for pair, at in before.items()
    }
    told = condition(session)
    assert {frozenset((m.a, m.b)) for m in told.fallen} == {pair for pair, at in before.items() if at[0] == 1}
    assert [cause for cause, _ in told.by_cause] == ["round"]


def test_what_fell_is_no_part_of_a_round_that_is_added_later(
    client: TestClient, published: str, session: Session
) -> None:
    without_round(session, 1)
    fallen = condition(session).fallen
    rounds = list_rounds(session, event_id=1)
    kept = [(r.index, RoundCreate(starts_at=r.starts_at, minutes=r.minutes)) for r in rounds]
    late = RoundCreate(starts_at=datetime(2027, 3, 9, 20, tzinfo=UTC), minutes=20)
    replace_rounds(session, event_id=1, rounds=[*kept, (None, late)])
    session.commit()
    assert {(m.a, m.b) for m in condition(session).fallen} == {(m.a, m.b) for m in fallen}
    assert len(rounds) not in {at[0] for at in meetings(client, published).values()}


def test_a_round_put_in_between_moves_the_numbers_and_no_meeting(
    client: TestClient, published: str, session: Session
) -> None:
    before = meetings(client, published)
    rounds = list_rounds(session, event_id=1)
    first = RoundCreate(starts_at=datetime(2027, 3, 9, 5, tzinfo=UTC), minutes=20)
    kept = [(r.index, RoundCreate(starts_at=r.starts_at, minutes=r.minutes)) for r in rounds]
    replace_rounds(session, event_id=1, rounds=[(None, first), *kept])
    session.commit()
    assert meetings(client, published) == {pair: (at[0] + 1, *at[1:]) for pair, at in before.items()}
    assert condition(session).is_whole


def test_places_and_interpreters_keep_their_meetings_when_others_go(
    client: TestClient, event: str, session: Session
) -> None:
    client.app.state.clock = lambda: BEFORE
    client.put(f"{event}/interpreters", json=[{"languages": ["da", "eu"]}, {"languages": ["fr", "nl"]}])
    for actor_id in range(1, 5):
        language = ["fr"] if actor_id < 3 else ["nl"]
        client.put(f"{event}/participants", json={"actor_id": actor_id, "languages": language})
    client.post(f"{event}/plans", json={})
    client.post(f"{event}/plans/1/publish")
    before = meetings(client, event)
    assert {at[2] for at in before.values()} == {"1"}
    interpreters = [InterpreterCreate(languages=x.languages) for x in list_interpreters(session, event_id=1)]
    replace_interpreters(session, event_id=1, interpreters=[(1, interpreters[1])])
    places = list_places(session, event_id=1)
    replace_places(session, event_id=1, places=[(p.index, PlaceCreate(label=p.label)) for p in places if p.index])
    session.commit()
    after = meetings(client, event)
    assert {at[2] for at in after.values()} == {"0"}
    assert {pair: at[1] for pair, at in after.items()} == {
        pair: at[1] - 1 if at[1] else len(places) - 1 for pair, at in before.items()
    }
    told = condition(session)
    assert {frozenset((m.a, m.b)) for m in told.fallen} == {pair for pair, at in before.items() if at[1] == 0}
    assert [cause for cause, _ in told.by_cause] == (["place"] if told.fallen else [])


@pytest.mark.parametrize(
    ("change", "cause", "actors"),
    [
        ({"path": "participants", "actor_id": 1, "languages": ["eu"]}, "language", ()),
        ({"path": "participants", "actor_id": 1, "available": []}, "hours", (1,)),
        ({"path": "participants", "actor_id": 1, "max": 1}, "cap", (1,)),
        ({"path": "", "cross_side_only": True}, "side", ()),
    ],
)
def test_what_a_registration_or_a_rule_undoes_is_named_and_repaired(
    client: TestClient, event: str, session: Session, change: dict, cause: str, actors: tuple
) -> None:
    client.app.state.clock = lambda: BEFORE
    own = client.get(event).json()
    fields = {name: own[name] for name in ("name", "zone", "min_meetings", "max_meetings")}
    client.put(event, json=fields | {"cross_side_only": False})
    for actor_id in range(1, 5):
        client.put(f"{event}/participants", json={"actor_id": actor_id, "languages": ["fr"]})
    client.put(f"{event}/wishes", json={"actor_id": 1, "target_id": 2, "kind": "must"})
    client.post(f"{event}/plans", json={})
    client.post(f"{event}/plans/1/publish")
    assert condition(session).is_whole
    path = change.pop("path")
    body = change if path else fields | change
    assert client.put(f"{event}/{path}".rstrip("/"), json=body).status_code == 200
    told = condition(session)
    assert told.fallen
    assert {m.cause for m in told.fallen} == {cause}
    assert {m.actors for m in told.fallen} == {actors}
    draft = client.post(f"{event}/day/replan", json={}).json()
    removed = {frozenset((int(m["a"]), int(m["b"]))) for m in draft["diff"]["removed"]}
    moved = {frozenset((int(m["before"]["a"]), int(m["before"]["b"]))) for m in draft["diff"]["moved"]}
    assert {frozenset((m.a, m.b)) for m in told.fallen} <= removed | moved
    client.post(f"{event}/day/apply", json={"plan": draft["plan"]["number"]}).raise_for_status()
    assert condition(session, number=draft["plan"]["number"]).fallen == ()


def test_who_left_and_who_came_are_told(
    client: TestClient, published: str, session: Session, embed: Callable[[], object]
) -> None:
    client.delete(f"{published}/participants/1")
    body = {"name": "Late", "country": "BE", "offers": [{"lang": "en", "text": "coating of glass fabric"}]}
    fresh = client.post("/actors", json=body).json()["id"]
    embed()
    client.post(f"{published}/participants", json={"actor_id": fresh})
    told = condition(session)
    assert {(m.cause, m.actors) for m in told.fallen} == {("left", (1,))}
    assert told.newcomers == (fresh,)
    assert 1 in told.losing


def test_what_has_begun_cannot_fall_any_more(client: TestClient, published: str, session: Session) -> None:
    client.put(f"{published}/participants", json={"actor_id": 1, "languages": ["eu"]})
    rounds = list_rounds(session, event_id=1)
    all_of_it = condition(session).fallen
    after_the_first = condition(session, now=rounds[0].starts_at).fallen
    assert {m for m in all_of_it if m.round > 0} == set(after_the_first)
    assert condition(session, now=rounds[-1].starts_at).over


def test_a_plan_is_not_begun_when_rounds_changed_since_the_event_was_looked_at(
    event: str, session: Session, meaning: Meaning
) -> None:
    written = pose(session, encoder=meaning.name, event_id=1, options=PlanCreate())
    without_round(session, 1)
    with pytest.raises(Conflict, match="changed while it was computed"):
        start_plan(session, event_id=1, written=written)
    again = pose(session, encoder=meaning.name, event_id=1, options=PlanCreate())
    assert start_plan(session, event_id=1, written=again).state == "computing"


def test_a_plan_is_not_kept_when_rounds_change_while_it_is_computed(
    client: TestClient, event: str, session: Session, engine: Engine, meaning: Meaning
) -> None:
    written = pose(session, encoder=meaning.name, event_id=1, options=PlanCreate())
    started = start_plan(session, event_id=1, written=written)
    session.commit()

    def meanwhile(seconds: float) -> StopFlag:
        with Session(engine) as other:
            without_round(other, 1)
        return StopFlag(MaxRuntime(seconds))

    run_plan(engine, event_id=1, number=started.number, limit=meanwhile)
    told = client.get(f"{event}/plans/{started.number}").json()
    assert (told["state"], told["meetings"]) == ("failed", [])
    assert "changed while it was computed" in told["progress"]["cause"]
