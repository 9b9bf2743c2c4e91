"""Passages: one piece of a text of one facet, with its vector. Missing vectors are the embedding backlog."""

from typing import Any

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from models.base import VECTOR_DIM, owner_key


class Passage(SQLModel, table=True):
    """One piece (a sentence of a description, an offer, a need) of one actor's profile, in one language.

    The key begins with actor_id, so the table can be distributed by it. Country, side, kind and sectors repeat the
    actor's, so that a filtered nearest-neighbour search needs no join before its top-k.
    """

    __table_args__ = (
        Index(
            "ix_passage_vector",
            "vector",
            postgresql_using="hnsw",
            postgresql_with={"m": 16, "ef_construction": 64},
            postgresql_ops={"vector": "halfvec_cosine_ops"},
        ),
        Index("ix_passage_encoder", "encoder", "actor_id", "ordinal"),
    )

    actor_id: int = owner_key("actor")
    ordinal: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    facet: str
    lang: str
    text: str = Field(sa_type=Text)
    country: str
    side: str
    kind: str
    sectors: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String), nullable=False))
    encoder: str | None = Field(default=None, description="Name and version of the encoder that made the vector")
    vector: Any = Field(default=None, sa_column=Column(HALFVEC(VECTOR_DIM)))


class LanguageMean(SQLModel, table=True):
    """The mean stored vector of a language's texts: what they share for being in it, not for what they say."""

    __tablename__ = "language_mean"

    encoder: str = Field(primary_key=True)
    lang: str = Field(primary_key=True)
    texts: int
    mean: Any = Field(sa_column=Column(HALFVEC(VECTOR_DIM), nullable=False))


class Directions(SQLModel, table=True):
    """Along what an encoder's texts differ most: in these directions processes summarise very many actors alike."""

    encoder: str = Field(primary_key=True)
    number: int = Field(description="Rises each time they are learned")
    actors: int = Field(description="How many there were then")
    basis: bytes = Field(sa_type=LargeBinary, description="Halves, little end first: a row a number of three facets")


class PoolRevision(SQLModel, table=True):
    """A counter that rises with every commit that changed what /match can see; one row."""

    __tablename__ = "pool_revision"

    id: int = Field(default=1, primary_key=True)
    n: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
