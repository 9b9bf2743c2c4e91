"""Events: the list, the schedule of an event, and computing one from a form."""

import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlmodel import Session

from app.web.compare import Agenda, changes
from models.plan import Plan, PlanDiff

UNTIL = 2000

ROUNDS = [{"starts_at": f"2027-03-09T{h}:00:00+01:00", "minutes": 20} for h in ("09", "10", "11")]


@pytest.fixture
def gathering(client: TestClient, add_actor: Callable[..., int], embed: Callable[[], object]) -> str:
    """Three rounds, two tables, two actors a side; its page's address."""
    offer = [{"lang": "en", "text": "testing of textile coatings"}]
    ids = [
        add_actor(name, country, offers=offer, needs=offer)
        for name, country in (("F1", "FR"), ("F2 <b>", "FR"), ("B1", "BE"), ("B2", "BE"))
    ]
    embed()
    created = client.post("/events", json={"name": "Textile afternoon", "min_meetings": 2, "max_meetings": 2}).json()
    url = f"/events/{created['id']}"
    client.put(f"{url}/rounds", json=ROUNDS)
    client.put(f"{url}/places", json=[{"label": "Table 1"}, {"label": "Table 2"}])
    for actor_id in ids:
        client.post(f"{url}/participants", json={"actor_id": actor_id})
    return f"/console{url}"


def shown(client: TestClient, gathering: str, **asked: object) -> Response:
    """The schedule of the event."""
    return client.get(f"{gathering}/schedule", params=asked)


def computed(client: TestClient, gathering: str) -> str:
    """Press the button and look again, as the page does, until the plan is there; its address."""
    sent = client.post(f"{gathering}/plans", follow_redirects=False)
    assert sent.status_code == 303, sent.text
    address = sent.headers["location"].removesuffix("#schedule")
    for _ in range(UNTIL):
        if client.get(address, headers={"HX-Request": "true"}).context["plan"].state != "computing":
            return address
    raise AssertionError("the plan is still being computed")


def test_events_are_listed(client: TestClient, gathering: str) -> None:
    answer = client.get("/console/events")
    assert (answer.status_code, answer.template.name) == (200, "console/events.html")
    assert [e.name for e in answer.context["events"]] == ["Textile afternoon"]
    assert f'<a href="{gathering}">Textile afternoon</a>' in answer.text


def test_an_event_without_a_plan_offers_to_compute_one(client: TestClient, gathering: str) -> None:
    answer = shown(client, gathering)
    assert (answer.status_code, answer.template.name, answer.context["plan"]) == (200, "console/schedule.html", None)
    assert f'<form method="post" action="{gathering}/plans">' in answer.text


def test_the_form_computes_a_draft_and_leads_to_it(client: TestClient, gathering: str) -> None:
    assert computed(client, gathering) == f"{gathering}/schedule?plan=1"
    page = client.get(f"{gathering}/schedule?plan=1")
    columns = page.context["columns"]
    assert sum(column.meetings for column in columns) == 4
    assert {frozenset((m.a_name, m.b_name)) for c in columns for cell in c.cells if (m := cell.meeting)} == {
        frozenset(pair) for pair in (("F1", "B1"), ("F1", "B2"), ("F2 <b>", "B1"), ("F2 <b>", "B2"))
    }
    assert [(s.meetings, s.participants) for s in page.context["shares"]] == [(2, 4)]
    assert "Proven: no better schedule exists" in page.text
    assert "Everyone has at least 2 meetings, as asked." in page.text
    assert "F2 <b>" not in page.text


def test_times_are_those_of_the_zone_of_the_event(client: TestClient, gathering: str) -> None:
    computed(client, gathering)
    text = client.get(f"{gathering}/schedule?lang=fr").text
    assert "09:00–09:20" in text
    assert "mardi 9 mars 2027" in text
    client.put(gathering.removeprefix("/console"), json={"name": "Away", "zone": "Europe/London"})
    assert "08:00–08:20" in shown(client, gathering).text


def test_an_unreachable_floor_names_who_and_why(client: TestClient, gathering: str) -> None:
    api = gathering.removeprefix("/console")
    client.put(f"{api}/participants", json={"actor_id": 1, "available": [0]})
    for other in (3, 4):
        client.put(f"{api}/participants", json={"actor_id": other, "min": 0})
    computed(client, gathering)
    page = shown(client, gathering)
    assert [u["name"] for u in page.context["unmet"]] == ["F1"]
    assert "<strong>F1</strong>: 1 of 2 not there in enough rounds" in " ".join(page.text.split())
    first = page.context["columns"][1]
    assert "F1" not in [p.name for p in first.pausing]


