"""The day in a real browser: marks without leaving the list, live pages, a clock that goes on without a network."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pypdf import PdfReader
from sqlalchemy import text

from tests.browser.conftest import Server, complaints
from tests.shelf import Shelf

pytestmark = pytest.mark.browser

HOME = "/console/events/1"


def call(server: Server, method: str, path: str, body: object = None) -> object:
    """Ask the JSON door."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(server.url + path, data, {"content-type": "application/json"}, method=method)
    with urlopen(request) as answer:
        told = answer.read()
    return json.loads(told) if told else None


@pytest.fixture
def people(live_server: Server, shelf: Shelf) -> Sequence[int]:
    """An event under way: round 1 began five minutes ago; three French and three Flemish actors, a published plan."""
    shelf.fill("day", lambda: prepare(live_server))
    now = datetime.now(UTC)
    starts = (now + timedelta(minutes=m) for m in (-5, 20, 45, 70))
    call(live_server, "PUT", "/events/1/rounds", [{"starts_at": s.isoformat(), "minutes": 20} for s in starts])
    return range(1, 7)


def prepare(live_server: Server) -> None:
    texts = [{"lang": "en", "text": "testing of textile coatings"}]
    ids = [
        call(live_server, "POST", "/actors", {"name": name, "country": country, "languages": ["fr", "en"],
             "needs": texts, "offers": texts})["id"]
        for name, country in (("Filature", "FR"), ("Étoffes", "FR"), ("Tricots", "FR"),
                              ("Vuurlab", "BE"), ("Weefcentrum", "BE"), ("Breierij", "BE"))
    ]  # fmt: skip
    live_server.embed()
    call(live_server, "POST", "/events", {"name": "Textile afternoon", "min_meetings": 1})
    now = datetime.now(UTC)
    starts = (now + timedelta(minutes=m) for m in (-5, 20, 45, 70))
    call(live_server, "PUT", "/events/1/rounds", [{"starts_at": s.isoformat(), "minutes": 20} for s in starts])
    call(live_server, "PUT", "/events/1/places", [{"label": f"Table {n}"} for n in (1, 2, 3)])
    for i in ids:
        call(live_server, "POST", "/events/1/participants", {"actor_id": i})
    call(live_server, "POST", "/events/1/plans", {})
    call(live_server, "POST", "/events/1/plans/1/publish")


def row(page: Page, actor_id: int):
    return page.locator(f"#p{actor_id}")


def hears(page: Page) -> None:
    """Wait until the page's stream stands: from then on it asks for nothing by itself, only when it hears of it."""
    expect(page.locator("html")).to_have_attribute("data-live-state", "on")


def test_a_mark_stays_on_the_list_and_a_second_tab_sees_it(
    browser_context: BrowserContext, browser_page: Page, people: Sequence[int], axe
) -> None:
    browser_page.goto(f"{HOME}/day")
    other = browser_context.new_page()
    other.goto(f"{HOME}/day")
    hears(other)
    row(browser_page, people[3]).get_by_role("button", name="Is here").click()
    expect(row(browser_page, people[3])).to_have_attribute("data-state", "here")
    expect(row(other, people[3])).to_have_attribute("data-state", "here")
    expect(other.locator("#day-counts a[data-state=here] strong")).to_have_text("1")
    expect(browser_page.locator("#day-last")).to_contain_text("Vuurlab: here")
    row(browser_page, people[3]).get_by_role("button", name="Is here").click()
    expect(row(other, people[3])).to_have_attribute("data-state", "expected")
    assert complaints(axe, browser_page) == []


def test_the_list_narrows_as_one_types_and_stays_narrow_while_others_mark(
    live_server: Server, browser_page: Page, people: Sequence[int]
) -> None:
    browser_page.goto(f"{HOME}/day")
    hears(browser_page)
    shown = browser_page.locator("#people > li:visible .name a")
    browser_page.get_by_label("Name").press_sequentially("etof")
    expect(shown).to_have_text(["Étoffes"])
    call(live_server, "PUT", "/events/1/attendance", [{"actor_id": people[1], "state": "here"},
                                                      {"actor_id": people[4], "state": "here"}])  # fmt: skip
    expect(browser_page.locator("#day-counts a[data-state=here] strong")).to_have_text("2")
    expect(shown).to_have_text(["Étoffes"])
    expect(browser_page.get_by_label("Name")).to_have_value("etof")
    browser_page.get_by_label("Name").fill("")
    browser_page.locator("#day-counts a[data-state=here]").click()
    expect(shown).to_have_text(["Weefcentrum", "Étoffes"])
    browser_page.get_by_label("Side").select_option("BE")
    expect(shown).to_have_text(["Weefcentrum"])


