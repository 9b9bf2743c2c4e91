"""Programmes: what groups events of one border, says which sides it has and how its papers look."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import StringConstraints, model_validator
from sqlalchemy import BigInteger, Column, Identity, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from models.actor import Country, Language, Name, Nuts, Shape
from models.base import utc_now

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]


class ProgrammeSide(Shape):
    """A side of the programme: who stands in one of its countries or territories stands on it."""

    code: Name = Field(max_length=40)
    name: Name = Field(max_length=100)
    countries: list[Country] = Field(default_factory=list, max_length=60)
    nuts: list[Nuts] = Field(default_factory=list, max_length=200, description="NUTS 2021 codes of any level")

    @model_validator(mode="after")
    def _covers_something(self) -> Self:
        if not (self.countries or self.nuts):
            raise ValueError(f"side {self.code!r} covers nothing: name a country or a NUTS code")
        return self


class ProgrammeCreate(Shape):
    """A new programme."""

    name: Name = Field(max_length=300)
    border: str | None = Field(default=None, max_length=300, description="Which border, in words")
    sides: list[ProgrammeSide] = Field(default_factory=list, max_length=20, description="Empty: each actor's own side")
    themes: list[Annotated[str, Field(min_length=1, max_length=120)]] = Field(default_factory=list, max_length=60)
    languages: list[Language] = Field(default_factory=list, max_length=20, description="Languages of its papers")
    brand: str | None = Field(default=None, max_length=120, description="Name on papers; absent: the programme's own")
    colour: Colour | None = Field(default=None, description="Colour on papers, such as #0b5c66")

    @model_validator(mode="after")
    def _sides_are_distinct(self) -> Self:
        codes = Counter(side.code for side in self.sides)
        covered = Counter(code for side in self.sides for code in {*side.countries, *side.nuts})
        for code, times in (codes | covered).items():
            if times > 1:
                raise ValueError(f"{code!r} stands twice among the sides")
        return self


class Programme(SQLModel, table=True):
    """What groups events of one border."""

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    name: str
    border: str | None = None
    sides: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    themes: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String), nullable=False))
    languages: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String), nullable=False))
    brand: str | None = None
    colour: str | None = None
    created_at: datetime = Field(default_factory=utc_now)


class ProgrammePublic(ProgrammeCreate):
    """A programme as answered."""

    id: int
    events: int
