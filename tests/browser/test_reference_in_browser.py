"""The reference of the API in a real browser: the longest page of all, checked in a file of its own."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Server, complaints_in_both

pytestmark = pytest.mark.browser


def test_the_reference_is_accessible_and_fits_a_phone(live_server: Server, browser_page: Page, axe: Axe) -> None:
    browser_page.goto("/docs")
    assert complaints_in_both(axe, browser_page) == []
    browser_page.set_viewport_size({"width": 360, "height": 740})
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 360
