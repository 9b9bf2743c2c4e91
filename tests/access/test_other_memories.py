"""What one process has in memory when another erases or hides an actor: none of it is answered any more.

The other process is the database alone here: whoever changes something at it tells this one nothing else.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from access_outside import BROWSER, MakeKey, Serve, with_key
from aviary import BIRD, BYSTANDER, HIDDEN, PARTNER, TEXT, Aviary, birds, plant
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import select

from app.db import session_scope
from app.policy import POLICY, Who
from app.services.actors import update_actor
from app.services.meaning import Meaning
from app.services.privacy import erase_organisation
from app.worker import drain
from models.actor import ActorUpdate
from models.plan import Plan

STREAMS = "/live/"
CERTIFICATE = {"status": "optimal", "utility": 1.0, "bound": 1.0, "gap": 0.0, "seconds": 0.1, "unmet": [],
               "floor": {"requested": 0, "reached": 0}}  # fmt: skip
READERS = {Who.PUBLIC, Who.READER}
QUESTIONS = ({"text": TEXT, "min_score": 0}, {"text": f"{BIRD}nameh", "min_score": 0})


@dataclass(frozen=True, eq=False)
class Asked:
    """Who asks for what; `etag` is what was answered before."""

    client: TestClient
    path: str
    body: object = None

    def told(self, etag: str = "") -> tuple[set[str], str]:
        """Whose birds are in the answer, and its ETag; an answer that says nothing new may not be given."""
        client, headers = self.client, {"if-none-match": etag} if etag else {}
        made = client.post(self.path, json=self.body) if self.body else client.get(self.path, headers=headers)
        assert made.status_code < 500, (self.path, made.text)
        assert made.status_code != 304, self.path
        found = {bird for bird in birds(made.text) if bird.startswith(BIRD) and bird.endswith(HIDDEN)}
        return found, made.headers.get("etag", "")


@pytest.fixture
def aviary(engine: Engine, meaning: Meaning) -> Aviary:
    """The birds, while the one whose they are shows itself."""
    with session_scope(engine) as session:
        aviary = plant(session)
        shown = ActorUpdate.model_validate({"anonymous": False, "visibility": {}})
        update_actor(session, actor_id=aviary.ids[HIDDEN], changes=shown)
        for plan in session.exec(select(Plan)):
            plan.certificate = CERTIFICATE
    drain(engine, meaning, batch=100)
    return aviary


def ways(aviary: Aviary, whom: set[Who], token: str = "") -> Iterator[str]:
    """Every address that these may read, of the actor itself and of the one that it meets."""
    for line, who in POLICY.items():
        method, template = line.split(" ")
        if method != "GET" or who not in whom or template.startswith(STREAMS):
            continue
        named = template.replace("{event_id}", str(aviary.begun)).replace("{token}", token)
        for number, other in ((aviary.ids[HIDDEN], aviary.ids[PARTNER]), (aviary.ids[PARTNER], aviary.ids[HIDDEN])):
            yield re.sub(
                r"\{[^}]+\}", "1", named.replace("{actor_id}", str(number)).replace("{partner_id}", str(other))
            )
            if "{actor_id}" not in named:
                break


def everything(client: TestClient, aviary: Aviary, whom: set[Who]) -> list[Asked]:
    """All that a role may read, and what it may ask of the ranking."""
    asked = [Asked(client, path) for path in ways(aviary, whom)]
    numbers = [{"actor_id": aviary.ids[PARTNER], "min_score": 0}]
    return [*asked, *(Asked(client, "/match", body) for body in (*numbers, *QUESTIONS))]


def agendas(client: TestClient, aviary: Aviary) -> list[Asked]:
    """What others' links open."""
    links = [aviary.tokens[owner, event] for owner in (PARTNER, BYSTANDER) for event in (aviary.begun, aviary.coming)]
    return [Asked(client, path) for token in links for path in ways(aviary, {Who.LINK}, token)]


def heard(asked: Sequence[Asked]) -> dict[Asked, str]:
    """Where it is told of, with the ETags."""
    told = ((one, *one.told()) for one in asked)
    return {one: etag for one, found, etag in told if found}


@pytest.fixture
def clients(serve: Serve, make_key: MakeKey) -> dict[str, TestClient]:
    """Everybody at one process."""
    app = serve(rate_key=10**9, rate_address=10**9).app
    made = {}
    for role in ("admin", "reader"):
        made[role] = TestClient(app, base_url="https://viaduc.example", headers=with_key(make_key(role)))
    made["participant"] = TestClient(app, base_url="https://viaduc.example", headers=BROWSER)
    return made


def test_who_was_erased_elsewhere_is_answered_from_no_memory(
    clients: dict[str, TestClient], engine: Engine, aviary: Aviary
) -> None:
    asked = everything(clients["admin"], aviary, {Who.READER, Who.RUNS_EVENT}) + agendas(clients["participant"], aviary)
    before = heard(asked)
    assert len(before) >= 20, [one.path for one in before]
    with session_scope(engine) as session:
        erase_organisation(session, actor_id=aviary.ids[HIDDEN])
    left = {(one.path, *one.told(etag)[0]) for one, etag in before.items()}
    assert {place for place in left if len(place) > 1} == set()


def test_who_hides_elsewhere_is_answered_from_no_memory(
    clients: dict[str, TestClient], engine: Engine, meaning: Meaning, aviary: Aviary
) -> None:
    before = heard(everything(clients["reader"], aviary, READERS) + agendas(clients["participant"], aviary))
    assert len(before) >= 12, [one.path for one in before]
    with session_scope(engine) as session:
        hides = ActorUpdate.model_validate({"anonymous": True})
        update_actor(session, actor_id=aviary.ids[HIDDEN], changes=hides)
    left = {(one.path, *one.told(etag)[0]) for one, etag in before.items()}
    drain(engine, meaning, batch=100)
    left |= {(one.path, *one.told(etag)[0]) for one, etag in before.items()}
    assert {place for place in left if len(place) > 1} == set()
