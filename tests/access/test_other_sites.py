"""What another site's page sends in somebody's name, to every route that changes something: refused unread."""

import re

import pytest
from access_outside import MakeKey, Serve
from fastapi.testclient import TestClient
from starlette.types import ASGIApp, Message

from app.origin import SAFE
from app.policy import POLICY

CHANGING = [line.split(" ") for line in POLICY if line.split(" ")[0] not in SAFE]
ELSEWHERE = {
    "a form": {"sec-fetch-site": "cross-site", "content-type": "application/x-www-form-urlencoded"},
    "a neighbour's form": {"sec-fetch-site": "same-site", "content-type": "multipart/form-data; boundary=x"},
    "an older browser": {"origin": "https://evil.example", "content-type": "text/plain"},
    "a page in a frame": {"origin": "null", "content-type": "text/plain"},
    "a browser that hides where it is": {"user-agent": "Mozilla/5.0 (X11)", "content-type": "text/plain"},
    "a form that would be another method": {
        "origin": "https://evil.example",
        "x-http-method-override": "DELETE",
        "x-http-method": "DELETE",
        "x-method-override": "DELETE",
    },
}


async def asked(app: ASGIApp, method: str, path: str, headers: dict[str, str]) -> tuple[int, bool]:
    """The status of an answer, and whether anything of the body was read for it."""
    status, read = 0, False

    async def receive() -> Message:
        nonlocal read
        read = True
        return {"type": "http.request", "body": b"name=theirs", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)

    told = {"host": "viaduc.example", "content-length": "11"} | headers
    request = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
               "raw_path": path.encode(), "root_path": "", "query_string": b"_method=DELETE", "scheme": "https",
               "headers": [(k.encode(), v.encode()) for k, v in told.items()], "client": ("203.0.113.9", 1),
               "server": ("viaduc.example", 443), "state": {}}  # fmt: skip
    await app(request, receive, send)
    return status, read


def address(template: str) -> str:
    return re.sub(r"\{[^}]+\}", "1", template)


@pytest.mark.parametrize("role", ["admin", "organiser", "reader"])
def test_nothing_is_changed_for_who_is_signed_in_by_another_site(
    serve: Serve, make_key: MakeKey, two_events: tuple[int, int], role: str
) -> None:
    client = serve(rate_sign_in=10**6, rate_address=10**9, rate_key=10**9)
    key = make_key(role, two_events[:1] if role == "organiser" else ()).key
    answer = client.post("/console/sign-in", data={"key": key}, follow_redirects=False)
    cookie = {"cookie": answer.headers["set-cookie"].partition(";")[0]}
    assert client.portal.call(asked, client.app, "GET", "/me", cookie) == (200, False)
    wrong = []
    # Where the page stands decides before anybody is asked who it is: all ways for one role, and one for the others.
    ways = ELSEWHERE if role == "admin" else {"a form": ELSEWHERE["a form"]}
    for way, headers in ways.items():
        for method, template in CHANGING:
            told = client.portal.call(asked, client.app, method, address(template), headers | cookie)
            if told != (403, False):
                wrong.append((way, method, template, told))
    assert wrong == [], "\n".join(map(str, wrong))


def test_nothing_is_changed_for_who_sits_at_this_machine_by_another_site(serve: Serve) -> None:
    client = serve(local_admin=True, base_url="http://127.0.0.1", client=("127.0.0.1", 1))
    wrong = []
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "http://127.0.0.1:9999"}):
        for method, template in CHANGING:
            status = client.request(method, address(template), headers=headers, content=b"{}").status_code
            if status != 403:
                wrong.append((method, template, status))
    assert wrong == [], "\n".join(map(str, wrong))


def test_who_says_nothing_of_themselves_is_taken_from_our_own_pages_only(client: TestClient) -> None:
    # What a link in the address opens is opened by whoever knows it, and no other site does.
    pages = [template for method, template in CHANGING if method == "POST" and template.startswith("/console/")]
    told = {t: client.post(address(t), headers=ELSEWHERE["an older browser"]).status_code for t in pages}
    assert set(told.values()) <= {401, 403}, told
