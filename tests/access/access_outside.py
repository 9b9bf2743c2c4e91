"""Who asks from elsewhere, and with what."""

from collections.abc import Callable

from fastapi.testclient import TestClient

from models.access import KeyShown

FAR = ("203.0.113.9", 40000)
BROWSER = {"accept": "text/html"}

Serve = Callable[..., TestClient]
MakeKey = Callable[..., KeyShown]


def with_key(key: KeyShown) -> dict[str, str]:
    """The header of a program."""
    return {"authorization": f"Bearer {key.key}"}
