"""Signing in with a key or a link, what the session's cookie is, and how it ends."""

import re
import socketserver
import threading
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_string, policy

import pytest
from access_outside import BROWSER, MakeKey, Serve
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, text
from sqlmodel import Session

from app.db import session_scope
from app.limits import Buckets
from app.services.access.people import make_sign_in_link, put_person
from app.web.access.sign_in import local_path
from models.access import PersonCreate
from tests.serving import serving

COOKIE = "__Host-viaduc"


def sign_in(client: TestClient, key: str, **fields: str) -> str:
    """Sign in with a key; where it leads."""
    answer = client.post("/console/sign-in", data={"key": key} | fields, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


@pytest.fixture
def anna(engine: Engine, two_events: tuple[int, int]) -> str:
    """Somebody who may sign in, for the first event."""
    with session_scope(engine) as session:
        fields = PersonCreate(email="anna@example.org", role="organiser", events=[two_events[0]])
        return put_person(session, fields=fields, by="test").email


def link_for(engine: Engine, email: str) -> str:
    with session_scope(engine) as session:
        return f"/console/sign-in/link/{make_sign_in_link(session, email=email)}"


def test_a_key_signs_a_browser_in_and_signing_out_ends_it(browser: TestClient, make_key: MakeKey) -> None:
    assert browser.get("/console/access").status_code == 401
    assert sign_in(browser, f" {make_key('admin').key} ") == "/console/events"
    assert browser.get("/console/access").status_code == 200
    before = browser.cookies[COOKIE]
    out = browser.post("/console/sign-out", follow_redirects=False)
    assert (out.status_code, out.headers["location"]) == (303, "/console/sign-in?told=out")
    assert COOKIE not in browser.cookies
    browser.cookies.set(COOKIE, before, domain="viaduc.example")
    assert browser.get("/console/access").status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_other_hosts_and_other_sites(
    browser: TestClient, serve: Serve, make_key: MakeKey
) -> None:
    data = {"key": make_key("admin").key}
    told = browser.post("/console/sign-in", data=data, follow_redirects=False).headers["set-cookie"]
    assert re.fullmatch(r"__Host-viaduc=[\w-]{43}; HttpOnly; Max-Age=604800; Path=/; SameSite=lax; Secure", told)
    plain = serve(base_url="http://viaduc.example").post("/console/sign-in", data=data, follow_redirects=False)
    assert re.fullmatch(
        r"viaduc=[\w-]{43}; HttpOnly; Max-Age=604800; Path=/; SameSite=lax", plain.headers["set-cookie"]
    )


def test_no_secret_of_a_session_or_link_is_stored(
    browser: TestClient, make_key: MakeKey, engine: Engine, anna: str
) -> None:
    link = link_for(engine, anna)
    sign_in(browser, make_key("admin").key)
    with engine.connect() as connection:
        stored = repr(
            [connection.execute(text(f"SELECT * FROM {t}")).all() for t in ("access_session", "sign_in_link")]
        )
    assert browser.cookies[COOKIE] not in stored
    assert link.rsplit("/", 1)[1] not in stored


def test_a_wrong_key_is_told_on_the_page(browser: TestClient) -> None:
    answer = browser.post("/console/sign-in", data={"key": "viaduc_wrong", "next": "/console/access"})
    assert (answer.status_code, answer.template.name, answer.context["told"]) == (401, "access/sign_in.html", "key")
    assert answer.context["onward"] == "/console/access"
    assert "viaduc_wrong" not in answer.text


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ("/console/access", "/console/access"),
        ("/console/events/1?plan=2", "/console/events/1?plan=2"),
        ("", ""),
        ("https://evil.example/", ""),
        ("//evil.example/", ""),
        ("/\\evil.example", ""),
        ("\\\\evil.example", ""),
        ("/\t/evil.example", ""),
        ("javascript:alert(1)", ""),
        ("console/access", ""),
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(wanted: str, taken: str) -> None:
    assert local_path(wanted) == taken


def test_after_signing_in_one_is_where_one_wanted_to_be(browser: TestClient, make_key: MakeKey) -> None:
    first = browser.get("/console/access?lang=fr")
    assert first.context["onward"] == "/console/access?lang=fr"
    assert sign_in(browser, make_key("admin").key, next="/console/access?lang=fr") == "/console/access?lang=fr"
    assert sign_in(browser, make_key("admin").key, next="//evil.example") == "/console/events"
    assert sign_in(browser, make_key("reader").key) == "/"


def test_signing_in_again_ends_the_session_before(browser: TestClient, make_key: MakeKey, engine: Engine) -> None:
    key = make_key("admin").key
    sign_in(browser, key)
    first = browser.cookies[COOKIE]
    sign_in(browser, key)
    assert browser.cookies[COOKIE] != first
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM access_session")).scalar_one() == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("last_seen_at = now() - interval '11 hours'", 200),
        ("last_seen_at = now() - interval '12 hours'", 401),
        ("ends_at = now() + interval '1 minute'", 200),
        ("ends_at = now() - interval '1 second'", 401),
    ],
)
def test_sessions_end_when_they_are_idle_and_end_in_any_case(
    browser: TestClient, make_key: MakeKey, engine: Engine, change: str, status: int
) -> None:
    sign_in(browser, make_key("admin").key)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE access_session SET {change}"))
    answer = browser.get("/console/access")
    assert answer.status_code == status
    if status == 401:
        assert answer.context["told"] == "over"


