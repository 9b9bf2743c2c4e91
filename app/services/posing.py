"""An event made into a problem, apart from everybody else: for three hundred participants it takes a third of a second.

In the service itself every answer would wait for its turns beside it. The process reads the database for itself, and
gives the problem back as it is stored.
"""

import json

from sqlalchemy import Engine
from sqlmodel import Session

from app.db import make_engine, session_scope
from app.services.apart import compute_apart
from app.services.meaning import Meaning
from app.services.problems import build_problem
from app.services.setups import WrittenProblem, set_up_version
from matching.pairing.stop import MaxRuntime, ProgressHook, Stop
from matching.pairing.write import problem_to_dict
from models.plan import PlanCreate

_LONGEST_S = 30.0


def pose_apart(engine: Engine, *, meaning: Meaning, event_id: int, options: PlanCreate) -> WrittenProblem:
    """The problem an event poses today, worked out in a process of its own. Raises what `build_problem` raises."""
    url = engine.url.render_as_string(hide_password=False)
    # People wait for it: it is worked out as soon as any page is.
    return compute_apart(pose_at, url, meaning.name, event_id, options, stop=MaxRuntime(_LONGEST_S), nicer=0)


def pose_at(
    url: str, encoder: str, event_id: int, options: PlanCreate, _stop: Stop, _tell: ProgressHook
) -> WrittenProblem:
    """The same, in whatever process is asked."""
    engine = make_engine(url)
    try:
        with session_scope(engine) as session:
            return pose(session, encoder=encoder, event_id=event_id, options=options)
    finally:
        engine.dispose()


def pose(session: Session, *, encoder: str, event_id: int, options: PlanCreate) -> WrittenProblem:
    """The problem an event poses in this transaction, as it is stored."""
    # First: what changes from now on shows when the plan is opened.
    set_up = set_up_version(session, event_id=event_id)
    problem = build_problem(session, encoder=encoder, event_id=event_id, options=options)
    return WrittenProblem(json.dumps(problem_to_dict(problem)), problem.seed, problem.time_limit_s, set_up)
