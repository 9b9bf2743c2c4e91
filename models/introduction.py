"""Two advisers' word that two actors may know who the other is."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from models.actor import Shape
from models.base import owner_key


class Introduction(SQLModel, table=True):
    """A pair of an event that is made known to each other: one adviser speaks for each side, and they are not one.

    Kept once: `actor_id` is the lower of the two ids.
    """

    __table_args__ = (
        CheckConstraint("actor_id < partner_id", name="canonical"),
        CheckConstraint("actor_by <> partner_by", name="two_advisers"),
    )

    event_id: int = owner_key("event")
    actor_id: int = owner_key("actor")
    partner_id: int = owner_key("actor", index=True)
    actor_by: str | None = Field(default=None, description="Who spoke for `actor_id`, as in the audit trail")
    actor_at: datetime | None = None
    partner_by: str | None = None
    partner_at: datetime | None = None


class AdviserWord(Shape):
    """Who spoke for one of the two, and when."""

    by: str
    at: datetime


class IntroductionPublic(Shape):
    """A pair with an anonymous end: what was said, and whether they know who the other is."""

    actor_id: int
    actor_name: str
    partner_id: int
    partner_name: str
    actor_word: AdviserWord | None
    partner_word: AdviserWord | None
    mutual_yes: bool = Field(description="Both said in their agendas that they would meet again")
    opened: bool = Field(description="Both advisers spoke, or both said yes")
