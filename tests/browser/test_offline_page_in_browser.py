"""The page without a network, opened from a file: clock, agendas, absences that stay and come out as a file."""

import json
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from httpx2 import Client
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Server, complaints_in_both
from tests.shelf import Shelf

pytestmark = pytest.mark.browser

NASTY = "Étoffes </script><b>du Nord</b>"


@pytest.fixture
def saved(live_server: Server, shelf: Shelf, tmp_path: Path) -> Path:
    """The page of an event with four participants and a plan, on the disk."""
    shelf.fill("offline", lambda: plan(live_server))
    page = tmp_path / "event.html"
    with Client(base_url=live_server.url, timeout=60) as client:
        page.write_bytes(client.get("/events/1/offline.html").content)
    return page


def plan(live_server: Server) -> None:
    with Client(base_url=live_server.url, timeout=60) as client:
        for name, country in ((NASTY, "FR"), ("Filature", "FR"), ("Vuurlab", "BE"), ("Weverij", "BE")):
            text = [{"lang": "en", "text": "testing of textile coatings"}]
            client.post("/actors", json={"name": name, "country": country, "offers": text, "needs": text})
        live_server.embed()
        client.post("/events", json={"name": "Afternoon", "min_meetings": 2})
        starts = [{"starts_at": f"2027-03-09T{hour}:00:00+01:00"} for hour in ("09", "10")]
        client.put("/events/1/rounds", json=starts)
        client.put("/events/1/places", json=[{"label": "Table 1"}, {"label": "Table 2"}])
        for actor_id in range(1, 5):
            client.post("/events/1/participants", json={"actor_id": actor_id})
        assert client.post("/events/1/plans", json={"time_limit_s": 2}).status_code == 201


@pytest.fixture
def page(browser: Browser, saved: Path):
    """The file in a browser without any network, on the morning of the event."""
    context = browser.new_context(offline=True, accept_downloads=True)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.clock.install(time="2027-03-09T08:05:00+01:00")
    page.goto(saved.as_uri())
    page.clock.pause_at("2027-03-09T09:05:00+01:00")
    yield page
    assert said == []
    context.close()


def test_the_clock_tells_the_round_and_what_is_left(page: Page) -> None:
    assert page.locator(".what").inner_text() == "Round 1 of 2"
    assert page.locator(".left").inner_text() == "15:00"
    page.clock.run_for(60_000)
    assert page.locator(".left").inner_text() == "14:00"
    assert page.locator(".next").inner_text() == "Round 2 begins at 10:00"
    page.get_by_role("button", name="One minute later").click()
    page.clock.run_for(1000)
    assert page.locator(".left").inner_text() == "14:59"
    page.get_by_label("Language").select_option("nl")
    assert page.locator(".what").inner_text() == "Ronde 1 van 2"


def test_places_are_called_in_the_language_of_the_page(page: Page) -> None:
    page.get_by_role("navigation").get_by_role("button", name="Places").click()
    assert page.locator("select option").all_inner_texts()[-2:] == ["Table 1", "Table 2"]
    page.get_by_label("Language").select_option("nl")
    assert page.locator("main select option").all_inner_texts() == ["Tafel 1", "Tafel 2"]


def test_a_name_is_found_whatever_it_holds_and_its_agenda_shown(page: Page) -> None:
    page.get_by_role("button", name="Participants").click()
    page.get_by_label("Search by name").fill("etoffes")
    page.get_by_role("button", name=NASTY).click()
    assert page.locator("h3").inner_text() == NASTY
    assert page.locator("h3 b").count() == 0
    assert page.locator("tbody tr").count() == 2
    assert page.locator("tbody tr.now .big").first.inner_text() == "09:00 – 09:20"


