"""Feedback: was it worth meeting, and what came of it?"""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query

from app.api import examples
from app.api.problems import responses
from app.deps import AttemptDep, PrincipalDep, SessionDep, SightDep
from app.services import feedback as service
from app.services.idempotency import run_once
from models.feedback import FeedbackCreate, FeedbackPage, FeedbackPublic

router = APIRouter(prefix="/feedback", tags=["feedback"], responses=responses(404))

Id = Annotated[int | None, Query(ge=1, lt=2**63)]


def _query(actor_id: Id = None, target_id: Id = None, event_id: Id = None) -> service.FeedbackQuery:
    return service.FeedbackQuery(actor_id, target_id, event_id)


@router.get("")
def list_feedback(
    session: SessionDep,
    principal: PrincipalDep,
    query: Annotated[service.FeedbackQuery, Depends(_query)],
    cursor: Annotated[str | None, Query(max_length=1000, description="next_cursor of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> FeedbackPage:
    """List feedback, newest first: what an actor says, what is said of one, or what came of an event"""
    principal.must_run(query.event_id)
    return service.list_feedback(session, query=query, cursor=cursor, limit=limit)


@router.post("", status_code=201, response_model=FeedbackPublic, responses=responses(409))
def give_feedback(
    session: SessionDep,
    principal: PrincipalDep,
    sight: SightDep,
    attempt: AttemptDep,
    fields: Annotated[FeedbackCreate, Body(openapi_examples=examples.FEEDBACK)],
) -> dict[str, Any]:
    """Say whether a meeting was worth it and what came of it; the newest word about a pair counts"""
    principal.must_run(fields.event_id)
    sight.must_know(fields.actor_id, fields.target_id)
    return run_once(session, attempt=attempt, create=lambda: service.give_feedback(session, fields=fields))
