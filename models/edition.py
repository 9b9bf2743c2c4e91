"""Editions: how often a thing that people edit was changed, when and by whom; what an ETag says."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, String
from sqlmodel import Field, SQLModel


class EditionRow(SQLModel, table=True):
    """Written by triggers (revisions 0012, 0013): no way to change a thing goes unseen. No row: never changed."""

    __tablename__ = "edition"

    kind: str = Field(
        sa_column=Column(String, primary_key=True),
        description="app/services/editions.py names them all",
    )
    id: int = Field(
        sa_column=Column(BigInteger, primary_key=True, autoincrement=False), description="Of the actor, event …"
    )
    part: int = Field(
        sa_column=Column(BigInteger, primary_key=True, autoincrement=False),
        description="The actor of a participant, the contact of an actor …; else 0",
    )
    n: int = Field(sa_column=Column(BigInteger, nullable=False))
    changed_at: datetime
    changed_by: str = Field(description="As in the audit trail: key:12, session:3, local; never a person's name")
