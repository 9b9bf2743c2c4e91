"""Plans: computed schedules, draft or published, with their certificates."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, Column, ForeignKey, ForeignKeyConstraint, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.actor import Shape
from models.base import utc_now


class PlanCreate(Shape):
    """How to compute a plan."""

    time_limit_s: float = Field(default=20, gt=0, le=120)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)


class Plan(SQLModel, table=True):
    """One computed schedule of an event; numbers count up within the event."""

    event_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("event.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    state: str = "draft"
    seed: int = 0
    problem: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    certificate: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(default_factory=utc_now)
    published_at: datetime | None = None


class Meeting(SQLModel, table=True):
    """Two participants at a place in a round."""

    __table_args__ = (
        ForeignKeyConstraint(["event_id", "number"], ["plan.event_id", "plan.number"], ondelete="CASCADE"),
    )

    event_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    a: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    b: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    round: int
    place: int | None = None
    interpreter: str | None = None
    utility: float = 0.0


class MeetingPublic(Shape):
    """A meeting as answered."""

    a: int
    a_name: str
    b: int
    b_name: str
    round: int
    place: int | None
    interpreter: str | None
    utility: float


class PlanBrief(Shape):
    """A plan in a list."""

    event_id: int
    number: int
    state: Literal["draft", "published", "superseded"]
    seed: int
    created_at: datetime
    published_at: datetime | None
    certificate: dict[str, Any]


class PlanPublic(PlanBrief):
    """A plan as answered, with its meetings."""

    meetings: list[MeetingPublic]
