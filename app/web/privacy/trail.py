"""The audit trail: who read and changed what, narrowed by asker, thing and day; and whether it is whole."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.deps import SessionDep
from app.services import audit
from app.services.editions import named
from app.web.privacy.words import PrivacyWords
from app.web.render import page
from models.audit import AuditAction

router = APIRouter(prefix="/console/privacy/trail")
SIZE = 60
Words = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True)
class Asked:
    """What the list is narrowed to, as the form says it."""

    who: str
    actor: str
    event: str
    day: str
    action: str

    def query(self) -> audit.TrailQuery:
        """The same for the service; what cannot be meant narrows to nothing found."""
        named_things = (("actor_id", self.actor), ("event_id", self.event))
        target = " ".join(f"{name}={number}" for name, number in named_things if number)
        action: AuditAction | None = "read" if self.action == "read" else "change" if self.action == "change" else None
        return audit.TrailQuery(target, self.who, action, _day(self.day))


def _asked(who: Words = "", actor: Words = "", event: Words = "", day: Words = "", action: Words = "") -> Asked:
    said = (re.sub(r"[\s\x00]", "", words) for words in (who, actor, event, day, action))
    return Asked(*said)


def _day(words: str) -> date | None:
    try:
        return date.fromisoformat(words) if words else None
    except ValueError:
        return None


@router.get("")
def trail(
    request: Request,
    session: SessionDep,
    asked: Annotated[Asked, Depends(_asked)],
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Records, newest first."""
    found = audit.list_records(session, asked=asked.query(), cursor=cursor, limit=SIZE)
    names = {who: named(session, who) for who in {record.who for record in found.items}}
    return _show(request, {"asked": asked, "found": found, "names": names, "checked": None})


@router.get("/check")
def check(request: Request, session: SessionDep) -> Response:
    """Go through all records: are they still those that were written?"""
    return _show(request, {"asked": _asked(), "found": None, "names": {}, "checked": audit.check_chain(session)})


def _show(request: Request, context: dict[str, Any]) -> Response:
    answer = page(request, "privacy/trail.html", context | {"tab": "trail", "words": PrivacyWords.of(request)})
    answer.headers["Cache-Control"] = "no-store"
    return answer
