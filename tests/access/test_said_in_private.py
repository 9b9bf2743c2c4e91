"""What one says of a meeting is told to nobody but organisers: neither in words nor by what changes because of it."""

from collections.abc import Callable
from typing import Any

import httpx2 as httpx
import psycopg
import pytest
from access_outside import BROWSER, MakeKey, Serve, with_key
from anonymity import Encounter
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import select

from app.db import session_scope
from app.security import Principal
from app.services.answers import Meant, save_answer
from app.services.introductions import Between, introduce, withdraw_introduction
from app.services.links import make_link
from models.actor import Actor
from models.agenda import AnswerFields
from models.plan import Meeting


@pytest.fixture
def pair(met: Encounter, engine: Engine) -> tuple[int, int]:
    """Two open actors who meet at the event: who says something, and of whom."""
    with session_scope(engine) as session:
        stranger = session.exec(select(Actor.id).where(Actor.name == "Aalab")).one()
        session.get_one(Actor, stranger).side = "DE"
        session.add(Meeting(event_id=met.event_id, number=1, a=met.partner, b=stranger, round=0))
    return met.partner, stranger


def say(engine: Engine, met: Encounter, a: int, b: int, **said: Any) -> None:
    with session_scope(engine) as session:
        fields = AnswerFields.model_validate({"again": "yes"} | said)
        save_answer(session, meant=Meant(met.event_id, a, b), fields=fields)


def suggestions(asked: TestClient, actor_id: int) -> dict[int, dict[str, Any]]:
    answer = asked.post("/match", json={"actor_id": actor_id, "min_score": 0, "cross_side": False})
    assert answer.status_code == 200, answer.text
    return {s["actor"]["id"]: s for s in answer.json()["suggestions"]}


@pytest.mark.parametrize("again", ["yes", "no"])
def test_no_suggestion_of_a_reader_tells_what_one_said_of_the_other(
    serve: Serve, make_key: MakeKey, met: Encounter, pair: tuple[int, int], engine: Engine, again: str
) -> None:
    elsewhere = make_key("organiser", events=(met.other_event,))
    outside = (
        serve(headers=with_key(make_key())),
        serve(headers=with_key(elsewhere)),
        serve(open_directory=True),
    )
    before = [suggestions(asked, pair[0]) for asked in outside]
    assert all(pair[1] in told for told in before)
    say(engine, met, *pair, again=again)
    assert [suggestions(asked, pair[0]) for asked in outside] == before
    mine = serve(headers=with_key(make_key("organiser", events=(met.event_id,))))
    assert suggestions(mine, pair[0])[pair[1]]["relation"] == {"yes": "liked", "no": "disliked"}[again]


def test_a_tandem_that_answers_alone_made_is_told_to_organisers(
    serve: Serve, make_key: MakeKey, met: Encounter, pair: tuple[int, int], engine: Engine
) -> None:
    reader = serve(headers=with_key(make_key()))
    before = suggestions(reader, pair[0])
    for a, b in (pair, pair[::-1]):
        say(engine, met, a, b, next_step="project")
    organiser = make_key("organiser", events=(met.event_id,))
    assert suggestions(serve(headers=with_key(organiser)), pair[0])[pair[1]]["relation"] == "in_discussion"
    assert suggestions(reader, pair[0]) == before

    def profile(key: Any) -> str:
        return serve(headers=BROWSER | with_key(key)).get(f"/directory/{pair[1]}").text

    # Once with what is suggested, and once more where relations stand.
    assert profile(organiser).count("Centexlab") == profile(make_key()).count("Centexlab") + 1
    # Written down by somebody, it is what it always was: a partnership that everybody may know.
    path = f"/tandems/{min(pair)}/{max(pair)}"
    answer = serve(headers=with_key(organiser)).patch(path, json={"status": "agreement"})
    assert answer.status_code == 200, answer.text
    assert profile(organiser).count("Centexlab") == profile(make_key()).count("Centexlab")


