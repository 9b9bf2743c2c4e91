"""What tests of the board share: its pages and its forms."""

from fastapi.testclient import TestClient
from httpx2 import Response

UNTIL = 2000

ROUNDS = [{"starts_at": f"2027-03-09T{h}:00:00+01:00", "minutes": 20} for h in ("09", "10", "11")]


def shown(client: TestClient, gathering: str, **asked: object) -> Response:
    """The schedule of the event."""
    return client.get(f"{gathering}/schedule", params=asked)


def computed(client: TestClient, gathering: str) -> str:
    """Press the button and look again, as the page does, until the plan is there; its address."""
    sent = client.post(f"{gathering}/plans", follow_redirects=False)
    assert sent.status_code == 303, sent.text
    address = sent.headers["location"].removesuffix("#schedule")
    for _ in range(UNTIL):
        if client.get(address, headers={"HX-Request": "true"}).context["plan"].state != "computing":
            return address
    raise AssertionError("the plan is still being computed")


def meetings_of(client: TestClient, gathering: str, number: int = 1) -> list[dict]:
    return client.get(f"{gathering.removeprefix('/console')}/plans/{number}").json()["meetings"]


def edited(client: TestClient, gathering: str, number: int = 1, **fields: object) -> Response:
    """Send the form of an edit, as a page without JavaScript does."""
    return client.post(f"{gathering}/plans/{number}/edits", data={"revision": 0} | fields, follow_redirects=False)
