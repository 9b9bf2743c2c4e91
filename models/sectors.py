"""The border's own sector lists: codes and names that a territory uses, and what they are in Viaduc's words."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.actor import Shape
from models.base import owner_key, utc_now
from models.competence_map import Note


class SectorList(SQLModel, table=True):
    """One list of sectors, such as the smart specialisation domains of a region."""

    __tablename__ = "sector_list"

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    name: str = Field(unique=True)
    created_at: datetime = Field(default_factory=utc_now)


class SectorTerm(SQLModel, table=True):
    """One entry of a list."""

    __tablename__ = "sector_term"

    list_id: int = owner_key("sector_list")
    code: str = Field(sa_column=Column(Text, primary_key=True))
    names: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False), description="Language → name; und: not said"
    )
    sector: str | None = Field(default=None, description="Viaduc's word for it; absent: its own name is kept")
    nace: str | None = Field(default=None, description="Section or code of NACE Rev. 2")


class SectorTermPublic(Shape):
    """One entry of a sector list."""

    code: str
    names: dict[str, str] = Field(description="Language → name; und where the file does not say the language")
    sector: str | None = None
    nace: str | None = None


class SectorListPublic(Shape):
    """A sector list as answered."""

    id: int
    name: str
    terms: list[SectorTermPublic]


class SectorListReport(Shape):
    """What loading a sector list did."""

    id: int
    name: str
    terms: int
    mapped: int = Field(description="Terms with a word of Viaduc's or a NACE code")
    rejected: list[str] = Field(description="Lines that were left out, each with its reason")
    notes: list[Note] = Field(default_factory=list, description="The same as codes with their values")
