"""Headers that every answer carries, whatever made it; a page's own are stricter about what it may load."""

from starlette.datastructures import MutableHeaders
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


class SecurityHeaders(Layer):
    """Adds what is missing; it answers nothing itself."""

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, and complete the headers of the answer."""
        wanted = EVERY_ANSWER | (OVER_HTTPS if scope.get("scheme") == "https" else {})

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in wanted.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, complete)
