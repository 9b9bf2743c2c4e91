"""The door-keeper: every request passes here once, before its body is read and before its route runs.

It finds the route, says who asks, counts the request, and lets through what app/policy.py allows.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from ipaddress import ip_address
from typing import Any
from weakref import WeakKeyDictionary

from fastapi import Request
from fastapi.routing import iter_route_contexts
from starlette._utils import get_route_path
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from app.db import session_scope
from app.errors import AppError, Forbidden, NotSignedIn
from app.layers import FOUND, Refuse
from app.limits import Limits, network_of, refuse_if, spend
from app.origin import SAFE, may_use_what_the_browser_sends
from app.policy import Who, allows, is_sign_in, rule_for
from app.security import ANYBODY, Principal
from app.services.access.keys import recognise_key
from app.services.access.sessions import Lasting, SignedIn, recognise_session
from app.settings import Settings

LOCAL = SignedIn(Principal("admin", "local"), "")
NOBODY = SignedIn(ANYBODY, "")
_RULED = "ruled"
_ROUTES: WeakKeyDictionary[Any, "Routes"] = WeakKeyDictionary()


@dataclass(frozen=True)
class Found:
    """The route a request will reach."""

    method: str
    template: str
    parameters: Mapping[str, str]

    @property
    def path(self) -> str:
        """Its template, under the name that routes use."""
        return self.template

    @property
    def who(self) -> Who:
        """Who may call it."""
        return rule_for(self.method, self.template)


_Shape = tuple[str, str, int]
_Route = tuple[str, "re.Pattern[str]", str]


def _shape(method: str, path: str) -> _Shape:
    """What is alike in a path and the template of its route: the first segment, and how many there are."""
    return method, path[: path.find("/", 1) + 1] or path, path.count("/")


class Routes:
    """Every route of the application in the router's own order, found as the router finds them."""

    def __init__(self, app: Any) -> None:
        self._routes: dict[_Shape, list[_Route]] = defaultdict(list)
        self._shapeless: list[_Route] = []
        for context in iter_route_contexts(app.routes):
            template, regex = str(context.path_format), context.path_regex
            shapeless = ".*" in regex.pattern or "{" in _shape("", template)[1]
            for method in context.methods or ():
                among = self._shapeless if shapeless else self._routes[_shape(method, template)]
                among.append((method, regex, template))

    @classmethod
    def of(cls, app: Any) -> "Routes":
        """The application's, put together at the first request."""
        return _ROUTES.get(app) or _ROUTES.setdefault(app, cls(app))

    def find(self, scope: Scope) -> Found | None:
        """The first route that takes this method and path, or None: then the router answers 404 or 405."""
        path = get_route_path(scope)
        # Hundreds of routes: only those are tried whose paths look like this one.
        for method, regex, template in (*self._routes.get(_shape(scope["method"], path), ()), *self._shapeless):
            if method == scope["method"] and (match := regex.match(path)):
                return Found(scope["method"], template, match.groupdict())
        return None


