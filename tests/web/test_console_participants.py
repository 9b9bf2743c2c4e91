"""Participants in the browser: found, added, changed, pasted, invited, and what is said about pairs."""

import re
from collections.abc import Callable
from importlib import import_module

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import Session

from app.security import Principal
from app.services.conflicts import all_conflicts, conflicts, pairs_spoken_of
from app.services.discretion.sight import Sight
from app.services.newcomers import find_newcomers
from tests.shelf import Shelf

EVENT = "/console/events/1"
PEOPLE = f"{EVENT}/participants"
ROUNDS = [{"starts_at": f"2027-03-09T{h}:00:00+01:00", "minutes": 20} for h in ("09", "10", "11")]


@pytest.fixture
def event(shelf: Shelf, client: TestClient, add_actor: Callable[..., int], embed: Callable[[], object]) -> TestClient:
    """Three rounds, two places; six actors, of whom the first four are registered."""
    shelf.fill("console_participants", lambda: make_event(client, add_actor, embed))
    return client


def make_event(client: TestClient, add_actor: Callable[..., int], embed: Callable[[], object]) -> None:
    fire = [{"lang": "en", "text": "fire tests of coated fabric in a laboratory"}]
    for name, country in (("Weaver", "FR"), ("Spinner", "FR"), ("Lab", "BE"), ("Mill", "BE"), ("Tester", "BE")):
        add_actor(name, country, languages=["en"], offers=fire, needs=fire)
    add_actor("Bakery, Cakes & Co", "BE", aliases=["BCC"])
    embed()
    client.post("/events", json={"name": "Afternoon", "min_meetings": 1})
    client.put("/events/1/rounds", json=ROUNDS)
    client.put("/events/1/places", json=[{"label": "Table 1"}, {"label": "Table 2"}])
    for actor_id in (1, 2, 3, 4):
        client.post("/events/1/participants", json={"actor_id": actor_id})


def names(client: TestClient) -> list[str]:
    return [p["name"] for p in client.get("/events/1/participants").json()]


def press(client: TestClient, url: str, **fields: object) -> Response:
    return client.post(url, data=fields, follow_redirects=False)


def test_participants_are_narrowed_by_words_and_side(event: TestClient) -> None:
    page = event.get(PEOPLE)
    assert (page.template.name, len(page.context["people"])) == ("console/participants.html", 4)
    part = event.get(PEOPLE, params={"q": "mil", "side": "BE"}, headers={"HX-Request": "true"})
    assert (part.template.name, [p.name for p in part.context["people"]]) == ("console/_people.html", ["Mill"])
    assert event.get(PEOPLE, params={"side": "FR", "q": "mill"}).context["people"] == []


def test_whom_to_add_is_found_by_words_without_those_who_are_there(event: TestClient) -> None:
    headers = {"HX-Request": "true", "HX-Target": "found"}
    part = event.get(PEOPLE, params={"add": "fire"}, headers=headers)
    found = part.context["found"]
    assert (part.template.name, [a.name for a in found.actors], found.total) == ("console/_found.html", ["Tester"], 1)
    assert f'<form method="post" action="{PEOPLE}">' in part.text
    sent = press(event, PEOPLE, actor_id=5, back="/console/events/1/invite")
    assert (sent.status_code, sent.headers["location"]) == (303, "/console/events/1/invite?added=5")
    assert names(event) == ["Lab", "Mill", "Spinner", "Tester", "Weaver"]
    again = press(event, PEOPLE, actor_id=5, back="https://elsewhere.example/")
    assert (again.status_code, again.headers["location"]) == (303, f"{PEOPLE}?before=5")
    elsewhere = press(event, PEOPLE, actor_id=5, back="/console/match?q=fire&event=1")
    assert elsewhere.headers["location"] == "/console/match?q=fire&event=1"
    assert press(event, PEOPLE, actor_id=99).status_code == 404
    assert press(event, PEOPLE, actor_id="x").status_code == 404


