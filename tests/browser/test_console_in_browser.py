"""An event is prepared in a real browser, as docs/first-event.md tells it; every page of the way is accessible."""

import re
from pathlib import Path
from typing import Literal

import httpx2 as httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, complaints, complaints_in_both

pytestmark = pytest.mark.browser


@pytest.fixture
def region(live_server: Server) -> Server:
    """Three actors a side who fit each other."""
    with httpx.Client(base_url=live_server.url, timeout=60) as client:
        for name, country in (("Alpha", "FR"), ("Beta", "FR"), ("Gamma", "FR"), ("Delta", "BE"), ("Epsilon", "BE"),
                              ("Zeta", "BE")):  # fmt: skip
            text = [{"lang": "en", "text": "fire tests of coated fabric in a laboratory"}]
            body = {"name": name, "country": country, "languages": ["en"], "needs": text, "offers": text}
            client.post("/actors", json=body).raise_for_status()
    live_server.embed()
    return live_server


def create(page: Page) -> None:
    page.goto("/console/events")
    page.get_by_role("link", name="New event").first.click()
    page.get_by_label("Name of the event").fill("Textile afternoon")
    page.get_by_label("Day", exact=True).fill("2027-03-09")
    page.get_by_label("First round at").fill("13:30")
    page.get_by_label("Rounds a day").fill("3")
    page.get_by_label("How many").fill("3")
    page.get_by_label("One side").fill("3")
    page.get_by_label("Other side").fill("3")
    page.get_by_label("Meetings each, at least").fill("2")
    # The figures follow what is typed, without leaving the form.
    expect(page.get_by_role("heading", name="3 rounds")).to_be_visible()
    expect(page.locator("#preview")).to_contain_text("Everybody can have")
    page.get_by_role("button", name="Create the event").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Textile afternoon")


def test_an_event_is_prepared_from_the_wizard_to_its_publication(region: Server, browser_page: Page, axe: Axe) -> None:
    page = browser_page
    create(page)
    assert complaints(axe, page) == []
    page.get_by_role("link", name="Participants").first.click()
    page.get_by_label("In the directory").fill("alp")
    page.get_by_role("button", name=re.compile("^Register.*Alpha")).click()
    expect(page.get_by_role("heading", name="1 participant", exact=True)).to_be_visible()
    expect(page.locator("#added")).to_contain_text("1 is registered now. Alpha")
    page.get_by_role("link", name="Paste a list").first.click()
    page.get_by_label("The list").fill("Beta\nGammal; French; 1-2\nDelta\nEpsilon\nZeta\nAlpha")
    page.get_by_role("button", name="Look at it first").click()
    expect(page.get_by_role("heading", name="6 lines: 4 would be registered")).to_be_visible()
    assert complaints(axe, page) == []
    page.get_by_role("button", name=re.compile("^Take.*Gamma")).click()
    expect(page.get_by_role("heading", name="6 lines: 5 would be registered")).to_be_visible()
    page.get_by_role("button", name="Register 5").click()
    expect(page.get_by_role("heading", name="6 participants", exact=True)).to_be_visible()
    expect(page.locator("#added")).to_contain_text("1 was registered already and stays as it was: Alpha.")
    assert complaints(axe, page) == []
    page.get_by_role("link", name="Wishes, vetoes, musts").click()
    page.get_by_label("Who", exact=True).select_option(label="Alpha · FR")
    page.get_by_label("What", exact=True).select_option(label="certainly meets")
    page.get_by_label("Whom", exact=True).select_option(label="Delta · BE")
    page.get_by_role("button", name="Say it").click()
    expect(page.get_by_role("heading", name="1 pair", exact=True)).to_be_visible()
    page.get_by_role("link", name="Set-up").click()
    page.get_by_label("Interpreter 1: Languages").fill("French, English")
    page.locator("section", has=page.locator("#interpreters")).get_by_role("button", name="Save").click()
    expect(page.locator("#interpreters")).to_contain_text("saved")
    page.get_by_role("link", name="Overview").click()
    expect(page.locator(".step.next h3 a")).to_have_text("Plan")
    page.get_by_role("link", name="Schedule").first.click()
    page.get_by_role("button", name=re.compile("^Compute a")).first.click()
    page.get_by_role("button", name="Publish this plan").click()
    page.get_by_role("link", name="Overview").click()
    expect(page.locator(".step", has_text="Publish")).to_contain_text("done")
    page.get_by_role("link", name="Schedule").first.click()
    page.get_by_role("link", name="Print and hand out").click()
    expect(page.get_by_role("heading", name="On paper")).to_be_visible()


