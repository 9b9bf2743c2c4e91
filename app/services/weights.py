"""Weights in force: the shipped ones or an accepted proposal's, changed by an event or by a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select as sa_select
from sqlmodel import Session, select

from app.errors import BadInput
from app.services.bridges import CHANGED, affinity_of
from app.services.events import get_event
from matching.ranking.affinity import Affinity
from matching.ranking.weights import Weights
from models.passage import PoolRevision
from models.weights import EventWeights, ServiceWeights, WeightProposal


@dataclass(frozen=True)
class InForce:
    """Weights, the accepted proposal they come from (None: the shipped ones), and the tables of sectors and kinds."""

    weights: Weights
    proposal: int | None
    affinity: Affinity = field(default_factory=Affinity.default)

    def changed(self, changes: Mapping[str, float] | None) -> Weights:
        """With some weights changed; BadInput names an unknown or impossible one."""
        try:
            return Weights.from_dict(self.weights.to_dict() | dict(changes or {}))
        except ValueError as error:
            raise BadInput.of("weights", str(error)) from error


def weights_in_force(session: Session) -> InForce:
    """The service's default weights."""
    row = session.exec(
        select(WeightProposal.number, WeightProposal.weights).where(WeightProposal.state == "accepted")
    ).first()
    if row is None:
        return InForce(Weights.default(), None)
    number, weights = row
    return InForce(stored_weights(weights), number)


def revision_and_weights(session: Session) -> tuple[int, InForce]:
    """The pool's revision, the default weights and the tables, in one query: what every /match asks first."""
    revision, number, weights, changed = session.execute(_NOW).one()
    in_force = Weights.default() if number is None else stored_weights(weights)
    return revision, InForce(in_force, number, affinity_of(changed))


_POOL, _PROPOSAL = PoolRevision.__table__, WeightProposal.__table__  # type: ignore[attr-defined]
_NOW = sa_select(_POOL.c.n, _PROPOSAL.c.number, _PROPOSAL.c.weights, CHANGED).select_from(
    _POOL.outerjoin(_PROPOSAL, _PROPOSAL.c.state == "accepted")
)


def stored_weights(weights: Mapping[str, float]) -> Weights:
    """Weights that a row keeps; what it does not say is as shipped."""
    return Weights.from_dict(_still_known(weights))


def shipped_weights() -> dict[str, float]:
    """The weights of a service that has learned nothing yet, by part."""
    return Weights.default().to_dict()


def service_weights(session: Session) -> ServiceWeights:
    """The service's default weights as answered."""
    in_force = weights_in_force(session)
    return ServiceWeights(weights=in_force.weights.to_dict(), proposal=in_force.proposal)


def weights_of_event(session: Session, *, event_id: int) -> Weights:
    """The weights an event's pairs are valued with."""
    event = get_event(session, event_id=event_id)
    return weights_in_force(session).changed(_still_known(event.weights))


def event_weights(session: Session, *, event_id: int) -> EventWeights:
    """The weights an event's pairs are valued with, as answered."""
    changes = _still_known(get_event(session, event_id=event_id).weights)
    in_force = weights_in_force(session)
    return EventWeights(weights=in_force.changed(changes).to_dict(), proposal=in_force.proposal, changes=changes)


def set_event_weights(session: Session, *, event_id: int, changes: Mapping[str, float]) -> EventWeights:
    """Replace what an event changes of the service's weights; an empty mapping takes them as they are."""
    event = get_event(session, event_id=event_id)
    weights_in_force(session).changed(changes)
    event.weights = dict(changes)
    session.flush()
    return event_weights(session, event_id=event_id)


def _still_known(weights: Mapping[str, float]) -> dict[str, float]:
    """Without the names that this version no longer has."""
    return {name: weights[name] for name in Weights.default().to_dict() if name in weights}