def test_found_actors_are_counted_and_shown_a_page_at_a_time(event: TestClient, add_actor: Callable[..., int]) -> None:
    for number in range(13, 0, -1):
        add_actor(f"Foundry {number:02}", "FR", offers=[{"lang": "en", "text": "casting and fire"}])
    add_actor("Alloys", "FR", offers=[{"lang": "en", "text": "for every foundry"}])
    page = event.get(PEOPLE, params={"add": "foundry"})
    # Those whose name it is come before those who speak of it.
    assert [a.name for a in page.context["found"].actors] == [f"Foundry {n:02}" for n in range(1, 13)]
    assert "1–12 of 14" in page.text
    next_page = re.search(r'<a [^>]*id="found-next" href="([^"]+)"', page.text)[1].replace("&amp;", "&")
    second = event.get(next_page.partition("#")[0])
    assert [a.name for a in second.context["found"].actors] == ["Foundry 13", "Alloys"]
    assert "13–14 of 14" in second.text
    assert ('id="found-next"' in second.text, 'id="found-before"' in second.text) == (False, True)
    # Who registers somebody there comes back there; a page beyond the end is the last one.
    back = re.search(r'name="back" value="([^"]+)"', second.text)[1].replace("&amp;", "&")
    assert press(event, PEOPLE, actor_id=20, back=back).headers["location"] == f"{back}&added=20"
    beyond = event.get(PEOPLE, params={"add": "foundry", "skip": 500}).context["found"]
    assert (beyond.skipped, [a.name for a in beyond.actors]) == (12, ["Foundry 13"])
    few = event.get(PEOPLE, params={"add": "bakery"})
    assert ("1 actor" in few.text, 'id="found-next"' in few.text) == (True, False)


def test_an_anonymous_actor_is_neither_found_to_register_nor_counted_where_it_is_withheld(
    event: TestClient, session: Session, add_actor: Callable[..., int]
) -> None:
    add_actor("Hidden Foundry", "FR", anonymous=True, offers=[{"lang": "en", "text": "casting of bells"}])
    organiser = Sight(session, Principal("organiser", "key:1", frozenset({1})))
    found = find_newcomers(session, event_id=1, words="casting", sight=organiser)
    assert (found.actors, found.total) == ([], 0)
    assert event.get(PEOPLE, params={"add": "casting"}).context["found"].total == 1


def test_two_searches_of_one_page_say_where_they_look(event: TestClient) -> None:
    labels = re.findall(r'<label for="(q|add)">([^<]+)</label>', event.get(PEOPLE).text)
    assert labels == [("q", "Among those who come"), ("add", "In the directory")]
    event.post("/events", json={"name": "Empty"})
    empty = event.get("/console/events/2/participants").text
    assert re.findall(r'<label for="(q|add)">', empty) == ["add"]


def test_who_was_registered_is_confirmed_and_taken_back(event: TestClient) -> None:
    page = event.get(press(event, PEOPLE, actor_id=5).headers["location"])
    assert "<strong>1 is registered now.</strong> Tester</p>" in page.text
    form = page.text.split(f'action="{PEOPLE}/take-back"')[1].split("</form>")[0]
    assert re.findall(r'name="actor_id" value="(\d+)"', form) == ["5"]
    gone = press(event, f"{PEOPLE}/take-back", actor_id=["5", "99", "x"])
    assert gone.headers["location"] == f"{PEOPLE}?gone=1"
    assert names(event) == ["Lab", "Mill", "Spinner", "Weaver"]
    assert "1 registration is taken back." in event.get(gone.headers["location"]).text
    # An address tells only what is still so.
    assert "registered now" not in event.get(PEOPLE, params={"added": "5,99,x,"}).text


