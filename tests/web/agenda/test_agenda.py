"""The participant's agenda as a browser without a script sees it: by link, in every language, before, during, after."""

import gzip
import itertools
import json
import re
from collections.abc import Callable
from datetime import datetime

from agenda_pages import AFTER, BEFORE, DURING, address, publish, text_of
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.web.catalogues import LANGUAGES
from models.plan import Meeting, Plan

# ---- What it shows


def test_the_next_meeting_comes_first_with_time_place_who_language_and_why(
    client: TestClient, published: str, mine: str
) -> None:
    card = re.search(r'<article class="next-card"[^>]*>.*?</article>', client.get(mine).text, re.DOTALL)[0]
    words = " ".join(re.sub(r"<[^>]+>", " ", card).split())
    for told in ("09:00–09:20", "Table 1", "Vuurlab", "You both speak Dutch", "You look for", "Vuurlab offers"):
        assert told in words
    assert card.count('<blockquote lang="fr">') == 2
    assert "hidden" not in re.search("<article[^>]*>", card)[0]


def test_the_day_stands_in_order_with_pauses_and_breaks(client: TestClient, published: str, mine: str) -> None:
    text = client.get(mine).text
    lines = re.findall(r'<p class="entry-when">(.*?)</p>.*?<(?:h3|p class="entry-body")>(.*?)</', text, re.DOTALL)
    told = [(re.sub(r"<[^>]+>|\s+", " ", when).split()[0], what) for when, what in lines]
    assert told == [
        ("09:00", "Vuurlab"),
        ("09:25", "No meeting: a pause for you"),
        ("09:45", "A break until 10:20"),
        ("10:20", "Brandlab"),
        ("10:45", "No meeting: a pause for you"),
    ]


def test_who_sits_at_two_tables_at_once_reads_of_both(
    client: TestClient, event: str, session: Session, mine: str, at: Callable[[datetime], None]
) -> None:
    publish(session, [(1, 2, 0, 0, None), (1, 3, 0, 1, "0")])
    text = client.get(mine).text
    assert re.findall(r'<li class="entry meeting-entry" .*?<h3>(.*?)</h3>', text, re.DOTALL) == ["Vuurlab", "Brandlab"]
    cards = re.findall(r'<article class="next-card"([^>]*)>', text)
    assert len(cards) == 2
    assert not any("hidden" in attributes for attributes in cards)
    client.post(f"{mine}/seen")
    publish(session, [(1, 2, 0, 0, None), (1, 3, 0, 2, "0")])
    changed = text_of(client.get(mine), "changes")
    assert "Brandlab" in changed
    assert "Vuurlab" not in changed


def test_the_interpreter_is_told_where_no_language_is_shared(client: TestClient, published: str, mine: str) -> None:
    assert "Interpreter 1 sits with you (French and German)" in text_of(client.get(mine), "day")


def test_what_is_next_follows_the_clock(
    client: TestClient, published: str, mine: str, at: Callable[[datetime], None]
) -> None:
    for moment, shown in ((BEFORE, ["Vuurlab"]), (DURING, ["Brandlab"]), (AFTER, [])):
        at(moment)
        text = client.get(mine).text
        cards = re.findall(r'<article class="next-card"([^>]*)>.*?<h2>(.*?)</h2>', text, re.DOTALL)
        assert [name for attributes, name in cards if "hidden" not in attributes] == shown
        assert ("data-after hidden" in text) == bool(shown)


def test_what_people_wrote_is_escaped(client: TestClient, published: str, mine: str) -> None:
    text = client.get(mine).text
    assert "Tissages &lt;du&gt; Nord" in text
    assert "<du>" not in text


def test_drafts_are_not_shown(client: TestClient, event: str, session: Session, mine: str) -> None:
    session.add(Plan(event_id=1, number=1, state="draft", problem={}, certificate={}))
    session.flush()
    session.add(Meeting(event_id=1, number=1, a=1, b=2, round=0, place=0))
    session.commit()
    answer = client.get(mine)
    assert "The schedule is not out yet" in answer.text
    assert text_of(answer, "day") == ""


def test_nobody_reads_in_an_agenda_what_others_said(
    client: TestClient, published: str, session: Session, mine: str, at: Callable[[datetime], None]
) -> None:
    theirs = address(session, 2)
    client.post(f"{theirs}/wishes", data={"target_id": 1, "word": "veto"})
    at(AFTER)
    client.post(f"{theirs}/answers/1", data={"again": "yes", "note": "between us"})
    text = client.get(mine).text
    assert "between us" not in text
    assert "You both said yes" not in text


def test_it_speaks_every_language(client: TestClient, published: str, mine: str) -> None:
    for lang in LANGUAGES:
        answer = client.get(mine, params={"lang": lang})
        assert (answer.status_code, answer.headers["content-language"]) == (200, lang)
        assert f'<html lang="{lang}">' in answer.text