@pytest.mark.parametrize("how", ["DELETE FROM access_key", "UPDATE access_key SET revoked_at = now()",
                                 "UPDATE access_key SET expires_at = now()", "DELETE FROM access_session"])  # fmt: skip
def test_a_session_ends_with_the_key_that_opened_it(
    browser: TestClient, make_key: MakeKey, engine: Engine, how: str
) -> None:
    sign_in(browser, make_key("admin").key)
    assert browser.get("/console/access").status_code == 200
    with engine.begin() as connection:
        connection.execute(text(how))
    assert browser.get("/console/access").status_code == 401


def test_a_change_of_role_holds_at_once(
    browser: TestClient, engine: Engine, anna: str, two_events: tuple[int, int]
) -> None:
    browser.post(link_for(engine, anna))
    theirs = two_events[1]
    assert [browser.get(f"/events/{n}").status_code for n in two_events] == [200, 403]
    with session_scope(engine) as session:
        put_person(session, fields=PersonCreate(email=anna, role="organiser", events=[theirs]), by="test")
    assert [browser.get(f"/events/{n}").status_code for n in two_events] == [403, 200]


def test_a_link_works_once_and_only_when_its_button_is_pressed(
    browser: TestClient, serve: Serve, engine: Engine, anna: str, two_events: tuple[int, int]
) -> None:
    link = link_for(engine, anna)
    for _ in range(3):
        looked = browser.get(link)
        assert (looked.status_code, looked.template.name) == (200, "access/link.html")
    pressed = browser.post(link, follow_redirects=False)
    assert (pressed.status_code, pressed.headers["location"]) == (303, "/console/events")
    assert browser.get(f"/console/events/{two_events[0]}").status_code == 200
    other = serve(headers=BROWSER)
    again = other.post(link)
    assert (again.status_code, again.context["told"]) == (401, "link")
    assert other.get("/console/events").status_code == 401


def test_a_link_is_over_after_half_an_hour(browser: TestClient, engine: Engine, anna: str) -> None:
    link = link_for(engine, anna)
    with engine.begin() as connection:
        left = connection.execute(text("SELECT expires_at - now() FROM sign_in_link")).scalar_one()
        assert timedelta(minutes=29) < left <= timedelta(minutes=30)
        connection.execute(text("UPDATE sign_in_link SET expires_at = now()"))
    assert browser.post(link).status_code == 401