def test_a_registration_is_changed_field_by_field(event: TestClient) -> None:
    event.put("/events/1", json={"name": "Afternoon", "tracks": [{"id": "Glass"}]})
    page = event.get(f"{PEOPLE}/3")
    assert page.context["form"].values["there"] == ["0", "1", "2"]
    assert page.context["form"].shown("languages") == ""
    saved = press(
        event, f"{PEOPLE}/3", there=["0", "2"], min="1", max="2", languages="Dutch, fr", tracks="Glass",
        parallel="2", **{"delegate-0": "sales", "speaks-0": "nl", "hours-0": "1", "delegate-1": "research"},
    )  # fmt: skip
    assert (saved.status_code, saved.headers["location"]) == (303, f"{PEOPLE}#p3")
    told = next(p for p in event.get("/events/1/participants").json() if p["actor_id"] == 3)
    assert told == {
        "actor_id": 3, "name": "Lab", "pseudonym": None, "side": "BE", "available": [0, 2], "min": 1, "max": 2,
        "languages": ["nl", "fr"],
        "parallel": 2, "tracks": ["Glass"], "max_consecutive": None,
        "delegates": [{"id": "sales", "languages": ["nl"], "available": [0]},
                      {"id": "research", "languages": [], "available": None}],
    }  # fmt: skip
    assert event.get(f"{PEOPLE}/3").context["form"].shown("hours-0") == "1"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"min": "3", "max": "2"}, {"min": "floor"}),
        ({"parallel": "2"}, {"parallel": "delegates"}),
        ({"delegate-0": "a", "delegate-1": "a"}, {"delegate-1": "doubled"}),
        ({"delegate-0": "a", "hours-0": "7"}, {"hours-0": "numbers"}),
        ({"languages": "Klingonish"}, {"languages": "language"}),
    ],
)
def test_a_registration_that_cannot_be_is_refused_by_field(
    event: TestClient, fields: dict[str, str], wrong: dict[str, str]
) -> None:
    answer = press(event, f"{PEOPLE}/3", there=["0", "1", "2"], **fields)
    assert answer.status_code == 422
    assert {name: t.code for name, t in answer.context["form"].errors.items()} == wrong


def test_who_does_not_come_is_taken_out(event: TestClient) -> None:
    event.post("/events/1/plans", json={})
    assert "keeps its 2 meetings" in event.get(f"{PEOPLE}/1").text
    assert press(event, f"{PEOPLE}/1/remove").headers["location"] == PEOPLE
    assert names(event) == ["Lab", "Mill", "Spinner"]
    assert event.get(f"{PEOPLE}/1").status_code == 404
    assert press(event, f"{PEOPLE}/1/remove").status_code == 404


LIST = "Name;languages;rounds;max\nTester;Dutch, en;1-2;2\nBCC\nlab\nNobody\nBakery, Cakes & Co;Klingonish\n#5\n6;;9"


def test_a_pasted_list_is_looked_at_before_anything_happens(event: TestClient) -> None:
    page = event.post(f"{PEOPLE}/list", data={"list": LIST})
    assert (page.status_code, page.template.name) == (200, "console/list.html")
    assert [(r.line, r.state, r.code) for r in page.context["rows"]] == [
        (2, "new", ""), (3, "new", ""), (4, "registered", ""), (5, "unknown", ""), (6, "registered", ""),
        (7, "registered", ""), (8, "registered", ""),
    ]  # fmt: skip
    assert names(event) == ["Lab", "Mill", "Spinner", "Weaver"]
    assert "2 would be registered" in page.text


def test_what_was_looked_at_is_what_is_done(event: TestClient) -> None:
    answer = press(event, f"{PEOPLE}/list", list=LIST, do="register")
    assert (answer.status_code, answer.template.name) == (200, "console/list.html")
    assert "<strong>2 are registered now.</strong> Tester and Bakery, Cakes &amp; Co</p>" in answer.text
    assert "1 was registered already and stays as it was: Lab." in answer.text
    # The line that registered nobody is still there, under its headings.
    assert answer.context["form"].shown("list") == "Name;languages;rounds;max\nNobody"
    assert "1 line is left" in answer.text
    assert names(event) == ["Bakery, Cakes & Co", "Lab", "Mill", "Spinner", "Tester", "Weaver"]
    told = next(p for p in event.get("/events/1/participants").json() if p["name"] == "Tester")
    assert (told["languages"], told["available"], told["max"]) == (["nl", "en"], [0, 1], 2)


