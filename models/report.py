"""What an event came to: the figures of its report."""

from sqlmodel import Field

from models.actor import Shape
from models.tandem import TandemStatus


class SideFigures(Shape):
    """A side at the event."""

    side: str
    participants: int
    here: int
    meetings: int


class CrossFigure(Shape):
    """Meetings between two sides, or two sectors."""

    one: str
    other: str
    meetings: int


class Quote(Shape):
    """What somebody said of a meeting, and agreed to be quoted with."""

    actor_id: int
    actor_name: str
    text: str


class FollowUp(Shape):
    """Two who said that they would go on."""

    actor_id: int
    actor_name: str
    partner_id: int
    partner_name: str
    next_step: str | None
    date: str | None
    tandem: TandemStatus | None


class AnswerFigures(Shape):
    """What participants said after their meetings. A meeting may have two answers."""

    answers: int
    meetings_answered: int
    again: int
    not_again: int
    missed: int
    very_useful: int
    mutual: int
    contact: int
    project: int


class EventReport(Shape):
    """What an event came to, by its published plan; the newest draft where none is published."""

    plan: int | None
    published: bool
    participants: int
    attendance: dict[str, int]
    meetings: int
    across: float | None
    with_interpreter: int = Field(description="Meetings that an interpreter serves")
    distribution: dict[int, int]
    floor_asked: int
    sides: list[SideFigures]
    by_side: list[CrossFigure]
    by_sector: list[CrossFigure]
    answers: AnswerFigures
    tandems: dict[str, int]
    follow_up: list[FollowUp]
    quotes: list[Quote]
