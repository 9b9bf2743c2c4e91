"""Cursors: where a page of a list ended, in a form that clients hand back unread."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import Mapped

from app.errors import BadInput

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])
Item = TypeVar("Item")


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


class Part:
    """Which part of a list is asked for; and, once it has been read, the cursor of the next one, None at the end."""

    def __init__(self, limit: int, cursor: str | None = None) -> None:
        self.limit = limit
        self.cursor = cursor
        self.next_cursor: str | None = None

    def narrow(self, query: Query, *key: Mapped[int], falling: bool = False) -> Query:
        """The same query for what comes after the cursor, in the order of these columns, and for one item more."""
        if self.cursor:
            after = read_cursor(self.cursor, *(int for _ in key))
            query = query.where(tuple_(*key) < after if falling else tuple_(*key) > after)
        return query.limit(self.limit + 1)

    def cut(self, items: Sequence[Item], key: Callable[[Item], tuple[int | str, ...]]) -> Sequence[Item]:
        """Without the one item more, by which it is known that there is a next part; `key`: the columns of an item."""
        if len(items) > self.limit:
            self.ends(write_cursor(*key(items[self.limit - 1])))
        return items[: self.limit]

    def slice(self, items: Sequence[Item]) -> Sequence[Item]:
        """Of a list that is there as a whole, the part; its cursor says how many were told, and nothing of them."""
        begins = read_cursor(self.cursor, int)[0] if self.cursor else 0
        if len(items) > begins + self.limit:
            self.ends(write_cursor(begins + self.limit))
        return items[begins : begins + self.limit]

    def ends(self, cursor: str) -> None:
        """Another part comes after this cursor."""
        self.next_cursor = cursor


def in_order(query: Query, part: Part | None, *key: Mapped[int], falling: bool = False) -> Query:
    """A list by these columns, which name each item: all of it, or the part that is asked for."""
    query = query.order_by(*(column.desc() if falling else column.asc() for column in key))
    return query if part is None else part.narrow(query, *key, falling=falling)


def part_of(items: Sequence[Item], part: Part | None, key: Callable[[Item], tuple[int | str, ...]]) -> Sequence[Item]:
    """What `in_order` has found, without the item more."""
    return items if part is None else part.cut(items, key)