def test_the_published_plan_is_shown_before_a_newer_draft(client: TestClient, gathering: str) -> None:
    for _ in range(2):
        computed(client, gathering)
    assert shown(client, gathering).context["plan"].number == 2
    published = client.post(f"{gathering}/plans/1/publish", follow_redirects=False)
    assert (published.status_code, published.headers["location"]) == (303, f"{gathering}/schedule?plan=1#schedule")
    assert shown(client, gathering).context["plan"].number == 1
    assert shown(client, gathering, plan=2).context["plan"].number == 2
    assert shown(client, gathering, plan=9).status_code == 404


def add_plan(session: Session, state: str, **fields: object) -> None:
    session.add(Plan(event_id=1, number=1, state=state, problem={}, certificate={}, **fields))
    session.commit()


def test_a_plan_that_failed_says_why(client: TestClient, session: Session, gathering: str) -> None:
    add_plan(session, "failed", progress={"stage": "failed", "cause": "the process <ended>"})
    for address in (f"{gathering}/schedule", f"{gathering}/schedule?plan=1"):
        page = client.get(address)
        assert page.context["plan"].number == 1
        assert "the process &lt;ended&gt;" in page.text
        assert f'action="{gathering}/plans"' in page.text
        assert "/publish" not in page.text


def test_a_plan_that_is_being_computed_shows_how_far_it_is_and_asks_for_itself_again(
    client: TestClient, session: Session, gathering: str
) -> None:
    add_plan(session, "computing", progress={"stage": "polish", "best": 31.44, "bound": 33.0, "gap": 0.047})
    again = f"{gathering}/schedule?plan=1"
    page = shown(client, gathering)
    assert (page.template.name, page.context["plan"].number) == ("console/schedule.html", 1)
    part = client.get(again, headers={"HX-Request": "true"})
    assert part.template.name == "_schedule.html"
    assert part.text.lstrip().startswith('<section id="schedule">')
    for text in (page.text, part.text):
        assert f'hx-get="{again}" hx-trigger="load delay:2s" hx-target="#schedule" hx-swap="outerHTML"' in text
        assert f'href="{again}#schedule"' in text
        assert "<h3>Improving the schedule</h3>" in text
        assert [figure in text for figure in ("<dd>31.4</dd>", "<dd>33</dd>", "<dd>4.7%</dd>")] == [True] * 3
        assert 'value="0.953"' in text
        assert f'<form method="post" action="{gathering}/plans">' not in text


def test_before_anything_is_known_no_figure_is_made_up(client: TestClient, session: Session, gathering: str) -> None:
    add_plan(session, "computing", progress={"stage": "selection", "best": 0.0, "bound": 33.0, "gap": 1.0})
    text = shown(client, gathering).text
    assert "<h3>Choosing who meets whom</h3>" in text
    assert '<progress max="1" aria-label=' in text
    assert "Best so far" not in text


