"""The set-up of an event: every section saved by its own form, and what speaks of rounds by number follows them."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from tests.shelf import Shelf

SETUP = "/console/events/1/setup"
ROUNDS = [{"starts_at": f"2027-03-09T{h}:00:00+01:00", "minutes": 20} for h in ("09", "10", "11")]


@pytest.fixture
def event(shelf: Shelf, client: TestClient, add_actor: Callable[..., int], embed: Callable[[], object]) -> TestClient:
    """Three rounds, two places, two actors a side."""
    shelf.fill("console_setup", lambda: make_event(client, add_actor, embed))
    return client


def make_event(client: TestClient, add_actor: Callable[..., int], embed: Callable[[], object]) -> None:
    offer = [{"lang": "en", "text": "testing of textile coatings"}]
    for name, country in (("F1", "FR"), ("F2", "FR"), ("B1", "BE"), ("B2", "BE")):
        add_actor(name, country, offers=offer, needs=offer)
    embed()
    client.post("/events", json={"name": "Afternoon", "place": "Lille", "min_meetings": 1, "avoid_repeats": True})
    client.put("/events/1/rounds", json=ROUNDS)
    client.put("/events/1/places", json=[{"label": "Table 1", "available": [0, 2]}, {"label": "Table 2"}])
    for actor_id in (1, 2, 3, 4):
        client.post("/events/1/participants", json={"actor_id": actor_id})


def save(client: TestClient, section: str, **fields: object) -> int:
    return client.post(f"{SETUP}/{section}", data=fields, follow_redirects=False).status_code


def refused(client: TestClient, section: str, **fields: object) -> dict[str, str]:
    answer = client.post(f"{SETUP}/{section}", data=fields)
    assert answer.status_code == 422
    return {name: t.code for name, t in answer.context["forms"][section].errors.items()}


def test_facts_leave_the_rules_as_they_are_and_the_other_way_round(event: TestClient) -> None:
    holds = "name place zone programme_id"
    assert save(event, "facts", holds=holds, name="Evening", zone="Europe/Madrid") == 303
    told = event.get("/events/1").json()
    assert [told[k] for k in ("name", "place", "zone", "min_meetings", "avoid_repeats", "cross_side_only")] == [
        "Evening", None, "Europe/Madrid", 1, True, True,
    ]  # fmt: skip
    holds = "min_meetings max_meetings max_consecutive cross_side_only require_language avoid_repeats raise_floor"
    assert save(event, "rules", holds=holds, min_meetings="2", max_meetings="3", raise_floor="on") == 303
    told = event.get("/events/1").json()
    assert [told[k] for k in ("name", "min_meetings", "max_meetings", "raise_floor", "avoid_repeats")] == [
        "Evening", 2, 3, True, False,
    ]  # fmt: skip
    assert refused(event, "rules", holds=holds, min_meetings="4", max_meetings="3") == {"min_meetings": "floor"}


def test_dropping_a_round_takes_its_gaps_along(event: TestClient) -> None:
    event.put("/events/1/participants", json={"actor_id": 1, "available": [0, 2]})
    event.put("/events/1/locks", json=[{"a": 1, "b": 3, "round": 2}, {"a": 2, "b": 4, "round": 0}])
    rows = {"day-0": "2027-03-09", "time-0": "", "minutes-0": "20"}
    for i, h in ((1, "10"), (2, "11"), (3, "08")):
        rows |= {f"day-{i}": "2027-03-09", f"time-{i}": f"{h}:00", f"minutes-{i}": "25"}
    assert save(event, "rounds", **rows) == 303
    assert [r["starts_at"][11:16] for r in event.get("/events/1/rounds").json()] == ["07:00", "09:00", "10:00"]
    people = {p["actor_id"]: p["available"] for p in event.get("/events/1/participants").json()}
    assert people == {1: [2], 2: None, 3: None, 4: None}
    assert [p["available"] for p in event.get("/events/1/places").json()] == [[2], None]
    assert [(k["a"], k["round"]) for k in event.get("/events/1/locks").json()] == [(1, 2)]


def test_rounds_that_overlap_or_cannot_be_are_refused_and_nothing_changes(event: TestClient) -> None:
    row = {"day-0": "2027-03-09", "time-0": "09:00", "minutes-0": "20"}
    assert refused(event, "rounds", **row, **{"day-1": "2027-03-09", "time-1": "09:10", "minutes-1": "20"}) == {
        "rounds": "said"
    }
    assert refused(event, "rounds", **row, **{"day-1": "", "time-1": "10:00", "minutes-1": "x"}) == {
        "day-1": "required", "minutes-1": "number",
    }  # fmt: skip
    assert len(event.get("/events/1/rounds").json()) == 3


@pytest.mark.parametrize("day", ["0001-01-01", "0027-03-09", "9999-12-31"])
def test_a_year_that_nobody_means_is_refused_where_it_is_typed(event: TestClient, day: str) -> None:
    assert refused(event, "rounds", **{"day-0": day, "time-0": "00:00", "minutes-0": "20"}) == {"day-0": "date"}
    fields = {"day": day, "start": "00:00", "number": "2", "minutes": "15", "pause": "0", "days": "1"}
    assert refused(event, "timetable", **fields) == {"day": "date"}
    assert [r["starts_at"][:10] for r in event.get("/events/1/rounds").json()] == ["2027-03-09"] * 3


def test_rounds_are_made_anew(event: TestClient) -> None:
    fields = {"day": "2027-03-10", "start": "14:00", "number": "2", "minutes": "15", "pause": "0", "days": "1"}
    assert save(event, "timetable", **fields) == 303
    assert [r["starts_at"] for r in event.get("/events/1/rounds").json()] == [
        "2027-03-10T13:00:00Z", "2027-03-10T13:15:00Z",
    ]  # fmt: skip
    assert refused(event, "timetable", **fields | {"start": "23:50"}) == {"number": "midnight"}


def test_places_are_renamed_dropped_and_added(event: TestClient) -> None:
    fields = {"label-0": "", "rounds-0": "", "label-1": "Booth", "rounds-1": "1-2", "more": "2", "word": "Table"}
    assert save(event, "places", **fields) == 303
    assert [(p["label"], p["available"]) for p in event.get("/events/1/places").json()] == [
        ("Booth", [0, 1]), ("Table 1", None), ("Table 2", None),
    ]  # fmt: skip
    assert refused(event, "places", **{"label-0": "A", "rounds-0": "9"}) == {"rounds-0": "numbers"}
    assert refused(event, "places", **{"label-0": "A", "label-1": "A"}) == {"places": "said"}


def test_interpreters_are_written_by_name(event: TestClient) -> None:
    fields = {"languages-0": "French, nl", "rounds-0": "2-3", "languages-1": "", "rounds-1": ""}
    assert save(event, "interpreters", **fields) == 303
    assert event.get("/events/1/interpreters").json() == [{"index": 0, "languages": ["fr", "nl"], "available": [1, 2]}]
    assert 'value="French, Dutch"' in event.get(SETUP).text
    assert refused(event, "interpreters", **{"languages-0": "French"}) == {"languages-0": "two"}
    assert refused(event, "interpreters", **{"languages-0": "French, Klingonish"})["languages-0"] == "language"


def test_tracks_and_weights(event: TestClient) -> None:
    assert save(event, "tracks", **{"track-0": "Glass", "rounds-0": "1", "places-0": "2", "track-1": ""}) == 303
    assert event.get("/events/1").json()["tracks"] == [{"id": "Glass", "rounds": [0], "places": [1]}]
    assert save(event, "weights", theme="1,5", language="") == 303
    assert event.get("/events/1/weights").json()["changes"] == {"theme": 1.5}
    assert refused(event, "weights", theme="much") == {"theme": "decimal"}


def test_what_a_change_does_to_a_published_plan_is_told_and_mended(event: TestClient) -> None:
    event.app.state.clock = lambda: datetime(2027, 3, 1, tzinfo=UTC)
    watched = "What you change here is held against it at once"
    assert watched not in event.get(SETUP).text
    event.post("/events/1/plans", json={})
    event.post("/events/1/plans/1/publish")
    assert watched in event.get(SETUP).text
    lost = [m for m in event.get("/events/1/plans/1").json()["meetings"] if m["round"] == 0]
    values = event.get(SETUP).context["forms"]["rounds"].values
    fields = {name: value[0] for name, value in values.items()} | {"time-0": ""}
    saved = event.post(f"{SETUP}/rounds", data=fields, follow_redirects=False)
    assert saved.headers["location"] == f"{SETUP}?saved=rounds#upset"
    for page in (SETUP, "/console/events/1", "/console/events/1/participants", "/console/events/1/schedule"):
        told = event.get(page)
        assert [cause for cause, _ in told.context["condition"].by_cause] == ["round"], page
        assert "in a round that is no longer there" in told.text
        assert f"but {len(lost)} of its" in told.text
    steps = {s.key: s.state for s in event.get("/console/events/1").context["steps"]}
    assert (steps["publish"], steps["print"]) == ("warn", "todo")
    preview = event.post("/console/events/1/day/replan", data={"mode": "keep"})
    assert preview.template.name == "day/preview.html"
    applied = event.post("/console/events/1/day/plans/2/apply", follow_redirects=False)
    assert applied.headers["location"] == "/console/events/1/schedule?plan=2#schedule"
    assert event.get(SETUP).context["condition"].is_whole


def test_a_draft_that_no_longer_fits_says_so_before_it_is_published(event: TestClient) -> None:
    event.post("/events/1/plans", json={})
    event.put("/events/1/participants", json={"actor_id": 1, "available": []})
    told = event.get("/console/events/1/schedule")
    assert told.context["condition"].state == "draft"
    assert "Compute a new plan, or mend this one by hand." in told.text
    assert "/day/replan" not in told.text


def test_figures_are_those_of_who_is_registered(event: TestClient) -> None:
    page = event.get(SETUP)
    holds = page.context["preview"].holds
    assert (holds.exact, holds.meetings, holds.each) == (True, 4, 2)
    part = event.get("/console/events/1/outlook?floor=3", headers={"HX-Request": "true"})
    assert part.template.name == "console/_outlook.html"
    assert (part.context["outlook"].reached, part.context["outlook"].rounds) == (2, None)
    assert "Who would be short" in part.text
    assert event.get("/console/events/1/outlook?floor=1").template.name == "console/outlook.html"


def test_an_outlook_that_cannot_be_had_says_why_in_the_language_of_the_reader(client: TestClient) -> None:
    client.post("/events", json={"name": "Empty"})
    assert "The event has no rounds yet." in client.get("/console/events/1/outlook").text
    danish = client.get("/console/events/1/outlook?lang=da").text
    assert "Arrangementet har endnu ingen runder." in danish
    assert "no rounds yet" not in danish
    assert client.get("/console/events/9/outlook").status_code == 404


def test_an_unknown_section_is_told(event: TestClient) -> None:
    assert event.post(f"{SETUP}/soup", data={}).status_code == 422
