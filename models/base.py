"""What every table shares: names of constraints, clocks, and the vector's shape."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey
from sqlmodel import Field, SQLModel

VECTOR_DIM = 384
"""Dimensions of a stored vector; an encoder with fewer is padded with zeros, which keeps every cosine."""

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def owner_key(table: str, *, index: bool | None = None) -> Any:
    """The part of a key that names a row of another table: where that row goes, this one goes too."""
    names = ForeignKey(f"{table}.id", ondelete="CASCADE")
    return Field(sa_column=Column(BigInteger, names, primary_key=True, autoincrement=False, index=index))


def utc_now() -> datetime:
    """The present moment, with its offset."""
    return datetime.now(UTC)
