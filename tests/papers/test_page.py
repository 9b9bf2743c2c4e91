"""The page of papers and files, as a browser without JavaScript sees it."""

import json
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from papers_gathering import NAMES, Gathering, words_of

from app.web.catalogues import LANGUAGES
from tests.terminal import Viaduc

BROWSER = {"accept": "text/html,application/xhtml+xml"}


def test_the_page_shows_every_kind_in_every_language(client: TestClient, planned: Gathering) -> None:
    kinds = [("participants", 4), ("places", 2), ("rounds", 3), ("interpreters", 1), ("badges", 4), ("signs", 2)]
    for lang in LANGUAGES:
        answer = client.get(f"/console{planned.url}/papers?lang={lang}", headers=BROWSER)
        assert (answer.status_code, answer.template.name) == (200, "papers/papers.html")
        assert [(k["key"], k["count"]) for k in answer.context["kinds"]] == kinds
        assert f'<html lang="{lang}">' in answer.text
        assert 'href="/events/1/export?format=xlsx&amp;lang=' + lang in answer.text


def test_what_is_chosen_is_shown_in_the_previews(client: TestClient, planned: Gathering) -> None:
    answer = client.get(f"/console{planned.url}/papers?second=da&badge_width_mm=86&plan=1", headers=BROWSER)
    query = "plan=1&amp;second=da&amp;badge_width_mm=86"
    assert f'src="/console{planned.url}/papers/look/badges?{query}"' in answer.text
    assert '<option value="da" lang="da" selected>' in answer.text


def test_a_look_is_a_picture_and_makes_no_links(client: TestClient, planned: Gathering) -> None:
    for kind in ("participants", "places", "rounds", "interpreters", "badges", "signs"):
        answer = client.get(f"/console{planned.url}/papers/look/{kind}?badge_code=agenda")
        assert (answer.status_code, answer.headers["content-type"], answer.content[:4]) == (
            200,
            "image/png",
            b"\x89PNG",
        )
    assert client.get(f"{planned.url}/links").json() == []


def test_the_button_prints_with_what_was_chosen(client: TestClient, planned: Gathering) -> None:
    form = {"plan": "", "first": "own", "second": "none", "badge_width_mm": "90", "badge_height_mm": ""}
    answer = client.post(f"/console{planned.url}/papers/places", data=form)
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''rencontres-a-kortrijk-places.pdf"
    assert "09:55 – 10:15 libre 11:00" in words_of(answer.content)[0]
    archive = client.post(f"/console{planned.url}/papers/all", data=form)
    assert (archive.headers["content-type"], archive.content[:2]) == ("application/zip", b"PK")
    elsewhere = client.post(f"/console{planned.url}/papers/all", data=form, headers={"sec-fetch-site": "cross-site"})
    assert elsewhere.status_code == 403
    assert client.post(f"/console{planned.url}/papers/posters", data=form).status_code == 422


def test_an_event_with_nothing_says_so(client: TestClient, gathering: Gathering) -> None:
    answer = client.get(f"/console{gathering.url}/papers", headers=BROWSER)
    assert "There is no plan yet" in answer.text
    empty = client.post("/events", json={"name": "Empty"}).json()["id"]
    answer = client.get(f"/console/events/{empty}/papers", headers=BROWSER)
    assert (answer.status_code, answer.context["kinds"]) == (200, [])


def test_names_that_cannot_be_printed_whole_are_named(client: TestClient, planned: Gathering) -> None:
    client.patch(f"/actors/{planned.actors[0]}", json={"name": "Tissages 株式会社"})
    answer = client.get(f"/console{planned.url}/papers", headers=BROWSER)
    assert answer.context["unprintable"] == {"Tissages 株式会社": "会式株社"}


def file_of(planned: Gathering, **changed: Any) -> dict[str, Any]:
    said = [{"actor_id": planned.actors[0], "state": "absent", "at": "2099-01-01T00:00:00Z"},
            {"actor_id": 999, "state": "absent", "at": "2099-01-01T00:00:00Z"}]  # fmt: skip
    told = {"kind": "viaduc-attendance", "version": 1, "event_id": planned.id, "made": "2027-03-28T09:00:00Z",
            "saved": "2027-03-28T09:00:00Z", "said": said} | changed  # fmt: skip
    return {"file": ("noted.json", json.dumps(told), "application/json")}


def test_a_file_from_the_page_without_a_network_is_handed_in(client: TestClient, planned: Gathering) -> None:
    sent = client.post(f"/console{planned.url}/papers/noted", files=file_of(planned), follow_redirects=False)
    assert sent.headers["location"] == f"/console{planned.url}/papers?taken=1&same=0&left=1#noted"
    page = client.get(sent.headers["location"], headers=BROWSER).text
    assert "1 word was taken in." in page
    assert "1 was left out" in page


def test_any_other_file_is_refused_in_words(client: TestClient, planned: Gathering) -> None:
    for content in (b"", b"\xff\xfe", b"[" * 100_000, b'{"kind": "other"}'):
        files = {"file": ("noted.json", content, "application/json")}
        answer = client.post(f"/console{planned.url}/papers/noted", files=files, headers=BROWSER)
        assert answer.status_code == 422
        assert "this is not a file that the page without a network saved" in answer.text


def test_the_terminal_prints_into_a_folder(
    client: TestClient, planned: Gathering, viaduc: Viaduc, tmp_path: Path
) -> None:
    folder = tmp_path / "papers"
    printed = viaduc("papers", planned.id, "-o", folder, "--badge", "86x54")
    assert printed.code == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        f"rencontres-a-kortrijk-{end}"
        for end in ("badges.pdf", "interpreters.pdf", "offline.html", "participants.pdf", "places.pdf", "rounds.pdf",
                    "signs.pdf")
    ]  # fmt: skip
    assert "plan 1 is not published" in printed.out
    assert "VIADUC_PUBLIC_URL" in printed.out
    assert NAMES[0] not in printed.out
    refused = viaduc("papers", planned.id, "-o", folder, "--badge", "20x20")
    assert refused.code == 1
    assert "--badge: Input should be greater than or equal to 50" in refused.err


def test_an_event_with_nothing_in_it_says_what_is_missing_and_prints_nothing(client: TestClient) -> None:
    number = client.post("/events", json={"name": "Bare"}).json()["id"]
    page = client.get(f"/console/events/{number}/papers")
    assert page.context["kinds"] == []
    assert "Nothing to print yet: register participants and set up rounds and places first." in page.text
    assert "Print everything" not in page.text
    assert "can be printed already" not in page.text
