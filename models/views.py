"""Who knows that an actor exists: how often its profile was looked at, by which side. Never by whom."""

from datetime import date

from sqlalchemy import BigInteger, Column, Date, Text
from sqlmodel import Field, SQLModel

from models.actor import Shape
from models.base import owner_key


class ActorView(SQLModel, table=True):
    """Looks at one profile on one day from one side through one door: a count, no person, no address."""

    __tablename__ = "actor_view"

    actor_id: int = owner_key("actor")
    day: date = Field(sa_column=Column(Date, primary_key=True))
    side: str = Field(sa_column=Column(Text, primary_key=True), description="Side of the reader's actor; '' unknown")
    role: str = Field(sa_column=Column(Text, primary_key=True))
    door: str = Field(sa_column=Column(Text, primary_key=True), description="page or api")
    views: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


class SideViews(Shape):
    """Looks from one side."""

    side: str = Field(description="Code of the side; empty where the reader's side is not known")
    role: str
    views: int


class MapStanding(Shape):
    """A map that an actor stands in."""

    map_id: int
    name: str
    source: str | None
    licence: str | None
    territory: str | None
    keys: list[str] = Field(description="Its keys in that map")


class ActorKnown(Shape):
    """Who knows that an actor exists."""

    days: int = Field(description="The days that are counted, today included")
    views: int
    by_side: list[SideViews]
    maps: list[MapStanding]


class MapKnown(Shape):
    """How far the actors of a map are known."""

    days: int
    views: int
    actors_seen: int = Field(description="Actors of the map that anybody looked at")
    by_side: list[SideViews]
    other_maps: dict[str, int] = Field(description="Another map → actors that stand in both")
