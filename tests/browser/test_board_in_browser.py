"""The schedule board in a real browser: by mouse, by keyboard, on a phone, in light and dark."""

import httpx2 as httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, complaints_in_both
from tests.shelf import Shelf

pytestmark = pytest.mark.browser

ADDRESS = "/console/events/1/schedule"
SIZE, TABLES = 6, 4


@pytest.fixture
def planned(live_server: Server, shelf: Shelf) -> Server:
    """Three actors a side, six rounds, four tables, a computed plan with free places."""
    shelf.fill("board", lambda: plan(live_server))
    return live_server


def plan(server: Server) -> None:
    with httpx.Client(base_url=server.url, timeout=60) as client:

        def made(answer: httpx.Response) -> dict:
            assert answer.status_code < 300, answer.text
            return answer.json()

        text = [{"lang": "en", "text": "testing of textile coatings"}]
        for number in range(SIZE):
            country = ("FR", "BE")[number % 2]
            made(client.post("/actors", json={"name": f"{country} actor {number}", "country": country, "needs": text,
                                              "offers": text}))  # fmt: skip
        server.embed()
        made(client.post("/events", json={"name": "Small fair", "min_meetings": 2, "max_meetings": 3}))
        rounds = [{"starts_at": f"2027-03-09T{hour:02}:00:00+01:00", "minutes": 20} for hour in range(9, 15)]
        made(client.put("/events/1/rounds", json=rounds))
        made(client.put("/events/1/places", json=[{"label": f"Table {n}"} for n in range(1, TABLES + 1)]))
        for number in range(SIZE):
            made(client.post("/events/1/participants", json={"actor_id": number + 1}))
        made(client.post("/events/1/plans", json={"time_limit_s": 5}))


def meetings(server: Server, number: int = 1) -> list[dict]:
    return server.ask("GET", f"/events/1/plans/{number}").json()["meetings"]


def free_cell_for(server: Server, meeting: dict) -> tuple[int, int]:
    """A round in which neither of the two meets anybody, and a free place in it."""
    found = meetings(server)
    ends = {meeting["a"], meeting["b"]}
    for when in range(6):
        if any(o["round"] == when and {o["a"], o["b"]} & ends for o in found):
            continue
        taken = {o["place"] for o in found if o["round"] == when}
        if len(taken) < TABLES:
            return when, min(set(range(TABLES)) - taken)
    raise AssertionError("the plan is full")


def where(server: Server, meeting: dict, number: int = 1) -> tuple[int, int]:
    return next(
        (o["round"], o["place"]) for o in meetings(server, number) if o["a"] == meeting["a"] and o["b"] == meeting["b"]
    )


def cell(page: Page, meeting: dict) -> str:
    return f"#c{meeting['round']}-{meeting['place']}"


def test_a_meeting_is_dragged_to_a_free_place_and_taken_back(planned: Server, browser_page: Page) -> None:
    page, meeting = browser_page, meetings(planned)[0]
    when, place = free_cell_for(planned, meeting)
    page.goto(ADDRESS)
    target = page.locator(f"#c{when}-{place}")
    target.scroll_into_view_if_needed()
    page.locator(cell(page, meeting)).hover()
    page.mouse.down()
    target.hover()
    target.hover()
    expect(target).to_have_attribute("data-over", "")
    page.mouse.up()
    expect(page.locator("#said-words")).to_contain_text("The total stays at")
    expect(page.locator(f"#c{when}-{place}")).to_contain_text(meeting["a_name"])
    expect(page.locator(cell(page, meeting))).to_contain_text("free")
    assert where(planned, meeting) == (when, place)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(cell(page, meeting))).to_contain_text(meeting["a_name"])
    assert where(planned, meeting) == (meeting["round"], meeting["place"])


def test_a_drop_that_breaks_a_rule_is_refused_with_the_reason(planned: Server, browser_page: Page) -> None:
    page, found = browser_page, meetings(planned)
    meeting = found[0]
    busy = next(o for o in found if o["round"] != meeting["round"] and meeting["a"] in (o["a"], o["b"]))
    taken = {o["place"] for o in found if o["round"] == busy["round"]}
    place = min(set(range(TABLES)) - taken)
    page.goto(ADDRESS)
    page.locator(cell(page, meeting)).drag_to(page.locator(f"#c{busy['round']}-{place}"))
    said = page.locator("#said-words")
    expect(said).to_contain_text("This cannot be done, and nothing was changed:")
    expect(said).to_contain_text(f"{meeting['a_name']} sits at another table at")
    assert meetings(planned) == found


def test_everything_is_done_by_keyboard_and_spoken(planned: Server, browser_page: Page) -> None:
    page, meeting = browser_page, meetings(planned)[0]
    when, place = free_cell_for(planned, meeting)
    page.goto(f"{ADDRESS}{cell(page, meeting)}")
    own = page.locator(f"{cell(page, meeting)} > a")
    expect(own).to_be_focused()
    assert page.locator('#board a[tabindex="0"]').count() == 1
    page.keyboard.press("l")
    expect(page.locator(cell(page, meeting))).to_have_attribute("data-locked", "")
    expect(page.locator("#live")).to_contain_text("stay where they are")
    page.keyboard.press("l")
    expect(page.locator(cell(page, meeting))).not_to_have_attribute("data-locked", "")
    page.keyboard.press("m")
    expect(page.locator("#live")).to_contain_text("Picked up.")
    walk(page, (meeting["round"], meeting["place"]), (when, place))
    page.keyboard.press("Enter")
    expect(page.locator("#live")).to_contain_text(" instead of ")
    expect(page.locator(f"#c{when}-{place} > a")).to_be_focused()
    assert where(planned, meeting) == (when, place)
    page.keyboard.press("z")
    expect(page.locator(cell(page, meeting))).to_contain_text(meeting["a_name"])
    page.keyboard.press("m")
    page.keyboard.press("Escape")


