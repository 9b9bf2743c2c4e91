"""The day itself: who is here, what was lost, and every step so that it can be taken back."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Integer, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.actor import Shape
from models.base import owner_key, utc_now
from models.plan import PlanDiff

Presence = Literal["expected", "here", "late", "absent", "gone"]
"""What the desk knows of somebody. Nothing was said: expected. Gone: was here and left."""

Loss = Literal["place", "round"]


class Attendance(SQLModel, table=True):
    """What the desk said of a participant, or of one of its delegates; no row: expected."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["event_id", "actor_id"], ["participant.event_id", "participant.actor_id"], ondelete="CASCADE"
        ),
    )

    event_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    actor_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    delegate: str = Field(default="", sa_column=Column(String, primary_key=True))
    state: str
    round: int | None = Field(default=None, description="Late: first round they are there; gone: first they miss")
    said_at: datetime = Field(default_factory=utc_now)


class DayLoss(SQLModel, table=True):
    """A place that cannot be used any more, or a round that does not take place."""

    __tablename__ = "day_loss"

    event_id: int = owner_key("event")
    kind: str = Field(sa_column=Column(String, primary_key=True))
    ordinal: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    said_at: datetime = Field(default_factory=utc_now)


class DayStep(SQLModel, table=True):
    """One thing that was said on the day, with how it was before."""

    __tablename__ = "day_step"

    event_id: int = owner_key("event")
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    kind: str
    subject: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    before: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    after: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    said_by: str = ""
    said_at: datetime = Field(default_factory=utc_now)
    undone_at: datetime | None = None


class AttendanceSay(Shape):
    """A word of the desk about a participant, or one of its delegates."""

    actor_id: int
    delegate: str = Field(default="", max_length=100, description="Empty: the participant as a whole")
    state: Presence
    round: int | None = Field(
        default=None,
        ge=0,
        le=200,
        description="Late: the first round they are there for. Gone: the first they miss; absent: from now on",
    )


class AttendancePublic(AttendanceSay):
    """A participant's presence as answered, with its delegates' where the desk told them apart."""

    name: str
    pseudonym: str | None = Field(default=None, description="As whom others meet it, while it is anonymous")
    side: str
    said_at: datetime | None
    delegates: list[AttendanceSay]


class LossSay(Shape):
    """A place is lost or back; a round is cancelled or takes place after all."""

    kind: Loss
    index: int = Field(ge=0, le=2000)
    lost: bool = True


class TimetableSay(Shape):
    """A round gets another length, or begins later (or earlier); the rounds after it follow if asked."""

    round: int = Field(ge=0, le=200)
    minutes: int | None = Field(default=None, ge=1, le=480, description="Its new length")
    shift: int = Field(default=0, ge=-480, le=480, description="Minutes by which it begins later")
    follow: bool = Field(default=True, description="Later rounds move by as much as its end does")


class DayStepPublic(Shape):
    """A step of the day as answered."""

    number: int
    kind: Literal["attendance", "loss", "rounds", "replan", "plan"]
    subject: dict[str, Any]
    before: dict[str, Any]
    after: dict[str, Any]
    said_at: datetime
    undone: bool


class DayPublic(Shape):
    """Where the day stands: by the clock, by the desk, and against the plan in force."""

    phase: Literal["unplanned", "before", "round", "pause", "after"]
    round: int | None = Field(description="The round that runs, else the one that comes next")
    first_open: int = Field(description="The first round that has not begun: what a re-plan may change")
    counts: dict[Presence, int]
    lost_places: list[int]
    cancelled: list[int]
    plan: int | None = Field(description="The published plan")
    disturbed: int = Field(description="Meetings of the plan still to come that cannot take place as it stands")


class DayReplan(Shape):
    """How to re-plan the rest of the day around what the desk said."""

    keep: bool = Field(
        default=True,
        description="True: surviving meetings stay and holes are filled; false: the rest is optimised again",
    )
    first: int | None = Field(
        default=None, ge=0, le=200, description="First round that may change; absent: the first that has not begun"
    )
    time_limit_s: float = Field(default=10, gt=0, le=120)


class DayApply(Shape):
    """Which draft to apply."""

    plan: int = Field(ge=1)


class DayApplied(Shape):
    """What was published, and what it changed."""

    plan: int
    before: int
    diff: PlanDiff
