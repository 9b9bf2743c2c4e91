"""Competence maps: files or feeds of actors from one source, their entries and their imports."""

from datetime import date, datetime
from typing import Any, ClassVar, Literal, Self

from pydantic import model_validator
from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import deferred
from sqlmodel import Field, SQLModel

from models.actor import Shape
from models.base import owner_key, utc_now
from models.import_job import EmbeddingProgress, ImportProgress
from models.remark import Remark

Layout = Literal["row_per_actor", "row_per_competence", "matrix", "matrix_transposed"]


class CompetenceMap(SQLModel, table=True):
    """A file or feed of actors and what they can do, from one source."""

    __tablename__ = "competence_map"

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    name: str = Field(unique=True)
    source: str | None = None
    territory: str | None = None
    licence: str | None = None
    as_of: date | None = None
    legal_basis: str | None = Field(default=None, description="Why names and addresses of persons may be stored")
    mapping: dict[str, Any] = Field(
        default_factory=dict,
        sa_column=Column(JSONB, nullable=False),
        description="Folded heading → field, as the admin last confirmed it for this source",
    )
    created_at: datetime = Field(default_factory=utc_now)


class MapEntry(SQLModel, table=True):
    """What one competence map says of an actor; one actor may stand in several, and under several keys in one."""

    __tablename__ = "map_entry"
    __table_args__ = (Index("ix_map_entry_map_id_source_key", "map_id", "source_key"),)

    actor_id: int = owner_key("actor")
    map_id: int = owner_key("competence_map")
    source_key: str = Field(sa_column=Column(Text, primary_key=True))
    row_hash: str = ""
    said: dict[str, Any] = Field(
        default_factory=dict,
        sa_column=Column(JSONB, nullable=False),
        description="The source's own words, field by field, as last imported",
    )
    updated_at: datetime = Field(default_factory=utc_now)


_FILE = Column("data", LargeBinary, nullable=False)


class MapImport(SQLModel, table=True):
    """One file on its way into a map: previewed, then applied (or undone), with its report."""

    __tablename__ = "map_import"
    # A file may have hundreds of megabytes: a look at an import's state must not bring it along.
    __mapper_args__: ClassVar = {"properties": {"data": deferred(_FILE)}}

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    map_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("competence_map.id", ondelete="CASCADE"), index=True, nullable=False)
    )
    filename: str
    state: str = "previewed"
    data: bytes = Field(sa_column=_FILE, description="The file, deflated; read only by whoever asks for it")
    options: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    report: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(default_factory=utc_now)
    applied_at: datetime | None = None
    undone_at: datetime | None = None
    fetched_from: str | None = Field(default=None, description="Address the file was fetched from")
    taken_back: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB), description="What undoing it did and what it left alone"
    )


class ImportChange(SQLModel, table=True):
    """What one import did to one actor, and how it was before: what an undo needs."""

    __tablename__ = "import_change"

    actor_id: int = owner_key("actor")
    import_id: int = owner_key("map_import", index=True)
    source_key: str = Field(sa_column=Column(Text, primary_key=True))
    action: str = Field(description="new, changed or linked; said: its words alone are new; relations: these alone")
    before: dict[str, Any] = Field(
        default_factory=dict,
        sa_column=Column(JSONB, nullable=False),
        description="{actor: fields, at: updated_at, entry: {row_hash, said}} before it; empty when it was new",
    )
    relations: list[Any] = Field(
        default_factory=list,
        sa_column=Column(JSONB, nullable=False),
        description="[target id, type] of the relations this import added",
    )
    at: datetime = Field(default_factory=utc_now, description="actor.updated_at as this import left it")


class MapFields(Shape):
    """Where a competence map comes from."""

    name: str = Field(min_length=1, max_length=200)
    source: str | None = Field(default=None, max_length=500, description="Organisation or address it comes from")
    territory: str | None = Field(default=None, max_length=200)
    licence: str | None = Field(default=None, max_length=200)
    as_of: date | None = Field(default=None, description="Date of the facts")
    legal_basis: str | None = Field(
        default=None, max_length=500, description="Why names and addresses of persons may be stored; else they are not"
    )


