"""The participant's agenda as a browser without a script sees it: by link, in every language, before, during, after."""

import gzip
import itertools
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import Session, select

from app.services.links import make_link
from app.web.agenda.pages import shown_contact
from app.web.agenda.room import draw_room
from app.web.catalogues import LANGUAGES
from models.agenda import MeetingAnswer
from models.day import Attendance
from models.event import Participant, PlacePublic, Wish
from models.plan import Meeting, Plan

ROUNDS = [{"starts_at": f"2027-03-09T{h}:00+01:00", "minutes": 20} for h in ("09:00", "09:25", "10:20", "10:45")]
BEFORE = datetime(2027, 3, 8, 12, tzinfo=UTC)
DURING = datetime(2027, 3, 9, 8, 30, tzinfo=UTC)
"""In the second round."""
AFTER = datetime(2027, 3, 9, 18, tzinfo=UTC)


@pytest.fixture
def at(client: TestClient) -> Callable[[datetime], None]:
    """Set the service's clock."""

    def set_clock(moment: datetime) -> None:
        client.app.state.clock = lambda: moment

    set_clock(BEFORE)
    return set_clock


@pytest.fixture
def people(client: TestClient, add_actor: Callable[..., int], embed: Callable[[], object]) -> list[int]:
    """A weaver (1) who needs what two laboratories (2, 3) offer, and somebody of its own side (4)."""
    need = [{"lang": "fr", "text": "tester la résistance au feu des tissus enduits"}]
    ids = [
        add_actor("Tissages <du> Nord", "FR", needs=need, languages=["fr", "nl"]),
        add_actor("Vuurlab", "BE", offers=need, languages=["nl"], description={"nl": "Wij testen stoffen."}),
        add_actor("Brandlab", "BE", offers=need, languages=["de"]),
        add_actor("Filatures", "FR", offers=need),
    ]
    embed()
    return ids


@pytest.fixture
def event(client: TestClient, people: list[int], at: object) -> str:
    client.post("/events", json={"name": "Textile <afternoon>", "place": "Kortrijk"})
    client.put("/events/1/rounds", json=ROUNDS)
    client.put("/events/1/places", json=[{"label": "Table 1"}, {"label": "Table 2"}, {"label": "Table 3"}])
    client.put("/events/1/interpreters", json=[{"languages": ["fr", "de"]}])
    for i in people:
        client.post("/events/1/participants", json={"actor_id": i})
    return "/events/1"


@pytest.fixture
def published(event: str, session: Session) -> str:
    """1 meets 2 at table 1 in the first round and 3 at table 2, with the interpreter, in the third."""
    publish(session, [(1, 2, 0, 0, None), (3, 1, 2, 1, "0")])
    return event


def publish(session: Session, meetings: list[tuple[int, int, int, int, str | None]]) -> None:
    for plan in session.exec(select(Plan)):
        plan.state = "superseded"
    number = len(session.exec(select(Plan)).all()) + 1
    session.add(Plan(event_id=1, number=number, state="published", problem={}, certificate={}))
    session.flush()
    for a, b, slot, place, interpreter in meetings:
        session.add(Meeting(event_id=1, number=number, a=a, b=b, round=slot, place=place, interpreter=interpreter))
    session.commit()


@pytest.fixture
def mine(session: Session, event: str) -> str:
    """The address of the weaver's agenda."""
    return address(session, 1)


def address(session: Session, actor_id: int, **more: object) -> str:
    token = make_link(session, event_id=1, actor_id=actor_id, **more)
    session.commit()
    return f"/agenda/{token}"


