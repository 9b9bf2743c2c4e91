"""Introductions: two advisers make two actors of an event known to each other."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from app.api.paging import IN_PARTS, in_parts
from app.api.problems import responses
from app.deps import PrincipalDep, SessionDep
from app.services import introductions as service
from app.services.cursors import Part
from models.introduction import IntroductionPublic

router = APIRouter(prefix="/events/{event_id}/introductions", tags=["introductions"], responses=responses(404))

For = Annotated[int, Path(ge=1, lt=2**63, description="For whom the adviser speaks: may the other know who this is?")]
Other = Annotated[int, Path(ge=1, lt=2**63, description="The other one")]


@router.get("", responses=IN_PARTS)
def list_introductions(
    session: SessionDep, event_id: int, part: Annotated[Part, Depends(in_parts())]
) -> list[IntroductionPublic]:
    """List pairs with an anonymous end that meet, or of whom an adviser spoke, and whether they know each other"""
    return service.list_introductions(session, event_id=event_id, part=part)


@router.put("/{actor_id}/{other_id}", responses=responses(409))
def introduce(
    session: SessionDep, principal: PrincipalDep, event_id: int, actor_id: For, other_id: Other
) -> IntroductionPublic:
    """Say as adviser of one side that the other may know who it is; it takes another adviser for the other side"""
    between = service.Between(event_id, actor_id, other_id)
    return service.introduce(session, between=between, principal=principal)


@router.delete("/{actor_id}/{other_id}", status_code=204)
def withdraw_introduction(session: SessionDep, event_id: int, actor_id: For, other_id: Other) -> Response:
    """Take the word for one side back"""
    service.withdraw_introduction(session, between=service.Between(event_id, actor_id, other_id))
    return Response(status_code=204)
