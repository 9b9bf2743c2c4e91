"""Feedback: what an actor says of another after meeting it, or after reading a suggestion."""

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Text
from sqlmodel import Field, SQLModel

from models.actor import PlainText, Shape
from models.base import owner_key, utc_now

Worth = Literal["yes", "no"]
Outcome = Literal["none", "soft", "follow_up", "project"]


class FeedbackCreate(Shape):
    """Two questions: was it worth meeting, and what came of it?"""

    actor_id: int = Field(description="Who says it")
    target_id: int = Field(description="Of whom")
    event_id: int | None = Field(default=None, description="Where they met")
    worth: Worth = Field(description="Was the meeting, or would it be, worth it?")
    outcome: Outcome = Field(
        default="none", description="soft: a contact was made; follow_up: they meet again; project: they do something"
    )
    note: PlainText | None = Field(default=None, max_length=2000)


class Feedback(SQLModel, table=True):
    """What one actor says of another. A later word counts instead of an earlier one, which is kept."""

    actor_id: int = owner_key("actor")
    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    target_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("actor.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    event_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, ForeignKey("event.id", ondelete="SET NULL"), index=True)
    )
    worth: str
    outcome: str = "none"
    note: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(default_factory=utc_now)


class FeedbackPublic(FeedbackCreate):
    """Feedback as answered."""

    id: int
    actor_name: str
    target_name: str
    created_at: datetime


class FeedbackPage(Shape):
    """One page of feedback, newest first; ask for the next one with its cursor."""

    items: list[FeedbackPublic]
    next_cursor: str | None
    total: int
