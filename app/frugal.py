"""Where memory does not suffice for a request, its own answer says so, and no other one (app/memory.py)."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import for_want_of_memory
from app.layers import Layer, Refuse
from app.memory import gave_up


class Frugal(Layer):
    """Answers 503, in words, where memory does not suffice for a request."""

    def __init__(self, app: ASGIApp, refuse: Refuse) -> None:
        super().__init__(app)
        self._refuse = refuse

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on; what has not been answered when memory ends is answered here."""
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            if not gave_up(error, "request") or begun:
                raise
            await self._refuse(Request(scope, receive), for_want_of_memory())(scope, receive, send)
