"""Lists that come in parts, and lists that never grow beyond what is written here: every list is one or the other.

A list that always was a JSON array stays one: the cursor of the next part stands in a header. Lists that are objects
say it in their field `next_cursor`.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import Field

from app.services.cursors import Part

NEXT = "Next-Cursor"
"""The header of a part after which another one comes."""
LONGEST = 5_000
"""Items of a part, where nothing else is asked for: who asks for a list without a word about parts gets it whole."""

_TOLD = "Where another part comes: send it as `cursor`. Absent: this was the last one"
IN_PARTS: dict[int | str, dict[str, Any]] = {
    200: {"headers": {NEXT: {"schema": {"type": "string"}, "description": _TOLD}}}
}
"""For the `responses` of a route whose list comes in parts."""

Cursor = Annotated[str | None, Query(max_length=1000, description=f"{NEXT} of the part before")]


class _Listed(Part):
    """A part that tells the next one's cursor in its answer."""

    def __init__(self, response: Response, limit: int, cursor: str | None) -> None:
        super().__init__(limit, cursor)
        self._response = response

    def ends(self, cursor: str) -> None:
        super().ends(cursor)
        self._response.headers[NEXT] = cursor


def in_parts(most: int = LONGEST, usual: int | None = None) -> Callable[..., Part]:
    """A dependency: which part is asked for, of at most so many items (`usual` where nobody says how many)."""

    def asked(
        response: Response, limit: Annotated[int, Query(ge=1, le=most)] = usual or most, cursor: Cursor = None
    ) -> Part:
        return _Listed(response, limit, cursor)

    return asked


def at_most(items: int) -> Any:
    """Says of a list in the API's document that it never has more, because no more are ever stored."""
    return Field(json_schema_extra={"maxItems": items})