@pytest.mark.parametrize(
    ("line", "state", "code"),
    [
        ("Tester; Klingonish", "refused", "language"),
        ("Tester;;4", "refused", "numbers"),
        ("Tester;;;x", "refused", "number"),
        ("Tester;;;3;2", "refused", "said"),
        ("Bakery, Cakes & Co", "new", ""),
        ("5\ten\t1-3", "new", ""),
        ("#99", "unknown", ""),
    ],
)
def test_lines_without_headings_are_name_languages_rounds(event: TestClient, line: str, state: str, code: str) -> None:
    rows = event.post(f"{PEOPLE}/list", data={"list": line}).context["rows"]
    assert [(r.state, r.code) for r in rows] == [(state, code)]


def test_the_first_line_may_be_a_name_alone(event: TestClient) -> None:
    rows = event.post(f"{PEOPLE}/list", data={"list": "Bakery, Cakes & Co\nTester; Dutch, en; 2-3"}).context["rows"]
    assert [(r.state, r.fields.languages, r.fields.available) for r in rows] == [
        ("new", None, None), ("new", ["nl", "en"], [1, 2]),
    ]  # fmt: skip


def test_a_misspelt_name_is_told_with_whom_it_may_be(event: TestClient) -> None:
    rows = event.post(f"{PEOPLE}/list", data={"list": "Testre\nBakery Cake & Co\nLabrador"}).context["rows"]
    assert [(r.state, [c.name for c in r.candidates]) for r in rows] == [
        ("unknown", ["Tester"]), ("unknown", ["Bakery, Cakes & Co"]), ("unknown", []),
    ]  # fmt: skip


def test_after_a_list_without_doubts_the_participants_are_shown_with_what_it_did(event: TestClient) -> None:
    answer = press(event, f"{PEOPLE}/list", list="Tester\nBCC\nlab\nTester", do="register")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PEOPLE}?added=5,6&before=3")
    text = event.get(answer.headers["location"]).text
    assert "<strong>2 are registered now.</strong> Bakery, Cakes &amp; Co and Tester</p>" in text
    assert "1 was registered already and stays as it was: Lab." in text
    assert "Take 2 registrations back" in text


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("Lab\nTestre; Dutch, fr; 1-2", "Lab\n#5 Tester; Dutch, fr; 1-2"),
        ("langues;nom\nnl;Testre", "langues;nom\nnl;#5 Tester"),
        ("Bakery, Cake & Co", "#6 Bakery Cakes & Co"),
        ("Bakery Cake & Co, nl", "#6 Bakery Cakes & Co, nl"),
        ('"Bakery, Cake & Co";nl', "#6 Bakery Cakes & Co;nl"),
    ],
)
def test_a_proposal_takes_the_place_of_a_misspelt_name(event: TestClient, text: str, taken: str) -> None:
    page = event.post(f"{PEOPLE}/list", data={"list": text})
    value = re.search(r'<button [^>]*name="take" value="([^"]+)"', page.text)[1]
    after = event.post(f"{PEOPLE}/list", data={"list": text, "take": value})
    assert re.sub(r"([;,]) ", r"\1", after.context["form"].shown("list")) == re.sub(r"([;,]) ", r"\1", taken)
    row = after.context["rows"][-1]
    assert (row.state, row.actor.id) == ("new", 5 if "Tester" in taken else 6)
    assert names(event) == ["Lab", "Mill", "Spinner", "Weaver"]