class Guard:
    """Says who asks, and lets through what the policy table allows them."""

    def __init__(self, app: ASGIApp, settings: Settings, limits: Limits, refuse: Refuse) -> None:
        self._app = app
        self._settings = settings
        self._limits = limits
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "websocket":
            # There are none; one that is added some day has no rule yet.
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http" or get_route_path(scope).startswith("/static/"):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        found = scope[FOUND] if FOUND in scope else Routes.of(scope["app"]).find(scope)
        _remember(scope, NOBODY, None)
        try:
            await self._let_through(request, found)
        except AppError as refusal:
            if found is not None:
                scope["route"] = found  # metrics name it
            await self._refuse(request, refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _let_through(self, request: Request, found: Found | None) -> None:
        """Raise what keeps this request out; what is not a route goes on, to its 404."""
        if found is not None and found.who is Who.PROBE:
            _remember(request.scope, NOBODY, found.template)
            return
        caller = await self._caller(request)
        _remember(request.scope, caller, None)
        self._count(request, caller, found)
        if found is None:
            return
        if not allows(found.who, caller.principal, found.parameters, open_directory=self._settings.open_directory):
            raise _refusal(caller.principal)
        _remember(request.scope, caller, found.template)

    async def _caller(self, request: Request) -> SignedIn:
        """Who asks: a key first, then a cookie, then who sits at this machine, else nobody.

        Raises NotSignedIn for a key that is not valid, and Forbidden for what another site sends in somebody's name.
        """
        key = bearer(request)
        if key is not None:
            return await self._by_key(request, key)
        ambient = may_use_what_the_browser_sends(request.method, request.headers)
        cookie = request.cookies.get(cookie_name(request))
        local = self._settings.local_admin and is_local(request)
        if not ambient:
            if (cookie or local) and request.method not in SAFE:
                raise Forbidden.by_code("form_from_elsewhere")
            return NOBODY
        caller = await run_in_threadpool(self._by_cookie, request, cookie) if cookie else None
        return caller or (LOCAL if local else NOBODY)

    async def _by_key(self, request: Request, key: str) -> SignedIn:
        wrong = f"wrong:{_address(request)}"
        refuse_if(self._limits.sign_ins.wait(wrong), "wrong_keys_too_often")
        try:
            return await run_in_threadpool(_holder, request, key)
        except NotSignedIn as error:
            self._limits.sign_ins.take(wrong)
            error.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
            raise

    def _by_cookie(self, request: Request, cookie: str) -> SignedIn | None:
        with session_scope(request.app.state.engine) as session:
            return recognise_session(session, token=cookie, lasting=lasting(self._settings))

    def _count(self, request: Request, caller: SignedIn, found: Found | None) -> None:
        if caller is LOCAL:
            return
        if found is not None and found.who is Who.LINK:
            spend(self._limits.addresses, _link(found), "link_used_too_often")
            spend(self._limits.venues, _address(request), "address_asks_too_often")
        elif caller is NOBODY:
            spend(self._limits.addresses, _address(request), "address_asks_too_often")
        else:
            spend(self._limits.signed_in, caller.principal.name, "caller_asks_too_often")
        if found is not None and is_sign_in(found.method, found.template):
            spend(self._limits.sign_ins, _address(request), "sign_in_too_often")


def still_is(request: Request, settings: Settings) -> Principal:
    """Who asked, as things stand now, long after the request was let through; that is no use of a key or a session."""
    key, cookie = bearer(request), request.cookies.get(cookie_name(request))
    with session_scope(request.app.state.engine) as session:
        if key is not None:
            try:
                return recognise_key(session, key=key, uses=False)[0]
            except NotSignedIn:
                return ANYBODY
        found = cookie and recognise_session(session, token=cookie, lasting=lasting(settings), uses=False)
    local = settings.local_admin and is_local(request)
    return found.principal if found else LOCAL.principal if local else ANYBODY


def _link(found: Found) -> str:
    """A name for the link in an address; the link itself is kept nowhere."""
    return f"link:{sha256(found.parameters.get('token', '').encode()).hexdigest()}"


def _holder(request: Request, key: str) -> SignedIn:
    with session_scope(request.app.state.engine) as session:
        principal, row = recognise_key(session, key=key)
        return SignedIn(principal, row.name)


def _refusal(principal: Principal) -> AppError:
    if principal.role == "public":
        told = "this needs a key (Authorization: Bearer …) or a sign-in"
        return NotSignedIn(told, headers={"WWW-Authenticate": "Bearer"})
    if principal.role == "organiser":
        return Forbidden.by_code("organisers_of_it_at_most")
    return Forbidden.by_code("not_open_to_role", role=principal.role)


def _remember(scope: Scope, caller: SignedIn, ruled: str | None) -> None:
    """For app/deps.py and the pages: who asks, how to greet them, and which route was let through."""
    scope.setdefault("state", {}).update(principal=caller.principal, shown_as=caller.shown_as, **{_RULED: ruled})


def bearer(request: Request) -> str | None:
    """The key that a program sends."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def cookie_name(request: Request) -> str:
    """Name of the session's cookie; over https no other host or path can set it."""
    return "__Host-viaduc" if request.url.scheme == "https" else "viaduc"


def lasting(settings: Settings) -> Lasting:
    """How long sessions last."""
    return Lasting(timedelta(hours=settings.session_idle_hours), timedelta(days=settings.session_days))


def _address(request: Request) -> str:
    return network_of(request.client.host if request.client else "")


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


async def checked_by_guard(request: Request) -> None:
    """Refuse a route that the guard did not rule on: it and the router must mean the same one."""
    if request.scope.get("state", {}).get(_RULED) != template_of(request.scope):
        raise Forbidden("no rule was found for this route")


def template_of(scope: Scope) -> str:
    """The path template of the route that the router chose."""
    chosen = scope.get("fastapi", {}).get("effective_route_context") or scope["route"]
    return str(chosen.path_format)
