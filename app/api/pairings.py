"""POST /pairings: a problem in, a plan with certificate out; nothing is stored."""

from typing import Annotated, Any

from fastapi import APIRouter, Body

from app.api import examples
from app.api.problems import responses
from app.deps import SettingsDep
from app.services.pairings import pair_problem
from app.services.replans import replan_form
from app.services.whatif import outlook_form
from models.plan import Outlook, ReplanAnswer, ReplanRequest, WhatIfProblem

router = APIRouter(tags=["plans"], responses=responses(413))


@router.post("/pairings")
def pair(
    settings: SettingsDep, problem: Annotated[dict[str, Any], Body(openapi_examples=examples.PROBLEM)]
) -> dict[str, Any]:
    """Solve a pairing problem without storing anything"""
    return pair_problem(problem, longest_s=settings.plan_seconds, apart=True)


@router.post("/pairings/replan")
def replan(
    settings: SettingsDep, request: Annotated[ReplanRequest, Body(openapi_examples=examples.REPLAN)]
) -> ReplanAnswer:
    """Re-plan what is left of a day without storing anything"""
    return replan_form(request, longest_s=settings.plan_seconds)


@router.post("/pairings/what-if")
def what_if(settings: SettingsDep, body: Annotated[WhatIfProblem, Body(openapi_examples=examples.WHAT_IF)]) -> Outlook:
    """Say what a floor of meetings takes, for a problem that is not stored"""
    return outlook_form(body.problem, body.question, longest_s=settings.plan_seconds)
