"""What-if before invitations: what a floor of meetings takes, who would be short, whom to invite."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine

from app.db import session_scope
from app.errors import BadInput
from app.services.apart import compute_apart
from app.services.meaning import Meaning
from app.services.pairings import read_form
from app.services.problems import build_problem, participant_names
from app.services.solving import look_ahead
from matching.pairing.parse import problem_from_dict
from matching.pairing.problem import Problem, ProblemError
from matching.pairing.stop import MaxRuntime
from matching.pairing.whatif import Outlook as Answer
from models.plan import GuestProposal, Outlook, PlanCreate, Short, WhatIfRequest


def outlook_form(problem: Mapping[str, Any], question: WhatIfRequest, *, longest_s: float) -> Outlook:
    """What a floor takes, for a problem that is not stored."""
    return _outlook(read_form(problem_from_dict, problem, "problem"), question, longest_s=longest_s, names={})


def outlook_of(
    engine: Engine, *, meaning: Meaning, event_id: int, question: WhatIfRequest, longest_s: float
) -> Outlook:
    """What a floor takes at an event as it is set up now; no connection waits for the solver."""
    with session_scope(engine) as session:
        problem = build_problem(session, encoder=meaning.name, event_id=event_id, options=PlanCreate())
        names = participant_names(session, event_id=event_id)
    return _outlook(problem, question, longest_s=longest_s, names=names)


def _outlook(problem: Problem, question: WhatIfRequest, *, longest_s: float, names: Mapping[str, str]) -> Outlook:
    """What a floor takes; `names` are the participants' by id, where they have any."""
    stop = MaxRuntime(min(question.time_limit_s, longest_s))
    try:
        answer = compute_apart(look_ahead, problem, question.floor, question.guests, stop=stop)
    except ProblemError as error:
        raise BadInput.of(error.path or "problem", error.cause) from error
    return _public(answer, names)


def _public(answer: Answer, names: Mapping[str, str]) -> Outlook:
    return Outlook(
        floor=answer.floor,
        reached=answer.reached,
        rounds=answer.rounds,
        places=answer.places,
        interpreters=answer.interpreters,
        short=[
            Short(participant=u.participant, name=names.get(u.participant), cause=u.cause, asked=u.asked, got=u.got)
            for u in answer.short
        ],
        invite=[
            GuestProposal(
                like=g.like,
                name=names.get(g.like),
                side=g.side,
                languages=list(g.languages),
                utility_gain=round(g.utility_gain, 4),
                floor=g.floor,
            )
            for g in answer.invite
        ],
    )
