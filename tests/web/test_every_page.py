"""What holds on every page: headers, languages, errors, and no word to another host."""

import itertools
import re
from collections.abc import Sequence

import pytest
from fastapi.testclient import TestClient

from app.db import make_engine
from app.main import create_app
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from app.web.catalogues import LANGUAGES, preferred_language

PAGES = ("/", "/?q=tissus&near=1", "/directory", "/directory/1", "/console/events", "/console/events/1", "/console/x")


@pytest.fixture
def pages(client: TestClient, border: Sequence[int]) -> dict[str, str]:
    client.post("/events", json={"name": "Empty"})
    return {url: client.get(url).text for url in PAGES}


def test_pages_are_answered_with_strict_headers(client: TestClient, border: Sequence[int]) -> None:
    for url in PAGES:
        headers = client.get(url).headers
        assert headers["content-security-policy"] == (
            "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
        )
        packed = ", Accept-Encoding" if "content-encoding" in headers else ""
        assert headers["vary"] == "HX-Request, Cookie, Accept-Language" + packed
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-type"] == "text/html; charset=utf-8"


def test_pages_load_nothing_from_elsewhere_and_carry_no_inline_code(pages: dict[str, str]) -> None:
    for url, text in pages.items():
        loaded = re.findall(r'(?:src|action|<link[^>]* href)="([^"]+)"', text)
        assert loaded, url
        # "#whole" is a place of the page itself.
        assert [address for address in loaded if not address.startswith("/") and address != "#whole"] == [], url
        assert "://" not in text.replace("http://www.w3.org", ""), url
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=|<script>", text) == [], url


def test_static_files_are_kept_for_ever_when_asked_for_by_content(client: TestClient, pages: dict[str, str]) -> None:
    addresses = set(re.findall(r'"(/static/[^"]+)"', pages["/"]))
    assert len(addresses) == 5
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200
        for_ever = "?v=" in address
        assert ("immutable" in answer.headers["cache-control"]) == for_ever
    assert "@import" not in client.get("/static/viaduc.css").text
    assert "://" not in client.get("/static/viaduc.css").text


def test_the_first_load_is_small(client: TestClient, pages: dict[str, str]) -> None:
    addresses = set(re.findall(r'"(/static/[^"]+)"', pages["/"]))
    weight = len(pages["/"].encode()) + sum(len(client.get(a).content) for a in addresses)
    assert weight < 150_000


def test_headings_and_landmarks_are_in_order(pages: dict[str, str]) -> None:
    for url, text in pages.items():
        assert text.count("<h1") == 1, url
        assert text.count("<main") == 1, url
        assert re.search(r'<html lang="en">', text), url
        levels = [int(level) for level in re.findall(r"<h([1-6])", text)]
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), (url, levels)
        labels = set(re.findall(r'<label[^>]* for="([^"]+)"', text))
        fields = set(re.findall(r'<(?:input|select)[^>]* id="([^"]+)"', text))
        assert labels == fields, url
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert sorted(ids) == sorted(set(ids)), url


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_speaks_every_language(client: TestClient, border: Sequence[int], lang: str) -> None:
    client.post("/events", json={"name": "Empty"})
    for url in PAGES:
        answer = client.get(url, params={"lang": lang})
        assert answer.headers["content-language"] == lang
        assert f'<html lang="{lang}">' in answer.text


def test_the_language_is_asked_for_then_remembered_then_the_browsers(client: TestClient) -> None:
    def heading(url: str, accepted: str = "de") -> str:
        return re.search("<h1>(.+)</h1>", client.get(url, headers={"accept-language": accepted}).text)[1]

    assert heading("/") == "Wen suchen Sie?"
    assert heading("/?lang=nl") == "Wie zoekt u?"
    assert heading("/") == "Wie zoekt u?"
    assert heading("/?lang=tlh") == "Wie zoekt u?"
    assert client.cookies["lang"] == "nl"


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("", "en"),
        ("eu-ES,eu;q=0.9,es;q=0.8", "eu"),
        ("pl, da;q=0.2, fr;q=0.7", "fr"),
        ("nl-BE", "nl"),
        ("de;q=nonsense, es;q=0.1", "es"),
        ("*", "en"),
    ],
)
def test_the_best_language_of_a_header(header: str, lang: str) -> None:
    assert preferred_language(header) == lang


def test_the_language_switch_keeps_the_question(client: TestClient) -> None:
    text = client.get("/", params={"q": "a & b", "lang": "fr"}).text
    assert 'href="/?q=a+%26+b&amp;lang=nl" lang="nl"' in text


@pytest.mark.parametrize(
    ("url", "status"),
    [("/nope", 404), ("/directory/999", 404), ("/console/events/999", 404), ("/directory/x", 422)],
)
def test_errors_of_pages_are_pages_in_the_readers_language(client: TestClient, url: str, status: int) -> None:
    answer = client.get(url, params={"lang": "fr"})
    assert (answer.status_code, answer.template.name) == (status, "error.html")
    assert '<html lang="fr">' in answer.text


def test_large_pages_are_packed_for_browsers_that_unpack(client: TestClient) -> None:
    plain, packed = (client.get("/docs", headers={"accept-encoding": how}) for how in ("identity", "gzip"))
    assert ("content-encoding" in plain.headers, packed.headers["content-encoding"]) == (False, "gzip")
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) < len(plain.content) / 4


def test_a_link_that_opens_nothing_leads_to_the_page_that_says_so(client: TestClient) -> None:
    answer = client.get("/agenda/x", params={"lang": "fr"})
    assert (answer.status_code, answer.template.name) == (404, "agenda/closed.html")
    assert '<html lang="fr">' in answer.text


@pytest.mark.parametrize(
    ("before", "back"),
    [
        ("http://127.0.0.1/console/events/1/schedule?plan=2", "/console/events/1/schedule?plan=2"),
        ("http://127.0.0.1/directory", "/directory"),
        ("http://127.0.0.1/nope", None),
        ("http://127.0.0.1//evil.example/", None),
        ("https://evil.example/directory", None),
        ("", None),
    ],
)
def test_an_error_leads_back_to_the_page_of_ours_where_it_was_met(
    client: TestClient, before: str, back: str | None
) -> None:
    answer = client.get("/nope", headers={"referer": before})
    assert (answer.status_code, answer.context["back"]) == (404, back)
    assert (f'<a class="button" href="{back}">Back</a>' in answer.text) == (back is not None)


@pytest.mark.parametrize(
    ("url", "accept"),
    [("/nope", "application/json"), ("/actors/999", "text/html"), ("/events/999", "text/html"), ("/nope", "*/*")],
)
def test_errors_of_the_json_door_stay_problem_details(client: TestClient, url: str, accept: str) -> None:
    answer = client.get(url, headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_pages_stay_out_of_the_description_of_the_api(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert [path for path in paths if path == "/" or path.startswith(("/directory", "/console", "/static"))] == []


def test_a_database_that_is_down_is_told_on_a_page(settings: Settings, meaning: Meaning) -> None:
    nowhere = make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    application = create_app(settings, engine=nowhere, holder=MeaningHolder.ready(meaning))
    with TestClient(application, raise_server_exceptions=False) as client:
        answer = client.get("/directory", params={"lang": "de"})
    nowhere.dispose()
    assert (answer.status_code, answer.template.name, answer.headers["retry-after"]) == (503, "error.html", "2")
    assert "<h1>Noch nicht bereit</h1>" in answer.text
