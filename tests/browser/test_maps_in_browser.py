"""Competence maps in a real browser: a file is dropped, corrected, applied, looked at and taken back."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Server, complaints_in_both

pytestmark = pytest.mark.browser

CSV = (
    "Nom;Pays;Région;Ville;Site web;Secteurs;Description;Offres;Blabla 7\n"
    "UP-tex;FR;Hauts-de-France;Tourcoing;www.up-tex.fr;textile;Pôle textile;étoffes écrues;x1\n"
    "Uptex;FR;Hauts-de-France;Tourcoing;www.up-tex.fr;textile|eau;Textile;conseil;x2\n"
    "Centexbel;BE;Vlaanderen;Gent;www.centexbel.be;textile;Centre technique;essais;x3\n"
    "Sans pays;Atlantide;;;;;;;x4\n"
)
DROP = """([content, name]) => {
  const data = new DataTransfer();
  data.items.add(new File([content], name, { type: "text/csv" }));
  const zone = document.querySelector("[data-drop]");
  zone.dispatchEvent(new DragEvent("dragover", { dataTransfer: data, cancelable: true, bubbles: true }));
  zone.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true, bubbles: true }));
}"""


def drop(page: Page, content: str = CSV, name: str = "carte.csv") -> None:
    page.goto("/console/maps")
    page.evaluate(DROP, [content, name])
    page.get_by_role("button", name="See what it would do").click()
    page.wait_for_url(re.compile("/console/maps/imports/"))
    page.locator(".decide").wait_for()


def check(axe: Axe, page: Page) -> None:
    """Accessible in light and dark, and no wider than a phone."""
    page.emulate_media(reduced_motion="reduce")
    assert complaints_in_both(axe, page) == [], page.url
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.url
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_dropped_file_is_looked_at_applied_and_taken_back(live_server: Server, browser_page: Page, axe: Axe) -> None:
    drop(browser_page)
    check(axe, browser_page)
    browser_page.get_by_label("The same: join them").check()
    browser_page.get_by_role("button", name="Preview with these decisions").click()
    browser_page.get_by_text("Joined, as you said").wait_for()
    browser_page.get_by_label("In steps; after an interruption it goes on").check()
    browser_page.get_by_role("button", name="Apply").click()
    browser_page.get_by_text("Done. Everything is stored.").wait_for()
    check(axe, browser_page)
    browser_page.get_by_role("link", name="See the map").click()
    browser_page.get_by_role("heading", name="Sectors by territory").wait_for()
    check(axe, browser_page)
    browser_page.goto("/console/maps/actors/1")
    check(axe, browser_page)
    browser_page.goto("/console/maps/imports/1")
    browser_page.get_by_text("Take this import back").click()
    browser_page.get_by_role("button", name="Yes, take it back").click()
    browser_page.get_by_text("This import was taken back").wait_for()
    check(axe, browser_page)


def test_the_texts_that_wait_turn_into_texts_that_are_found(live_server: Server, browser_page: Page) -> None:
    drop(browser_page)
    browser_page.get_by_role("button", name="Apply").click()
    browser_page.get_by_text("0 of 6 texts are understood.").wait_for()
    live_server.embed()
    browser_page.get_by_text("All 6 texts are found by meaning.").wait_for()


def test_a_large_file_shows_how_far_it_is_and_then_what_it_would_do(live_server: Server, browser_page: Page) -> None:
    rows = "".join(f"Acteur {i};FR;offre {i} de la région\n" for i in range(8_000))
    browser_page.goto("/console/maps")
    browser_page.evaluate(DROP, ["Nom;Pays;Offres\n" + rows, "grand.csv"])
    browser_page.get_by_role("button", name="See what it would do").click()
    browser_page.locator(".decide").wait_for(timeout=90_000)
    assert "8,000 actors would be stored or changed" in browser_page.inner_text(".decide")


def test_a_file_too_large_is_told_before_it_travels(live_server: Server, browser_page: Page) -> None:
    browser_page.goto("/console/maps")
    browser_page.evaluate("document.querySelector('[data-drop]').dataset.most = '0.00001'")
    browser_page.evaluate(DROP, [CSV, "carte.csv"])
    said = browser_page.evaluate("document.querySelector('input[type=file]').validationMessage")
    assert said == "This file is larger than 20 MB."


@pytest.mark.parametrize("address", ["/console/maps", "/console/maps/sectors"])
def test_lists_are_accessible_and_fit_a_phone(live_server: Server, browser_page: Page, axe: Axe, address: str) -> None:
    terms = json.dumps([{"code": "DAS1", "names": {"fr": "Textiles du futur", "nl": "Textiel"}, "viaduc": "textile"}])
    browser_page.goto("/console/maps/sectors")
    browser_page.evaluate(DROP, [terms, "das.json"])
    browser_page.get_by_role("button", name="Load a sector list").click()
    browser_page.get_by_text("1 sector loaded into").wait_for()
    browser_page.goto(address)
    check(axe, browser_page)