class ImportOptions(Shape):
    """How a file is to be read where its own look is not enough."""

    mapping: dict[str, str] = Field(
        default_factory=dict, description='Heading → field ("description.fr", "offers", …); "" ignores the column'
    )
    layout: Layout | None = Field(default=None, description="Recognised when absent")
    sheet: str | None = Field(default=None, description="Only this sheet (or file of a ZIP)")
    country: str | None = Field(default=None, description="Country of rows that name none")
    language: str | None = Field(default=None, description="Language of texts that name none; detected when absent")
    sector_list: str | None = Field(
        default=None, description="The sector list that the file's sectors are read by; absent: all that are loaded"
    )
    merge: dict[str, int | str] = Field(
        default_factory=dict, description="Key of a row → actor id, or key of another row, that it is the same as"
    )
    prefer: Literal["viaduc", "file"] = Field(
        default="viaduc", description="Who wins where the file and a later edit (or another map) disagree"
    )
    resumable: bool = Field(default=False, description="Store batch by batch instead of all or nothing")


class ImportFromAddress(Shape):
    """A file to fetch into a map."""

    url: str = Field(min_length=1, max_length=2000, description="Address of the file, on an allowed host")
    map: MapFields
    options: ImportOptions = Field(default_factory=ImportOptions)


class ColumnProposal(Shape):
    """What one column of a file was taken for."""

    heading: str
    field: str | None = Field(description="None: nothing of Viaduc's, or not sure enough")
    confidence: float = Field(ge=0, le=1)
    guess: str | None = Field(default=None, description="Best guess when the confidence does not suffice")
    samples: list[str] = Field(default_factory=list, max_length=3)
    sheet: str | None = None


class Rejection(Remark):
    """One row that cannot be taken, and why: in English, and as a code with its values."""

    line: int = Field(description="Line of the file, counted from 1 with its header")
    field: str = Field(description="The column's heading as the file writes it")
    value: str
    reason: str
    sheet: str | None = None
    name: str | None = Field(default=None, description="Whom the row names, if it names somebody")


class Note(Remark):
    """What an admin should know of the file beside its rejected rows."""

    rows: int = Field(default=0, description="Rows it is true of; 0: the whole file, or the whole sheet")
    line: int | None = Field(default=None, description="The first of them")
    sheet: str | None = None


class FieldChange(Shape):
    """One field of a stored actor that an import changes, or would change if the admin said so."""

    field: str
    before: Any = None
    after: Any = None


class ActorChange(Shape):
    """One stored actor that an import changes, field by field."""

    line: int
    actor_id: int
    name: str
    changes: list[FieldChange] = Field(default_factory=list)
    conflicts: list[FieldChange] = Field(
        default_factory=list, description="Edited since, or another map says otherwise: `before` is kept"
    )


class FieldValue(Shape):
    """One field of an actor and what it holds."""

    field: str
    value: Any


class NewActor(Shape):
    """An actor that an import would make, as it would be stored."""

    line: int
    sheet: str | None = None
    name: str
    fields: list[FieldValue] = Field(description="What the file says of it, in Viaduc's fields")


class Twin(Shape):
    """Two rows, or a row and a stored actor, that look like the same actor."""

    line: int
    key: str
    name: str
    other_line: int | None = None
    other_key: str | None = None
    actor_id: int | None = None
    other_name: str
    other_map: str | None = None
    score: float = Field(ge=0, le=1)
    reasons: list[str] = Field(default_factory=list)
    because: list[Remark] = Field(default_factory=list, description="The reasons as codes with their values")


