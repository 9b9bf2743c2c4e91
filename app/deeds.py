"""Which requests are remembered in the audit trail, and as what."""

import re
from typing import Any

from starlette.types import Scope

from app.layers import route_of
from app.origin import SAFE
from app.security import ANYBODY, Principal
from app.services.audit import Deed, deed

_WATCHED = re.compile(r"\{actor_id\}|/export|/papers/|/files/|/privacy|/audit")
_ASKS = frozenset(
    {"POST /match", "POST /pairings", "POST /pairings/replan", "POST /pairings/what-if", "POST /privacy/export"}
    | {f"POST /console/privacy/{asked}" for asked in ("find", "person", "person/file", "person/count")}
    | {f"POST /console/privacy/organisations/{{actor_id}}/{asked}" for asked in ("file", "count")}
    | {"POST /console/privacy/periods/count"}
)
"""POSTs that read: nothing is stored."""


def deed_of(scope: Scope, status: int) -> Deed | None:
    """What this request did, if it is to be remembered; call it when its route is known."""
    state = scope.get("state", {})
    route = route_of(scope) if "route" in scope else None
    if route is None:
        return None
    method, principal = scope["method"], state.get("principal", ANYBODY)
    line = f"{method} {route}"
    reads = method in SAFE or line in _ASKS
    if reads and not _WATCHED.search(route) and line != "POST /match":
        return None
    return _deed(principal, line, scope.get("path_params", {}), status, reads=reads)


def _deed(principal: Principal, line: str, parameters: dict[str, Any], status: int, *, reads: bool) -> Deed:
    # A token in an address opens a door: the trail names the link that it is, not what it says.
    target = " ".join(f"{name}={value}" for name, value in sorted(parameters.items()) if "token" not in name)
    return deed(
        who=principal.name, role=principal.role, action="read" if reads else "change", route=line, target=target,
        status=status,
    )  # fmt: skip
