"""What is sent with a request has bounds: how much, and in what time."""

import asyncio
import sys
import time
from contextlib import suppress

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import AppError, TooLarge, TooSlow
from app.guard import Found
from app.layers import FOUND, Layer, Refuse
from app.policy import Who

OF_STRANGERS = 2**18
"""Bytes of what may be sent without saying who one is, or with a link: forms of a few fields. Reading a form takes the
service a second for a few megabytes of nothing but signs between fields."""
PATIENCE_S = 30.0
SLOWEST = 8 * 2**10
"""Bytes a second that are waited for beyond that: a map of 50 MB over a slow line takes its time."""


class BodyLimit(Layer):
    """Refuses bodies above a size with 413, declared or streamed, and those that come ever so slowly with 408.

    Whoever sends a letter a second holds a place that others wait for.
    """

    def __init__(self, app: ASGIApp, limit: int, refuse: Refuse, patience_s: float = PATIENCE_S) -> None:
        super().__init__(app)
        self._limit = limit
        self._refuse = refuse
        self._patience_s = patience_s

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what is short enough and comes in time."""
        found: Found | None = scope.get(FOUND)
        open_to_all = found is not None and found.who in {Who.PUBLIC, Who.LINK}
        limit = min(self._limit, OF_STRANGERS) if open_to_all else self._limit
        body = _Body(receive, send, limit, self._patience_s)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit:
            body.refusal = too_large(limit)
        else:
            with suppress(_Refused):
                await self._app(scope, body.receive, body.send)
        if body.refusal is not None and not body.answered:
            await self._refuse(Request(scope, receive), body.refusal)(scope, receive, send)


class _Refused(Exception):
    pass


class _Body:
    """One body on its way in, and whether its request has been answered."""

    def __init__(self, receive: Receive, send: Send, limit: int, patience_s: float) -> None:
        self._receive, self._send, self._limit = receive, send, limit
        self._over_at, self._received, self._whole = time.monotonic() + patience_s, 0, False
        self.refusal: AppError | None = None
        self.answered = False

    async def receive(self) -> Message:
        """The next part; raises where it is one too many, or does not come."""
        if self._whole:
            return await self._receive()  # that somebody leaves may take as long as it likes
        try:
            async with asyncio.timeout(self._over_at + self._received / SLOWEST - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            self.refusal = TooSlow.by_code("body_too_slow")
            raise _Refused from None
        self._received += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._received > self._limit:
            self.refusal = too_large(self._limit)
            raise _Refused
        return message

    async def send(self, message: Message) -> None:
        """Hand the answer on, but for the framework's own words about a body that was refused here."""
        if self.refusal is None or self.answered:
            self.answered = True
            await self._send(message)


def too_large(limit: int) -> TooLarge:
    """What is said of a body above the limit (bytes)."""
    if limit == OF_STRANGERS:
        return TooLarge.by_code("form_too_large", size=limit // 2**10)
    return TooLarge.by_code("body_too_large", size=limit // 2**20)


def why_unread(error: BaseException | None) -> str | None:
    """What is wrong with a body that could not be read, in plain words; None where the failure says it itself."""
    if isinstance(error, UnicodeDecodeError):
        return f"body: not {error.encoding.upper()} at byte {error.start}; JSON is sent in UTF-8"
    if isinstance(error, RecursionError):
        return "body: lists or objects stand inside each other too deeply to be read"
    # So the reader of JSON refuses what would take minutes to turn into a number; its own words speak of its program.
    if isinstance(error, ValueError) and "integer string conversion" in str(error):
        return f"body: a whole number has more than {sys.get_int_max_str_digits():,} digits"
    return None
