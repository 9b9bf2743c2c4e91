"""POST /match: whom should this actor, profile or question meet?"""

from typing import Annotated

from fastapi import APIRouter, Body

from app.api import examples
from app.api.problems import responses
from app.deps import MeaningDep, PoolDep, PrincipalDep, SessionDep
from app.services.match import find_matches
from models.match import MatchAnswer, MatchRequest

router = APIRouter(tags=["match"], responses=responses(404))


@router.post("/match")
def match(
    session: SessionDep,
    meaning: MeaningDep,
    pool: PoolDep,
    principal: PrincipalDep,
    request: Annotated[MatchRequest, Body(openapi_examples=examples.MATCH)],
) -> MatchAnswer:
    """Rank partners across the border, with parts, reasons and evidence"""
    return find_matches(session, meaning=meaning, cache=pool, request=request, principal=principal)
