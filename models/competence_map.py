"""Competence maps: files or feeds of actors from one source, their entries and their imports."""

from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.actor import Shape
from models.base import utc_now


class CompetenceMap(SQLModel, table=True):
    """A file or feed of actors and what they can do, from one source."""

    __tablename__ = "competence_map"

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    name: str = Field(unique=True)
    source: str | None = None
    territory: str | None = None
    licence: str | None = None
    as_of: date | None = None
    mapping: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(default_factory=utc_now)


class MapEntry(SQLModel, table=True):
    """An actor's place in a competence map; one actor may stand in several."""

    __tablename__ = "map_entry"
    __table_args__ = (Index("ix_map_entry_map_id_source_key", "map_id", "source_key"),)

    actor_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("actor.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    map_id: int = Field(
        sa_column=Column(
            BigInteger,
            ForeignKey("competence_map.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        )
    )
    source_key: str
    row_hash: str = ""


class MapImport(SQLModel, table=True):
    """One file on its way into a map: previewed, then applied (or refused), with its report."""

    __tablename__ = "map_import"

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    map_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("competence_map.id", ondelete="CASCADE"), index=True, nullable=False)
    )
    filename: str
    state: str = "previewed"
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    report: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(default_factory=utc_now)
    applied_at: datetime | None = None


class Rejection(Shape):
    """One row that cannot be taken, and why."""

    line: int = Field(description="Line of the file, counted from 1 with its header")
    field: str
    value: str
    reason: str


class ImportReport(Shape):
    """What an import will do (preview) or did (applied)."""

    format: str
    encoding: str | None = None
    delimiter: str | None = None
    layout: Literal["row_per_actor", "row_per_competence"] = "row_per_actor"
    columns: dict[str, str] = Field(default_factory=dict, description="Heading of the file → field of Viaduc")
    ignored_columns: list[str] = Field(default_factory=list)
    rows: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    rejected: list[Rejection] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)


class MapPublic(Shape):
    """A competence map as answered."""

    id: int
    name: str
    source: str | None
    territory: str | None
    licence: str | None
    as_of: date | None
    actors: int


class ImportPublic(Shape):
    """An import as answered."""

    id: int
    map_id: int
    filename: str
    state: Literal["previewed", "applied"]
    report: ImportReport
