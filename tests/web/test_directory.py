"""The directory and an actor's page."""

from collections.abc import Callable, Sequence

import pytest
from fastapi.testclient import TestClient

Add = Callable[..., int]


def names(answer: object) -> list[str]:
    return [a.name for a in answer.context["found"].items]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["Bakkerij <script>alert(1)</script>", "Tissages du Nord", "Vuurlab"]),
        ({"q": "TISSUS"}, ["Tissages du Nord", "Vuurlab"]),
        ({"q": "tissus", "side": "VLG"}, ["Vuurlab"]),
        ({"country": "FR"}, ["Tissages du Nord"]),
        ({"kind": "lab"}, ["Vuurlab"]),
        ({"sector": "textile"}, ["Tissages du Nord", "Vuurlab"]),
        ({"sector": "nothing"}, []),
    ],
)
def test_words_and_filters_narrow_the_list(
    client: TestClient, border: Sequence[int], query: dict[str, str], found: list[str]
) -> None:
    answer = client.get("/directory", params=query)
    assert (answer.status_code, answer.template.name) == (200, "directory.html")
    assert names(answer) == found
    assert answer.context["found"].total == len(found)


def test_filters_show_their_counts_and_keep_what_was_chosen(client: TestClient, border: Sequence[int]) -> None:
    text = client.get("/directory", params={"side": "VLG"}).text
    assert '<option value="VLG" selected>Vlaanderen (Belgium) (2)</option>' in text
    assert '<option value="FR">France (1)</option>' in text
    assert '<option value="zeer_bijzonder">Zeer bijzonder (1)</option>' in text


def test_pages_follow_by_cursor_as_page_and_as_fragment(client: TestClient, add_actor: Add) -> None:
    everyone = [f"Actor {n:02d}" for n in range(26)]
    for name in everyone:
        add_actor(name, "BE")
    first = client.get("/directory")
    cursor = first.context["found"].next_cursor
    second = client.get("/directory", params={"cursor": cursor})
    assert (names(first), names(second)) == (everyone[:24], everyone[24:])
    rows = client.get("/directory", params={"cursor": cursor}, headers={"HX-Request": "true"})
    assert (rows.template.name, names(rows)) == ("_actor_rows.html", everyone[24:])
    narrowed = client.get("/directory", params={"q": "actor 07"}, headers={"HX-Request": "true"})
    assert (narrowed.template.name, names(narrowed)) == ("_actors.html", ["Actor 07"])
    assert "HX-Request" in narrowed.headers["vary"]


def test_a_strange_cursor_is_told_on_a_page(client: TestClient) -> None:
    answer = client.get("/directory", params={"cursor": "nonsense"})
    assert (answer.status_code, answer.template.name) == (422, "error.html")
    assert "not a cursor that this service gave out" in answer.text


def test_the_directory_asks_the_same_number_of_queries_for_one_actor_and_for_three(
    client: TestClient, queries: list[str], add_actor: Add
) -> None:
    counts = []
    for name in ("One", "Two", "Three"):
        add_actor(name, "BE", sectors=["textile"], offers=[{"lang": "nl", "text": "weven"}])
        queries.clear()
        assert len(names(client.get("/directory"))) == len(counts) + 1
        counts.append(len(queries))
    assert counts == [6, 6, 6]


def test_a_profile_shows_texts_relations_place_and_suggestions(client: TestClient, border: Sequence[int]) -> None:
    weaver, lab, _ = border
    client.put(f"/actors/{weaver}/relations", json={"target_id": lab, "type": "agreement"})
    answer = client.get(f"/directory/{weaver}", headers={"accept-language": "fr-BE,fr;q=0.9"})
    assert (answer.status_code, answer.template.name) == (200, "actor.html")
    texts = dict(answer.context["facets"])
    assert [tongue for tongue, _ in texts["description"]] == ["fr", "en"]
    assert answer.context["answer"].worth[0].actor.id == lab
    assert "Tissages du Nord cherche" in answer.text
    assert f'<a href="/actors/{weaver}">JSON</a>' in answer.text
    assert '<span class="state">prêt</span>' in answer.text
    assert "Interprète nécessaire" in answer.text
    assert [r.target_name for r in answer.context["relations"]] == ["Vuurlab"]
    assert "Roubaix, Hauts-de-France, France" in answer.text


def test_a_fresh_profile_says_that_its_meaning_is_still_to_come(client: TestClient, add_actor: Add) -> None:
    new = add_actor("Nieuw", "BE", offers=[{"lang": "nl", "text": "weven"}])
    text = client.get(f"/directory/{new}").text
    assert '<span class="state pending">in a moment; by words already</span>' in text


def test_a_silent_actor_has_a_page_too(client: TestClient, add_actor: Add) -> None:
    silent = add_actor("Stil", "BE")
    answer = client.get(f"/directory/{silent}")
    assert (answer.status_code, answer.context["answer"]) == (200, None)
    assert "This actor has not said anything yet." in answer.text


@pytest.mark.parametrize("website", ["javascript:alert(1)", "data:text/html,x", "www.example.org"])
def test_only_web_addresses_become_links(client: TestClient, add_actor: Add, website: str) -> None:
    actor = add_actor("Link", "BE", website=website)
    assert website not in client.get(f"/directory/{actor}").text


def test_words_of_users_are_never_markup(client: TestClient, border: Sequence[int]) -> None:
    for url in ("/directory", f"/directory/{border[2]}", "/?q=<script>alert(3)</script>brood+gebak&near=1"):
        text = client.get(url).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text
