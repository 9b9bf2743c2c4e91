"""Weights of the score: those in force, an event's own, and proposals learned from feedback."""

from datetime import datetime
from typing import Literal, Self

from pydantic import model_validator
from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.actor import Name, Shape
from models.base import utc_now

ProposalState = Literal["proposed", "accepted", "superseded", "rejected"]


class WeightProposal(SQLModel, table=True):
    """Weights learned from feedback; at most one proposal is accepted, and its weights are those of the service."""

    __tablename__ = "weight_proposal"
    __table_args__ = (
        Index("uq_weight_proposal_accepted", "state", unique=True, postgresql_where=text("state = 'accepted'")),
    )

    number: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    state: str = "proposed"
    weights: dict[str, float] = Field(sa_column=Column(JSONB, nullable=False))
    before: dict[str, float] = Field(sa_column=Column(JSONB, nullable=False))
    judgements: int
    worthy: int
    folds: int
    loss_default: float
    loss_learned: float
    created_at: datetime = Field(default_factory=utc_now)
    decided_at: datetime | None = None


class WeightProposalPublic(Shape):
    """A proposal as answered. Losses are mean log-losses on judgements not learned from; lower is better."""

    number: int
    state: ProposalState = Field(description="accepted: these are the service's weights now")
    weights: dict[str, float]
    before: dict[str, float] = Field(description="The service's weights when it was made")
    judgements: int = Field(description="Pairs that were judged")
    worthy: int = Field(description="Of these, worth meeting")
    folds: int = Field(description="Parts of the cross-validation; what one actor says is in one part")
    loss_default: float = Field(description="Of the shipped weights, cross-validated")
    loss_learned: float = Field(description="Of learned weights, cross-validated")
    is_better: bool = Field(description="False: it cannot be accepted")
    created_at: datetime
    decided_at: datetime | None


class ServiceWeights(Shape):
    """The weights in force."""

    weights: dict[str, float]
    proposal: int | None = Field(description="The accepted proposal they come from; null: the shipped ones")


class EventWeights(ServiceWeights):
    """The weights an event's plans are made with: the service's, with the event's own changes."""

    changes: dict[str, float] = Field(description="What this event sets itself")


class SectorBridge(SQLModel, table=True):
    """A bridge between two sectors that an admin declared, or took away (value 0); others are as shipped."""

    __tablename__ = "sector_bridge"
    __table_args__ = (CheckConstraint("value >= 0 AND value <= 1", name="value"),)

    one: str = Field(sa_column=Column(String, primary_key=True), description="The first of the two in their order")
    other: str = Field(sa_column=Column(String, primary_key=True))
    value: float


class Bridge(Shape):
    """Two sectors that have something to say to each other, in either order."""

    between: tuple[Name, Name] = Field(description="Two sectors, as actors name them, or families of sectors")
    value: float = Field(default=0.8, gt=0, le=1, description="How near they count; a sector in common counts 1")

    @model_validator(mode="after")
    def _leads_elsewhere(self) -> Self:
        one, other = (" ".join(word.casefold().split()) for word in self.between)
        if one == other:
            raise ValueError("a bridge leads to another sector: a sector in common counts 1 already")
        if max(map(len, self.between)) > 120:
            raise ValueError("the name of a sector has at most 120 characters")
        return self


class BridgePublic(Bridge):
    """A bridge as answered."""

    shipped: bool = Field(description="Whether it is as it came with the service")


class Bridges(Shape):
    """The bridges in force."""

    bridges: list[BridgePublic]
    families: dict[str, list[str]] = Field(
        description="Family of sectors → how words of its labels begin: labels differ from one map to the next"
    )
    taken_away: list[tuple[str, str]] = Field(description="Shipped bridges that were taken away")
