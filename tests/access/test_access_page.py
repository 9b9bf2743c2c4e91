"""The admin's page: keys made and shown once, people let in, browsers signed out."""

import html
import re
from importlib import import_module

import pytest
from access_outside import BROWSER, MakeKey, Serve, with_key
from fastapi.testclient import TestClient

URL = "/console/access"


@pytest.fixture
def admin(serve: Serve, make_key: MakeKey) -> TestClient:
    return serve(headers=BROWSER | with_key(make_key("admin", name="root")))


def secret(page: str) -> str:
    return html.unescape(re.findall(r'<code class="secret">([^<]+)</code>', page)[0])


def test_a_key_is_made_and_shown_this_once(admin: TestClient, two_events: tuple[int, int]) -> None:
    fields = {"name": "Site", "role": "organiser", "events": [str(two_events[1])], "days": "30"}
    made = admin.post(f"{URL}/keys", data=fields)
    assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
    key = secret(made.text)
    asked = admin.get("/me", headers={"authorization": f"Bearer {key}"}).json()
    assert (asked["role"], asked["events"]) == ("organiser", [two_events[1]])
    later = admin.get(URL)
    assert later.headers["cache-control"] == "no-store"
    assert key not in later.text
    assert "Theirs" in later.text


def test_events_that_are_ticked_count_for_organisers_only(admin: TestClient, two_events: tuple[int, int]) -> None:
    made = admin.post(f"{URL}/keys", data={"name": "Site", "role": "reader", "events": [str(two_events[0])]})
    assert made.context["made"].events == []


def test_what_is_wrong_is_told_beside_the_form(admin: TestClient) -> None:
    wrong = admin.post(f"{URL}/keys", data={"name": "Site", "role": "organiser"})
    assert wrong.status_code == 422
    assert "an organiser needs the numbers of the events it runs" in wrong.text
    person = admin.post(f"{URL}/people", data={"email": "nobody", "role": "admin"})
    assert person.status_code == 422
    assert "is not an e-mail address" in person.text
    assert admin.post(f"{URL}/keys", data={"name": "Site", "days": "5"}).status_code == 422


def test_keys_are_rotated_and_revoked(admin: TestClient, make_key: MakeKey) -> None:
    key = make_key("reader", name="Site")
    followed = admin.post(f"{URL}/keys/{key.id}/rotate")
    assert followed.context["made"].rotated_from == key.id
    assert secret(followed.text) != key.key
    ended = admin.post(f"{URL}/keys/{key.id}/revoke", follow_redirects=False)
    assert (ended.status_code, ended.headers["location"]) == (303, f"{URL}#keys")
    assert admin.get("/me", headers=with_key(key)).status_code == 401


def test_people_are_let_in_with_a_link_to_hand_over(admin: TestClient, serve: Serve) -> None:
    admin.post(f"{URL}/people", data={"email": "anna@example.org", "role": "admin"})
    [anna] = admin.get(URL).context["people"]
    shown = admin.post(f"{URL}/people/{anna.id}/link")
    address = secret(shown.text)
    assert address.startswith("https://viaduc.example/console/sign-in/link/")
    browser = serve(headers=BROWSER)
    assert browser.post(address, follow_redirects=False).status_code == 303
    assert browser.get(URL).status_code == 200
    [session] = admin.get(URL).context["sessions"]
    assert (session.who, session.by) == ("anna@example.org", "link")
    admin.post(f"{URL}/sessions/{session.id}/end")
    assert browser.get(URL).status_code == 401
    admin.post(f"{URL}/people/{anna.id}/remove")
    assert admin.get(URL).context["people"] == []


def test_names_are_shown_as_they_are_and_never_as_markup(admin: TestClient) -> None:
    admin.post(f"{URL}/keys", data={"name": "<script>alert(1)</script>"})
    assert "<script>alert" not in admin.get(URL).text


def test_of_very_many_keys_the_older_ones_are_a_page_further(
    admin: TestClient, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [make_key("reader", name=f"Site {n}").id for n in range(3)]
    monkeypatch.setattr(import_module("app.web.access.manage"), "_KEYS", 2)
    first = admin.get(URL)
    assert [key.id for key in first.context["keys"]] == made[:0:-1]
    further = html.unescape(re.findall(r'href="([^"]+)#keys"', first.text)[0])
    assert [key.name for key in admin.get(further).context["keys"]] == ["Site 0", "root"]
    assert admin.get(URL, params={"cursor": "elsewhere"}).status_code == 422
