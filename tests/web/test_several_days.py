"""Pages of an event that lasts longer than a day say which day they mean; those of a single day do not."""

import html
import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

HOME = "/console/events/1"
NIGHTS = ["2027-03-09T09:00:00+01:00", "2027-03-09T10:00:00+01:00", "2027-03-10T09:00:00+01:00"]
PAGES = {
    "/schedule": "Round 3, 10 Mar 2027",
    "/schedule?q=B1": "10 Mar 2027, 09:00 F",
    "/day/rounds": "10 Mar 2027, 09:00–09:20",
    "/rounds/2": "10 Mar 2027, 09:00–09:20",
    "/places/0": "10 Mar 2027, 09:00–09:20",
    "/interpreters/0": "10 Mar 2027, 09:00–09:20",
    "/day/people/3": "10 Mar 2027, 09:00–09:20",
    "/participants/3": "10 Mar 2027, 09:00–09:20",
    "/day": "9 Mar 2027, 09:00 Table",
}


@pytest.fixture
def gathering(
    client: TestClient, add_actor: Callable[..., int], embed: Callable[[], object]
) -> Callable[[list[str]], None]:
    """Make event 1 with rounds at these moments, all of them filled by its published plan."""
    offer = [{"lang": "en", "text": "testing of textile coatings"}]
    for name, country in (("F1", "FR"), ("F2", "FR"), ("F3", "FR"), ("B1", "BE"), ("B2", "BE"), ("B3", "BE")):
        add_actor(name, country, offers=offer, needs=offer)
    embed()

    def make(moments: list[str]) -> None:
        client.post("/events", json={"name": "Two days of textile"})
        client.put("/events/1/rounds", json=[{"starts_at": at, "minutes": 20} for at in moments])
        client.put("/events/1/places", json=[{"label": f"Table {n}"} for n in (1, 2, 3)])
        client.put("/events/1/interpreters", json=[{"languages": ["fr", "nl"]}])
        for actor_id in range(1, 7):
            assert client.post("/events/1/participants", json={"actor_id": actor_id}).status_code == 201
        assert len(client.post("/events/1/plans", json={}).json()["meetings"]) == 9
        client.post("/events/1/plans/1/publish")

    return make


def read(client: TestClient, page: str) -> str:
    """What stands on a page below its head and menu."""
    answer = client.get(f"{HOME}{page}")
    assert answer.status_code == 200
    text = re.sub(r"(?s)<(script|style)\b.*?</\1>", "", answer.text.partition("</header>")[2])
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.mark.parametrize("page", PAGES)
def test_times_come_with_their_day_where_there_are_several(
    client: TestClient, gathering: Callable[[list[str]], None], at: Callable[[str], None], page: str
) -> None:
    gathering(NIGHTS)
    at("08:00")
    told = read(client, page)
    assert PAGES[page] in told
    assert "Tuesday, 9 March 2027 – Wednesday, 10 March 2027" in client.get(HOME).text


def test_what_changes_from_plan_to_plan_names_its_days(
    client: TestClient, gathering: Callable[[list[str]], None]
) -> None:
    gathering(NIGHTS)
    late = next(m for m in client.get("/events/1/plans/1").json()["meetings"] if m["round"] == 2)
    edit = {"op": "remove", "revision": 0, "a": late["a"], "b": late["b"]}
    assert client.post("/events/1/plans/1/edits", json=edit).json()["number"] == 2
    assert "(10 Mar 2027, 09:00, Table" in read(client, "/compare?base=1&plan=2")


def test_a_single_day_is_not_repeated_at_each_time(
    client: TestClient, gathering: Callable[[list[str]], None], at: Callable[[str], None]
) -> None:
    gathering([moment.replace("03-10T09", "03-09T11") for moment in NIGHTS])
    at("08:00")
    for page in PAGES:
        assert not re.search(r"\b9 Mar 2027, \d", read(client, page)), page