def test_who_is_removed_is_signed_out_everywhere(browser: TestClient, engine: Engine, anna: str) -> None:
    kept = link_for(engine, anna)
    browser.post(link_for(engine, anna))
    assert browser.get("/console/events").status_code == 200
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM access_person"))
    assert browser.get("/console/events").status_code == 401
    assert browser.post(kept).status_code == 401


def test_a_form_of_another_site_does_nothing_in_the_name_of_who_is_signed_in(
    browser: TestClient, make_key: MakeKey, session: Session
) -> None:
    sign_in(browser, make_key("admin").key)
    elsewhere = {"sec-fetch-site": "cross-site"}
    for path in ("/console/access/keys", "/console/sign-out", "/keys", "/console/sign-in"):
        answer = browser.post(path, data={"name": "theirs"}, headers=elsewhere)
        assert answer.status_code == 403, path
    assert [k["name"] for k in browser.get("/keys").json()] == ["a admin"]
    assert browser.get("/keys", headers=elsewhere).status_code == 401
    assert browser.get("/keys", headers=elsewhere | {"sec-fetch-mode": "navigate"}).status_code == 200


def test_htmx_is_led_to_the_sign_in_page_since_it_shows_no_refusals(browser: TestClient) -> None:
    shown = {"hx-request": "true", "hx-current-url": "https://viaduc.example/console/events/1?plan=2"}
    answer = browser.get("/console/events/1/schedule", headers=shown)
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/console/sign-in?next=%2Fconsole%2Fevents%2F1%3Fplan%3D2&told=needed"


def test_what_is_anothers_is_told_in_plain_words(
    browser: TestClient, engine: Engine, anna: str, two_events: tuple[int, int]
) -> None:
    browser.post(link_for(engine, anna))
    answer = browser.get(f"/console/events/{two_events[1]}")
    assert (answer.status_code, answer.template.name) == (403, "error.html")
    assert "This is not open to you" in answer.text


def test_the_top_bar_says_who_is_signed_in(browser: TestClient, serve: Serve, engine: Engine, anna: str) -> None:
    assert '<a class="sign-in" href="/console/sign-in">' in browser.get("/console/sign-in").text
    browser.post(link_for(engine, anna))
    page = browser.get("/console/events").text
    assert '<span class="who-name">anna@example.org</span>' in page
    assert '<form method="post" action="/console/sign-out">' in page
    here = serve(local_admin=True, base_url="http://127.0.0.1", client=("127.0.0.1", 1), headers=BROWSER)
    assert "This machine" in here.get("/console/events").text


def test_menus_name_what_is_open_to_who_looks(
    browser: TestClient, engine: Engine, anna: str, make_key: MakeKey
) -> None:
    def named() -> list[bool]:
        text = browser.get("/console/sign-in").text
        return [f'href="{path}"' in text for path in ("/directory", "/console/events", "/console/access")]

    assert named() == [True, False, False]
    browser.post(link_for(engine, anna))
    assert named() == [True, True, False]
    sign_in(browser, make_key("admin").key)
    assert named() == [True, True, True]


