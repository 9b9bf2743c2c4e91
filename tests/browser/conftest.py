"""A real browser against a real service: Chromium of the system, driven by Playwright.

Without Chromium these tests are skipped, unless BROWSER_TESTS=required (CI) says that they must run.
"""

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import Engine

from app.main import create_app
from app.services.meaning import Meaning, MeaningHolder
from app.settings import Settings
from app.worker import drain

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
"""Chromium asks nothing of any other host, and runs in containers."""


def chromium() -> str:
    """Where the system's Chromium is."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found:
        return found
    if os.environ.get("BROWSER_TESTS") == "required":
        pytest.fail("no Chromium: install the package `chromium`")
    pytest.skip("no Chromium on this machine; the package `chromium` makes the browser tests run")


@dataclass(frozen=True)
class Server:
    """A running service."""

    url: str
    engine: Engine
    meaning: Meaning

    def embed(self) -> None:
        """Drain the embedding backlog now."""
        drain(self.engine, self.meaning, batch=100)


@pytest.fixture
def live_server(tmp_path: Path, engine: Engine, meaning: Meaning) -> Iterator[Server]:
    """The whole service on a free port of this machine, on the empty database and the no-model encoder."""
    settings = Settings(data_dir=tmp_path, embed_in_service=False, host="127.0.0.1")
    application = create_app(settings, engine=engine, holder=MeaningHolder.ready(meaning))
    started = threading.Event()

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list | None = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Announcing(uvicorn.Config(application, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert started.wait(30), "the service did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Server(f"http://127.0.0.1:{port}", engine, meaning)
    server.should_exit = True
    server.force_exit = True
    thread.join(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A module's browser: Playwright runs an event loop in this thread, which tests of other modules may need."""
    executable = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def browser_context(browser: Browser, live_server: Server) -> Iterator[BrowserContext]:
    """A browser nobody used before, with the service as its base address."""
    context = browser.new_context(base_url=live_server.url, locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def browser_page(browser_context: BrowserContext) -> Iterator[Page]:
    """A page; script errors and refused resources fail the test that caused them."""
    page = browser_context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if "Content Security Policy" in m.text else None)
    yield page
    assert complaints == []


@pytest.fixture(scope="session")
def axe() -> Axe:
    """The accessibility checker; `complaints(axe, page)` says what it finds."""
    return Axe()


def complaints(axe: Axe, page: Page) -> list[str]:
    """What breaks WCAG 2.2 A or AA on the page, as 'rule: element'."""
    rules = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
    found = axe.run(page, options=rules).response["violations"]
    return [f"{v['id']}: {node['target'][0]}" for v in found for node in v["nodes"]]
