"""Weights of the score: those in force, an event's own, and proposals learned from feedback."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends

from app.api import examples
from app.api.paging import IN_PARTS, in_parts
from app.api.problems import responses
from app.deps import AttemptDep, EngineDep, MeaningDep, SessionDep, SettingsDep
from app.editing import ChangingDep, ReadingDep
from app.services import bridges, proposals
from app.services import weights as service
from app.services.cursors import Part
from app.services.idempotency import make_long_once
from models.weights import Bridge, Bridges, EventWeights, ServiceWeights, WeightProposalPublic

router = APIRouter(prefix="/weights", tags=["weights"], responses=responses())

BridgesBody = Annotated[list[Bridge], Body(max_length=bridges.MOST, openapi_examples=examples.BRIDGES)]


@router.get("")
def read_weights(session: SessionDep) -> ServiceWeights:
    """Read the weights in force, and the proposal they come from"""
    return service.service_weights(session)


@router.get("/bridges")
def read_bridges(session: SessionDep, reading: ReadingDep) -> Bridges:
    """Read the bridges between sectors: which count as near though they are not the same"""
    reading.tell("bridges", 0)
    return bridges.list_bridges(session)


@router.put("/bridges", responses=responses(412))
def set_bridges(session: SessionDep, changing: ChangingDep, wanted: BridgesBody) -> Bridges:
    """Replace the bridges, for every next match and plan; shipped ones that are not named are taken away"""
    changing.require("bridges", 0)
    answer = bridges.set_bridges(session, bridges=wanted)
    changing.tell("bridges", 0)
    return answer


@router.get("/proposals", responses=IN_PARTS)
def list_proposals(session: SessionDep, part: Annotated[Part, Depends(in_parts(500))]) -> list[WeightProposalPublic]:
    """List the proposals with their figures, newest first"""
    return proposals.list_proposals(session, part=part)


@router.post("/proposals", status_code=201, responses=responses(409))
def propose_weights(
    engine: EngineDep, settings: SettingsDep, meaning: MeaningDep, attempt: AttemptDep
) -> WeightProposalPublic:
    """Learn weights from the feedback and keep them as a proposal; nothing changes until it is accepted"""
    return make_long_once(
        engine,
        attempt=attempt,
        work=lambda keep: proposals.propose(engine, meaning=meaning, keep=keep),
        tell=lambda session, made: proposals.read_proposal(session, number=made["number"]),
        longest_s=settings.plan_seconds,
    )


@router.post("/proposals/{number}/accept", responses=responses(404, 409))
def accept_proposal(session: SessionDep, number: int) -> WeightProposalPublic:
    """Make a proposal's weights those of the service, for every next match and plan"""
    return proposals.accept(session, number=number)


@router.post("/proposals/{number}/reject", responses=responses(404))
def reject_proposal(session: SessionDep, number: int) -> WeightProposalPublic:
    """Put a proposal aside; if its weights were in force, the shipped ones are again"""
    return proposals.reject(session, number=number)


event_router = APIRouter(prefix="/events/{event_id}/weights", tags=["events"], responses=responses(404))


@event_router.get("")
def read_event_weights(session: SessionDep, reading: ReadingDep, event_id: int) -> EventWeights:
    """Read the weights by which an event's pairs are valued"""
    reading.tell("event", event_id)
    return service.event_weights(session, event_id=event_id)


@event_router.put("", responses=responses(412))
def set_event_weights(
    session: SessionDep,
    changing: ChangingDep,
    event_id: int,
    changes: Annotated[dict[str, float], Body(openapi_examples=examples.EVENT_WEIGHTS)],
) -> EventWeights:
    """Replace what an event changes of the service's weights; {} takes them as they are"""
    with changing.of("event", event_id):
        return service.set_event_weights(session, event_id=event_id, changes=changes)
