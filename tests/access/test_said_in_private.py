"""What one says of a meeting is told to nobody but organisers: neither in words nor by what changes because of it."""

from typing import Any

import pytest
from access_outside import BROWSER, MakeKey, Serve, with_key
from anonymity import Encounter
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import select

from app.db import session_scope
from app.services.answers import Meant, save_answer
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
