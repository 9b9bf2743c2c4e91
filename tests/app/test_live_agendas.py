"""Open agendas look again when it concerns them, and not all in the same moment when there are many."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import Session

from app import concerned, live
from app.concerned import Concerned
from app.db import libpq_words
from app.main import create_app
from app.security import Principal
from app.services.introductions import Between, introduce
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from tests.app.test_live import FAR, Stream, address, serving

DURING = datetime.fromisoformat("2027-03-09T10:30:00+01:00")
Opened = Callable[[int], Stream]


@pytest.fixture
def base(settings: Settings, engine: Engine, meaning: Meaning) -> Iterator[str]:
    """The service as a process would run it, on the day of the event."""
    application = create_app(settings, engine=engine, holder=MeaningHolder.ready(meaning))
    application.state.clock = lambda: DURING
    with serving(application) as server:
        yield address(server)


@pytest.fixture
def tokens(client: TestClient, event: str) -> dict[int, str]:
    """The links of the four participants of a published plan, 1 and 2 on one side, 3 and 4 on the other."""
    client.app.state.clock = lambda: DURING
    assert client.post(f"{event}/plans", json={}).status_code == 201
    assert client.post(f"{event}/plans/1/publish").status_code == 200
    return {link["actor_id"]: link["token"] for link in client.post(f"{event}/links", json={}).json()}


@pytest.fixture
def opened(base: str, tokens: dict[int, str]) -> Iterator[Opened]:
    """Open the stream of a participant's agenda that has missed nothing."""
    with ExitStack() as stack:

        def begin(actor_id: int) -> Stream:
            path = f"{base}/live/agenda/{tokens[actor_id]}"
            first = stack.enter_context(closing(Stream(path)))
            while not first.word()[1]["listening"]:
                pass
            stream = stack.enter_context(closing(Stream(f"{path}?since={FAR}")))
            assert stream.word()[0] == "hello"
            return stream

        yield begin


def change(stream: Stream) -> dict:
    """What the next change says."""
    while True:
        kind, told = stream.word()
        if kind == "change":
            return told


def topics_until(stream: Stream, last: str) -> set[str]:
    """What is told until this is: in one word or in several, as it comes."""
    heard: set[str] = set()
    while last not in heard:
        heard |= set(change(stream)["topics"])
    return heard


def test_an_answer_is_told_to_the_two_it_concerns(
    client: TestClient, event: str, tokens: dict[int, str], opened: Opened
) -> None:
    streams = {actor: opened(actor) for actor in tokens}
    meeting = client.get(f"{event}/plans/1").json()["meetings"][0]
    for me, other in ((meeting["a"], meeting["b"]), (meeting["b"], meeting["a"])):
        asked = client.post(f"/agenda/{tokens[me]}/answers/{other}", data={"again": "yes"},
                            headers={"accept": "application/json"})  # fmt: skip
        assert asked.json() == {"kept": True}
    client.put(f"{event}/places", json=[{"label": "Booth"}, {"label": "Table"}])
    for actor, stream in streams.items():
        concerned = actor in {meeting["a"], meeting["b"]}
        assert ("answer" in topics_until(stream, "places")) is concerned


def test_an_adviser_s_word_and_its_end_are_told_to_the_two_it_concerns(
    client: TestClient, event: str, tokens: dict[int, str], opened: Opened
) -> None:
    meeting = client.get(f"{event}/plans/1").json()["meetings"][0]
    pair = (meeting["a"], meeting["b"])
    assert client.patch(f"/actors/{pair[0]}", json={"anonymous": True}).status_code == 200
    with Session(client.app.state.engine) as session:
        introduce(session, between=Between(1, *reversed(pair)), principal=Principal("organiser", "key:2"))
        session.commit()
    streams = {actor: opened(actor) for actor in tokens}
    word = f"{event}/introductions/{pair[0]}/{pair[1]}"
    for said, labels in ((client.put, ("Booth", "Table")), (client.delete, ("Stand", "Desk"))):
        assert said(word).status_code in {200, 204}
        client.put(f"{event}/places", json=[{"label": label} for label in labels])
        for actor, stream in streams.items():
            assert ("answer" in topics_until(stream, "places")) is (actor in pair)


EDITS: dict[str, Callable[[TestClient, str, int], object]] = {
    "languages at the event": lambda c, event, who: c.put(
        f"{event}/participants", json={"actor_id": who, "languages": ["nl", "fr"]}
    ),
    "name": lambda c, event, who: c.patch(f"/actors/{who}", json={"name": "Brandlab"}),
    "own languages": lambda c, event, who: c.patch(f"/actors/{who}", json={"languages": ["nl"]}),
    "hiding": lambda c, event, who: c.patch(f"/actors/{who}", json={"anonymous": True}),
    "contact": lambda c, event, who: c.post(
        f"/actors/{who}/contacts",
        json={"name": "An", "email": "an@example.org", "basis": "contract", "basis_note": "x"},
    ),
}