def walk(page: Page, start: tuple[int, int], goal: tuple[int, int]) -> None:
    """By arrows: rounds stand side by side on a desk, places below each other."""
    for axis, (back, on) in enumerate((("ArrowLeft", "ArrowRight"), ("ArrowUp", "ArrowDown"))):
        for _ in range(abs(goal[axis] - start[axis])):
            page.keyboard.press(on if goal[axis] > start[axis] else back)
    expect(page.locator(f"#c{goal[0]}-{goal[1]} > a")).to_be_focused()


def test_a_meeting_opens_beside_the_board_and_closes_again(planned: Server, browser_page: Page) -> None:
    page, meeting = browser_page, meetings(planned)[0]
    page.goto(f"{ADDRESS}{cell(page, meeting)}")
    expect(page.locator(f"{cell(page, meeting)} > a")).to_be_focused()
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", level=3)).to_be_focused()
    expect(panel).to_contain_text("Why they meet")
    panel.get_by_label("Move to").select_option(index=1)
    panel.get_by_role("button", name="What would it do?").click()
    expect(page.locator("#said-words")).to_contain_text("nothing was changed")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator(f"{cell(page, meeting)} > a")).to_be_focused()


def test_what_is_refused_is_told_in_the_panel_whose_focus_stays(planned: Server, browser_page: Page) -> None:
    page, (first, second) = browser_page, meetings(planned)[:2]
    page.route("**/live/**", lambda route: route.abort())  # a board that hears in time is not second
    page.goto(f"{ADDRESS}{cell(page, first)}")
    page.locator(f"{cell(page, first)} > a").click()
    panel = page.locator("#panel")
    panel.get_by_label("Move to").select_option(index=1)
    panel.get_by_role("button", name="What would it do?").click()
    expect(panel.locator("#told-here")).to_contain_text("This would be the effect; nothing was changed.")
    body = {"op": "lock", "revision": 0, "a": second["a"], "b": second["b"]}
    planned.ask("POST", "/events/1/plans/1/edits", body)
    panel.get_by_role("button", name="Move", exact=True).click()
    expect(panel.locator("form:has(#to) #told-here")).to_contain_text("Somebody else changed this plan meanwhile")
    expect(page.locator("#live")).to_contain_text("Somebody else changed this plan meanwhile")
    expect(panel.get_by_role("button", name="Move", exact=True)).to_be_focused()
    assert where(planned, first) == (first["round"], first["place"])


def test_dragging_in_a_published_plan_leads_to_its_draft(planned: Server, browser_page: Page) -> None:
    page, meeting = browser_page, meetings(planned)[0]
    planned.ask("POST", "/events/1/plans/1/publish")
    when, place = free_cell_for(planned, meeting)
    page.goto(ADDRESS)
    page.locator(cell(page, meeting)).drag_to(page.locator(f"#c{when}-{place}"))
    page.wait_for_url("**plan=2*")
    assert where(planned, meeting) == (meeting["round"], meeting["place"])
    assert where(planned, meeting, 2) == (when, place)


def test_of_two_open_boards_the_slower_one_is_told(planned: Server, browser_page: Page) -> None:
    page, (first, second) = browser_page, meetings(planned)[:2]
    page.goto(f"{ADDRESS}{cell(page, first)}")
    expect(page.locator(f"{cell(page, first)} > a")).to_be_focused()
    body = {"op": "lock", "revision": 0, "a": second["a"], "b": second["b"]}
    planned.ask("POST", "/events/1/plans/1/edits", body)
    page.keyboard.press("l")
    expect(page.locator("#said-words")).to_contain_text("Somebody else changed this plan meanwhile")
    page.get_by_role("link", name="Load again").click()
    expect(page.locator(cell(page, second))).to_have_attribute("data-locked", "")


def test_somebody_is_found_while_typing(planned: Server, browser_page: Page) -> None:
    page = browser_page
    page.goto(ADDRESS)
    page.get_by_label("Find a participant").fill("actor 0")
    hits = [o for o in meetings(planned) if 1 in (o["a"], o["b"])]
    expect(page.locator('[data-look="hit"]')).to_have_count(len(hits))
    page.get_by_label("Find a participant").fill("")
    expect(page.locator("[data-look]")).to_have_count(0)


@pytest.mark.parametrize("asked", ["", "?q=actor+0", "OPEN", "FREE", "?zoom=compact"])
def test_the_board_is_accessible_in_every_state(planned: Server, browser_page: Page, axe: Axe, asked: str) -> None:
    meeting = meetings(planned)[0]
    when, place = free_cell_for(planned, meeting)
    opened = {"OPEN": f"?m={meeting['a']}-{meeting['b']}", "FREE": f"?add={when}.{place}"}
    browser_page.goto(ADDRESS + opened.get(asked, asked))
    assert complaints_in_both(axe, browser_page) == []


def test_the_board_never_scrolls_sideways(planned: Server, browser_page: Page) -> None:
    browser_page.goto(ADDRESS)
    found = {}
    for width in (360, 800, 1280):
        browser_page.set_viewport_size({"width": width, "height": 800})
        found[width] = browser_page.evaluate("document.documentElement.scrollWidth")
    assert all(found[width] <= width for width in found), found
