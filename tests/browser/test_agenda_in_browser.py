"""The participant's agenda on a phone: without a connection, by the clock, live, and for readers who cannot see."""

import socket
import threading
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect
from sqlmodel import Session

from app.services import answers, events, plans
from app.services.actors import create_actor
from app.services.answers import Meant
from app.services.links import make_link, revoke_links
from models.actor import ActorCreate
from models.agenda import AnswerFields, MeetingAnswer
from models.base import utc_now
from models.event import EventCreate, InterpreterCreate, ParticipantCreate, PlaceCreate, RoundCreate
from models.plan import Meeting, Plan
from tests.browser.conftest import Server, complaints, complaints_in_both

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
KEPT = """async (path) => {
  const there = async () => Boolean(await (await caches.open("viaduc-agendas")).match(path));
  while ((await there()) !== true || !navigator.serviceWorker.controller) await new Promise((r) => setTimeout(r, 20));
}"""
"""Comes back once the worker holds the page."""
GONE = """async (path) => {
  while (await (await caches.open("viaduc-agendas")).match(path)) await new Promise((r) => setTimeout(r, 20));
}"""


class Line:
    """A line to the service that can be cut: a real loss of connection, for the page and for its worker alike."""

    def __init__(self, server: Server) -> None:
        self._target = int(server.url.rsplit(":", 1)[1])
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self.mend()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def mend(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self._listener, self.port = listener, listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        assert self._listener is not None
        for one in [self._listener, *self._open]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._open += [near, far]
                for a, b in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(a, b), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line(live_server: Server) -> Iterator[Line]:
    line = Line(live_server)
    yield line
    line.cut()


@pytest.fixture
def session(live_server: Server) -> Iterator[Session]:
    with Session(live_server.engine) as session:
        yield session


@pytest.fixture
def address(live_server: Server, session: Session) -> str:
    """The weaver's agenda: it met the fire laboratory an hour ago and meets the dyers in ten minutes."""
    offer = {"lang": "fr", "text": "tester la résistance au feu des tissus enduits"}
    people = [
        ("Tissages du Nord", "FR", "needs", "fr"),
        ("Vuurlab", "BE", "offers", "fr"),
        ("Ververij", "BE", "offers", "nl"),
    ]
    ids = [
        create_actor(session, fields=ActorCreate(name=n, country=c, languages=[tongue], **{facet: [offer]})).id
        for n, c, facet, tongue in people
    ]
    session.commit()
    live_server.embed()
    event = events.create_event(session, fields=EventCreate(name="Textile afternoon", place="Kortrijk")).id
    now = utc_now().replace(microsecond=0)
    rounds = [RoundCreate(starts_at=now + timedelta(minutes=m), minutes=20) for m in (-60, 10, 40)]
    events.set_rounds(session, event_id=event, rounds=rounds)
    events.set_places(session, event_id=event, places=[PlaceCreate(label=f"Table {n}") for n in range(1, 7)])
    events.set_interpreters(session, event_id=event, interpreters=[InterpreterCreate(languages=["fr", "nl"])])
    for actor_id in ids:
        events.register(session, event_id=event, fields=ParticipantCreate(actor_id=actor_id))
    publish(session, 1, [(1, 2, 0, 3), (3, 1, 1, 1)])
    token = make_link(session, event_id=event, actor_id=ids[0])
    session.commit()
    return f"/agenda/{token}"


def publish(session: Session, number: int, meetings: list[tuple[int, int, int, int]]) -> None:
    session.add(Plan(event_id=1, number=number, state="draft", problem={"locked": []}, certificate={}))
    session.flush()
    for a, b, slot, place in meetings:
        interpreter = "0" if 3 in (a, b) else None
        session.add(Meeting(event_id=1, number=number, a=a, b=b, round=slot, place=place, interpreter=interpreter))
    session.flush()
    plans.publish(session, event_id=1, number=number)
    session.commit()


def kept(page: Page, line: Line, address: str) -> None:
    """Load the agenda once, and wait until the worker has it."""
    page.set_viewport_size(PHONE)
    page.goto(line.url + address)
    page.evaluate(KEPT, address)


def test_the_agenda_opens_without_a_connection_after_one_load(
    browser_page: Page, line: Line, address: str, axe: Axe
) -> None:
    kept(browser_page, line, address)
    line.cut()
    browser_page.reload()
    expect(browser_page.locator("h1")).to_have_text("Tissages du Nord")
    card = browser_page.locator(".next-card:visible")
    expect(card).to_contain_text("Ververij")
    expect(card).to_contain_text("Table 2")
    expect(browser_page.locator("#line")).to_contain_text("No connection")
    assert browser_page.evaluate("document.fonts.ready.then(() => document.fonts.check('16px \"Schibsted Grotesk\"'))")
    assert complaints(axe, browser_page) == []


def test_an_answer_given_without_a_connection_is_kept_and_sent_later(
    browser_page: Page, line: Line, address: str, session: Session
) -> None:
    kept(browser_page, line, address)
    line.cut()
    form = browser_page.locator("#form-2")
    browser_page.locator("#answer-2 summary").click()
    form.get_by_text("Yes, again").click()
    form.get_by_label("A word of your own").fill("A find.")
    form.get_by_role("button", name="Save my answer").click()
    expect(form.get_by_role("status")).to_have_text("Saved here; it will be sent when there is a connection.")
    # It waits through a reload too, where the person sees it.
    browser_page.reload()
    expect(form.get_by_label("A word of your own")).to_have_value("A find.")
    expect(browser_page.locator("#line")).to_contain_text("1 × Saved here")
    assert session.get(MeetingAnswer, (1, 1, 2)) is None
    session.rollback()
    line.mend()
    browser_page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(browser_page.locator("#answer-2")).to_contain_text("you answered")
    expect(form.locator("[data-state]")).to_have_text("Sent. You can change it.")
    expect(browser_page.locator("#line")).not_to_contain_text("Saved here")
    row = session.get(MeetingAnswer, (1, 1, 2))
    assert row is not None
    assert (row.again, row.note) == ("yes", "A find.")
    assert row.said_at < row.created_at


def test_what_is_said_while_an_answer_is_on_its_way_follows_at_once(
    browser_page: Page, line: Line, address: str, session: Session
) -> None:
    kept(browser_page, line, address)
    held: list[Route] = []
    browser_page.route("**/answers/2", lambda route: held.append(route) if not held else route.continue_())
    form = browser_page.locator("#form-2")
    browser_page.locator("#answer-2 summary").click()
    for word in ("No, thank you", "Yes, again"):
        form.get_by_text(word).click()
        with browser_page.expect_request("**/answers/2") if word == "No, thank you" else nullcontext():
            form.get_by_role("button", name="Save my answer").click()
    with browser_page.expect_response("**/answers/2"), browser_page.expect_response("**/answers/2"):
        held[0].continue_()
    expect(form.get_by_role("status")).to_have_text("Sent. You can change it.")
    expect(browser_page.locator("#line")).to_be_hidden()
    row = session.get(MeetingAnswer, (1, 1, 2))
    assert row is not None
    assert row.again == "yes"


def test_what_a_form_was_answered_is_not_kept_for_later(browser_page: Page, line: Line, address: str) -> None:
    kept(browser_page, line, address)
    browser_page.goto(f"{line.url}{address}?changed=details")
    copy = "async (path) => (await (await caches.open('viaduc-agendas')).match(path)).url"
    assert browser_page.evaluate(copy, address) == line.url + address


def test_what_was_begun_survives_a_closed_page(browser_page: Page, line: Line, address: str) -> None:
    kept(browser_page, line, address)
    browser_page.locator("#answer-2 summary").click()
    browser_page.get_by_label("A word of your own").first.fill("Half a thought")
    browser_page.reload()
    form = browser_page.locator("#form-2")
    expect(form.get_by_label("A word of your own")).to_have_value("Half a thought")
    browser_page.locator("#answer-2 summary").click()
    expect(form.get_by_role("status")).to_have_text("Not sent yet")


def test_a_closed_link_is_forgotten_by_the_worker(
    browser_page: Page, line: Line, address: str, session: Session
) -> None:
    kept(browser_page, line, address)
    browser_page.goto("about:blank")  # an open page would hear of it and load itself again
    revoke_links(session, event_id=1)
    session.commit()
    browser_page.goto(line.url + address)
    expect(browser_page.locator("h1")).to_have_text("This link is closed")
    browser_page.evaluate(GONE, address)


def test_everything_works_without_a_script(
    browser: Browser, live_server: Server, address: str, session: Session
) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url, locale="en-GB", viewport=PHONE)
    page = context.new_page()
    page.goto(address)
    expect(page.locator(".next-card:visible")).to_contain_text("Ververij")
    page.locator("#answer-2 summary").click()
    page.locator("#form-2").get_by_text("No, thank you").click()
    page.locator("#form-2").get_by_role("button", name="Save my answer").click()
    expect(page.locator("#answer-2")).to_contain_text("you answered")
    context.close()
    row = session.get(MeetingAnswer, (1, 1, 2))
    assert row is not None
    assert row.again == "no"


