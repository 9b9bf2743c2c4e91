"""Open boards and lists hear of what others do, and keep what is being done on them.

How soon is measured by bench/live.py. A page whose stream stands asks for nothing by itself, however long a test waits.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.test_board_in_browser import ADDRESS, cell, free_cell_for, meetings, planned, where

__all__ = ["planned"]
pytestmark = pytest.mark.browser


def edit(server: Server, op: str, meeting: dict, **more: object) -> None:
    """What somebody else does to the first plan."""
    revision = server.ask("GET", "/events/1/plans/1").json()["revision"]
    body = {"op": op, "revision": revision, "a": meeting["a"], "b": meeting["b"]} | more
    server.ask("POST", "/events/1/plans/1/edits", body)


def listening(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("data-live-state", "on")


def test_what_others_do_is_seen_and_what_is_dragged_stays_in_hand(planned: Server, browser_page: Page) -> None:
    page, (mine, theirs) = browser_page, meetings(planned)[:2]
    when, place = free_cell_for(planned, mine)
    listening(page, ADDRESS)
    page.locator(f"#c{when}-{place}").scroll_into_view_if_needed()
    page.locator(cell(page, mine)).hover()
    page.mouse.down()
    page.locator(f"#c{when}-{place}").hover()
    edit(planned, "lock", theirs)
    expect(page.locator(cell(page, theirs))).to_have_attribute("data-locked", "")
    expect(page.locator("[data-ghost]")).to_be_visible()
    expect(page.locator(cell(page, mine))).to_have_attribute("data-picked", "")
    page.mouse.up()
    # The drop counts against the plan as it is now: it is made, not refused as too late.
    expect(page.locator(f"#c{when}-{place}")).to_contain_text(mine["a_name"])
    expect(page.locator("#said-words")).to_contain_text("The total")
    assert where(planned, mine) == (when, place)


def test_a_meeting_that_is_taken_away_meanwhile_is_put_down(planned: Server, browser_page: Page) -> None:
    page, mine = browser_page, meetings(planned)[0]
    listening(page, f"{ADDRESS}{cell(page, mine)}")
    expect(page.locator(f"{cell(page, mine)} > a")).to_be_focused()
    page.keyboard.press("m")
    expect(page.locator("#live")).to_contain_text("Picked up.")
    edit(planned, "remove", mine)
    expect(page.locator("#live")).to_contain_text("Somebody else changed this meeting")
    expect(page.locator("#board [data-picked]")).to_have_count(0)
    expect(page.locator(f"{cell(page, mine)} > a")).to_be_focused()


def test_an_open_form_stays_and_says_that_its_meeting_was_moved(planned: Server, browser_page: Page) -> None:
    page, mine = browser_page, meetings(planned)[0]
    when, place = free_cell_for(planned, mine)
    listening(page, ADDRESS)
    page.locator(f"{cell(page, mine)} > a").click()
    chosen = page.locator("#panel #to")
    chosen.select_option(index=1)
    kept = chosen.input_value()
    page.locator("#find").fill("actor 0")
    page.locator("#versions input[name=note]").fill("half a note")
    edit(planned, "move", mine, round=when, place=place)
    expect(page.locator(f"#c{when}-{place}")).to_contain_text(mine["a_name"])
    expect(page.locator("#panel [data-changed]")).to_be_visible()
    assert chosen.input_value() == kept
    assert page.locator("#versions input[name=note]").input_value() == "half a note"
    hits = [o for o in meetings(planned) if 1 in (o["a"], o["b"])]
    expect(page.locator('[data-look="hit"]')).to_have_count(len(hits))


def test_a_plan_published_elsewhere_is_told_and_the_board_stays_with_its_own(
    planned: Server, browser_page: Page
) -> None:
    page, mine = browser_page, meetings(planned)[0]
    planned.ask("POST", "/events/1/plans/1/publish")
    listening(page, ADDRESS)
    edit(planned, "lock", mine)
    expect(page.locator("#versions")).to_contain_text("Plan 2")
    planned.ask("POST", "/events/1/plans/2/publish")
    expect(page.locator("#news")).to_contain_text("Plan 2 has been published since.")
    expect(page.locator("#plan-facts")).to_contain_text("Superseded")
    expect(page.locator(cell(page, mine))).not_to_have_attribute("data-locked", "")
    page.get_by_role("link", name="Show plan 2").first.click()
    expect(page.locator(cell(page, mine))).to_have_attribute("data-locked", "")


def test_rounds_and_people_that_come_or_go_change_open_pages(planned: Server, browser_page: Page) -> None:
    page = browser_page
    listening(page, ADDRESS)
    expect(page.locator("#board .round")).to_have_count(6)
    rounds = [{"starts_at": f"2027-03-09T{hour:02}:00:00+01:00", "minutes": 20} for hour in range(9, 16)]
    planned.ask("PUT", "/events/1/rounds", rounds)
    expect(page.locator("#board .round")).to_have_count(7)
    assert page.locator('#board a[tabindex="0"]').count() == 1
    listening(page, "/console/events/1/participants")
    page.get_by_label("In the directory").fill("half a na")
    planned.ask("DELETE", "/events/1/participants/1")
    expect(page.get_by_role("heading", name="5 participants")).to_be_visible()
    assert page.get_by_label("In the directory").input_value() == "half a na"
