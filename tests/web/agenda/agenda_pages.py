"""What tests of the agenda share: its day, a plan, and the addresses of its pages."""

import re
from datetime import UTC, datetime

from httpx2 import Response
from sqlmodel import Session, select

from app.services.links import make_link
from models.plan import Meeting, Plan

ROUNDS = [{"starts_at": f"2027-03-09T{h}:00+01:00", "minutes": 20} for h in ("09:00", "09:25", "10:20", "10:45")]
BEFORE = datetime(2027, 3, 8, 12, tzinfo=UTC)
DURING = datetime(2027, 3, 9, 8, 30, tzinfo=UTC)
"""In the second round."""
AFTER = datetime(2027, 3, 9, 18, tzinfo=UTC)


def publish(session: Session, meetings: list[tuple[int, int, int, int, str | None]]) -> None:
    for plan in session.exec(select(Plan)):
        plan.state = "superseded"
    number = len(session.exec(select(Plan)).all()) + 1
    session.add(Plan(event_id=1, number=number, state="published", problem={}, certificate={}))
    session.flush()
    for a, b, slot, place, interpreter in meetings:
        session.add(Meeting(event_id=1, number=number, a=a, b=b, round=slot, place=place, interpreter=interpreter))
    session.commit()


def address(session: Session, actor_id: int, **more: object) -> str:
    token = make_link(session, event_id=1, actor_id=actor_id, **more)
    session.commit()
    return f"/agenda/{token}"


def text_of(answer: Response, part: str) -> str:
    """The words of one section."""
    found = re.search(rf'<section id="{part}".*?</section>', answer.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""