def test_the_language_is_the_links_then_the_browsers(client: TestClient, published: str, session: Session) -> None:
    german = {"accept-language": "de"}
    assert client.get(address(session, 1, language="nl"), headers=german).headers["content-language"] == "nl"
    assert client.get(address(session, 1), headers=german).headers["content-language"] == "de"
    client.get(address(session, 1), params={"lang": "eu"})
    assert client.get(address(session, 1, language="nl"), headers=german).headers["content-language"] == "eu"


# ---- The address is a secret


def test_what_goes_wrong_is_told_in_the_language_of_the_link(
    client: TestClient, published: str, session: Session
) -> None:
    german = {"accept-language": "de"}
    client.cookies.clear()
    for language, told in (("nl", "nl"), ("nl-BE", "nl"), (None, "de"), ("xx", "de")):
        page = address(session, 1, language=language)
        for form in ({}, {"target_id": "999", "word": "want"}):
            answer = client.post(f"{page}/wishes", data=form, headers=german)
            assert answer.status_code in {404, 422}
            assert answer.headers["content-language"] == told
            assert f'<html lang="{told}"' in answer.text
    assert client.post("/agenda/1-none/seen", headers=german).headers["content-language"] == "de"


def test_the_address_does_not_travel(client: TestClient, published: str, mine: str) -> None:
    answer = client.get(mine)
    told = {name: answer.headers[name] for name in ("referrer-policy", "cache-control", "x-robots-tag")}
    assert told == {
        "referrer-policy": "strict-origin",
        "cache-control": "no-store",
        "x-robots-tag": "noindex, nofollow, noarchive",
    }
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'self'", "worker-src 'self'", "manifest-src 'self'"} <= set(policy)
    assert re.findall(r'(?:href|src|action)="(?!/|#|mailto:|tel:)', answer.text) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|<script>", answer.text) == []


def test_a_link_that_does_not_open_says_what_to_do(client: TestClient, published: str) -> None:
    answer = client.get("/agenda/1-" + "a" * 32, params={"lang": "fr"})
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
    assert "<h1>Ce lien est fermé</h1>" in answer.text


# ---- Without a connection


def test_the_worker_keeps_exactly_what_the_page_loads(client: TestClient, published: str, mine: str) -> None:
    answer = client.get("/agenda/sw.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    kept = set(json.loads(re.search(r"const FILES = (\[.*?\]);", answer.text)[1]))
    loaded = set(re.findall(r'"(/static/[^"]+)"', client.get(mine).text))
    assert {file for file in loaded if not file.endswith(".png") and ".png?" not in file} == kept
    for file in kept:
        assert client.get(file).status_code == 200


def test_the_manifest_makes_an_app_of_this_agenda(client: TestClient, published: str, mine: str) -> None:
    answer = client.get(f"{mine}/manifest.webmanifest", params={"lang": "nl"})
    told = answer.json()
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert (told["name"], told["start_url"], told["display"]) == (
        "Mijn agenda · Textile <afternoon>",
        mine,
        "standalone",
    )
    for icon in told["icons"]:
        data = client.get(icon["src"]).content
        size = int.from_bytes(data[16:20], "big")
        assert (data[:8], f"{size}x{size}") == (b"\x89PNG\r\n\x1a\n", icon["sizes"])
    assert client.get("/agenda/1-" + "a" * 32 + "/manifest.webmanifest").status_code == 404


def test_the_first_load_is_small(client: TestClient, published: str, mine: str) -> None:
    page = client.get(mine).content
    files = {a: client.get(a).content for a in set(re.findall(r'"(/static/[^"]+)"', page.decode())) if ".png" not in a}
    fonts = sum(len(data) for name, data in files.items() if name.endswith(".woff2"))
    packed = len(gzip.compress(page)) + sum(len(gzip.compress(d)) for n, d in files.items() if not n.endswith(".woff2"))
    assert packed < 30_000
    assert packed + fonts < 80_000


def test_headings_step_down_and_every_field_has_a_label(
    client: TestClient, published: str, mine: str, at: Callable[[datetime], None]
) -> None:
    for moment in (BEFORE, AFTER):
        at(moment)
        text = client.get(mine).text
        levels = [int(level) for level in re.findall(r"<h([1-6])", text)]
        assert levels[0] == 1
        assert [b for a, b in itertools.pairwise(levels) if b - a > 1] == []
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert sorted(ids) == sorted(set(ids))
        labels = set(re.findall(r'<label[^>]* for="([^"]+)"', text))
        fields = set(re.findall(r'<(?:input|select|textarea)[^>]* id="([^"]+)"', text))
        assert labels == fields