Said = Callable[[TestClient, Encounter, tuple[int, int]], object]
ONE_SIDED: dict[str, Said] = {
    "yes": lambda c, met, pair: answered(c, met, pair, "yes"),
    "no": lambda c, met, pair: answered(c, met, pair, "no"),
    "wish": lambda c, met, pair: worded(c, met, pair, "wish"),
    "veto": lambda c, met, pair: worded(c, met, pair, "veto"),
    "one adviser": lambda c, met, pair: c.put(f"/events/{met.event_id}/introductions/{met.hidden}/{met.partner}"),
}


def answered(_client: TestClient, met: Encounter, pair: tuple[int, int], again: str) -> None:
    say(_client.app.state.engine, met, *pair, again=again)


def worded(client: TestClient, met: Encounter, pair: tuple[int, int], kind: str) -> httpx.Response:
    body = {"actor_id": pair[0], "target_id": pair[1], "kind": kind}
    return client.put(f"/events/{met.event_id}/wishes", json=body)


@pytest.mark.parametrize("what", ONE_SIDED)
def test_no_agenda_is_made_anew_for_what_its_reader_must_not_know(
    serve: Serve, make_key: MakeKey, met: Encounter, pair: tuple[int, int], engine: Engine, what: str
) -> None:
    """Who said yes to all, and is sent the page again without a mutual yes, knows that somebody said no."""
    about = (met.hidden, pair[1])
    with session_scope(engine) as session:
        tokens = [make_link(session, event_id=met.event_id, actor_id=i) for i in (met.partner, *about)]
    phone = serve(headers=BROWSER)
    for whom in about:
        say(engine, met, whom, met.partner)

    def versions() -> list[str]:
        return [phone.get(f"/agenda/{token}").headers["etag"] for token in tokens[1:]]

    versions()
    before = versions()
    ONE_SIDED[what](serve(headers=with_key(make_key("admin"))), met, (met.partner, met.hidden))
    after = versions()
    # A yes makes it a yes on both sides, which is told: to that one and to nobody else.
    assert [one == other for one, other in zip(before, after, strict=True)] == [what != "yes", True]
    assert phone.get(f"/agenda/{tokens[1]}").status_code == 200


def heard(engine: Engine, do: Callable[[], object]) -> list[str]:
    """What the database tells open pages of while something is done."""
    with psycopg.connect(engine.url.set(drivername="postgresql").render_as_string(hide_password=False)) as line:
        line.autocommit = True
        line.execute("LISTEN viaduc_event")
        do()
        return [notice.payload for notice in line.notifies(timeout=0.5)]


def test_open_agendas_hear_of_answers_once_both_said_yes(met: Encounter, pair: tuple[int, int], engine: Engine) -> None:
    a, b = pair

    def told(who: int, whom: int, again: str) -> list[set[int]]:
        words = heard(engine, lambda: say(engine, met, who, whom, again=again))
        return [{int(n) for n in word.split()[2:]} for word in words if " answer " in word]

    assert told(a, b, "no") == [{a}]
    assert told(b, a, "yes") == [{b}]
    assert told(a, b, "yes") == [{a, b}]
    assert told(a, b, "yes") == [{a}]
    assert told(b, a, "missed") == [{a, b}]


def test_open_agendas_hear_of_an_introduction_once_both_advisers_spoke(met: Encounter, engine: Engine) -> None:
    def told(advisers: int, deed: Callable[..., object], actor: int, other: int) -> bool:
        between = Between(met.event_id, actor, other)
        principal = {"principal": Principal("organiser", f"key:{advisers}")} if deed is introduce else {}

        def do() -> None:
            with session_scope(engine) as session:
                deed(session, between=between, **principal)

        return any(" answer " in word for word in heard(engine, do))

    pair = (met.hidden, met.partner)
    assert not told(1, introduce, *pair)
    assert not told(1, withdraw_introduction, *pair)
    assert not told(1, introduce, *pair)
    assert told(2, introduce, *pair[::-1])
    assert told(1, withdraw_introduction, *pair)