class ImportReport(Shape):
    """What an import will do (preview) or did (applied)."""

    format: str = ""
    encoding: str | None = None
    delimiter: str | None = None
    layout: Layout = "row_per_actor"
    columns: dict[str, str] = Field(default_factory=dict, description="Heading of the file → field of Viaduc")
    ignored_columns: list[str] = Field(default_factory=list)
    proposals: list[ColumnProposal] = Field(default_factory=list)
    rows: int = Field(default=0, description="Rows with content, without headings")
    actors: int = 0
    new: int = 0
    changed: int = 0
    linked: int = Field(default=0, description="Rows that join an actor known from elsewhere, as the admin said")
    same: int = 0
    rejected_rows: int = Field(default=0, description="All of them; `rejected` lists the first ones")
    rejected: list[Rejection] = Field(default_factory=list)
    changes: list[ActorChange] = Field(default_factory=list, description="The first ones, field by field")
    conflicts: int = 0
    first_new: list[NewActor] = Field(default_factory=list, description="The first new actors, as they are stored")
    twins: list[Twin] = Field(default_factory=list)
    relations: int = 0
    warnings: list[str] = Field(default_factory=list, description="The notes, in English")
    notes: list[Note] = Field(default_factory=list, description="What to know beside the rejected rows")
    refused: Remark | None = Field(default=None, description="Why the whole file cannot be read, if it cannot")


class MapPublic(Shape):
    """A competence map as answered."""

    id: int
    name: str
    source: str | None
    territory: str | None
    licence: str | None
    as_of: date | None
    actors: int


class KeptActor(Shape):
    """An actor that an undo left as it is."""

    actor_id: int
    name: str
    reasons: list[Remark]


class UndoReport(Shape):
    """What taking an import back did, and what it left alone."""

    removed: int = 0
    restored: int = 0
    unlinked: int = 0
    kept: list[str] = Field(default_factory=list, description="Actors left as they are, each with its reason")
    left_alone: list[KeptActor] = Field(default_factory=list, description="The same, the reasons as codes")
    kept_actors: int = Field(default=0, description="All that were left alone; `kept` lists the first ones")

    @model_validator(mode="after")
    def _count_at_least_those_listed(self) -> Self:
        # Reports of before the count was kept.
        self.kept_actors = max(self.kept_actors, len(self.kept))
        return self


class ImportPublic(Shape):
    """An import as answered."""

    id: int
    map_id: int
    filename: str
    fetched_from: str | None = None
    state: Literal["reading", "failed", "previewed", "applying", "applied", "undone"]
    options: ImportOptions
    report: ImportReport
    progress: ImportProgress | None = Field(default=None, description="Of the last work on it in the background")
    embedding: EmbeddingProgress | None = Field(default=None, description="Once it is applied")
    taken_back: UndoReport | None = None


class SourceClaim(Shape):
    """What one map says of one field of an actor."""

    map_id: int
    map_name: str
    source: str | None
    licence: str | None
    as_of: str | None = Field(description="Date of the fact where the source dates it, else of the map")
    value: Any


class FieldSources(Shape):
    """One field of an actor: what Viaduc holds, and who says what."""

    field: str
    value: Any
    claims: list[SourceClaim]
    disputed: bool = Field(description="Some source says otherwise")


class FieldShare(Shape):
    """How many actors of a map have a field filled."""

    field: str
    filled: int
    share: float


class SectorCell(Shape):
    """Actors of one sector in one territory."""

    sector: str
    territory: str
    actors: int


class MapPoint(Shape):
    """Where an actor is."""

    actor_id: int
    name: str
    side: str
    city: str | None
    lat: float
    lon: float


class MapPicture(Shape):
    """A map at a glance."""

    actors: int
    fields: list[FieldShare]
    languages: dict[str, int] = Field(description="Language → actors that have a text in it")
    sectors: list[SectorCell]
    points: list[MapPoint]
    missing: list[str] = Field(description="Fields that less than half of the actors have, emptiest first")
