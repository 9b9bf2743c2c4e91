"""What the OpenAPI document says of keys: which operations need one, and whose."""

from typing import Any

from fastapi import FastAPI

from app.policy import Who, rule_for

_OPEN = {Who.PROBE, Who.PUBLIC, Who.LINK}
_HTTP = ("get", "put", "post", "patch", "delete")


def describe_keys(app: FastAPI) -> None:
    """Make the document name the key and, for each operation, who may call it, from app/policy.py."""
    make = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            _describe(make())
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
