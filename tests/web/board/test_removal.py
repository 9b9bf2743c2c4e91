"""A plan that nobody needs is removed on the page where plans are listed, after a page that says what goes with it."""

import re

from board_pages import computed, edited, meetings_of, shown
from fastapi.testclient import TestClient

from app.services.bounds import BOUNDS


def links(client: TestClient, gathering: str) -> list[str]:
    """Where the list of plans leads to remove one."""
    return re.findall(r'href="([^"]+/remove)"', shown(client, gathering).text)


def test_a_draft_is_removed_after_a_question(client: TestClient, gathering: str) -> None:
    computed(client, gathering)
    computed(client, gathering)
    client.post(f"{gathering}/plans/2/note", data={"note": "with two tables"})
    assert links(client, gathering) == [f"{gathering}/plans/2/remove", f"{gathering}/plans/1/remove"]
    asked = client.get(f"{gathering}/plans/2/remove")
    assert (asked.status_code, asked.template.name) == (200, "board/remove.html")
    assert "with two tables" in asked.text
    assert f"{len(meetings_of(client, gathering, 2))} meetings" in asked.text
    revision = re.search(r'name="revision" value="(\d+)"', asked.text).group(1)
    sent = client.post(f"{gathering}/plans/2/remove", data={"revision": revision}, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{gathering}/schedule#versions")
    assert links(client, gathering) == [f"{gathering}/plans/1/remove"]
    assert client.get(f"{gathering}/plans/2/remove").status_code == 404


def test_what_was_published_offers_no_removal_and_refuses_it(client: TestClient, gathering: str) -> None:
    computed(client, gathering)
    client.post(f"{gathering}/plans/1/publish")
    assert links(client, gathering) == []
    refused = client.post(f"{gathering}/plans/1/remove", data={"revision": 0})
    assert (refused.status_code, "stays readable" in refused.text) == (409, True)
    assert shown(client, gathering, plan=1).status_code == 200


def test_who_did_not_see_the_last_change_removes_nothing(client: TestClient, gathering: str) -> None:
    computed(client, gathering)
    one = meetings_of(client, gathering)[0]
    assert edited(client, gathering, op="lock", a=one["a"], b=one["b"]).status_code == 303
    assert client.post(f"{gathering}/plans/1/remove", data={"revision": 0}).status_code == 409
    assert client.post(f"{gathering}/plans/1/remove", data={}).status_code == 422
    assert links(client, gathering) == [f"{gathering}/plans/1/remove"]


def test_the_list_says_how_many_are_kept(client: TestClient, gathering: str) -> None:
    computed(client, gathering)
    assert f"{BOUNDS['drafts'].most} plans that were not published are kept" in shown(client, gathering).text
