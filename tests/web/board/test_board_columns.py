"""Columns of the board are remembered between requests; none is ever shown that would be drawn otherwise now."""

import re
from collections.abc import Callable

import pytest
from board_pages import ROUNDS, edited, meetings_of, shown
from fastapi.testclient import TestClient
from httpx2 import Response

from app.services.lately import Lately
from app.web.board import columns

Change = Callable[[TestClient, str], Response]


def board_of(client: TestClient, gathering: str, **asked: object) -> str:
    """The rounds as they stand on the page."""
    text = shown(client, gathering, **asked).text
    return "\n".join(re.findall(r'(?s)<section class="round".*?</section>', text))


def revision(client: TestClient, gathering: str) -> int:
    return client.get(f"{gathering.removeprefix('/console')}/plans/1").json()["revision"]


def edit(op: str, **more: str) -> Change:
    """The first meeting changed by hand."""

    def change(client: TestClient, gathering: str) -> Response:
        first = meetings_of(client, gathering)[0]
        told = {"op": op, "m": f"{first['a']}-{first['b']}", "revision": revision(client, gathering)} | more
        return edited(client, gathering, **told)

    return change


def step(back_or_on: str) -> Change:
    """The last edit taken back, or made again."""
    return lambda client, gathering: client.post(
        f"{gathering}/plans/1/{back_or_on}", data={"revision": revision(client, gathering)}, follow_redirects=False
    )


def call(method: str, path: str, body: object = None) -> Change:
    """A change through the API, as by another program."""
    return lambda client, gathering: client.request(
        method, path.replace("EVENT", gathering.removeprefix("/console")), json=body
    )


TWO_DAYS = [*ROUNDS, {"starts_at": "2027-03-10T12:00:00+01:00", "minutes": 20}]
SHUT = [{"label": "Corner"}, *({"label": f"Table {n}", "available": [0, 1]} for n in (2, 3))]
CHANGES: dict[str, tuple[Change, bool]] = {
    "an edit": (edit("remove"), True),
    "an undo": (step("undo"), True),
    "a redo": (step("redo"), True),
    "a move": (edit("move", to="3.2"), True),
    "a lock": (edit("lock"), True),
    "a name": (call("PATCH", "/actors/1", {"name": "Filature <i>"}), True),
    "anonymity": (call("PATCH", "/actors/1", {"anonymous": True}), False),
    "a side": (call("PUT", "EVENT/participants", {"actor_id": 1, "side": "VLG"}), True),
    "who is there": (call("PUT", "EVENT/participants", {"actor_id": 1, "available": []}), True),
    "who takes part": (call("DELETE", "EVENT/participants/2"), True),
    "the timetable": (call("PUT", "EVENT/day/timetable", {"round": 1, "shift": 10}), True),
    "the length of a round": (call("PUT", "EVENT/day/timetable", {"round": 3, "minutes": 30}), True),
    "another day": (call("PUT", "EVENT/rounds", TWO_DAYS), True),
    "the zone": (call("PUT", "EVENT", {"name": "Textile afternoon", "zone": "Europe/London"}), True),
    "places": (call("PUT", "EVENT/places", SHUT), True),
    "a word at the desk": (call("PUT", "EVENT/attendance", [{"actor_id": 1, "state": "absent"}]), False),
}
"""What somebody does, one after the other, and whether the columns look different afterwards."""


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Forget every column that was drawn; at the beginning and whenever called."""

    def forget() -> None:
        monkeypatch.setattr(columns, "_drawn", Lately(240))

    forget()
    return forget


def test_no_column_is_older_than_what_it_shows(client: TestClient, roomy: str, remembered: Callable[[], None]) -> None:
    for what, (change, is_seen) in CHANGES.items():
        before = board_of(client, roomy, plan=1)
        answer = change(client, roomy)
        assert answer.status_code < 400, (what, answer.text)
        after = board_of(client, roomy, plan=1)
        remembered()
        assert after == board_of(client, roomy, plan=1), what
        assert (after != before) == is_seen, what


def test_readers_share_columns_only_where_they_would_see_the_same(
    client: TestClient, roomy: str, remembered: Callable[[], None]
) -> None:
    first, second = (f"{m['a']}-{m['b']}" for m in meetings_of(client, roomy)[:2])
    client.post(f"{roomy}/plans/1/publish")
    edit("lock")(client, roomy)  # of a published plan that makes a draft of the same meetings
    looks = [
        {"plan": 1},
        {"plan": 1, "lang": "fr"},
        {"plan": 1, "lang": "en", "q": "F1"},
        {"plan": 1, "round": 1},
        {"plan": 1, "m": first, "move": 1},
        {"plan": 1, "m": second, "move": 1},
        {"plan": 2},
        {"plan": 1},
    ]
    drawn = [board_of(client, roomy, **look) for look in looks]
    alone = []
    for look in looks:
        remembered()
        alone.append(board_of(client, roomy, **look))
    assert drawn == alone
    assert len({*drawn}) == len(looks) - 1


def test_what_has_not_changed_is_not_drawn_again(
    client: TestClient, roomy: str, remembered: Callable[[], None]
) -> None:
    shown(client, roomy, plan=1)
    assert len(columns._drawn) == 4
    edit("lock")(client, roomy)
    shown(client, roomy, plan=1)
    assert len(columns._drawn) == 5
