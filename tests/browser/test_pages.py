"""Every page in a real browser: nothing refused, nothing out of place for readers who cannot see or have a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Server, complaints_in_both

pytestmark = pytest.mark.browser


@pytest.fixture
def filled(live_server: Server) -> Server:
    """Two actors who fit each other."""
    for name, country, facet in (("Tissages du Nord", "FR", "needs"), ("Vuurlab", "BE", "offers")):
        text = {"lang": "fr", "text": "tester la résistance au feu des tissus enduits"}
        live_server.ask("POST", "/actors", {"name": name, "country": country, "languages": ["fr"], facet: [text]})
    live_server.embed()
    return live_server


PAGES = ["/", "/?q=fire+tests", "/directory", "/directory/1", "/console/events"]


@pytest.mark.parametrize("address", PAGES)
def test_pages_are_accessible_and_fit_a_phone(filled: Server, browser_page: Page, axe: Axe, address: str) -> None:
    browser_page.goto(address)
    assert complaints_in_both(axe, browser_page) == []
    browser_page.set_viewport_size({"width": 360, "height": 740})
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 360
