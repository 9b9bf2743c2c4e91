"""ETag and If-Match: what the JSON door says and hears of editions (app/services/editions.py)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Header, Response

from app.deps import SessionDep
from app.services.editions import Kind, Subject, edition_of, must_be


class Editing:
    """One request's view of the edition it reads or changes."""

    def __init__(self, session: SessionDep, response: Response) -> None:
        self._session = session
        self._response = response

    def tell(self, kind: Kind, id: int, part: int = 0) -> None:
        """Answer with the edition as it is now.

        Called before what is read: a change between the two is then noticed later, not overwritten.
        """
        if max(id, part) >= 2**63:
            return
        self._response.headers["ETag"] = f'"{edition_of(self._session, Subject(kind, id, part)).n}"'


IfMatch = Annotated[
    str | None, Header(max_length=500, description="ETag of what you read: 412 when somebody changed it since")
]


class Changing(Editing):
    """A change that may name the editions it is meant for."""

    def __init__(self, session: SessionDep, response: Response, if_match: IfMatch = None) -> None:
        super().__init__(session, response)
        self._seen = seen_in(if_match)

    def require(self, kind: Kind, id: int, part: int = 0) -> None:
        """Stale when it is no longer what was read. Who names no edition overwrites what there is."""
        if id < 2**63 and part < 2**63:
            must_be(self._session, Subject(kind, id, part), self._seen)

    @contextmanager
    def of(self, kind: Kind, id: int, part: int = 0) -> Iterator[None]:
        """Around a change: what is required before it, and the edition it makes told after it."""
        self.require(kind, id, part)
        yield
        self.tell(kind, id, part)


def seen_in(if_match: str | None) -> frozenset[int] | None:
    """The editions that an If-Match names; None: any. A weak or foreign tag matches nothing."""
    if if_match is None or if_match.strip() == "*":
        return None
    return frozenset(int(n) for n in re.findall(r'(?:^|,)\s*"(\d{1,18})"\s*(?=,|$)', if_match))


def _seen(if_match: IfMatch = None) -> frozenset[int] | None:
    return seen_in(if_match)


SeenDep = Annotated[frozenset[int] | None, Depends(_seen)]
"""The editions a change is meant for, for routes that open transactions of their own."""
ReadingDep = Annotated[Editing, Depends(Editing)]
ChangingDep = Annotated[Changing, Depends(Changing)]
