"""Privacy in a real browser: a contact is stored and a request answered by keyboard, on a desk and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from sqlmodel import Session

from app.services.actors import create_actor
from app.services.consents import add_text
from models.actor import ActorCreate
from models.contact import ConsentTextCreate
from tests.browser.conftest import Server, complaints

pytestmark = pytest.mark.browser
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def weaver(live_server: Server) -> Server:
    """An actor, and a text to agree to."""
    with Session(live_server.engine) as session:
        create_actor(session, fields=ActorCreate(name="Tissages du Nord", country="FR"))
        add_text(session, fields=ConsentTextCreate.model_validate({"version": "2027-1", "texts": {"fr": "J'accepte."}}))
        session.commit()
    return live_server


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_contact_is_stored_and_who_asks_is_answered_and_erased(
    weaver: Server, browser_page: Page, axe: Axe, scheme: str, width: int
) -> None:
    browser_page.set_viewport_size({"width": width, "height": 900})
    browser_page.emulate_media(color_scheme=scheme)

    def fine(where: str) -> None:
        assert (where, complaints(axe, browser_page), browser_page.evaluate(WIDE)) == (where, [], 0)

    browser_page.goto("/console/actors/1")
    browser_page.get_by_role("link", name="Contacts").click()
    browser_page.get_by_label("Name", exact=True).fill("Anne Dupont")
    browser_page.get_by_label("E-mail address").fill("anne@weaver.example")
    browser_page.get_by_label("Legal basis").select_option("consent")
    browser_page.get_by_label("Consent given on").fill("2027-01-15")
    fine("an empty contact")
    browser_page.get_by_label("Version of the text agreed to").fill("2027-1")
    browser_page.get_by_label("Version of the text agreed to").press("Enter")
    browser_page.get_by_role("link", name="Anne Dupont").press("Enter")
    fine("one contact")
    for page in ("periods", "texts", "trail", "trail/check"):
        browser_page.goto(f"/console/privacy/{page}")
        fine(page)
    browser_page.get_by_role("link", name="Somebody asks").press("Enter")
    browser_page.get_by_label("Name, e-mail address or telephone").fill("dupont")
    browser_page.get_by_label("Name, e-mail address or telephone").press("Enter")
    browser_page.get_by_role("button", name="What is stored").first.press("Enter")
    fine("what is stored")
    browser_page.get_by_role("button", name="Count what erasing removes").press("Enter")
    fine("what would go")
    browser_page.get_by_label("I have made sure who asks").press(" ")
    browser_page.get_by_role("button", name="Erase anne@weaver.example").press("Enter")
    browser_page.get_by_text("For good: a restored backup erases it again").wait_for()
    fine("erased")