def test_a_change_that_is_half_said_stays_while_others_say_something(
    live_server: Server, browser_page: Page, people: Sequence[int]
) -> None:
    browser_page.goto(f"{HOME}/day/rounds")
    hears(browser_page)
    browser_page.locator("#more-r2 summary").click()
    form = browser_page.locator("#more-r2 form")
    form.get_by_label("Change").select_option("shift")
    form.get_by_label("Minutes").fill("7")
    form.get_by_label("Later rounds move along").uncheck()
    form.get_by_role("button", name="Change").focus()
    call(live_server, "PUT", "/events/1/day/losses", {"kind": "round", "index": 3, "lost": True})
    expect(browser_page.locator("#r3")).to_contain_text("cancelled")
    expect(form.get_by_label("Change")).to_have_value("shift")
    expect(form.get_by_label("Minutes")).to_have_value("7")
    expect(form.get_by_label("Later rounds move along")).not_to_be_checked()


def test_what_is_ticked_at_the_desk_stays_while_marks_are_made(browser_page: Page, people: Sequence[int]) -> None:
    browser_page.goto(f"{HOME}/day")
    hears(browser_page)
    row(browser_page, people[3]).get_by_role("button", name="Absent").click()
    also = browser_page.get_by_label("Also change round 1, which has begun")
    also.check()
    row(browser_page, people[0]).get_by_role("button", name="Is here").click()
    expect(row(browser_page, people[0])).to_have_attribute("data-state", "here")
    expect(also).to_be_checked()


def test_an_absence_is_previewed_applied_and_undone(browser_page: Page, people: Sequence[int], axe) -> None:
    browser_page.goto(f"{HOME}/day")
    row(browser_page, people[3]).get_by_role("button", name="Absent").click()
    browser_page.get_by_role("button", name="Fill the holes, see who changes").click()
    expect(browser_page.get_by_role("heading", name="What would change")).to_be_visible()
    expect(browser_page.locator(".diff li", has_text="no longer meets Vuurlab").first).to_be_visible()
    assert complaints(axe, browser_page) == []
    browser_page.get_by_role("button", name="Apply").click()
    expect(browser_page.locator("#day-last")).to_contain_text("Plan 2 is in force instead of plan 1")
    browser_page.get_by_role("button", name="Undo").click()
    expect(browser_page.locator("#day-last")).to_contain_text("Vuurlab: absent")
    expect(browser_page.get_by_role("heading", name="cannot take place as planned")).to_be_visible()


def test_a_mark_without_a_network_is_told_and_can_be_repeated(
    browser_context: BrowserContext, browser_page: Page, people: Sequence[int]
) -> None:
    browser_page.goto(f"{HOME}/day")
    hears(browser_page)
    browser_context.set_offline(True)
    row(browser_page, people[0]).get_by_role("button", name="Is here").click()
    expect(row(browser_page, people[0]).get_by_role("alert")).to_contain_text("not kept")
    expect(browser_page.locator("[data-live-note]")).to_be_visible()
    browser_context.set_offline(False)
    expect(browser_page.locator("[data-live-note]")).to_be_hidden()
    row(browser_page, people[0]).get_by_role("button", name="Is here").click()
    expect(row(browser_page, people[0])).to_have_attribute("data-state", "here")


def test_what_was_missed_while_the_line_was_cut_is_caught_up(
    live_server: Server, browser_context: BrowserContext, browser_page: Page, people: Sequence[int]
) -> None:
    browser_page.goto(f"{HOME}/day")
    hears(browser_page)
    browser_context.set_offline(True)
    call(live_server, "PUT", "/events/1/attendance", [{"actor_id": people[5], "state": "here"}])
    expect(row(browser_page, people[5])).to_have_attribute("data-state", "expected")
    browser_context.set_offline(False)
    expect(row(browser_page, people[5])).to_have_attribute("data-state", "here")


