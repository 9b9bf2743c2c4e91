"""The memory in a real browser: a tandem written down and moved on by keyboard, on a desk and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from sqlmodel import Session

from app.services.actors import create_actor
from matching.ranking.weights import Weights
from models.actor import ActorCreate
from models.weights import WeightProposal
from tests.browser.conftest import Server, complaints

pytestmark = pytest.mark.browser
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def remembered(live_server: Server) -> Server:
    """Two actors, and a proposal that waits."""
    shipped = Weights.default().to_dict()
    with Session(live_server.engine) as session:
        for name, country in (("Tissages du Nord", "FR"), ("Vuurlab", "BE")):
            create_actor(session, fields=ActorCreate(name=name, country=country))
        session.add(
            WeightProposal(weights=shipped | {"theme": 1.3}, before=shipped, judgements=84, worthy=54, folds=5,
                           loss_default=0.61, loss_learned=0.55)
        )  # fmt: skip
        session.commit()
    return live_server


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_tandem_is_written_down_and_moved_on(
    remembered: Server, browser_page: Page, axe: Axe, scheme: str, width: int
) -> None:
    browser_page.set_viewport_size({"width": width, "height": 900})
    browser_page.emulate_media(color_scheme=scheme)
    browser_page.goto("/console/memory")
    browser_page.get_by_role("link", name="New tandem").click()
    browser_page.get_by_label("One of the two").fill("Tissages")
    browser_page.get_by_label("The other one").fill("Vuurlab")
    assert complaints(axe, browser_page) == []
    browser_page.get_by_label("The other one").press("Enter")
    browser_page.get_by_text("Saved.").wait_for()
    assert complaints(axe, browser_page) == []
    browser_page.get_by_label("What it becomes").select_option("agreement")
    browser_page.get_by_role("button", name="Note it").press("Enter")
    browser_page.locator("li[aria-current=step]", has_text="Agreement").wait_for()
    for path in ("", "/feedback", "/bridges", "/weights"):
        browser_page.goto(f"/console/memory{path}")
        assert (path, complaints(axe, browser_page), browser_page.evaluate(WIDE)) == (path, [], 0)
    browser_page.get_by_role("button", name="Accept").click()
    browser_page.get_by_text("Accepted: these weights hold").wait_for()
    assert complaints(axe, browser_page) == []