def test_a_stop_is_passed_on_and_told(client: TestClient, session: Session, gathering: str) -> None:
    add_plan(session, "computing", progress={"stage": "polish", "best": 1.0, "bound": 2.0, "gap": 0.5})
    sent = client.post(f"{gathering}/plans/1/stop", follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{gathering}/schedule?plan=1#schedule")
    session.expire_all()
    assert session.get(Plan, (1, 1)).stop_requested is True
    text = shown(client, gathering).text
    assert "<h3>Stopping, with the best so far</h3>" in text
    assert "/plans/1/stop" not in text


def test_a_stop_that_comes_too_late_shows_the_plan(client: TestClient, gathering: str) -> None:
    computed(client, gathering)
    assert client.post(f"{gathering}/plans/1/stop", follow_redirects=False).status_code == 303
    assert client.post(f"{gathering}/plans/9/stop", follow_redirects=False).status_code == 404


def test_interpreters_are_counted_from_one_with_their_languages(client: TestClient, gathering: str) -> None:
    api = gathering.removeprefix("/console")
    for actor_id, language in ((1, "fr"), (2, "fr"), (3, "nl"), (4, "nl")):
        client.put(f"{api}/participants", json={"actor_id": actor_id, "languages": [language]})
    client.put(f"{api}/interpreters", json=[{"languages": ["fr", "nl"]}, {"languages": ["nl", "fr"]}])
    computed(client, gathering)
    assert set(re.findall(r"Interpreter: [^<]+", shown(client, gathering).text)) == {
        "Interpreter: 1 (fr, nl)",
        "Interpreter: 2 (nl, fr)",
    }


def test_the_state_of_a_plan_decides_what_can_be_done_with_it(client: TestClient, gathering: str) -> None:
    computed(client, gathering)
    publish = f'<form method="post" action="{gathering}/plans/1/publish">'
    assert publish in shown(client, gathering).text
    page = client.post(f"{gathering}/plans/1/publish")
    assert page.context["plan"].state == "published"
    assert publish not in page.text


def test_two_plans_are_compared_person_by_person(client: TestClient, gathering: str) -> None:
    computed(client, gathering)
    api = gathering.removeprefix("/console")
    computed(client, gathering)
    same = client.get(f"{gathering}/compare?base=1&plan=2")
    assert (same.context["changes"], "Nobody's agenda changes." in same.text) == ([], True)
    replanned = client.post(f"{api}/plans/1/replan", json={"now": 0, "absent": [3]}).json()
    assert len(replanned["diff"]["removed"]) == 2
    listed = client.get(f"{gathering}/schedule?plan=3").text
    assert f'href="{gathering}/compare?base=1&amp;plan=3"' in listed
    assert f'href="{gathering}/compare?base=3&amp;plan=3"' not in listed
    page = client.get(f"{gathering}/compare?base=1&plan=3")
    people = {
        p.name: sorted((c.other, c.before is None, c.after is None) for c in p.changes) for p in page.context["changes"]
    }
    assert people == {
        "B1": [("F1", False, True), ("F2 <b>", False, True)],
        "F1": [("B1", False, True)],
        "F2 <b>": [("B1", False, True)],
    }
    assert "The agendas of 3 participants of 4 change" in page.text
    assert re.search(r"no longer meets B1 \((09|10|11):00, Table\u00a0[12]\)", page.text)
    assert "F2 <b>" not in page.text
    back = client.get(f"{gathering}/compare?base=3&plan=1").text
    assert re.search(r"also meets B1 \((09|10|11):00, Table\u00a0[12]\)", back)
    assert client.get(f"{gathering}/compare?base=1&plan=9").status_code == 404
    assert client.get(f"{gathering}/compare?base=1").status_code == 422


def test_a_meeting_that_only_moves_is_told_once_with_both_times() -> None:
    at = {"a": "1", "b": "2", "round": 0, "place": 0}
    diff = PlanDiff(removed=[], added=[], moved=[{"before": at, "after": at | {"round": 2, "place": 7}}], people=["1"])
    told = changes(diff, Agenda({}, {0: "Table 1"}, {}), [])
    assert [(p.id, [(c.other, c.before.place, c.after.index, c.after.place) for c in p.changes]) for p in told] == [
        (1, [("2", "Table 1", 2, "")]),
        (2, [("1", "Table 1", 2, "")]),
    ]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"origin": "http://127.0.0.1"}, 303),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_forms_of_other_sites_are_refused(
    client: TestClient, gathering: str, headers: dict[str, str], status: int
) -> None:
    answer = client.post(f"{gathering}/plans", headers=headers, follow_redirects=False)
    assert answer.status_code == status
    assert len(client.get(f"{gathering.removeprefix('/console')}/plans").json()) == (status == 303)


def test_an_event_that_cannot_be_planned_says_what_is_missing(client: TestClient) -> None:
    client.post("/events", json={"name": "Empty"})
    answer = client.post("/console/events/1/plans")
    assert (answer.status_code, answer.template.name) == (422, "error.html")
    assert "rounds: the event has no rounds yet" in answer.text


def test_texts_that_wait_for_their_meaning_are_told_before_a_plan_is_made(
    client: TestClient, gathering: str, add_actor: Callable[..., int]
) -> None:
    assert shown(client, gathering).context["waiting_texts"] == 0
    add_actor("Late", "BE", offers=[{"lang": "nl", "text": "weven"}])
    page = shown(client, gathering)
    assert page.context["waiting_texts"] == 1
    assert "1 text is not understood yet" in page.text
