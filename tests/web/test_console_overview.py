"""The overview of an event: what is done, and what is next to do."""

import re
from collections.abc import Callable

from fastapi.testclient import TestClient

ROUND = {"starts_at": "2027-03-09T09:00:00+01:00", "minutes": 20}


def steps(client: TestClient) -> dict[str, tuple[str, str]]:
    return {s.key: (s.state, s.cause) for s in client.get("/console/events/1").context["steps"]}


def test_an_empty_event_begins_with_its_rounds(client: TestClient) -> None:
    client.post("/events", json={"name": "Empty"})
    page = client.get("/console/events/1")
    assert steps(client) == {
        "rounds": ("todo", "none"),
        "places": ("todo", "none"),
        "participants": ("todo", "none"),
        "languages": ("todo", "nobody"),
        "texts": ("todo", "nobody"),
        "plan": ("todo", "none"),
        "publish": ("todo", "none"),
        "print": ("todo", "later"),
    }
    assert '<li class="step next">' in page.text
    assert page.text.count('<span class="tag strong">next</span>') == 1


def test_steps_are_ticked_off_as_they_are_done(
    client: TestClient, add_actor: Callable[..., int], embed: Callable[[], object]
) -> None:
    for name, country, languages in (("F", "FR", ["fr"]), ("G", "FR", ["fr"]), ("B", "BE", ["nl"]), ("C", "BE", [])):
        add_actor(name, country, languages=languages, offers=[{"lang": "en", "text": "testing of coatings"}])
    client.post("/events", json={"name": "Afternoon"})
    client.put("/events/1/rounds", json=[ROUND])
    client.put("/events/1/places", json=[{"label": "Table 1"}])
    for actor_id in (1, 2):
        client.post("/events/1/participants", json={"actor_id": actor_id})
    assert steps(client)["participants"] == ("todo", "one_side")
    for actor_id in (3, 4):
        client.post("/events/1/participants", json={"actor_id": actor_id})
    told = steps(client)
    assert told["rounds"] == ("done", "")
    assert told["places"] == ("warn", "few")
    assert told["participants"] == ("done", "")
    assert told["languages"] == ("warn", "mute")
    assert told["texts"] == ("warn", "waiting")
    assert "2 pairs have no common language" in client.get("/console/events/1").text
    client.put("/events/1/interpreters", json=[{"languages": ["fr", "nl"]}])
    assert steps(client)["languages"] == ("warn", "unknown")
    embed()
    number = client.post("/events/1/plans", json={}).json()["number"]
    assert steps(client)["plan"] == ("done", "")
    client.post(f"/events/1/plans/{number}/publish")
    told = steps(client)
    assert (told["publish"], told["print"]) == (("done", ""), ("todo", ""))
    client.post("/events/1/links", json={"actor_ids": [1, 2, 3]})
    assert "3 of 4 have a link to their agenda." in client.get("/console/events/1").text
    client.post("/events/1/links", json={"actor_ids": [3, 4]})
    assert steps(client)["print"] == ("done", "")
    client.post("/events/1/links/revoke", json={"actor_ids": [4]})
    assert steps(client)["print"] == ("todo", "")


def test_an_old_address_with_a_plan_leads_to_the_schedule(client: TestClient) -> None:
    client.post("/events", json={"name": "Empty"})
    answer = client.get("/console/events/1?plan=3", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (301, "/console/events/1/schedule?plan=3")


def test_menus_name_only_pages_that_are_served(client: TestClient) -> None:
    menu = re.search(r'class="menu nav-menu".+?</details>', client.get("/console/events").text, re.DOTALL)
    rooms = re.findall(r'href="([^"]+)"', menu.group() if menu else "")
    assert [room for room in rooms if client.get(room).status_code != 200] == []


def test_what_is_next_can_be_done_from_the_overview(
    client: TestClient, add_actor: Callable[..., int], embed: Callable[[], object]
) -> None:
    """One press leads to each next step, or does it; nothing else of the list carries a button."""

    def deeds() -> list[str]:
        text = client.get("/console/events/1").text
        steps = text.split('id="steps"')[1].split("</ol>")[0]
        assert steps.count("step-deeds") == 1
        return re.findall(r'class="button[^"]*" href="([^"]+)"|<form method="post" action="([^"]+)"', steps)

    here = "/console/events/1"
    client.post("/events", json={"name": "Afternoon", "min_meetings": 1})
    assert deeds() == [(f"{here}/setup#rounds", "")]
    client.put("/events/1/rounds", json=[ROUND])
    assert deeds() == [(f"{here}/setup#places", "")]
    client.put("/events/1/places", json=[{"label": "Table 1"}])
    assert deeds() == [(f"{here}/participants/list", ""), (f"{here}/participants", "")]
    for name, country in (("F", "FR"), ("B", "BE")):
        actor_id = add_actor(name, country, languages=["en"], offers=[{"lang": "en", "text": "testing of coatings"}])
        client.post("/events/1/participants", json={"actor_id": actor_id})
    embed()
    assert deeds() == [("", f"{here}/plans")]
    number = client.post("/events/1/plans", json={}).json()["number"]
    assert deeds() == [(f"{here}/schedule", "")]
    assert "Look at plan 1 and publish it" in client.get(here).text
    client.post(f"/events/1/plans/{number}/publish")
    assert deeds() == [(f"{here}/papers", ""), (f"{here}/agendas", "")]
    assert "The event is ready." not in client.get(here).text
    client.post("/events/1/links", json={})
    ready = client.get(here).text
    assert ("The event is ready." in ready, "step-deeds" in ready) == (True, False)