def text_of(answer: Response, part: str) -> str:
    """The words of one section."""
    found = re.search(rf'<section id="{part}".*?</section>', answer.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


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


def test_the_address_does_not_travel(client: TestClient, published: str, mine: str) -> None:
    answer = client.get(mine)
    told = {name: answer.headers[name] for name in ("referrer-policy", "cache-control", "x-robots-tag")}
    assert told == {
        "referrer-policy": "no-referrer",
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


# ---- Wishes


def test_wishes_go_to_the_other_side_and_can_be_taken_back(
    client: TestClient, event: str, session: Session, mine: str
) -> None:
    words = text_of(client.get(mine), "wishes")
    assert "Vuurlab" in words
    assert "Filatures" not in words
    for word, kept in (("wish", ["wish"]), ("veto", ["veto"]), ("none", [])):
        sent = client.post(f"{mine}/wishes", data={"target_id": 2, "word": word}, follow_redirects=False)
        assert (sent.status_code, sent.headers["location"]) == (303, f"{mine}#wishes")
        assert [w.kind for w in session.exec(select(Wish))] == kept
        session.rollback()
    assert "Take it back" not in text_of(client.get(mine), "wishes")


def test_what_the_organiser_arranged_stands(client: TestClient, event: str, session: Session, mine: str) -> None:
    client.put(f"{event}/wishes", json={"actor_id": 1, "target_id": 2, "kind": "must"})
    assert "The organiser arranged this meeting" in text_of(client.get(mine), "wishes")
    assert client.post(f"{mine}/wishes", data={"target_id": 2, "word": "veto"}).status_code == 409
    assert [w.kind for w in session.exec(select(Wish))] == ["must"]


def test_wishes_close_with_the_event_and_at_the_organisers_word(
    client: TestClient, event: str, mine: str, at: Callable[[datetime], None]
) -> None:
    client.put(f"{event}/agenda", json={"wishes": False, "details": False})
    answer = client.get(mine)
    assert (text_of(answer, "wishes"), text_of(answer, "details")) == ("", "")
    assert client.post(f"{mine}/wishes", data={"target_id": 2, "word": "wish"}).status_code == 409
    assert client.post(f"{mine}/details", data={"languages": "fr"}).status_code == 409
    client.put(f"{event}/agenda", json={})
    at(DURING)
    assert client.post(f"{mine}/wishes", data={"target_id": 2, "word": "wish"}).status_code == 409


def test_impossible_wishes_are_refused(client: TestClient, event: str, session: Session, mine: str) -> None:
    for target, word, status in (("99", "wish", 404), ("1", "wish", 422), ("2", "must", 422)):
        assert client.post(f"{mine}/wishes", data={"target_id": target, "word": word}).status_code == status
    assert session.exec(select(Wish)).all() == []


# ---- Details, leaving, changes


def test_languages_and_rounds_are_ones_own(client: TestClient, event: str, session: Session, mine: str) -> None:
    client.post(f"{mine}/details", data={"languages": ["fr", "en"], "rounds": ["0", "2"]})
    row = session.get(Participant, (1, 1))
    assert (row.languages, row.available) == (["fr", "en"], [0, 2])
    session.rollback()
    client.post(f"{mine}/details", data={"languages": ["fr"], "rounds": ["0", "1", "2", "3"]})
    assert session.get(Participant, (1, 1)).available is None
    assert client.post(f"{mine}/details", data={"languages": ["klingon!"]}).status_code == 422
    assert client.post(f"{mine}/details", data={"rounds": ["7"]}).status_code == 422


def test_who_cannot_come_is_taken_out_and_can_come_back(
    client: TestClient, published: str, session: Session, mine: str
) -> None:
    client.post(f"{mine}/details", data={"languages": ["fr"], "rounds": ["0", "2"]})
    client.post(f"{mine}/leave", data={"note": "Ill."})
    assert session.get(Participant, (1, 1)).available == []
    assert [(a.actor_id, a.state) for a in session.exec(select(Attendance))] == [(1, "absent")]
    assert "You take no further part" in client.get(mine).text
    session.rollback()
    client.post(f"{mine}/return")
    assert session.get(Participant, (1, 1)).available == [0, 2]
    assert session.exec(select(Attendance).where(Attendance.state != "expected")).all() == []
    assert "You take no further part" not in client.get(mine).text


def test_who_leaves_during_the_day_is_gone_from_the_next_round_on(
    client: TestClient, published: str, session: Session, mine: str, at: Callable[[datetime], None]
) -> None:
    at(DURING)
    client.post(f"{mine}/leave")
    assert [(a.actor_id, a.state, a.round) for a in session.exec(select(Attendance))] == [(1, "gone", 2)]


def test_changes_since_the_last_look_are_told_until_they_are_seen(
    client: TestClient, published: str, session: Session, mine: str
) -> None:
    assert text_of(client.get(mine), "changes") == ""
    publish(session, [(1, 2, 1, 2, None), (1, 4, 3, 0, None)])
    for _ in range(2):
        words = text_of(client.get(mine), "changes")
        assert "Moved: Vuurlab, now 09:25 , Table 3 (before: 09:00 , Table 1)".replace(" ,", ",") in words.replace(
            " ,", ","
        )
        assert "New: 10:45, Filatures, Table 1" in words
        assert "Cancelled: 10:20, Brandlab" in words
    client.post(f"{mine}/seen")
    assert text_of(client.get(mine), "changes") == ""


# ---- Answers


def test_answers_are_asked_for_once_a_meeting_began(
    client: TestClient, published: str, mine: str, at: Callable[[datetime], None]
) -> None:
    def asked() -> list[bool]:
        return ["hidden" not in box for box in re.findall(r"<details class=\"answer-box[^>]*>", client.get(mine).text)]

    assert asked() == [False, False]
    at(DURING)
    assert asked() == [True, False]
    at(AFTER)
    assert asked() == [True, True]


def test_an_answer_is_kept_and_shown_in_its_form(
    client: TestClient, published: str, session: Session, mine: str, at: Callable[[datetime], None]
) -> None:
    at(AFTER)
    said = {"again": "yes", "useful": "very", "next_step": "contact", "follow_up": "2027-04-01", "note": "A <find>."}
    sent = client.post(f"{mine}/answers/2", data=said | {"quote": "true", "age": "600"}, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{mine}#with-2")
    row = session.get(MeetingAnswer, (1, 1, 2))
    assert (row.again, row.useful, str(row.follow_up), row.quote) == ("yes", "very", "2027-04-01", True)
    assert row.said_at == AFTER - timedelta(minutes=10)
    form = re.search(r'<form[^>]*id="form-2".*?</form>', client.get(mine).text, re.DOTALL)[0]
    assert re.findall(r'name="(\w+)" value="(\w+)" checked', form) == [
        ("again", "yes"), ("useful", "very"), ("next_step", "contact"), ("quote", "true"),
    ]  # fmt: skip
    assert 'value="2027-04-01"' in form
    assert "A &lt;find&gt;." in form


def test_a_script_is_told_that_the_answer_arrived(
    client: TestClient, published: str, mine: str, at: Callable[[datetime], None]
) -> None:
    at(AFTER)
    answer = client.post(f"{mine}/answers/2", data={"again": "no"}, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json(), answer.headers["cache-control"]) == (200, {"kept": True}, "no-store")


@pytest.mark.parametrize(
    "said", [{}, {"again": "perhaps"}, {"again": "yes", "follow_up": "soon"}, {"again": "yes", "age": "-5"}]
)
def test_answers_that_say_nothing_are_refused(
    client: TestClient,
    published: str,
    session: Session,
    mine: str,
    at: Callable[[datetime], None],
    said: dict[str, str],
) -> None:
    at(AFTER)
    assert client.post(f"{mine}/answers/2", data=said).status_code == 422
    assert session.exec(select(MeetingAnswer)).all() == []


def test_both_learn_that_both_said_yes(
    client: TestClient, published: str, session: Session, mine: str, at: Callable[[datetime], None]
) -> None:
    theirs = address(session, 2)
    at(AFTER)
    client.post(f"{mine}/answers/2", data={"again": "yes"})
    assert "You both said yes" not in client.get(mine).text + client.get(theirs).text
    client.post(f"{theirs}/answers/1", data={"again": "yes"})
    for url in (mine, theirs):
        assert client.get(url).text.count("You both said yes") == 1


def test_a_contact_shows_what_is_shared_of_it() -> None:
    anna = SimpleNamespace(name="Anna", function="Buyer", email="anna@example.org", phone=None)
    assert shown_contact(anna) == {"who": ["Anna", "Buyer"], "reach": ["anna@example.org"]}
    assert shown_contact(SimpleNamespace(email="desk@example.org")) == {"who": [], "reach": ["desk@example.org"]}


# ---- Without a connection


def test_the_worker_keeps_exactly_what_the_page_loads(client: TestClient, published: str, mine: str) -> None:
    answer = client.get("/agenda/sw.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    kept = set(json.loads(re.search(r"const FILES = (\[.*?\]);", answer.text)[1]))
    loaded = set(re.findall(r'"(/static/[^"]+)"', client.get(mine).text))
    assert {address for address in loaded if not address.endswith(".png") and ".png?" not in address} == kept
    for address in kept:
        assert client.get(address).status_code == 200


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


# ---- The plan of places


def place(index: int, label: str) -> PlacePublic:
    return PlacePublic(index=index, label=label)


def test_places_with_letters_stand_in_rows() -> None:
    room = draw_room([place(i, f"Stand {label}") for i, label in enumerate(("B2", "A1", "A2", "B1", "A3"))])
    assert (room.rows, room.columns) == (2, 3)
    assert {s.short: (s.row, s.column) for s in room.spots.values()} == {
        "A1": (1, 1), "A2": (1, 2), "A3": (1, 3), "B1": (2, 1), "B2": (2, 2),
    }  # fmt: skip


def test_numbered_tables_are_their_numbers_and_others_their_initials() -> None:
    tables = draw_room([place(i, f"Table {i + 1}") for i in range(20)])
    assert ([s.short for s in tables.spots.values()][:3], tables.columns) == (["1", "2", "3"], 6)
    mixed = draw_room([place(0, "Table 1"), place(1, "Salle verte 1"), place(2, "Zoom")])
    assert [s.short for s in mixed.spots.values()] == ["T1", "SV1", "Zoom"]


def test_one_place_or_hundreds_are_no_plan() -> None:
    assert draw_room([place(0, "Table 1")]) is None
    assert draw_room([place(i, f"Table {i}") for i in range(161)]) is None
