"""The door-keeper: every request passes here once, before its body is read and before its route runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from fastapi import HTTPException, Request
from fastapi.routing import iter_route_contexts
from starlette._utils import get_route_path
from starlette.types import ASGIApp, Receive, Scope, Send

from app.policy import Who, allows, rule_for
from app.security import ANYBODY, Principal
from app.settings import Settings

Refuse = Callable[[Request, HTTPException], ASGIApp]
"""Makes the answer of a refusal: problem details, or a page for a person."""

_RULED = "ruled"


@dataclass(frozen=True)
class Found:
    """The route a request will reach."""

    template: str
    parameters: Mapping[str, str]


class Routes:
    """Every route of the application in the router's own order, found as the router finds them."""

    def __init__(self, app: Any) -> None:
        self._routes = [
            (context.methods, context.path_regex, str(context.path_format))
            for context in iter_route_contexts(app.routes)
            if context.methods
        ]

    def find(self, scope: Scope) -> Found | None:
        """The first route that takes this method and path, or None: then the router answers 404 or 405."""
        path = get_route_path(scope)
        for methods, regex, template in self._routes:
            if scope["method"] in methods and (match := regex.match(path)):
                return Found(template, match.groupdict())
        return None


class Guard:
    """Says who asks, and lets through what the policy table allows them."""

    def __init__(self, app: ASGIApp, settings: Settings, refuse: Refuse) -> None:
        self._app = app
        self._settings = settings
        self._refuse = refuse
        self._routes: Routes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._routes is None:
            self._routes = Routes(scope["app"])
        request = Request(scope, receive)
        found = self._routes.find(scope)
        principal = identify(request, self._settings)
        scope.setdefault("state", {})["principal"] = principal
        if found is not None:
            who = rule_for(request.method, found.template)
            refusal = self._refusal(who, principal, found)
            if refusal is not None:
                await self._refuse(request, refusal)(scope, receive, send)
                return
            scope["state"][_RULED] = found.template
        await self._app(scope, receive, send)

    def _refusal(self, who: Who, principal: Principal, found: Found) -> HTTPException | None:
        if allows(who, principal, found.parameters, open_directory=self._settings.open_directory):
            return None
        if principal.role == "public":
            told = "this needs a key (Authorization: Bearer …) or a sign-in"
            return HTTPException(401, told, headers={"WWW-Authenticate": "Bearer"})
        return HTTPException(403, f"this is not open to the role {principal.role}")


def identify(request: Request, settings: Settings) -> Principal:
    """Who asks."""
    if settings.local_admin and is_local(request):
        return Principal("admin", "local")
    return ANYBODY


_FORWARDED = ("forwarded", "via", "x-real-ip", "cf-connecting-ip", "true-client-ip")


def is_local(request: Request) -> bool:
    """Whether somebody at this machine asks this machine itself, with nothing in between.

    The socket's other end is loopback, no proxy says that it passes on somebody else's request, and the name asked for
    is a loopback name: a page of another site whose name resolves to 127.0.0.1 sends its own name (DNS rebinding).
    """
    if request.client is None or not is_loopback(request.client.host):
        return False
    if any(name in _FORWARDED or name.startswith("x-forwarded") for name in request.headers):
        return False
    return is_loopback(request.url.hostname or "")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def checked_by_guard(request: Request) -> None:
    """Refuse a route that the guard did not rule on: it and the router must mean the same one."""
    if request.scope.get("state", {}).get(_RULED) != template_of(request.scope):
        raise HTTPException(403, "no rule was found for this route")


def template_of(scope: Scope) -> str:
    """The path template of the route that the router chose."""
    chosen = scope.get("fastapi", {}).get("effective_route_context") or scope["route"]
    return str(chosen.path_format)
