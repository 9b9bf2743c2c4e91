"""The reference of the API in a real browser: the longest page of all, checked in a file of its own."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import COLOUR, Server, complaints

pytestmark = pytest.mark.browser

MARK_KINDS = """() => {
  const seen = new Set()
  for (const one of document.querySelectorAll("body *")) {
    if (![...one.childNodes].some((part) => part.nodeType === 3 && part.data.trim())) continue
    let kind = ""
    for (let at = one; at; at = at.parentElement) kind += `${at.tagName}.${at.className} `
    if (!seen.has(kind)) one.dataset.firstOfItsKind = ""
    seen.add(kind)
  }
  return seen.size
}"""
"""Hundreds of operations look alike: what tells colours is the tag and the classes of a text and of all around it."""


def test_the_reference_is_accessible_and_fits_a_phone(live_server: Server, browser_page: Page, axe: Axe) -> None:
    page = browser_page
    page.goto("/docs")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    assert complaints(axe, page, but=COLOUR["values"]) == []
    assert page.evaluate(MARK_KINDS) > 20
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert complaints(axe, page, COLOUR, where="[data-first-of-its-kind]") == [], scheme
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
