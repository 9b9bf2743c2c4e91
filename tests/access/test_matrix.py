"""Every route as every role: called for real, and refused or let through as the table says."""

import re

import pytest
from access_outside import MakeKey, Serve, with_key
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app.db import session_scope
from app.policy import POLICY, Who
from app.services.actors import create_actor
from app.services.events import register
from app.services.links import make_link
from models.actor import ActorCreate
from models.event import ParticipantCreate
from tests.first_status import first_status

REFUSED = {401, 403}
NOWHERE = "999999"
"""A number that nothing has: what is let through answers 404 and changes nothing."""

EXPECTED: dict[Who, set[str]] = {
    Who.PROBE: {"public", "participant", "reader", "other organiser", "creating organiser", "organiser", "admin"},
    Who.PUBLIC: {"public", "participant", "reader", "other organiser", "creating organiser", "organiser", "admin"},
    Who.LINK: {"public", "participant", "reader", "other organiser", "creating organiser", "organiser", "admin"},
    Who.READER: {"reader", "other organiser", "creating organiser", "organiser", "admin"},
    Who.ORGANISER: {"other organiser", "creating organiser", "organiser", "admin"},
    Who.CREATES: {"creating organiser", "admin"},
    Who.RUNS_EVENT: {"organiser", "admin"},
    Who.ADMIN: {"admin"},
}
TELLS_WITH_401 = {"POST /console/sign-in", "POST /console/sign-in/link/{token}"}
"""Open to everybody, and answering 401 to a key or link that is not valid: tests/access/test_sign_in.py holds them."""
OF_THE_EVENT = {"GET /feedback"}
"""What an organiser asks for an event that the query names."""
ROLES = ("public", "participant", "reader", "other organiser", "creating organiser", "organiser", "admin")


@pytest.fixture
def credentials(make_key: MakeKey, two_events: tuple[int, int]) -> dict[str, dict[str, str]]:
    """The headers of each role."""
    ours, theirs = two_events
    return {
        "public": {},
        "participant": {},
        "reader": with_key(make_key("reader")),
        "other organiser": with_key(make_key("organiser", (theirs,))),
        "creating organiser": with_key(make_key("organiser", (theirs,), creates=True)),
        "organiser": with_key(make_key("organiser", (ours,))),
        "admin": with_key(make_key("admin")),
    }


@pytest.fixture
def token(engine: Engine, two_events: tuple[int, int]) -> str:
    """A link that opens a participant's agenda."""
    with session_scope(engine) as session:
        actor = create_actor(session, fields=ActorCreate(name="Weaver", country="FR"))
        register(session, event_id=two_events[0], fields=ParticipantCreate(actor_id=actor.id))
        return make_link(session, event_id=two_events[0], actor_id=actor.id)


def address(template: str, event_id: int, token: str) -> str:
    named = template.replace("{event_id}", str(event_id)).replace("{token}", token)
    return re.sub(r"\{[^}]+\}", NOWHERE, named)


def test_every_route_lets_through_exactly_the_roles_of_its_line(
    serve: Serve, credentials: dict[str, dict[str, str]], two_events: tuple[int, int], token: str
) -> None:
    client = serve(rate_sign_in=10**6, rate_address=10**9, rate_key=10**9)
    wrong = []
    for role in ROLES:
        for line, who in POLICY.items():
            if line in TELLS_WITH_401:
                continue
            method, template = line.split(" ")
            path = address(template, two_events[0], token if role == "participant" else "no-such-link")
            event = two_events[role in {"other organiser", "creating organiser"}]
            query = f"event_id={event}" if line in OF_THE_EVENT else ""
            status = client.portal.call(first_status, client.app, method, path, credentials[role], query)
            if (status not in REFUSED) != (role in EXPECTED[who]) or status >= 500:
                wrong.append((line, role, status))
    assert wrong == [], "\n".join(map(str, wrong))


def test_a_link_that_is_not_one_opens_nothing(client: TestClient, token: str) -> None:
    lines = [line.split(" ") for line, who in POLICY.items() if who is Who.LINK]
    assert lines
    opened = []
    for method, template in lines:
        status = client.portal.call(first_status, client.app, method, address(template, 1, "no-such-link"), {})
        if status not in {404, 405}:
            opened.append((method, template, status))
    assert opened == []