def test_when_the_database_forgets_its_listener_pages_catch_up(
    live_server: Server, browser_page: Page, people: Sequence[int]
) -> None:
    browser_page.goto(f"{HOME}/day")
    hears(browser_page)
    with live_server.engine.begin() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'viaduc live'")
        )
    call(live_server, "PUT", "/events/1/attendance", [{"actor_id": people[5], "state": "here"}])
    expect(row(browser_page, people[5])).to_have_attribute("data-state", "here")


def test_without_server_sent_events_the_page_asks_by_itself(
    live_server: Server, browser_context: BrowserContext, people: Sequence[int]
) -> None:
    page = browser_context.new_page()
    page.clock.install()
    page.add_init_script("delete window.EventSource")
    page.goto(f"{HOME}/day")
    call(live_server, "PUT", "/events/1/attendance", [{"actor_id": people[5], "state": "here"}])
    page.clock.fast_forward("00:11")
    expect(row(page, people[5])).to_have_attribute("data-state", "here")


def test_the_clock_counts_without_a_network_and_follows_the_timetable(
    live_server: Server, browser_context: BrowserContext, browser_page: Page, people: Sequence[int], axe
) -> None:
    browser_page.goto("/clock/1")
    hears(browser_page)
    figures = browser_page.locator("#figures")
    browser_context.set_offline(True)
    before = figures.inner_text()
    expect(figures).not_to_have_text(before)
    expect(browser_page.locator("[data-live-note]")).to_be_visible()
    browser_context.set_offline(False)
    call(live_server, "PUT", "/events/1/day/timetable", {"round": 0, "minutes": 6})
    expect(browser_page.locator("html")).to_have_attribute("data-phase", "last")
    expect(browser_page.get_by_text("Dernière minute du tour 1")).to_be_visible()
    expect(browser_page.get_by_text("Last minute of round 1")).to_be_visible()
    # At the end: a slow check takes nothing from that minute.
    assert complaints(axe, browser_page) == []


def test_rounds_places_and_people_are_accessible(browser_page: Page, people: Sequence[int], axe) -> None:
    for path in (
        "/day/rounds",
        "/day/steps",
        "/day/walk-in?q=vuur",
        f"/day/people/{people[0]}",
        "/rounds/0",
        "/places/0",
    ):
        browser_page.goto(HOME + path)
        assert complaints(axe, browser_page) == [], path


def test_the_desk_is_worked_with_the_keyboard_alone(browser_page: Page, people: Sequence[int]) -> None:
    browser_page.goto(f"{HOME}/day")
    browser_page.get_by_label("Name").focus()
    browser_page.keyboard.type("weef")
    here = row(browser_page, people[4]).get_by_role("button", name="Is here")
    for _ in range(12):
        if here.evaluate("button => button === document.activeElement"):
            break
        browser_page.keyboard.press("Tab")
    browser_page.keyboard.press("Enter")
    expect(row(browser_page, people[4])).to_have_attribute("data-state", "here")
    again = row(browser_page, people[4]).get_by_role("button", name="Is here")
    expect(again).to_be_focused()


def test_on_paper_a_round_of_twenty_tables_is_one_sheet_and_the_desk_has_no_buttons(
    browser_page: Page, people: Sequence[int]
) -> None:
    browser_page.goto(f"{HOME}/rounds/1")
    browser_page.evaluate(
        "const rows = document.querySelector('.lines tbody');"
        "while (rows.children.length < 20) rows.append(rows.firstElementChild.cloneNode(true))"
    )
    assert len(PdfReader(BytesIO(browser_page.pdf(prefer_css_page_size=True))).pages) == 1
    browser_page.emulate_media(media="print")
    for path in ("/day", "/day/rounds", f"/day/people/{people[0]}"):
        browser_page.goto(HOME + path)
        assert browser_page.locator("button:visible, summary:visible, input:visible").count() == 0, path
        assert browser_page.locator(".event-head .facts").inner_text().strip(), f"{path} says when and where"
    browser_page.goto(f"{HOME}/day")
    assert "expected" not in browser_page.locator("#people").inner_text()


def test_what_a_round_can_be_changed_to_fits_a_phone(browser_page: Page, people: Sequence[int]) -> None:
    browser_page.set_viewport_size({"width": 390, "height": 844})
    browser_page.goto(f"{HOME}/day/rounds?lang=eu")
    browser_page.locator("#more-r1 summary").click()
    assert browser_page.locator("#more-r1 form").bounding_box()["width"] > 340
    assert browser_page.evaluate("document.documentElement.scrollWidth") == 390
