"""`viaduc keys`, and what a service says that nobody can enter."""

import logging
from functools import partial

import pytest
from access_outside import BROWSER, MakeKey, Serve
from sqlalchemy import Engine

from app.commands.demo import keyless_here
from app.commands.serve import say_how_to_come_in
from app.settings import Settings
from tests.terminal import Told, Viaduc


@pytest.fixture
def keys(viaduc: Viaduc, monkeypatch: pytest.MonkeyPatch) -> Viaduc:
    """`viaduc keys …`, of a service that knows its address."""
    monkeypatch.setenv("VIADUC_PUBLIC_URL", "https://viaduc.example")
    return partial(viaduc, "keys")


def test_a_key_goes_to_stdout_alone_so_that_scripts_can_take_it(keys: Viaduc, serve: Serve) -> None:
    made = keys("create", "Chamber of Lille", "--role", "admin")
    assert made.code == 0
    assert made.err == "key 1 (admin): keep it now, it cannot be shown again\n"
    client = serve()
    asked = client.get("/me", headers={"authorization": f"Bearer {made.out.strip()}"})
    assert asked.json() == {"role": "admin", "name": "key:1", "events": [], "creates": True}


def test_keys_are_listed_rotated_and_revoked(keys: Viaduc, two_events: tuple[int, int]) -> None:
    made = keys("create", "Form", "--role", "organiser", "--event", two_events[0], "--event", two_events[1])
    columns = keys("list").out.rstrip("\n").split("\t")
    assert columns == ["1", made.out[:13] + "…", "Form", "organiser of 1, 2", "active", "never used"]
    followed = keys("rotate", 1, "--grace-hours", 2)
    assert followed.err == "key 2 follows key 1, which works for 2 more hours\n"
    assert followed.out != made.out
    assert keys("revoke", 1).err == "key 1 (Form) is revoked, and so are the sign-ins that it opened\n"
    assert [line.split("\t")[4] for line in keys("list").out.splitlines()] == ["active", "revoked"]


NEEDS_EVENTS = "an organiser needs the numbers of the events it runs, or to be let create its own"


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (["create", "x", "--role", "king"], "role: Input should be 'admin', 'organiser' or 'reader'"),
        (["create", "x", "--role", "organiser"], NEEDS_EVENTS),
        (["create", "x", "--role", "organiser", "--event", 9], "events: there is no event 9"),
        (["revoke", 9], "there is no key 9"),
        (["link", "bob@example.org"], "bob@example.org may not sign in"),
        (["link", "bob", "--role", "admin"], "email: 'bob' is not an e-mail address"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(keys: Viaduc, engine: Engine, words: list[object], cause: str) -> None:
    assert keys(*words) == Told(1, "", f"viaduc: {cause}\n")


def test_a_link_lets_somebody_in_without_a_mail_server(keys: Viaduc, serve: Serve) -> None:
    made = keys("link", "anna@example.org", "--role", "admin")
    assert made.out.startswith("https://viaduc.example/console/sign-in/link/")
    browser = serve(headers=BROWSER)
    assert browser.post(made.out.strip(), follow_redirects=False).status_code == 303
    assert browser.get("/me").json()["role"] == "admin"
    assert keys("link", "anna@example.org").code == 0


def test_a_service_that_nobody_can_enter_says_how_to_make_the_first_key(
    engine: Engine, make_key: MakeKey, caplog: pytest.LogCaptureFixture
) -> None:
    def said(**settings: object) -> list[str]:
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            say_how_to_come_in(Settings(**settings), engine)
        return [record.getMessage() for record in caplog.records]

    advice = "nobody can come in as admin yet: make the first key with `viaduc keys create --role admin`"
    make_key("reader")
    assert said(local_admin=False, host="0.0.0.0") == [advice]
    assert said(local_admin=True) == []
    make_key("admin")
    assert said(local_admin=False) == []


@pytest.mark.parametrize(
    ("settings", "keyless"),
    [
        ({}, True),
        ({"host": "localhost"}, True),
        ({"host": "::1"}, True),
        ({"host": "0.0.0.0"}, False),
        ({"host": "192.0.2.1"}, False),
        ({"local_admin": False}, False),
        ({"host": "0.0.0.0", "local_admin": True}, True),
    ],
    ids=str,
)
def test_a_demo_needs_no_key_on_the_machine_it_runs_on(
    settings: dict[str, object], keyless: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VIADUC_LOCAL_ADMIN")
    assert keyless_here(Settings(**settings)).local_admin is keyless
