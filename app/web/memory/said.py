"""What was said of suggestions and meetings: counted, then word by word."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.deps import PrincipalDep, SessionDep
from app.services import events
from app.services.memory import count_feedback, list_words
from app.web.memory.words import OUTCOMES, MemoryWords
from app.web.render import page

router = APIRouter(prefix="/console/memory")
SIZE = 40


@router.get("/feedback")
def feedback(
    request: Request,
    session: SessionDep,
    principal: PrincipalDep,
    event: Annotated[str, Query(max_length=20)] = "",
    at: Annotated[int, Query(ge=1, le=100_000, alias="page")] = 1,
) -> Response:
    """Feedback of one event or of all that the reader runs; what belongs to no event is the admins' to read."""
    chosen = int(event) if event.isascii() and event.isdigit() and len(event) < 19 else None
    if chosen is not None:
        principal.must_run(chosen)
    asked = principal.sees if chosen is None else frozenset({chosen})
    rows = list_words(session, events=asked, page=at, size=SIZE)
    context = {
        "tab": "feedback",
        "chosen": chosen,
        "events": events.list_events(session, only=principal.sees),
        "everything": principal.sees is None,
        "counted": count_feedback(session, events=asked),
        "rows": rows[:SIZE],
        "next": at + 1 if len(rows) > SIZE else None,
        "outcomes": [*OUTCOMES],
        "words": MemoryWords.of(request),
    }
    return page(request, "memory/feedback.html", context)