@pytest.mark.parametrize("take", ["1:4", "9:5", "1", "x:y", ""])
def test_nobody_is_taken_who_was_not_proposed(event: TestClient, take: str) -> None:
    after = event.post(f"{PEOPLE}/list", data={"list": "Testre", "take": take})
    assert (after.status_code, after.context["form"].shown("list")) == (200, "Testre")


def test_a_number_before_a_name_counts_where_it_is_that_actors(
    event: TestClient, add_actor: Callable[..., int]
) -> None:
    add_actor("#5 Logistics", "BE")
    rows = event.post(f"{PEOPLE}/list", data={"list": "#5 tester\n#5 Logistics\n#99 Tester"}).context["rows"]
    assert [(r.state, r.actor and r.actor.id) for r in rows] == [("new", 5), ("new", 7), ("unknown", None)]


def test_a_file_is_read_in_its_own_encoding(event: TestClient, add_actor: Callable[..., int]) -> None:
    add_actor("Pôle Matikem", "FR")
    page = event.post(
        f"{PEOPLE}/list", files={"file": ("list.csv", "nom\nPôle Matikem\n".encode("cp1252"), "text/csv")}
    )
    assert [(r.state, r.actor.name) for r in page.context["rows"]] == [("new", "Pôle Matikem")]
    assert event.post(f"{PEOPLE}/list", data={"list": " "}).status_code == 422


def test_two_of_one_name_are_told_apart_by_number(event: TestClient, add_actor: Callable[..., int]) -> None:
    add_actor("Tester", "FR")
    rows = event.post(f"{PEOPLE}/list", data={"list": "Tester\n#7"}).context["rows"]
    assert [(r.state, sorted(c.id for c in r.candidates)) for r in rows] == [("several", [5, 7]), ("new", [])]
    chosen = event.post(f"{PEOPLE}/list", data={"list": "Tester", "take": "1:7"})
    assert chosen.context["form"].shown("list") == "#7 Tester"
    assert [(r.state, r.actor.id) for r in chosen.context["rows"]] == [("new", 7)]


def test_guests_are_proposed_with_whom_they_suit(event: TestClient) -> None:
    page = event.get(f"{EVENT}/invite")
    assert page.template.name == "console/invite.html"
    assert [(g.best.actor.name, sorted(p.name for p in g.fits)) for g in page.context["guests"].guests] == [
        ("Tester", ["Spinner", "Weaver"])
    ]
    assert "Suits 2 participants: " in page.text
    asker = page.context["guests"].guests[0].asker.name
    assert f"Speaks English with {asker}" in page.text
    press(event, PEOPLE, actor_id=5)
    assert event.get(f"{EVENT}/invite").context["guests"].guests == []


def test_an_empty_event_has_nobody_to_suit(client: TestClient) -> None:
    client.post("/events", json={"name": "Empty"})
    assert client.get(f"{EVENT}/invite").context["guests"] is None


def test_words_about_pairs_are_said_and_taken_back(event: TestClient) -> None:
    wishes = f"{EVENT}/wishes"
    assert press(event, wishes, actor_id=1, target_id=3, kind="must").status_code == 303
    assert press(event, wishes, actor_id=3, target_id=1, kind="wish").status_code == 303
    page = event.get(wishes)
    assert [(p.a.name, p.b.name, len(p.words)) for p in page.context["pairs"]] == [("Lab", "Weaver", 2)]
    assert page.context["conflicts"] == []
    assert event.get(wishes, params={"q": "mill"}).context["pairs"] == []
    assert press(event, f"{wishes}/remove", actor_id=1, target_id=3).status_code == 303
    assert press(event, f"{wishes}/remove", actor_id=1, target_id=3).status_code == 404
    assert [w["kind"] for w in event.get("/events/1/wishes").json()] == ["wish"]


