"""Weights in the console: those in force, what was learned from feedback, and the decision about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.db import session_scope
from app.deps import EngineDep, MeaningDep, PrincipalDep, SessionDep
from app.errors import Conflict
from app.services import proposals
from app.services.feedback import judged_pairs
from app.services.weights import service_weights, shipped_weights
from app.web.memory.words import MemoryWords
from app.web.origin import same_origin
from app.web.render import page
from models.weights import WeightProposalPublic

router = APIRouter(prefix="/console/memory/weights")
ADDRESS = "/console/memory/weights"


@dataclass(frozen=True)
class Beside:
    """One weight before and after, and each as a share of the largest of all."""

    name: str
    old: float
    new: float
    old_share: float
    new_share: float


def beside(old: Mapping[str, float], new: Mapping[str, float]) -> list[Beside]:
    """Two sets of weights side by side, on one scale, in the order of the shipped ones."""
    most = max((*old.values(), *new.values(), 0.0)) or 1.0
    names = [name for name in shipped_weights() if name in old or name in new]
    pairs = [(name, old.get(name, 0.0), new.get(name, 0.0)) for name in names]
    return [Beside(name, a, b, a / most, b / most) for name, a, b in pairs]


@router.get("")
def weights(
    request: Request,
    session: SessionDep,
    principal: PrincipalDep,
    done: Annotated[Literal["learned", "accepted", "rejected"] | None, Query()] = None,
) -> Response:
    """The weights in force; admins see what was learned and what was decided."""
    return page(request, "memory/weights.html", _context(request, session, principal.role == "admin") | {"done": done})


@router.post("/proposals", dependencies=[Depends(same_origin)])
def learn(request: Request, engine: EngineDep, meaning: MeaningDep) -> Response:
    """Learn weights from the feedback and keep them as a proposal; nothing changes until it is accepted."""
    try:
        proposals.propose(engine, meaning=meaning)
    except Conflict as refusal:
        with session_scope(engine) as session:
            return _refused(request, session, "few", refusal)
    return RedirectResponse(f"{ADDRESS}?done=learned", status_code=303)


@router.post("/proposals/{number}/accept", dependencies=[Depends(same_origin)])
def accept(request: Request, session: SessionDep, number: int) -> Response:
    """Make a proposal's weights those of the service."""
    try:
        proposals.accept(session, number=number)
    except Conflict as refusal:
        return _refused(request, session, "decided", refusal)
    return RedirectResponse(f"{ADDRESS}?done=accepted", status_code=303)


@router.post("/proposals/{number}/reject", dependencies=[Depends(same_origin)])
def reject(session: SessionDep, number: int) -> Response:
    """Put a proposal aside; if its weights were in force, the shipped ones are again."""
    proposals.reject(session, number=number)
    return RedirectResponse(f"{ADDRESS}?done=rejected", status_code=303)


def _refused(request: Request, session: Session, why: str, refusal: Conflict) -> Response:
    context = _context(request, session, admin=True) | {"refused": why, "detail": refusal.detail}
    return page(request, "memory/weights.html", context, status=409)


def _context(request: Request, session: Session, admin: bool) -> dict[str, Any]:
    in_force = service_weights(session)
    known = proposals.list_proposals(session) if admin else []
    waiting = _waiting(known)
    return {
        "tab": "weights",
        "in_force": in_force,
        "shown": beside(in_force.weights, in_force.weights),
        "admin": admin,
        "judged": len(judged_pairs(session)) if admin else 0,
        "fewest": proposals.FEWEST,
        "waiting": waiting,
        "compared": beside(in_force.weights, waiting.weights) if waiting else [],
        "decided": [p for p in known if p is not waiting],
        "beside": beside,
        "done": None,
        "refused": None,
        "words": MemoryWords.of(request),
    }


def _waiting(known: Sequence[WeightProposalPublic]) -> WeightProposalPublic | None:
    """The newest proposal that nobody has decided about; older ones stand in the history."""
    return next((p for p in known if p.state == "proposed"), None)
