"""What the OpenAPI document says of keys: which operations need one, and whose."""

from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from app.editing import Editing
from app.policy import Who, rule_for

_OPEN = {Who.PROBE, Who.PUBLIC, Who.LINK}
_HTTP = ("get", "put", "post", "patch", "delete")


def describe_keys(app: FastAPI) -> None:
    """Make the document name the key and, for each operation, who may call it, from app/policy.py."""
    make = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = make()
            _describe(document)
            _describe_editions(app, document)
        return make()

    app.openapi = described  # type: ignore[method-assign]


def _describe(document: dict[str, Any]) -> None:
    told = "A key of the service, made by its admin. A demo needs none from its own machine."
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["key"] = {"type": "http", "scheme": "bearer", "description": told}
    for path, item in document["paths"].items():
        for method in _HTTP:
            if method in item:
                who = rule_for(method.upper(), path)
                item[method]["security"] = [] if who in _OPEN else [{"key": []}]
                item[method]["description"] = f"Who may: {who.value}."


def _describe_editions(app: FastAPI, document: dict[str, Any]) -> None:
    """Say of every operation that tells an edition (app/editing.py) that its answer carries it."""
    told = "The edition that was read or made: send it as `If-Match` with the next change"
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute) or not _tells_edition(route.dependant):
            continue
        operations = document["paths"].get(context.path, {})
        for method in map(str.lower, context.methods or ()):
            for status, answer in operations.get(method, {}).get("responses", {}).items():
                if status in {"200", "201"}:
                    answer.setdefault("headers", {})["ETag"] = {"schema": {"type": "string"}, "description": told}


def _tells_edition(needs: Dependant) -> bool:
    call = needs.call
    return (isinstance(call, type) and issubclass(call, Editing)) or any(map(_tells_edition, needs.dependencies))