FIRST_EVENT = (Path(__file__).parents[2] / "docs" / "first-event.md").read_text()


def test_the_first_event_takes_a_dozen_presses_and_the_page_names_each(region: Server, browser_page: Page) -> None:
    page, pressed = browser_page, []

    def press(role: Literal["link", "button"], name: str, within: str = "body") -> None:
        page.locator(within).get_by_role(role, name=re.compile(rf"^{name}\b")).first.click()
        pressed.append(name)

    page.goto("/")
    press("link", "Events")
    press("link", "New event")
    page.get_by_label("Name of the event").fill("Textile afternoon")
    page.get_by_label("Day", exact=True).fill("2027-03-09")
    page.get_by_label("Rounds a day").fill("3")
    page.get_by_label("How many").fill("3")
    page.get_by_label("Meetings each, at least").fill("2")
    press("button", "Create the event")
    press("link", "Paste a list", within="#steps")
    page.get_by_label("The list").fill("Alpha\nBeta\nGammal\nDelta\nEpsilon\nZeta")
    press("button", "Look at it first")
    press("button", "Take", within=".proposed")
    press("button", "Register 6")
    press("link", "What is next")
    press("button", "Compute a plan")
    press("button", "Publish this plan")
    press("link", "Print and hand out")
    with page.expect_download() as download:
        press("button", "Print everything")
    assert download.value.suggested_filename.endswith("-papers.zip")
    page.get_by_role("link", name="Overview").click()
    expect(page.locator("#steps")).to_contain_text("The event is ready.")
    assert len(pressed) == 12
    told = [name.replace("Register 6", "Register 10") for name in pressed]
    assert [name for name in told if f"**{name}**" not in " ".join(FIRST_EVENT.split())] == []


PAGES = [
    "/console/events/new", "/console/events/1", "/console/events/1/setup", "/console/events/1/participants",
    "/console/events/1/participants/1", "/console/events/1/participants/list", "/console/events/1/invite",
    "/console/events/1/wishes", "/console/events/1/agendas", "/console/programmes", "/console/programmes/new",
    "/console/explore?actor=2&event=1",
    "/console/actors", "/console/actors/1",
]  # fmt: skip


def test_the_rooms_of_the_console_are_accessible_and_fit_a_phone(region: Server, browser_page: Page, axe: Axe) -> None:
    with httpx.Client(base_url=region.url, timeout=60) as client:
        client.post("/events", json={"name": "Afternoon", "tracks": [{"id": "Glass"}]}).raise_for_status()
        client.put("/events/1/rounds", json=[{"starts_at": "2027-03-09T09:00:00+01:00"}]).raise_for_status()
        client.put("/events/1/places", json=[{"label": "Table 1"}]).raise_for_status()
        for actor_id in (1, 4, 5):
            client.post("/events/1/participants", json={"actor_id": actor_id}).raise_for_status()
        client.put("/events/1/wishes", json={"actor_id": 1, "target_id": 4, "kind": "must"}).raise_for_status()
        client.put("/events/1/wishes", json={"actor_id": 4, "target_id": 1, "kind": "veto"}).raise_for_status()
    found = {}
    for address in PAGES:
        browser_page.set_viewport_size({"width": 1280, "height": 900})
        browser_page.goto(address)
        told = complaints_in_both(axe, browser_page)
        browser_page.set_viewport_size({"width": 360, "height": 740})
        width = browser_page.evaluate("document.documentElement.scrollWidth")
        if told or width > 360:
            found[address] = (told, width)
    assert found == {}


def test_links_once_made_are_shown_with_their_files(region: Server, browser_page: Page, axe: Axe) -> None:
    with httpx.Client(base_url=region.url, timeout=60) as client:
        client.post("/events", json={"name": "Afternoon"}).raise_for_status()
        client.post("/events/1/participants", json={"actor_id": 1}).raise_for_status()
    browser_page.set_viewport_size({"width": 360, "height": 740})
    browser_page.goto("/console/events/1/agendas")
    browser_page.get_by_role("button", name="Make links").press("Enter")
    browser_page.get_by_role("button", name=re.compile("CSV")).wait_for()
    assert complaints_in_both(axe, browser_page) == []
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 360
