"""Calendars, parsed back: the same meeting is the same entry for ever, and what changed says so."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from papers_gathering import NAMES, Gathering, add_plan
from sqlmodel import Session, select

from app.services import plans
from app.services.files.calendar import Publication, standings
from app.services.files.timetable import Encounter
from app.services.files.zone import changes, zone_component
from models.event import Event
from models.plan import Plan


def entries(client: TestClient, url: str) -> dict[str, dict[str, Any]]:
    """Every entry by its summary: place, beginning, state and sequence."""
    answer = client.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8"), answer.text
    found = Calendar.from_ical(answer.content).walk("VEVENT")
    assert len({str(e["uid"]) for e in found}) == len(found)
    return {
        str(e["summary"]): {
            "uid": str(e["uid"]), "where": str(e["location"]), "start": e["dtstart"].dt, "state": str(e["status"]),
            "sequence": int(e["sequence"]), "text": str(e.get("description", "")),
        }
        for e in found
    }  # fmt: skip


def test_a_published_plan_is_a_calendar_in_the_events_zone(
    client: TestClient, session: Session, planned: Gathering
) -> None:
    plans.publish(session, event_id=planned.id, number=1)
    session.commit()
    found = entries(client, f"{planned.url}/calendar.ics")
    first, second, last = (found[f"{NAMES[i]} – {NAMES[j]}"] for i, j in ((0, 1), (1, 2), (0, 3)))
    assert first["start"] == datetime(2027, 3, 28, 9, 30, tzinfo=ZoneInfo("Europe/Brussels"))
    assert first["start"].utcoffset() == timedelta(hours=2)
    assert (first["where"], first["state"], first["text"]) == ("Table 1, Kortrijk", "CONFIRMED", "Interpreter 1")
    assert (last["where"], last["text"]) == ("Zaal Øst, Kortrijk", "")
    assert second["start"] == last["start"] == datetime(2027, 3, 28, 11, 0, tzinfo=ZoneInfo("Europe/Brussels"))


def test_meetings_move_vanish_and_come_back_under_their_uid(
    client: TestClient, session: Session, planned: Gathering
) -> None:
    a, b, _, d = planned.actors
    event = session.get(Event, planned.id)
    made = event.created_at

    def publish(number: int, minute: int) -> dict[str, dict[str, Any]]:
        session.expire_all()
        for plan in session.exec(select(Plan).where(Plan.event_id == planned.id)):
            if plan.number == number:
                plan.state, plan.published_at = "published", made + timedelta(minutes=minute)
            elif plan.state == "published":
                plan.state = "superseded"
        session.commit()
        return entries(client, f"{planned.url}/calendar.ics")

    moves, stays, goes = (f"{NAMES[i]} – {NAMES[j]}" for i, j in ((0, 1), (0, 3), (1, 2)))
    add_plan(session, planned.id, 2, [(b, a, 1, 0), (a, d, 2, 1)])
    first = publish(1, 10)
    assert {name: e["sequence"] for name, e in first.items()} == dict.fromkeys((moves, stays, goes), 600)
    second = publish(2, 20)
    assert {name: (e["state"], e["sequence"]) for name, e in second.items()} == {
        moves: ("CONFIRMED", 1200), stays: ("CONFIRMED", 600), goes: ("CANCELLED", 1200),
    }  # fmt: skip
    assert [e["uid"] for e in second.values()] == [first[name]["uid"] for name in second]
    undone = publish(1, 30)
    assert undone[moves]["sequence"] == undone[goes]["sequence"] == 1800
    assert (undone[goes]["state"], undone[moves]["start"]) == ("CONFIRMED", first[moves]["start"])
    assert undone[stays]["sequence"] >= 600


def test_the_day_moves_rounds_and_cancels_them(client: TestClient, session: Session, planned: Gathering) -> None:
    plans.publish(session, event_id=planned.id, number=1)
    session.commit()
    before = entries(client, f"{planned.url}/calendar.ics")
    answer = client.put(f"{planned.url}/day/losses", json={"kind": "round", "index": 2})
    assert answer.status_code == 200, answer.text
    after = entries(client, f"{planned.url}/calendar.ics")
    assert [e["state"] for e in after.values()] == ["CONFIRMED", "CANCELLED", "CANCELLED"]
    assert all(after[name]["sequence"] >= before[name]["sequence"] for name in before)


def test_a_participant_subscribes_by_link_in_their_language(
    client: TestClient, session: Session, planned: Gathering
) -> None:
    plans.publish(session, event_id=planned.id, number=1)
    session.commit()
    made = client.post(f"{planned.url}/links", json={"actor_ids": [planned.actors[1]]}).json()
    token = made[0]["token"]
    found = entries(client, f"/agenda/{token}/calendar.ics")
    assert list(found) == [f"Ontmoeting met {NAMES[0]}", f"Ontmoeting met {NAMES[2]}"]
    assert found[f"Ontmoeting met {NAMES[0]}"]["text"].split("\n") == [
        "Tolk 1",
        "U biedt: laboratorium dat tester la résistance au feu des tissus",
        "Zij zoeken: laboratoire pour tester la résistance au feu des tissus",
        f"https://viaduc.example.org/agenda/{token}",
    ]
    assert f"Reunión con {NAMES[0]}" in entries(client, f"/agenda/{token}/calendar.ics?lang=es")
    answer = client.get(f"/agenda/{token}/calendar.ics")
    assert answer.headers["cache-control"] == "private, no-store"
    assert client.get(f"/agenda/{token[:-1]}/calendar.ics").status_code == 404


def test_an_event_without_a_published_plan_is_an_empty_calendar(client: TestClient, planned: Gathering) -> None:
    calendar = Calendar.from_ical(client.get(f"{planned.url}/calendar.ics").content)
    assert [c.name for c in calendar.subcomponents] == ["VTIMEZONE"]
    assert client.get("/events/999/calendar.ics").status_code == 404


PAIRS = ((1, 2), (1, 3), (2, 3))


@given(st.lists(st.dictionaries(st.sampled_from(PAIRS), st.integers(0, 2)), min_size=1, max_size=6))
def test_a_sequence_never_falls_and_rises_when_a_meeting_changes(history: list[dict[tuple[int, int], int]]) -> None:
    made = datetime(2027, 1, 1, tzinfo=UTC)
    publications = [
        Publication(made + timedelta(seconds=n // 2), {p: Encounter(*p, slot, 0, None) for p, slot in plan.items()})
        for n, plan in enumerate(history)
    ]
    before: dict[tuple[int, int], Any] = {}
    for end in range(1, len(publications) + 1):
        now = standings(publications[:end], made)
        for pair, standing in now.items():
            was = before.get(pair)
            if was is not None:
                same = (was.held, was.last) == (standing.held, standing.last)
                assert standing.sequence == was.sequence if same else standing.sequence > was.sequence
            assert standing.held == (pair in publications[end - 1].meetings)
        assert set(before) <= set(now)
        before = now


@pytest.mark.parametrize(
    "name", ["Europe/Brussels", "Europe/Dublin", "Atlantic/Azores", "America/New_York", "Asia/Kolkata"]
)
def test_a_zones_rules_say_what_the_zone_says(name: str) -> None:
    zone = ZoneInfo(name)
    for change in changes(zone, 2026, 2028):
        before, at = (change.at - timedelta(minutes=1)).astimezone(zone), change.at.astimezone(zone)
        assert (before.utcoffset(), at.utcoffset()) == (change.before, change.after)
        assert change.before != change.after
    parts = zone_component(name, 2026, 2028).subcomponents
    assert len(parts) == (1 if name == "Asia/Kolkata" else 5)
    if name == "Europe/Brussels":
        told = [(p.name, p["dtstart"].dt.isoformat(), p["tzoffsetfrom"].td, p["tzoffsetto"].td) for p in parts[1:3]]
        one, two = timedelta(hours=1), timedelta(hours=2)
        assert told == [
            ("DAYLIGHT", "2026-03-29T02:00:00", one, two), ("STANDARD", "2026-10-25T03:00:00", two, one),
        ]  # fmt: skip
