"""Signing in and the admin's page in a real browser: they work, and everybody can use them."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from app.db import session_scope
from app.services.access.keys import create_key
from app.services.access.people import make_sign_in_link, put_person
from models.access import KeyCreate, PersonCreate
from tests.browser.conftest import Server, complaints, complaints_in_both

pytestmark = pytest.mark.browser


def test_a_key_is_made_and_signs_in_and_out(live_server: Server, browser_page: Page, axe: Axe) -> None:
    browser_page.goto("/console/access")
    browser_page.get_by_label("What is it for?").fill("Site of the chamber")
    browser_page.get_by_role("button", name="Make the key").click()
    key = browser_page.locator("code.secret").inner_text()
    assert complaints_in_both(axe, browser_page) == []
    browser_page.goto("/console/sign-in")
    assert complaints_in_both(axe, browser_page) == []
    browser_page.get_by_label("Key", exact=True).fill(key)
    browser_page.get_by_role("main").get_by_role("button", name="Sign in").click()
    browser_page.locator(".who-name").click()
    browser_page.get_by_role("button", name="Sign out").click()
    browser_page.get_by_text("You are signed out.").wait_for()


def test_a_link_signs_in_with_one_press(live_server: Server, browser_page: Page, axe: Axe) -> None:
    with session_scope(live_server.engine) as session:
        put_person(session, fields=PersonCreate(email="anna@example.org", role="admin"), by="test")
        create_key(session, fields=KeyCreate(name="Site"), by="test")
        token = make_sign_in_link(session, email="anna@example.org")
    browser_page.goto(f"/console/sign-in/link/{token}")
    assert complaints(axe, browser_page) == []
    browser_page.get_by_role("main").get_by_role("button", name="Sign in").click()
    browser_page.goto("/console/access")
    browser_page.get_by_text("anna@example.org").first.wait_for()
    browser_page.get_by_label("Revoke Site").click()
    assert complaints(axe, browser_page) == []
    browser_page.get_by_role("button", name="Revoke Site").click()
    browser_page.get_by_role("cell", name="revoked").wait_for()
