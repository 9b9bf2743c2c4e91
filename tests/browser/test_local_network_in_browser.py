"""Plain http under a name of the local network: there a browser says less about where a form comes from."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from app.db import session_scope
from app.services.access.keys import create_key
from app.services.actors import create_actor
from app.services.events import create_event, register
from models.access import KeyCreate
from models.actor import ActorCreate
from models.event import EventCreate, ParticipantCreate
from tests.browser.conftest import PATIENCE_MS, Server

pytestmark = pytest.mark.browser


def test_pages_with_links_can_be_used_without_tls(live_server: Server, browser: Browser) -> None:
    with session_scope(live_server.engine) as session:
        key = create_key(session, fields=KeyCreate(name="Desk", role="admin"), by="test").key
        event = create_event(session, fields=EventCreate(name="Day", zone="Europe/Brussels")).id
        actor = create_actor(session, fields=ActorCreate(name="Weaver", country="FR")).id
        register(session, event_id=event, fields=ParticipantCreate(actor_id=actor))
    context = browser.new_context(base_url=f"http://viaduc.lan:{urlsplit(live_server.url).port}", locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto("/console/sign-in")
    assert page.evaluate("isSecureContext") is False
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.goto(f"/console/events/{event}/agendas")
    page.locator("form:has([name=deed]) button").first.click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a table").click()
    link = next(line for line in saved.value.path().read_text(encoding="utf-8").split(",") if "/agenda/" in line)
    # Whoever is signed in opens the agenda, too: it is tried before it is handed out.
    page.goto(urlsplit(link).path)
    form = page.locator("main form[method=post]").first
    with page.expect_response(lambda answer: answer.request.method == "POST") as told:
        form.evaluate("form => form.submit()")
    assert told.value.status != 403
    context.close()
