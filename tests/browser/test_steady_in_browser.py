"""Pages stand still while they load, answer a press at once, show the focus, and spare those who ask for calm."""

import httpx2 as httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.shelf import Shelf

pytestmark = pytest.mark.browser

WATCH = """window.moved = []; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved.push(
    [entry.value, entry.sources.map((s) => s.node && (s.node.parentElement?.closest(".top") ? "in the bar: " : "")
      + (s.node.id || s.node.className || s.node.nodeName))]);
}).observe({ type: "layout-shift", buffered: true });"""
PAGES = [
    "/", "/?q=fire+tests", "/directory", "/directory/1", "/console/events", "/console/events/1",
    "/console/events/1/setup", "/console/events/1/participants", "/console/events/1/schedule",
    "/console/events/1/schedule?m=1-2", "/console/events/1/schedule?q=actor", "/console/events/1/day",
    "/console/events/1/report", "/console/events/1/papers", "/console/events/1/agendas", "/console/explore",
    "/console/maps", "/console/maps/sectors", "/console/memory", "/clock/1", "AGENDA",
]  # fmt: skip


@pytest.fixture
def filled(live_server: Server, shelf: Shelf) -> Server:
    """Six actors, an event with a published plan."""
    shelf.fill("steady", lambda: prepare(live_server))
    return live_server


def prepare(server: Server) -> None:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        text = [{"lang": "en", "text": "fire tests of coated textiles"}]
        for n in range(6):
            body = {"name": f"Actor {n}", "country": ("FR", "BE")[n % 2], "needs": text, "offers": text}
            client.post("/actors", json=body).raise_for_status()
        server.embed()
        client.post("/events", json={"name": "Fair", "min_meetings": 1})
        client.put("/events/1/rounds", json=[{"starts_at": f"2027-03-09T{h}:00:00+01:00"} for h in ("09", "10", "11")])
        client.put("/events/1/places", json=[{"label": f"Table {n}"} for n in range(1, 4)])
        for n in range(1, 7):
            client.post("/events/1/participants", json={"actor_id": n}).raise_for_status()
        client.post("/events/1/plans", json={"time_limit_s": 5}).raise_for_status()
        client.post("/events/1/plans/1/publish").raise_for_status()


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_moves_while_a_page_loads(filled: Server, browser_page: Page, width: int) -> None:
    links = filled.ask("POST", "/events/1/links", {}).json()
    browser_page.set_viewport_size({"width": width, "height": 900})
    browser_page.add_init_script(WATCH)
    found = {}
    for address in PAGES:
        browser_page.goto(f"/agenda/{links[0]['token']}" if address == "AGENDA" else address)
        browser_page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
        moved = browser_page.evaluate("window.moved")
        # Less than a thousandth is a fraction of a pixel.
        if sum(value for value, _ in moved) > 0.001:
            found[address] = moved
    assert found == {}


EARLY = """performance.getEntriesByName("first-contentful-paint").map((paint) =>
  paint.startTime < performance.getEntriesByType("navigation")[0].responseEnd - 100)"""
LATER = "document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))))"


def test_nothing_moves_where_pages_come_in_pieces(filled: Server, browser_page: Page) -> None:
    """A browser may draw between any two pieces; it waits for the whole, and letters and scripts come later still."""
    links = filled.ask("POST", "/events/1/links", {}).json()
    browser_page.set_viewport_size({"width": 390, "height": 900})
    browser_page.add_init_script(WATCH)
    found = {}
    with filled.line.slow():
        for address in ("/console/events/1/day", "/clock/1", f"/agenda/{links[0]['token']}"):
            browser_page.goto(address)
            browser_page.wait_for_function(f"{EARLY}.length > 0")
            browser_page.evaluate(LATER)
            found[address] = browser_page.evaluate(f"[window.moved, {EARLY}]")
    assert found == {address: [[], [False]] for address in found}


@pytest.mark.parametrize("width", [1440, 390])
def test_the_bar_stands_still_where_a_browser_does_not_wait(filled: Server, browser_page: Page, width: int) -> None:
    browser_page.set_viewport_size({"width": width, "height": 900})
    browser_page.add_init_script(WATCH)
    with filled.line.slow(upto=b"<main", waiting=False):
        browser_page.goto("/console/events")
        moved = browser_page.evaluate("window.moved")
    assert [what for _, nodes in moved for what in nodes if str(what).startswith("in the bar")] == []
    expect(browser_page.get_by_role("link", name="Directory")).to_be_visible()


def test_a_press_shows_at_once_and_is_not_sent_twice(filled: Server, browser_page: Page) -> None:
    page, sent = browser_page, []
    page.goto("/console/events/1/wishes")
    page.get_by_label("Who", exact=True).select_option(index=1)
    page.get_by_label("Whom", exact=True).select_option(index=2)
    page.on("request", lambda request: sent.append(request.method))
    # Before the browser comes to anything else: the next thing it draws shows the press.
    shown = page.evaluate("""() => {
      const button = document.querySelector("form.say button");
      button.click(); button.click();
      return document.documentElement.hasAttribute("data-busy");
    }""")
    assert shown
    expect(page.get_by_role("heading", name="1 pair", exact=True)).to_be_visible()
    assert sent.count("POST") == 1
    expect(page.locator("html")).not_to_have_attribute("data-busy", "")


def test_the_focus_is_seen_on_whatever_takes_it(filled: Server, browser_page: Page) -> None:
    """A ring of 3 px on each thing that Tab reaches, or on the row it stands for."""
    for address in (
        "/",
        "/directory",
        "/console/events/1/schedule",
        "/console/events/1/day",
        "/console/events/1/setup",
    ):
        browser_page.goto(address)
        for _ in range(25):
            browser_page.keyboard.press("Tab")
            told = browser_page.evaluate("""() => {
              const ring = (e) => e && parseFloat(getComputedStyle(e).outlineWidth) >= 2
                && getComputedStyle(e).outlineStyle !== "none";
              const e = document.activeElement;
              return e === document.body || ring(e) || ring(e.closest("label, li, .row, .cell")) ? "" : e.outerHTML;
            }""")
            assert told == "", address


def test_nothing_is_animated_for_those_who_ask_for_calm(filled: Server, browser_page: Page) -> None:
    browser_page.emulate_media(reduced_motion="reduce")
    for address in ("/", "/console/events/1/schedule", "/console/events/1/day", "/clock/1"):
        browser_page.goto(address)
        browser_page.evaluate("document.documentElement.toggleAttribute('data-busy', true)")
        running = browser_page.evaluate("document.getAnimations().length")
        timed = browser_page.evaluate("""() => [...document.querySelectorAll("*")].filter((element) =>
          getComputedStyle(element).transitionDuration.split(",").some((told) => parseFloat(told) > 0)
        ).map((element) => element.className)""")
        assert (address, running, timed) == (address, 0, [])
