"""Weights of the score: those in force, an event's own, and proposals learned from feedback."""

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, Column, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.actor import Shape
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
