"""A real browser against a real service: Chromium of the system, driven by Playwright.

Without Chromium these tests are skipped, unless BROWSER_TESTS=required (CI) says that they must run.
"""

import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import Engine

from app.services.meaning import Meaning
from app.settings import Settings
from app.worker import drain
from tests.browser.slow_line import SlowLine
from tests.conftest import Application

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP viaduc.lan 127.0.0.1"]  # fmt: skip
"""Chromium asks nothing of any other host, and runs in containers; one name is this machine's, as in a network."""
PATIENCE_MS = 30_000
"""What comes is waited for: a machine that has much else to do is slow, and nothing is wrong with the page."""
expect.set_options(timeout=PATIENCE_MS)


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
    line: SlowLine

    def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        """What the service answers to JSON, however much else the machine has to do; a refusal is an error."""
        answer = httpx.request(method, self.url + path, json=body, timeout=2 * PATIENCE_MS / 1000)
        return answer.raise_for_status()

    def embed(self) -> None:
        """Drain the embedding backlog now."""
        drain(self.engine, self.meaning, batch=100)


@pytest.fixture
def live_server(applications: Application, data_dir: Path, engine: Engine, meaning: Meaning) -> Iterator[Server]:
    """The whole service on a free port of this machine, on the empty database and the no-model encoder."""
    line = SlowLine(applications(Settings(data_dir=data_dir, embed_in_service=False, host="127.0.0.1")))
    started = threading.Event()

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list | None = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Announcing(uvicorn.Config(line, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert started.wait(2 * PATIENCE_MS / 1000), "the service did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Server(f"http://127.0.0.1:{port}", engine, meaning, line)
    server.should_exit = True
    server.force_exit = True
    thread.join(30)


class Opened:
    """The browser that all tests of this folder share, from the first that needs it to the last in a row."""

    def __init__(self) -> None:
        self._closing = ExitStack()
        self._browser: Browser | None = None

    def browser(self) -> Browser:
        """Running."""
        if self._browser is None:
            executable = chromium()
            playwright = self._closing.enter_context(sync_playwright())
            self._browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
            self._closing.callback(self._browser.close)
        return self._browser

    def close(self) -> None:
        """Let it go, and Playwright with it."""
        self._browser = None
        self._closing.close()


_opened = Opened()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Playwright runs an event loop in this thread, which the next test outside of this folder may need."""
    if nextitem is None or nextitem.path.parent != item.path.parent:
        _opened.close()


@pytest.fixture
def browser() -> Browser:
    """One browser for all tests of this folder."""
    return _opened.browser()


@pytest.fixture
def browser_context(browser: Browser, live_server: Server) -> Iterator[BrowserContext]:
    """A browser nobody used before, with the service as its base address."""
    context = browser.new_context(base_url=live_server.url, locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
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


WCAG = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}


def complaints(
    axe: Axe, page: Page, rules: dict = WCAG, *, where: str | None = None, but: Sequence[str] = ()
) -> list[str]:
    """What breaks WCAG 2.2 A or AA on the page, or `where` a selector says, as 'rule: element'; `but` these rules."""
    # What is in order need not be listed: a third of the time.
    options = {"runOnly": rules, "resultTypes": ["violations"], "rules": {rule: {"enabled": False} for rule in but}}
    found = axe.run(page, where, options).response["violations"]
    return [f"{v['id']}: {node['target'][0]}" for v in found for node in v["nodes"]]


def complaints_in_both(axe: Axe, page: Page) -> list[str]:
    """The same in light and in dark, where nothing but colours differs (tests/web/test_design.py)."""
    # Colours on their way from one scheme to the other are neither's.
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = complaints(axe, page)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {told}" for told in complaints(axe, page, COLOUR)]
    page.emulate_media(color_scheme="light", reduced_motion="null")
    return found
