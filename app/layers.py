"""What every layer around the application does alike: it meets requests, and lets anything else pass."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import AppError

FOUND = "viaduc.found"
"""Where a request's scope holds the route that a layer outside has found already."""
Refuse = Callable[[Request, AppError], ASGIApp]
"""Makes the answer of a refusal: problem details, or a page for a person."""


def route_of(scope: Scope) -> str | None:
    """The whole template of the route that a request is for; None where there is none.

    The router itself knows the last part alone of a route that stands in a router inside another.
    """
    found, chosen = scope.get(FOUND), scope.get("route")
    told: str | None = getattr(found, "template", None) or getattr(chosen, "path", None)
    return told


class Layer(ABC):
    """ASGI: start-up and shut-down go straight to the application inside."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        meet = self.meet if scope["type"] == "http" else self._app
        await meet(scope, receive, send)

    @abstractmethod
    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
