"""Headers that every answer carries, whatever made it; a page's own are stricter about what it may load."""

from starlette.types import Message, Receive, Scope, Send

from app.layers import Layer

EVERY_ANSWER = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-store",
}
"""What an answer says unless it says otherwise itself."""

OVER_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}
_PLAIN = [(name.lower().encode(), value.encode()) for name, value in EVERY_ANSWER.items()]
_SAFE = _PLAIN + [(name.lower().encode(), value.encode()) for name, value in OVER_HTTPS.items()]


class SecurityHeaders(Layer):
    """Adds what is missing; it answers nothing itself."""

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, and complete the headers of the answer."""
        wanted = _SAFE if scope.get("scheme") == "https" else _PLAIN

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in wanted if pair[0] not in said)]
            await send(message)

        await self._app(scope, receive, complete)
