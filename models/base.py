"""What every table shares: names of constraints, clocks, and the vector's shape."""

from datetime import UTC, datetime

from sqlmodel import SQLModel

VECTOR_DIM = 384
"""Dimensions of a stored vector; an encoder with fewer is padded with zeros, which keeps every cosine."""

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def utc_now() -> datetime:
    """The present moment, with its offset."""
    return datetime.now(UTC)