@pytest.mark.parametrize("what", EDITS)
def test_what_changes_of_somebody_is_told_to_those_whom_they_meet(
    client: TestClient, event: str, tokens: dict[int, str], opened: Opened, what: str
) -> None:
    meetings = client.get(f"{event}/plans/1").json()["meetings"]
    who = meetings[0]["a"]
    met = {who, *(m["b"] if m["a"] == who else m["a"] for m in meetings if who in (m["a"], m["b"]))}
    assert met < tokens.keys()
    streams = {actor: opened(actor) for actor in tokens}
    assert EDITS[what](client, event, who).status_code in {200, 201}
    client.put(f"{event}/places", json=[{"label": "Booth"}, {"label": "Table"}])
    assert {actor for actor, stream in streams.items() if "person" in topics_until(stream, "places")} == met


def test_what_no_agenda_shows_is_told_to_none(
    client: TestClient, event: str, tokens: dict[int, str], opened: Opened
) -> None:
    streams = {actor: opened(actor) for actor in tokens}
    assert client.put(f"{event}/participants", json={"actor_id": 1, "max": 2}).status_code == 200
    assert client.patch("/actors/1", json={"size": 12}).status_code == 200
    client.put(f"{event}/places", json=[{"label": "Booth"}, {"label": "Table"}])
    assert all("person" not in topics_until(stream, "places") for stream in streams.values())


def test_an_agenda_whose_link_is_closed_or_whose_participant_is_taken_out_hears_it(
    client: TestClient, event: str, tokens: dict[int, str], opened: Opened
) -> None:
    streams = {actor: opened(actor) for actor in (1, 2)}
    links = client.get(f"{event}/links").json()
    (first,) = [link for link in links if link["actor_id"] == 1]
    assert client.delete(f"{event}/links/{first['id']}").status_code == 204
    assert client.delete(f"{event}/participants/2").status_code == 204
    assert [topics_until(stream, "person") for stream in streams.values()] == [{"person"}] * 2


def test_when_an_import_changes_many_their_pages_come_one_after_the_other(
    client: TestClient, event: str, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_FEW", 1)
    streams = [opened(1), opened(2)]
    for who in (1, 2):
        assert client.patch(f"/actors/{who}", json={"name": f"Brandlab {who}"}).status_code == 200
    # Four lines of two participants are open, who are told one after the other: a few at once, more of them later.
    assert sorted(change(stream)["within"] for stream in streams) == [2 * live.SPREAD_MS, 4 * live.SPREAD_MS]


def test_a_plan_that_was_read_before_it_was_heard_of_may_concern_everybody(
    client: TestClient, engine: Engine, event: str, tokens: dict[int, str]
) -> None:
    """A page opens, its agenda is read, and only then the word comes that a plan was published: was it in what was
    read, or not?"""
    assert tokens

    async def ask() -> list[set[int] | None]:
        told = Concerned(libpq_words(engine.url))
        await told.learn(1)
        return [await told.changed(1), await told.changed(1)]

    assert asyncio.run(ask()) == [None, set()]


def test_a_new_plan_is_told_to_those_whose_meetings_it_changes(
    client: TestClient, event: str, tokens: dict[int, str], opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if the agendas had been open for a while.
    monkeypatch.setattr(concerned, "JUST_NOW_S", 0)
    streams = {actor: opened(actor) for actor in tokens}
    plan = client.get(f"{event}/plans/1").json()
    gone = plan["meetings"][0]
    edit = {"op": "remove", "revision": plan["revision"], "a": gone["a"], "b": gone["b"]}
    draft = client.post(f"{event}/plans/1/edits", json=edit).json()
    assert draft["new_draft"]
    assert client.post(f"{event}/plans/{draft['number']}/publish").status_code == 200
    # Whom it concerns is looked up first; when these have heard, nobody else will.
    for actor in (gone["a"], gone["b"]):
        topics_until(streams.pop(actor), "plan")
    client.put(f"{event}/places", json=[{"label": "Booth"}, {"label": "Table"}])
    assert [topics_until(stream, "places") for stream in streams.values()] == [{"places"}] * 2


def test_when_nothing_was_published_before_everybody_hears(
    client: TestClient, event: str, engine: Engine, base: str
) -> None:
    links = {link["actor_id"]: link["token"] for link in client.post(f"{event}/links", json={}).json()}
    with ExitStack() as stack:
        streams = []
        for token in links.values():
            first = stack.enter_context(closing(Stream(f"{base}/live/agenda/{token}")))
            while not first.word()[1]["listening"]:
                pass
            streams.append(stack.enter_context(closing(Stream(f"{base}/live/agenda/{token}?since={FAR}"))))
            assert streams[-1].word()[0] == "hello"
        assert client.post(f"{event}/plans", json={}).status_code == 201
        assert client.post(f"{event}/plans/1/publish").status_code == 200
        assert [topics_until(stream, "plan") for stream in streams] == [{"plan"}] * 4


def test_many_pages_are_told_to_spread_and_organisers_never(
    client: TestClient, event: str, base: str, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_FEW", 1)
    participants = [opened(1), opened(2)]
    with closing(Stream(f"{base}/live/clock/1?since={FAR}")) as wall:
        assert wall.word()[0] == "hello"
        client.put(f"{event}/rounds", json=[{"starts_at": "2027-03-09T09:00:00+01:00", "minutes": 15}])
        # Four lines of two participants are open: each opened its own twice.
        assert [change(stream)["within"] for stream in participants] == [4 * live.SPREAD_MS] * 2
        assert change(wall)["within"] == 0


def test_the_spread_has_an_end() -> None:
    assert live._within(10) == 0
    assert live._within(11) == 11 * live.SPREAD_MS
    assert live._within(2000) == 45_000