def test_contradictions_are_named(event: TestClient) -> None:
    for who, languages in ((1, ["fr"]), (3, ["nl"])):
        event.put("/events/1/participants", json={"actor_id": who, "languages": languages, "max": 1})
    event.put("/events/1/participants", json={"actor_id": 2, "available": [0]})
    event.put("/events/1/participants", json={"actor_id": 4, "available": [1]})
    words = [(1, 3, "must"), (3, 1, "veto"), (1, 2, "must"), (2, 4, "must"), (4, 1, "wish"), (1, 4, "veto")]
    for a, b, kind in words:
        event.put("/events/1/wishes", json={"actor_id": a, "target_id": b, "kind": kind})
    page = event.get(f"{EVENT}/wishes")
    assert sorted((c.cause, c.a.name, c.b.name if c.b else "") for c in page.context["conflicts"]) == [
        ("hours", "Mill", "Spinner"), ("language", "Lab", "Weaver"), ("language", "Spinner", "Weaver"),
        ("same_side", "Spinner", "Weaver"),
        ("too_many", "Spinner", ""), ("too_many", "Weaver", ""), ("veto_must", "Lab", "Weaver"),
        ("veto_wish", "Mill", "Weaver"),
    ]  # fmt: skip
    assert "Lab and Weaver must meet and must not: take one word back." in page.text


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"actor_id": "1", "target_id": "1", "kind": "wish"}, {"target_id": "itself"}),
        ({"actor_id": "", "target_id": "9", "kind": "wish"}, {"actor_id": "required", "target_id": "choice"}),
        ({"actor_id": "1", "target_id": "3", "kind": "soup"}, {"kind": "choice"}),
    ],
)
def test_a_word_that_cannot_be_said_is_refused(
    event: TestClient, fields: dict[str, str], wrong: dict[str, str]
) -> None:
    answer = press(event, f"{EVENT}/wishes", **fields)
    assert answer.status_code == 422
    assert {name: t.code for name, t in answer.context["form"].errors.items()} == wrong


def test_every_field_of_these_pages_has_its_label(event: TestClient) -> None:
    for url in (PEOPLE, f"{PEOPLE}/3", f"{PEOPLE}/list", f"{EVENT}/wishes", f"{EVENT}/setup"):
        text = event.get(url).text
        labels = set(re.findall(r'<label[^>]* for="([^"]+)"', text))
        fields = re.findall(r"<(?:input|select|textarea)([^>]*)>", text)
        named = [f for f in fields if 'type="hidden"' not in f and "aria-label" not in f]
        assert {re.search(r'id="([^"]+)"', f)[1] for f in named} == labels, url
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert sorted(ids) == sorted(set(ids)), url


def test_of_very_many_pairs_some_are_shown_and_the_others_found(
    event: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pair in ((1, 3), (1, 4), (2, 3)):
        event.put("/events/1/wishes", json={"actor_id": pair[0], "target_id": pair[1], "kind": "wish"})
    monkeypatch.setattr(import_module("app.web.console.wishes"), "MOST_SHOWN", 2)
    page = event.get(f"{EVENT}/wishes")
    assert (len(page.context["pairs"]), page.context["left"]) == (2, 1)
    assert "1 more pair is not shown" in page.text
    found = event.get(f"{EVENT}/wishes", params={"q": "spinner"})
    assert ([pair.b.name for pair in found.context["pairs"]], found.context["left"]) == (["Spinner"], 0)


def test_the_overview_finds_the_same_contradictions_without_reading_every_wish(
    event: TestClient, session: Session
) -> None:
    said = {(1, 3): "wish", (3, 1): "veto", (1, 4): "must", (4, 1): "veto", (2, 1): "must", (2, 3): "wish"}
    for (a, b), kind in said.items():
        assert event.put("/events/1/wishes", json={"actor_id": a, "target_id": b, "kind": kind}).status_code == 200
    every = conflicts(session, event_id=1, pairs=pairs_spoken_of(session, event_id=1))
    assert {c.cause for c in every} == {"veto_wish", "veto_must", "same_side"}
    assert all_conflicts(session, event_id=1) == every
