"""Tandems: partnerships with a life cycle, and the history of it."""

import datetime as dt
from typing import Any, Literal, Self, get_args

from pydantic import model_validator
from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Integer, Text
from sqlmodel import Field, SQLModel

from models.actor import PlainText, Shape
from models.base import owner_key, utc_now

TandemStatus = Literal[
    "suggested", "met", "in_discussion", "agreement", "active", "dormant", "ended", "did_not_work"
]  # fmt: skip
STATUSES: tuple[TandemStatus, ...] = get_args(TandemStatus)

NEXT_STATUSES: dict[TandemStatus, tuple[TandemStatus, ...]] = {
    "suggested": ("met", "in_discussion", "agreement", "active", "did_not_work"),
    "met": ("in_discussion", "agreement", "active", "dormant", "did_not_work"),
    "in_discussion": ("agreement", "active", "dormant", "did_not_work"),
    "agreement": ("active", "dormant", "ended", "did_not_work"),
    "active": ("dormant", "ended", "did_not_work"),
    "dormant": ("in_discussion", "agreement", "active", "ended", "did_not_work"),
    "ended": ("in_discussion", "agreement", "active"),
    "did_not_work": ("met", "in_discussion", "agreement", "active"),
}
"""Where a tandem may go from each status: forward, to rest, to an end, or into another try; never back to an earlier
stage of the same try."""


class Tandem(SQLModel, table=True):
    """A partnership of two actors, kept once: `actor_id` is the lower of the two ids.

    Usually they stand on two sides; what a side is depends on the programme, so this is not enforced.
    """

    __table_args__ = (CheckConstraint("actor_id < partner_id", name="canonical"),)

    actor_id: int = owner_key("actor")
    partner_id: int = owner_key("actor", index=True)
    theme: str | None = Field(default=None, sa_type=Text)
    status: str
    since: dt.date | None = Field(default=None, description="Of the newest step of the history")
    event_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, ForeignKey("event.id", ondelete="SET NULL"), index=True)
    )
    note: str | None = Field(default=None, sa_type=Text)
    created_at: dt.datetime = Field(default_factory=utc_now)
    updated_at: dt.datetime = Field(default_factory=utc_now)


class TandemStep(SQLModel, table=True):
    """One change of a tandem's status; steps count from 1 in the order in which they were recorded."""

    __tablename__ = "tandem_step"
    __table_args__ = (
        ForeignKeyConstraint(["actor_id", "partner_id"], ["tandem.actor_id", "tandem.partner_id"], ondelete="CASCADE"),
    )

    actor_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    partner_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    status: str
    since: dt.date | None = None
    note: str | None = Field(default=None, sa_type=Text)
    created_at: dt.datetime = Field(default_factory=utc_now)


class TandemFields(Shape):
    """What is said of a tandem beside its status."""

    theme: PlainText | None = Field(default=None, max_length=300)
    event_id: int | None = Field(default=None, description="The event it comes from")
    note: PlainText | None = Field(default=None, max_length=2000)
    since: dt.date | None = Field(default=None, description="Since when the status holds; kept in the history")
    step_note: PlainText | None = Field(default=None, max_length=2000, description="What happened; kept in the history")


class TandemCreate(TandemFields):
    """A new tandem; it may begin at any status."""

    actor_id: int
    partner_id: int
    status: TandemStatus = "suggested"


class TandemUpdate(TandemFields):
    """Changes to a tandem: only the fields that are sent are touched."""

    status: TandemStatus | None = None

    @model_validator(mode="before")
    @classmethod
    def _status_is_something(cls, data: Any) -> Any:
        if isinstance(data, dict) and "status" in data and data["status"] is None:
            raise ValueError("a tandem always has a status: leave the field out to keep it")
        return data

    @model_validator(mode="after")
    def _steps_have_a_status(self) -> Self:
        said = {"since", "step_note"} & self.model_fields_set
        if said and self.status is None:
            raise ValueError(
                f"{' and '.join(sorted(said))} {'goes' if len(said) == 1 else 'go'} with a status: send the status too"
            )
        return self


class TandemStepPublic(Shape):
    """One step of a tandem's history as answered."""

    status: TandemStatus
    since: dt.date | None = Field(description="null: not known")
    note: str | None
    created_at: dt.datetime


class TandemBrief(Shape):
    """A tandem in a list."""

    actor_id: int
    actor_name: str
    partner_id: int
    partner_name: str
    theme: str | None
    status: TandemStatus
    since: dt.date | None = Field(description="Since when the status holds; null: not known")
    event_id: int | None
    note: str | None
    created_at: dt.datetime
    updated_at: dt.datetime


class TandemPublic(TandemBrief):
    """A tandem as answered, with its history, oldest step first."""

    history: list[TandemStepPublic]
    next_statuses: list[TandemStatus] = Field(description="What it may become")


class TandemPage(Shape):
    """One page of tandems; ask for the next one with its cursor."""

    items: list[TandemBrief]
    next_cursor: str | None
    total: int
