"""Asking an application below its test client: for answers that have no end."""

import anyio
from starlette.types import ASGIApp, Message


async def first_status(app: ASGIApp, method: str, path: str, headers: dict[str, str], query: str = "") -> int:
    """The status of an answer, without waiting for its end: live pages have none."""
    status = 0
    with anyio.CancelScope() as scope:
        asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Message:
            message = next(asked, None)
            return message or await anyio.sleep_forever()

        async def send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                scope.cancel()

        raw = [(b"host", b"viaduc.example"), *((k.encode(), v.encode()) for k, v in headers.items())]
        request = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
                   "raw_path": path.encode(), "root_path": "", "query_string": query.encode(), "scheme": "https",
                   "headers": raw, "client": ("203.0.113.9", 1),
                   "server": ("viaduc.example", 443), "state": {}}  # fmt: skip
        await app(request, receive, send)
    return status
