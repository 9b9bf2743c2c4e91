"""Work on an import in the background: how far it is, whether somebody asked it to stop, why it failed."""

from datetime import datetime

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel

from models.actor import Shape
from models.base import owner_key, utc_now


class ImportJob(SQLModel, table=True):
    """The last work on an import: reading or applying. A row of its own, so that telling never waits for the work."""

    __tablename__ = "import_job"

    import_id: int = owner_key("map_import")
    stage: str = Field(description="waiting, reading, applying, stopped, failed or done")
    done: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    total: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    cause: str | None = None
    stop_requested: bool = False
    started_at: datetime = Field(default_factory=utc_now)
    heard_at: datetime = Field(default_factory=utc_now)


class ImportProgress(Shape):
    """How far reading or applying is."""

    stage: str = Field(description="waiting, reading, applying, stopped, failed, lost (its process ended) or done")
    done: int = Field(description="Rows so far")
    total: int = Field(description="Rows in all; 0 while they are being counted")
    rows_per_s: float | None = None
    remaining_s: float | None = None
    cause: str | None = None


class EmbeddingProgress(Shape):
    """How many texts of an import's actors are found by meaning already; by words all of them are."""

    texts: int
    waiting: int
