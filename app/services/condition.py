"""How the work stands, in numbers that are cheap to ask for: what waits, what runs, what failed."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, func, or_, text
from sqlmodel import Session, col, select

from app.services.backlog import waiting
from models.actor import Actor
from models.base import utc_now
from models.import_job import ImportJob
from models.passage import Passage
from models.plan import Plan

_PATIENCE = text("SET LOCAL statement_timeout = '2s'")
"""Who watches is not to make a slow database slower."""
LATELY = timedelta(hours=24)


@dataclass(frozen=True)
class Condition:
    """What waits, runs and failed, over all processes."""

    backlog: int
    oldest_s: float
    """Seconds since the actor who waits longest for a vector was written; 0 when none waits."""
    plans: dict[str, int]
    imports: dict[str, int]


def ask_condition(session: Session, *, encoder: str) -> Condition:
    """Three short questions, none of which reads a text, a plan or a file; stopped after two seconds each."""
    session.connection().execute(_PATIENCE)
    backlog, oldest = session.exec(
        select(func.count(), func.min(Actor.updated_at))
        .select_from(Passage)
        .join(Actor, col(Actor.id) == col(Passage.actor_id))
        .where(waiting(encoder))
    ).one()
    age = max(0.0, (utc_now() - oldest).total_seconds()) if oldest else 0.0
    return Condition(backlog, age, _plans(session), _imports(session))


def _plans(session: Session) -> dict[str, int]:
    """Plans that wait and are being computed now, and those that failed in the last day."""
    state = col(Plan.state)
    computing, first = state == "computing", col(Plan.progress)["stage"].astext == "waiting"
    failed = and_(state == "failed", col(Plan.heard_at) > utc_now() - LATELY)
    return _counted(session, and_(computing, first), and_(computing, first.is_not(True)), failed)


def _imports(session: Session) -> dict[str, int]:
    """Imports that wait and are worked on now, and those that failed in the last day."""
    stage = col(ImportJob.stage)
    failed = and_(stage == "failed", col(ImportJob.heard_at) > utc_now() - LATELY)
    return _counted(session, stage == "waiting", stage.in_(("counting", "reading", "comparing", "applying")), failed)


def _counted(
    session: Session, waits: ColumnElement[bool], runs: ColumnElement[bool], failed: ColumnElement[bool]
) -> dict[str, int]:
    numbers = session.exec(
        select(func.count().filter(waits), func.count().filter(runs), func.count().filter(failed)).where(
            or_(waits, runs, failed)
        )
    ).one()
    return dict(zip(("waiting", "running", "failed"), numbers, strict=True))