def test_the_keyboard_is_enough_to_answer(browser_page: Page, line: Line, address: str, session: Session) -> None:
    kept(browser_page, line, address)
    browser_page.locator("#answer-2 summary").focus()
    for key in ("Enter", "Tab", "Space", "Enter"):
        browser_page.keyboard.press(key)
    expect(browser_page.locator("#form-2").get_by_role("status")).to_have_text("Sent. You can change it.")
    row = session.get(MeetingAnswer, (1, 1, 2))
    assert row is not None
    assert row.again == "yes"


def test_the_page_follows_the_clock_by_itself(browser_page: Page, line: Line, address: str) -> None:
    browser_page.clock.install(time=utc_now())
    browser_page.goto(line.url + address)
    card = browser_page.locator(".next-card:visible")
    expect(card).to_contain_text("Your next meeting in 10 minutes", use_inner_text=True)
    expect(browser_page.locator("#answer-3")).to_be_hidden()
    browser_page.clock.fast_forward("11:00")
    expect(card).to_contain_text("Right now", use_inner_text=True)
    expect(browser_page.locator("#answer-3")).to_be_visible()
    browser_page.clock.fast_forward("20:00")
    expect(card).to_contain_text("Your meetings are over")


def test_a_new_plan_reaches_the_open_page(browser_page: Page, line: Line, address: str, session: Session) -> None:
    kept(browser_page, line, address)
    publish(session, 2, [(1, 2, 0, 3), (3, 1, 1, 4)])
    expect(browser_page.locator("#changes")).to_contain_text("Moved: Ververij")
    expect(browser_page.locator(".next-card:visible")).to_contain_text("Table 5")
    browser_page.get_by_role("button", name="I have seen it").click()
    expect(browser_page.locator("#changes")).to_be_hidden()


def test_a_yes_of_both_shows_in_the_open_page(browser_page: Page, line: Line, address: str, session: Session) -> None:
    for who, whom in ((1, 2), (2, 1)):
        answers.save_answer(session, meant=Meant(1, who, whom), fields=AnswerFields(again="yes"))
        session.commit()
        if who == 1:
            kept(browser_page, line, address)
            expect(browser_page.locator(".mutual")).to_have_count(0)
    expect(browser_page.locator("#with-2 .mutual")).to_contain_text("You both said yes.")


def test_it_is_accessible_and_fits_a_phone(browser_page: Page, line: Line, address: str, axe: Axe) -> None:
    kept(browser_page, line, address)
    browser_page.evaluate("for (const d of document.querySelectorAll('main details')) d.open = true")
    assert complaints_in_both(axe, browser_page) == []
    browser_page.set_viewport_size({"width": 320, "height": 640})
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 320


def test_it_prints_on_one_sheet(browser_page: Page, line: Line, address: str) -> None:
    browser_page.goto(line.url + address)
    sheet = browser_page.pdf(prefer_css_page_size=True)
    assert sheet.count(b"/Type /Page\n") + sheet.count(b"/Type /Page ") + sheet.count(b"/Type /Page/") == 1
