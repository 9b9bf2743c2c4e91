"""The event of these tests: its names, its plans, and how to read what comes out."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pypdf import PdfReader
from sqlmodel import Session

from models.plan import Meeting, Plan

ROUNDS = [
    {"starts_at": "2027-03-28T09:30:00+02:00", "minutes": 20},
    {"starts_at": "2027-03-28T09:55:00+02:00", "minutes": 20},
    {"starts_at": "2027-03-28T11:00:00+02:00", "minutes": 20},
]
NAMES = ("Tissages & Cie", "Łódź Laboratòri Ελληνική Українська", '#panic("x") *not bold* $x$ @ref </script>', "=1+1")
TEXTS = (
    ("fr", "laboratoire pour tester la résistance au feu des tissus", "étoffes techniques en verre"),
    ("nl", "weverijen met technisch glasweefsel", "laboratorium dat tester la résistance au feu des tissus"),
    ("fr", "recyclage des fibres de polyester", "tissage de verre en grande laize"),
    ("nl", "glasweefsel voor composieten", "recyclage des fibres de polyester in een proeflijn"),
)


@dataclass(frozen=True)
class Gathering:
    """The event's address, and the ids of its four participants: two French, two Flemish."""

    url: str
    id: int
    actors: Sequence[int]


def add_plan(
    session: Session, event_id: int, number: int, meetings: Sequence[tuple[int, int, int, int]],
    published: datetime | None = None, state: str | None = None,
) -> None:  # fmt: skip
    """A plan as it would have been computed: (a, b, round, place) of each meeting; those of place 0 are interpreted."""
    certificate = {
        "status": "optimal", "utility": 1.5, "bound": 1.5, "gap": 0.0, "seconds": 0.1,
        "floor": {"requested": 0, "reached": 0}, "unmet": [{"participant": str(meetings[0][0]), "cause": "veto"}],
    }  # fmt: skip
    session.add(
        Plan(
            event_id=event_id,
            number=number,
            state=state or ("published" if published else "draft"),
            problem={},
            certificate=certificate,
            published_at=published,
        )
    )
    session.flush()
    session.add_all(
        Meeting(
            event_id=event_id,
            number=number,
            a=a,
            b=b,
            round=r,
            place=p,
            interpreter="0" if p == 0 else None,
            utility=0.75,
        )
        for a, b, r, p in meetings
    )
    session.commit()


def words_of(pdf: bytes) -> list[str]:
    """The text of every page, in one line each; words that were divided are whole again."""
    pages = (" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)
    return [page.replace("\u00ad ", "") for page in pages]