class Letters(socketserver.ThreadingTCPServer):
    """A mail server, as far as a letter needs one (RFC 5321)."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Postman)
        self.taken: list[str] = []
        self.arrived = threading.Semaphore(0)


class Postman(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline().decode().strip():
            match line.split()[0].upper():
                case "DATA":
                    self.say("354 go on")
                    lines = iter(lambda: self.rfile.readline().decode(), ".\r\n")
                    self.server.taken.append("".join(lines))
                    self.say("250 taken")
                    self.server.arrived.release()
                case "QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("250 fine")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def letters() -> Iterator[Letters]:
    with serving(Letters()) as server:
        yield server


@pytest.fixture
def posted(serve: Serve, letters: Letters) -> TestClient:
    """A service that sends letters."""
    return serve(
        headers=BROWSER | {"accept-language": "fr", "host": "evil.example"},
        smtp_host="127.0.0.1",
        smtp_port=letters.server_address[1],
        smtp_security="none",
        smtp_from="viaduc@example.org",
        public_url="https://viaduc.example/",
    )


def test_a_letter_signs_in_who_may(posted: TestClient, serve: Serve, letters: Letters, anna: str) -> None:
    answer = posted.post("/console/sign-in/letter", data={"email": " Anna@example.org "})
    assert (answer.status_code, answer.context["told"]) == (200, "letter")
    assert letters.arrived.acquire(timeout=10)
    letter = message_from_string(letters.taken[0], policy=policy.default)
    assert letter["to"] == anna
    assert letter["subject"] == "Se connecter à Viaduc"
    # The address that was asked under is the asker's choice, and stands nowhere in the letter.
    assert "evil.example" not in letters.taken[0]
    [link] = re.findall(r"https://viaduc\.example(/console/sign-in/link/[\w-]+)\s", letter.get_content())
    browser = serve(headers=BROWSER)
    assert browser.post(link, follow_redirects=False).status_code == 303
    assert browser.get("/console/events").status_code == 200


def test_nobody_learns_from_the_answer_who_may_sign_in(posted: TestClient, letters: Letters, anna: str) -> None:
    known, unknown, nonsense = (
        posted.post("/console/sign-in/letter", data={"email": email})
        for email in (anna, "bob@example.org", "no address\r\nbcc: x@example.org")
    )
    assert known.text == unknown.text == nonsense.text
    assert [answer.status_code for answer in (known, unknown, nonsense)] == [200, 200, 200]
    assert letters.arrived.acquire(timeout=10)
    assert len(letters.taken) == 1


def test_a_letter_goes_to_who_was_let_in_and_not_to_who_writes_it_alike(
    posted: TestClient, letters: Letters, engine: Engine
) -> None:
    with session_scope(engine) as session:
        put_person(session, fields=PersonCreate(email="mark@example.org", role="reader"), by="test")
    posted.post("/console/sign-in/letter", data={"email": "mar\u212a@example.org"})
    assert letters.arrived.acquire(timeout=10)
    assert message_from_string(letters.taken[0], policy=policy.default)["to"] == "mark@example.org"


def test_whether_an_address_is_known_is_not_asked_before_the_answer(
    posted: TestClient, letters: Letters, engine: Engine, anna: str
) -> None:
    asking: set[str] = set()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "access_person" in statement:
            asking.add(threading.current_thread().name.partition("_")[0])

    event.listen(engine, "before_cursor_execute", note)
    try:
        for email in (anna, "bob@example.org"):
            posted.post("/console/sign-in/letter", data={"email": email})
        assert letters.arrived.acquire(timeout=10)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert asking == {"post"}


def test_one_address_is_not_flooded_with_letters(serve: Serve, letters: Letters, anna: str) -> None:
    client = serve(
        headers=BROWSER, smtp_host="127.0.0.1", smtp_port=letters.server_address[1], smtp_security="none",
        smtp_from="viaduc@example.org", public_url="https://viaduc.example", rate_sign_in=3,
    )  # fmt: skip
    client.app.state.limits.sign_ins = Buckets(100)
    for email in (anna, anna.upper(), f" {anna}", anna, anna):
        assert client.post("/console/sign-in/letter", data={"email": email}).status_code == 200
    assert all(letters.arrived.acquire(timeout=10) for _ in range(3))
    assert not letters.arrived.acquire(timeout=0.3)


def test_a_mail_server_that_is_away_is_not_told_to_who_asks(serve: Serve, anna: str) -> None:
    client = serve(
        headers=BROWSER, smtp_host="127.0.0.1", smtp_port=1, smtp_security="none", smtp_from="viaduc@example.org",
        public_url="https://viaduc.example",
    )  # fmt: skip
    answer = client.post("/console/sign-in/letter", data={"email": anna})
    assert (answer.status_code, answer.context["told"]) == (200, "letter")


def test_without_a_mail_server_the_page_says_how_else(browser: TestClient) -> None:
    page = browser.get("/console/sign-in")
    assert (page.context["letters"], page.context["provider"]) == (False, "")
    assert 'action="/console/sign-in/letter"' not in page.text
