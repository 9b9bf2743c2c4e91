"""A slow line to a service: pages come in pieces, letters and scripts later than the page that uses them."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PAUSE_S = 0.02
"""Longer than a browser takes to draw what is there."""
_LATE_S = 0.15
"""Longer than a browser waits for letters before it takes others."""
_PIECES = 30
_TAG = re.compile(rb"(?=<(?!/|!))")
_EXPECT = b'rel="expect"'


class SlowLine:
    """The service behind a line that is slow while a test says so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._upto: bytes | None = None
        self._hidden = False

    @contextmanager
    def slow(self, *, upto: bytes = b"</html>", waiting: bool = True) -> Iterator[None]:
        """Pages come in pieces `upto` these bytes; without `waiting`, browsers are not told to wait for the whole."""
        self._upto, self._hidden = upto, not waiting
        yield
        self._upto = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._upto is None or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"].endswith((".js", ".woff2")):
            await asyncio.sleep(_LATE_S)

        async def slowly(message: Message) -> None:
            body = message.get("body", b"")
            if b"<!doctype html>" in body[:100]:
                *first, body = self._pieces(body)
                for piece in first:
                    await send({**message, "body": piece, "more_body": True})
                    await asyncio.sleep(_PAUSE_S)
                message = {**message, "body": body}
            await send(message)

        unpacked = [header for header in scope["headers"] if header[0] != b"accept-encoding"]
        await self._app({**scope, "headers": unpacked}, receive, slowly)

    def _pieces(self, page: bytes) -> list[bytes]:
        """Cut before tags; the rest is the last."""
        if self._hidden:
            assert _EXPECT in page
            page = page.replace(_EXPECT, _EXPECT[::-1])  # as long as it was: the length is told already
        before, end, rest = page.partition(self._upto or b"")
        tags = _TAG.split(before)
        many = -(-len(tags) // _PIECES)
        return [*(b"".join(tags[n : n + many]) for n in range(0, len(tags), many)), end + rest]