def test_absences_stay_in_the_browser_and_come_out_as_a_file(page: Page) -> None:
    page.get_by_role("button", name="Desk").click()
    person = page.get_by_role("group", name="Vuurlab")
    person.get_by_role("button", name="absent").click()
    page.get_by_role("group", name="Weverij").get_by_role("button", name="late").click()
    page.reload()
    page.get_by_role("button", name="Desk").click()
    assert person.get_by_role("button", name="absent").get_attribute("aria-pressed") == "true"
    assert page.locator(".counts dd").all_inner_texts() == ["2", "0", "1", "1", "0"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").click()
    told = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert (told["kind"], told["event_id"], told["plan"]) == ("viaduc-attendance", 1, 1)
    assert [(w["actor_id"], w["state"], w["round"]) for w in told["said"]] == [(3, "absent", None), (4, "late", 1)]
    page.get_by_role("button", name="Rounds").click()
    assert page.locator(".away").first.inner_text() == "Vuurlab (absent)"


def test_the_file_is_taken_in_by_the_service(page: Page, live_server: Server) -> None:
    page.get_by_role("button", name="Desk").click()
    page.get_by_role("group", name="Filature").get_by_role("button", name="here").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").click()
    file = Path(download.value.path()).read_text(encoding="utf-8")
    with Client(base_url=live_server.url, timeout=60) as client:
        answer = client.post("/events/1/day/offline", content=file, headers={"content-type": "application/json"})
        assert answer.json() == {"taken": 1, "same": 0, "newer": [], "unknown": []}


def test_every_view_is_accessible(page: Page, axe: Axe) -> None:
    page.clock.resume()
    for view in ("Clock", "Participants", "Places", "Rounds", "Desk"):
        page.get_by_role("navigation").get_by_role("button", name=view).click()
        assert complaints_in_both(axe, page) == [], view


def test_it_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    for view in ("Clock", "Participants", "Places", "Rounds", "Desk"):
        page.get_by_role("navigation").get_by_role("button", name=view).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, view


def test_the_page_of_papers_is_accessible_and_shows_all_its_pictures(saved: Path, browser_page: Page, axe: Axe) -> None:
    browser_page.goto("/console/events/1/papers?badge_code=agenda")
    assert not browser_page.locator(".printing").is_visible()
    pictures = browser_page.locator(".papers img")
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        picture.evaluate("i => i.complete || new Promise((done) => { i.onload = i.onerror = done; })")
    assert pictures.evaluate_all("all => all.map(i => i.naturalWidth > 0)") == [True] * 5
    assert complaints_in_both(axe, browser_page) == []
    browser_page.set_viewport_size({"width": 360, "height": 740})
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_page_that_is_not_drawn_yet_or_cannot_be_says_so_where_it_would_stand(
    saved: Path, browser_page: Page
) -> None:
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    browser_page.route("**/papers/look/*", hold)
    with browser_page.expect_request("**/papers/look/*"):
        browser_page.goto("/console/events/1/papers", wait_until="domcontentloaded")
    first = browser_page.locator(".look").first
    expect(first).to_have_text("The page is being drawn …")
    for picture in waiting:
        picture.abort()
    expect(first).to_have_text("This page could not be drawn.")


def test_printing_says_that_it_prints_and_hands_the_file_over(saved: Path, browser_page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    browser_page.goto("/console/events/1/papers")
    browser_page.route("**/papers/signs", hold)
    with browser_page.expect_download() as download:
        with browser_page.expect_request("**/papers/signs"):
            browser_page.get_by_role("button", name=re.compile("PDF.*Table signs")).click()
        expect(browser_page.get_by_role("button", name="Print everything")).to_be_disabled()
        held.pop().continue_()
    assert download.value.suggested_filename == "afternoon-signs.pdf"
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    status = browser_page.locator(".printing")
    status.get_by_text("among your downloads").wait_for()
    browser_page.locator("summary", has_text="Languages, badges, plan").click()
    browser_page.get_by_label("Badge, width in mm").fill("20")
    browser_page.evaluate("document.querySelector('.papers-form').noValidate = true")
    browser_page.get_by_role("button", name=re.compile("PDF.*Badges")).click()
    status.get_by_text("This could not be printed.").wait_for()
    assert browser_page.get_by_role("button", name="Print everything").is_enabled()
