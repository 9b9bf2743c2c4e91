"""Events: the list, the schedule of an event, and computing one from a form."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from models.plan import Plan

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


def test_events_are_listed(client: TestClient, gathering: str) -> None:
    answer = client.get("/console/events")
    assert (answer.status_code, answer.template.name) == (200, "events.html")
    assert [e.name for e in answer.context["events"]] == ["Textile afternoon"]
    assert f'<a href="{gathering}">Textile afternoon</a>' in answer.text


def test_an_event_without_a_plan_offers_to_compute_one(client: TestClient, gathering: str) -> None:
    answer = client.get(gathering)
    assert (answer.status_code, answer.template.name, answer.context["plan"]) == (200, "event.html", None)
    assert f'<form method="post" action="{gathering}/plans">' in answer.text


def test_the_form_computes_a_draft_and_leads_to_it(client: TestClient, gathering: str) -> None:
    sent = client.post(f"{gathering}/plans", follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{gathering}?plan=1#schedule")
    page = client.get(f"{gathering}?plan=1")
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
    client.post(f"{gathering}/plans")
    text = client.get(f"{gathering}?lang=fr").text
    assert "09:00–09:20" in text
    assert "mardi 9 mars 2027" in text
    client.put(gathering.removeprefix("/console"), json={"name": "Away", "zone": "Europe/London"})
    assert "08:00–08:20" in client.get(gathering).text


def test_an_unreachable_floor_names_who_and_why(client: TestClient, gathering: str) -> None:
    api = gathering.removeprefix("/console")
    client.put(f"{api}/participants", json={"actor_id": 1, "available": [0]})
    for other in (3, 4):
        client.put(f"{api}/participants", json={"actor_id": other, "min": 0})
    client.post(f"{gathering}/plans")
    page = client.get(gathering)
    assert [u["name"] for u in page.context["unmet"]] == ["F1"]
    assert "<strong>F1</strong>: 1 of 2 not there in enough rounds" in " ".join(page.text.split())
    first = page.context["columns"][1]
    assert "F1" not in [p.name for p in first.pausing]


def test_the_published_plan_is_shown_before_a_newer_draft(client: TestClient, gathering: str) -> None:
    for _ in range(2):
        client.post(f"{gathering}/plans")
    assert client.get(gathering).context["plan"].number == 2
    client.post(f"{gathering.removeprefix('/console')}/plans/1/publish")
    assert client.get(gathering).context["plan"].number == 1
    assert client.get(gathering, params={"plan": 2}).context["plan"].number == 2
    assert client.get(gathering, params={"plan": 9}).status_code == 404


@pytest.mark.parametrize(
    ("state", "progress", "told"),
    [
        ("computing", {"stage": "select"}, "This plan is being computed."),
        ("failed", {"stage": "failed", "cause": "the process <ended>"}, "the process &lt;ended&gt;"),
    ],
)
def test_a_plan_without_a_certificate_says_why(
    client: TestClient, session: Session, gathering: str, state: str, progress: dict[str, str], told: str
) -> None:
    session.add(Plan(event_id=1, number=1, state=state, problem={}, certificate={}, progress=progress))
    session.commit()
    assert told in client.get(f"{gathering}?plan=1").text
    assert client.get(gathering).context["plan"] is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"origin": "http://testserver"}, 303),
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
    assert client.get(gathering).context["waiting_texts"] == 0
    add_actor("Late", "BE", offers=[{"lang": "nl", "text": "weven"}])
    page = client.get(gathering)
    assert page.context["waiting_texts"] == 1
    assert "1 text is not understood yet" in page.text
