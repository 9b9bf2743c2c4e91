"""Cursors: where a page of a list ended, in a form that clients hand back unread."""

import base64
import json
from collections.abc import Callable
from typing import Any

from app.errors import BadInput


def write_cursor(*key: int | str) -> str:
    """The cursor for the item with this key."""
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode()


def read_cursor(cursor: str, *kinds: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The key of the last item of the page before; BadInput for what this service did not give out."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        key = tuple(kind(value) for kind, value in zip(kinds, values, strict=True))
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadInput.of("cursor", "not a cursor that this service gave out") from error
    if any(isinstance(value, int) and not 0 <= value < 2**63 for value in key):
        raise BadInput.of("cursor", "not a cursor that this service gave out")
    return key
