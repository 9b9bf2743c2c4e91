"""Signing in through an OpenID Connect provider: who comes in, as whom, and which words are not believed."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from access_outside import BROWSER, MakeKey, Serve
from fastapi.testclient import TestClient
from httpx2 import Response
from identity_provider import CLIENT, SECRET, Provider
from sqlalchemy import Engine

from app.db import session_scope
from app.services.access import provider as service
from app.services.access.people import put_person
from app.settings import Settings
from models.access import PersonCreate
from tests.serving import serving

GROUPS = {"groups": ["staff", "viaduc-admin"]}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with serving(Provider()) as server:
        yield server


@pytest.fixture
def desk(running: Provider) -> Provider:
    running.claims, running.lie = {}, {}
    running.asked.clear()
    return running


@pytest.fixture
def browser(serve: Serve, desk: Provider) -> TestClient:
    return serve(headers=BROWSER, oidc_issuer=desk.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET,
                 oidc_name="the Chamber", oidc_role_claim="groups", rate_sign_in=100)  # fmt: skip


def ask(browser: TestClient) -> str:
    """Press the button: where the browser is sent."""
    answer = browser.get("/console/sign-in/provider", follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def come_back(browser: TestClient, desk: Provider) -> Response:
    return browser.get(desk.answer_to(ask(browser)), follow_redirects=False)


def test_the_button_is_there_when_a_provider_is_set_up(browser: TestClient) -> None:
    page = browser.get("/console/sign-in").text
    assert '<a class="button" href="/console/sign-in/provider">Sign in with the Chamber</a>' in page


def test_the_journey_is_remembered_out_of_reach_of_scripts(browser: TestClient, desk: Provider) -> None:
    answer = browser.get("/console/sign-in/provider", follow_redirects=False)
    assert answer.headers["location"].startswith(f"{desk.issuer}/ask?")
    told = answer.headers["set-cookie"]
    assert told.startswith("viaduc-journey=")
    for wanted in ("HttpOnly", "Secure", "SameSite=lax", "Path=/console/sign-in", "Max-Age=600"):
        assert wanted in told


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"groups": ["viaduc-admin"]}, "admin"),
        ({"groups": "viaduc-admin"}, "admin"),
        ({"groups": ["viaduc-reader", "x"]}, "reader"),
        ({"groups": ["viaduc-reader", "viaduc-admin"]}, "admin"),
    ],
)
def test_the_role_claim_lets_in(browser: TestClient, desk: Provider, claims: dict[str, Any], role: str) -> None:
    desk.claims = claims
    answer = come_back(browser, desk)
    assert answer.status_code == 303
    me = browser.get("/me").json()
    assert (me["role"], me["name"].split(":")[0], me["events"]) == (role, "session", [])
    assert "viaduc-journey" not in browser.cookies


def test_a_person_that_is_known_comes_in_with_its_own_role(
    browser: TestClient, desk: Provider, engine: Engine, two_events: tuple[int, int]
) -> None:
    with session_scope(engine) as session:
        fields = PersonCreate(email="anna@example.org", role="organiser", events=[two_events[0]])
        anna = put_person(session, fields=fields, by="test")
    desk.claims = {"email": "Anna@example.org", "email_verified": True} | GROUPS
    assert come_back(browser, desk).headers["location"] == "/console/events"
    assert browser.get("/me").json() == {
        "role": "organiser",
        "name": f"person:{anna.id}",
        "events": [two_events[0]],
        "creates": False,
    }


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"groups": []},
        {"groups": ["viaduc-admins"]},
        {"groups": {"viaduc-admin": True}},
        {"email": "anna@example.org"},
        {"email": "anna@example.org", "email_verified": False},
        {"email": "anna@example.org", "email_verified": "true"},
        {"email": "bob@example.org", "email_verified": True},
    ],
    ids=str,
)
def test_whom_nobody_let_in_stays_outside(
    browser: TestClient, desk: Provider, engine: Engine, claims: dict[str, Any]
) -> None:
    with session_scope(engine) as session:
        put_person(session, fields=PersonCreate(email="anna@example.org", role="admin"), by="test")
    desk.claims = claims
    answer = come_back(browser, desk)
    assert (answer.status_code, answer.context["told"]) == (403, "stranger")
    assert browser.get("/me").json()["role"] == "public"


@pytest.mark.parametrize(
    "lie",
    [
        {"unsigned": True},
        {"shared_secret": True},
        {"other_key": True},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"aud": "another service"}},
        {"claims": {"aud": [CLIENT, "another"], "azp": "another"}},
        {"claims": {"nonce": "of another journey"}},
        {"claims": {"nonce": None}},
        {"claims": {"exp": 1}},
        {"claims": {"exp": None}},
        {"claims": {"iat": 99999999999}},
        {"claims": {"sub": None}},
    ],
    ids=str,
)
def test_a_word_that_does_not_hold_is_not_believed(browser: TestClient, desk: Provider, lie: dict[str, Any]) -> None:
    desk.claims, desk.lie = GROUPS, lie
    answer = come_back(browser, desk)
    assert (answer.status_code, answer.context["told"]) == (401, "provider")
    assert browser.get("/me").json()["role"] == "public"


def test_an_answer_to_another_browsers_question_is_not_taken(browser: TestClient, serve: Serve, desk: Provider) -> None:
    desk.claims = GROUPS
    theirs = desk.answer_to(ask(browser))
    browser.cookies.clear()
    assert browser.get(theirs).status_code == 401
    ask(browser)
    assert browser.get(theirs).status_code == 401
    assert browser.get("/me").json()["role"] == "public"


def test_a_code_works_once(browser: TestClient, desk: Provider) -> None:
    desk.claims = GROUPS
    back = desk.answer_to(ask(browser))
    journey = browser.cookies["viaduc-journey"]
    assert browser.get(back, follow_redirects=False).status_code == 303
    browser.cookies.clear()
    browser.cookies.set("viaduc-journey", journey, domain="viaduc.example", path="/console/sign-in")
    assert browser.get(back).status_code == 401


def test_who_says_no_at_the_provider_is_told_so(browser: TestClient, desk: Provider) -> None:
    state = desk.answer_to(ask(browser)).split("state=")[1]
    answer = browser.get(f"/console/sign-in/back?error=access_denied&state={state}")
    assert (answer.status_code, answer.context["told"]) == (401, "provider")


def test_a_provider_that_calls_itself_otherwise_is_not_asked(browser: TestClient, desk: Provider) -> None:
    desk.lie = {"calls_itself": "https://evil.example"}
    answer = browser.get("/console/sign-in/provider")
    assert (answer.status_code, answer.context["told"]) == (503, "provider")


@pytest.mark.parametrize("slow", [False, True], ids=["dead", "slow"])
def test_while_the_provider_is_away_everything_else_works(
    serve: Serve, make_key: MakeKey, slow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LONGEST", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        if not slow:
            silent.close()
        browser = serve(headers=BROWSER, oidc_issuer=f"http://127.0.0.1:{port}", oidc_client_id=CLIENT,
                        oidc_client_secret=SECRET)  # fmt: skip
        answer = browser.get("/console/sign-in/provider")
        assert (answer.status_code, answer.context["told"]) == (503, "provider")
        assert browser.get("/health").status_code == 200
        signed = browser.post("/console/sign-in", data={"key": make_key("admin").key}, follow_redirects=False)
        assert signed.status_code == 303


def test_without_a_provider_its_addresses_lead_to_the_other_ways(serve: Serve) -> None:
    browser = serve(headers=BROWSER)
    assert browser.get("/console/sign-in/provider").template.name == "access/sign_in.html"
    assert browser.get("/console/sign-in/back?code=x&state=y").status_code == 404


def test_secrets_of_the_settings_are_not_shown_by_accident() -> None:
    settings = Settings(oidc_client_secret="s3cret", smtp_password="s3cret")
    assert "s3cret" not in repr(settings)
