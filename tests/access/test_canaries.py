"""Birds are planted in every private field (aviary.py), and no answer to who must not know holds one of them.

Every open route as reader and as the public, agendas and calendars of other participants, organisers of another event,
sheets of paper that others get, log lines, metrics and the audit trail.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from io import BytesIO, StringIO

import pytest
from access_outside import BROWSER, MakeKey, Serve, with_key
from aviary import (
    BIRD,
    BYSTANDER,
    HIDDEN,
    OWN_NUMBER,
    PARTNER,
    TEXT,
    Aviary,
    birds,
    of_hidden,
    plant,
    word,
)
from fastapi.testclient import TestClient
from pypdf import PdfReader
from sqlalchemy import Engine, text

from app.db import session_scope
from app.logs import JsonLines, request_log
from app.policy import POLICY, Who
from app.services.discretion.fields import RULES, Rule
from app.services.meaning import Meaning
from app.worker import drain

STREAMS = "/live/"
"""Event streams without end: they name topics only (tests/app/test_live.py)."""
QUESTIONS = ("", f"?q={BIRD}", f"?q={word('name', HIDDEN)}", "?q=testing", "?limit=1")
IDENTITY = ("name", "town", "region", "alias", "host", "brand", "person", "mail")


@pytest.fixture
def planted(engine: Engine, meaning: Meaning) -> Aviary:
    with session_scope(engine) as session:
        aviary = plant(session)
    drain(engine, meaning, batch=100)
    return aviary


@pytest.fixture
def reader(serve: Serve, make_key: MakeKey) -> TestClient:
    client = serve(rate_key=10**9, rate_address=10**9)
    client.headers.update(with_key(make_key("reader")))
    return client


def routes(*whom: Who) -> list[str]:
    """The paths of every GET route that these may call, as the policy names them: pages and API alike."""
    lines = [line.split(" ") for line, who in POLICY.items() if who in whom]
    return sorted(path for method, path in lines if method == "GET" and not path.startswith(STREAMS))


def addresses(template: str, aviary: Aviary) -> Iterable[str]:
    """The route for every number that somebody might try."""
    for number in aviary.numbers if "{actor_id}" in template or "{target_id}" in template else (1,):
        for event_id in (aviary.begun, aviary.coming) if "{event_id}" in template else (1,):
            told = template.replace("{event_id}", str(event_id))
            yield re.sub(r"\{[^}]+\}", str(number), told)


def told_by(client: TestClient, path: str, accept: str = "application/json") -> str:
    """Everything an answer says: body and headers, without what was asked itself."""
    answer = client.get(path, headers={"accept": accept})
    assert answer.status_code < 500, path
    said = f"{answer.text} {answer.headers}"
    # The number of the request is drawn by chance, and now and then holds the figures that are looked for.
    ours = answer.headers["x-request-id"]
    for asked in (ours, *re.findall(r"q=(\w+)", path), *re.findall(r"/(\d{7,})", path)):
        said = said.replace(asked, "")
    return said


def walk(client: TestClient, templates: Iterable[str], aviary: Aviary) -> dict[str, set[str]]:
    """Address → the birds in its answers, as program and as browser, with every question."""
    seen = {}
    for template in templates:
        for path in addresses(template, aviary):
            for accept in ("application/json", "text/html"):
                for question in asked_of(template):
                    seen[f"{path}{question} {accept}"] = birds(told_by(client, path + question, accept))
    return seen


def asked_of(template: str) -> Iterable[str]:
    """Lists are asked questions; what has a number is asked for by each number."""
    return QUESTIONS if "{" not in template else ("",)


def sung(seen: dict[str, set[str]]) -> dict[str, set[str]]:
    return {place: found for place, found in seen.items() if found}


def test_no_open_route_tells_a_reader_anything_private(reader: TestClient, planted: Aviary) -> None:
    seen = walk(reader, routes(Who.PROBE, Who.PUBLIC, Who.READER), planted)
    assert sung(seen) == {}
    assert len(seen) > 150


def test_no_open_route_tells_the_public_anything_private(serve: Serve, planted: Aviary) -> None:
    public = serve(open_directory=True, rate_address=10**9)
    assert sung(walk(public, routes(Who.PROBE, Who.PUBLIC, Who.READER), planted)) == {}


def test_no_page_of_a_list_tells_anything_private(reader: TestClient, planted: Aviary) -> None:
    cursor, pages = "", 0
    while cursor is not None:
        answer = reader.get("/actors", params={"limit": 1} | ({"cursor": cursor} if cursor else {}))
        assert birds(answer.text) == set()
        cursor, pages = answer.json()["next_cursor"], pages + 1
    assert pages == 3


def questions(aviary: Aviary) -> list[dict[str, object]]:
    """Questions to the ranking: for each number, by words, by what is hidden, and for a profile with a place."""
    profile = {
        "name": "X",
        "country": "NL",
        "lat": 50.4,
        "lon": 3.4,
        "size": 5,
        "needs": [{"lang": "en", "text": TEXT}],
    }
    asked: list[dict[str, object]] = [{"actor_id": number} for number in aviary.numbers]
    asked += [{"text": TEXT}, {"text": f"{word('name', HIDDEN)} SA"}, {"text": f"{word('town', HIDDEN)} anne"}]
    return [*asked, {"profile": profile}, {"profile": profile, "filters": {"regions": [word("region", HIDDEN)]}}]


def test_no_suggestion_tells_anything_private(reader: TestClient, planted: Aviary) -> None:
    withheld = 0
    for asked in questions(planted):
        for more in ({}, {"diversity": 0.5}, {"known_partners": True}, {"weights": {"history": 1.0}}):
            answer = reader.post("/match", json=asked | {"min_score": 0, "cross_side": False} | more)
            assert answer.status_code in {200, 404}, answer.text
            # A refusal says which number was asked for, in words and as a value of its code.
            number = asked.get("actor_id")
            told = answer.text.replace(f"there is no actor {number}", "").replace(f'"number":{number}', "")
            assert birds(told) == set(), asked
            withheld += told.count('"withheld"')
    assert withheld >= 10


@pytest.mark.parametrize("owner", [PARTNER, BYSTANDER])
def test_no_agenda_tells_of_others_what_is_private(serve: Serve, planted: Aviary, owner: str) -> None:
    browser = serve(headers=BROWSER, rate_address=10**9)
    mine = {word(place, owner) for place in ("answer", "delegate", "need")}
    shown = ""
    for event_id in (planted.begun, planted.coming):
        token = planted.tokens[owner, event_id]
        for template in routes(Who.LINK):
            for lang in ("en", "fr"):
                path = f"{template.replace('{token}', token)}?lang={lang}"
                told = told_by(browser, path, "text/html").replace(token, "")
                # Whom it meets is named with who sits there: the partner's delegate to nobody else but the hidden one.
                assert birds(told) - mine == set(), path
                shown += told
        shown += said_in_forms(browser, planted, token)
    assert ("Anonym " in shown) == (owner == PARTNER) or owner == BYSTANDER


def said_in_forms(browser: TestClient, aviary: Aviary, token: str) -> str:
    """What answers to forms say: for each number somebody might try, and where they lead."""
    told = ""
    for number in aviary.numbers:
        for path, data in (
            (f"answers/{number}", {"again": "missed"}),
            ("wishes", {"target_id": number, "word": "wish"}),
        ):
            answer = browser.post(f"/agenda/{token}/{path}", data=data, follow_redirects=False)
            assert answer.status_code in {303, 404, 409, 422}, answer.text
            where = answer.headers.get("location", "").replace(token, "")
            said = f"{answer.text} {where}"
            for asked in (f"organisation {number}", f"answers/{number}"):  # "there is no …", in English and French
                said = said.replace(asked, "")
            told += said
    assert of_hidden(told) == set()
    return told


def test_organisers_of_another_event_learn_nothing_of_the_anonymous_one(
    serve: Serve, make_key: MakeKey, planted: Aviary
) -> None:
    client = serve(rate_key=10**9)
    client.headers.update(with_key(make_key("organiser", (planted.other,))))
    seen = {}
    for template in routes(Who.READER, Who.ORGANISER):
        for path in addresses(template, planted):
            for question in asked_of(template):
                seen[path + question] = of_hidden(told_by(client, path + question, "text/html"))
    for template in routes(Who.RUNS_EVENT):
        path = re.sub(r"\{[^}]+\}", str(OWN_NUMBER), template.replace("{event_id}", str(planted.other)))
        seen[path] = of_hidden(told_by(client, path).replace(str(OWN_NUMBER), ""))
    assert sung(seen) == {}
    assert len(seen) > 150


@pytest.mark.parametrize("kind", ["places", "rounds", "interpreters", "badges", "signs", "participants"])
def test_no_paper_that_others_get_tells_who_it_is(serve: Serve, make_key: MakeKey, planted: Aviary, kind: str) -> None:
    client = serve()
    client.headers.update(with_key(make_key("organiser", (planted.begun,))))
    others = [planted.ids[PARTNER], planted.ids[BYSTANDER]]
    options = {"actor_ids": others} if kind == "participants" else {}
    answer = client.post(f"/events/{planted.begun}/papers/{kind}", json=options)
    assert answer.status_code == 200
    told = "\n".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)
    # Words are set in lines: a bird may be broken by one. The letters of a pseudonym are drawn, and are of no bird.
    joined = re.sub(r"\s+", "", re.sub(r"Anonym\s+[A-Z]{3}", "·", told))
    assert of_hidden(told) | of_hidden(joined) == set()
    assert ("Anonym" in told) == (kind != "signs")


@pytest.fixture
def lines() -> Iterator[StringIO]:
    told = StringIO()
    handler = logging.StreamHandler(told)
    handler.setFormatter(JsonLines())
    # The client of this test writes down what it asks; it is no part of the service.
    handler.addFilter(lambda record: not record.name.startswith("httpx"))
    root, before = logging.getLogger(), (logging.getLogger().level, request_log.level)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    request_log.setLevel(logging.INFO)
    yield told
    root.removeHandler(handler)
    root.setLevel(before[0])
    request_log.setLevel(before[1])


def test_no_log_line_no_metric_and_no_record_of_the_trail_tells_anything(
    reader: TestClient, serve: Serve, engine: Engine, planted: Aviary, lines: StringIO
) -> None:
    for path in (
        "/actors",
        f"/actors/{planted.pseudonyms[0]}",
        f"/actors/search?q={word('name', HIDDEN)}",
        "/directory",
    ):
        reader.get(path)
    reader.post("/match", json={"text": word("name", HIDDEN)})
    browser = serve(headers=BROWSER, rate_address=10**9)
    for token in planted.tokens.values():
        browser.get(f"/agenda/{token}")
        browser.get(f"/agenda/{token}/calendar.ics")
    said_in_forms(browser, planted, planted.tokens[PARTNER, planted.begun])
    assert lines.getvalue().count("viaduc.request") > 10
    assert birds(lines.getvalue()) == set()
    assert birds(reader.get("/metrics").text) == set()
    with engine.connect() as connection:
        trail = "".join(
            connection.execute(text("SELECT coalesce(string_agg(a::text, ' '), '') FROM audit a")).scalars()
        )
    assert {bird for bird in birds(trail) if bird.startswith(BIRD)} == set()


def test_the_birds_are_where_they_were_put(serve: Serve, make_key: MakeKey, planted: Aviary) -> None:
    """Else the other tests would find nothing for the wrong reason."""
    client = serve()
    client.headers.update(with_key(make_key("admin")))
    number = planted.ids[HIDDEN]
    asked = (f"/actors/{number}", f"/actors/{number}/contacts", f"/actors/{number}/sources",
             f"/actors/{number}/relations", f"/events/{planted.begun}/participants", f"/events/{planted.begun}/answers",
             f"/tandems/{planted.ids[PARTNER]}/{number}", "/feedback")  # fmt: skip
    told = {bird for path in asked for bird in birds(client.get(path).text)}
    places = (*IDENTITY, "answer", "consent", "delegate", "feedback", "ground", "phone", "relation", "role", "said",
              "step", "tandem")  # fmt: skip
    assert {word(place, HIDDEN) for place in places} <= told
    assert {word(place, PARTNER) for place in ("alias", "host", "need", "delegate", "answer")} <= birds(
        client.get(f"/actors/{planted.ids[PARTNER]}").text
    ) | told
    assert {"frl04", str(OWN_NUMBER)} <= told
    assert len([bird for bird in told if bird.startswith("48291")]) >= 3


OPENED = {
    "name": "kanariennameh", "aliases": "kanarienaliash", "website": "kanarienhosth", "city": "kanarientownh",
    "region": "kanarienregionh", "nuts": "frl04", "size": "482910", "position": "4829",
}  # fmt: skip


@pytest.mark.parametrize("field", OPENED)
def test_a_field_that_is_opened_is_heard(
    reader: TestClient, planted: Aviary, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests above would fail if one rule of the table were another."""
    monkeypatch.setitem(RULES, field, Rule())  # type: ignore[arg-type]
    number = planted.ids[HIDDEN] if field == "name" else planted.pseudonyms[0]
    assert OPENED[field] in reader.get(f"/actors/{number}").text.casefold()
