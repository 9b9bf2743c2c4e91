"""Plans computed in the background: progress anybody can read, a stop anybody can ask for."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session, col, select, update

from app.db import session_scope
from app.errors import AppError, BadInput, Conflict, Unavailable, for_want_of_memory
from app.memory import gave_up
from app.services.apart import compute_apart
from app.services.plans import fill_plan, get_plan, open_written, origin_of, plan_public, written_problem
from app.services.setups import WrittenProblem
from app.services.solving import Outcome, solve_written
from matching.pairing.problem import ProblemError
from matching.pairing.stop import Progress, StopFlag
from models.base import utc_now
from models.plan import Plan, PlanPublic

log = logging.getLogger(__name__)

_EVERY_S = 0.5
"""How often progress is written and a stop is looked for."""
SILENT_S = 60.0
"""A plan of which nothing was heard for so long lost its process, which speaks for those in its line too."""
AWAY_S = 15.0
"""How long a plan that is computed waits for a database that is away: less than a service takes to drain."""
_AGAIN_S = 1.0
Key = tuple[int, int]
"""Event and number."""


def start_plan(session: Session, *, event_id: int, written: WrittenProblem) -> PlanPublic:
    """Note that a plan is to be computed; `run_plan` does it once this is committed. Conflict as `open_written`."""
    plan = open_written(session, event_id=event_id, written=written, origin=origin_of(session, event_id=event_id))
    plan.progress = {"stage": "waiting"}
    plan.heard_at = utc_now()
    session.flush()
    return plan_public(session, event_id=event_id, number=plan.number)


def stop_plan(session: Session, *, event_id: int, number: int) -> PlanPublic:
    """Ask for the best plan so far."""
    plan = get_plan(session, event_id, number)
    if plan.state != "computing":
        raise Conflict.by_code("plan_not_computing", number=number, state=plan.state)
    plan.stop_requested = True
    session.flush()
    return plan_public(session, event_id=event_id, number=number)


class Silences:
    """Since when nothing was heard of plans, by this process's own steady clock.

    What was written down is only compared with itself: the clock of the wall may be set while a plan is computed.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[Key, tuple[datetime, float]] = {}

    def lasting(self, heard: Mapping[Key, datetime]) -> list[Key]:
        """Those of whom the last word has been the same for too long, of all that are being computed."""
        now, known = self._clock(), self._since
        said = {key: known.get(key, (None, now)) for key in heard}
        self._since = {key: (at, said[key][1] if said[key][0] == at else now) for key, at in heard.items()}
        return [key for key, (_, since) in self._since.items() if now - since >= SILENT_S]


def give_up_silent(session: Session, silences: Silences) -> int:
    """Mark plans as failed whose process is gone; returns how many."""
    computed = session.exec(select(Plan.event_id, Plan.number, Plan.heard_at).where(Plan.state == "computing")).all()
    lost = silences.lasting({(event_id, number): heard_at for event_id, number, heard_at in computed})
    for event_id, number in lost:
        plan = get_plan(session, event_id, number)
        plan.state = "failed"
        plan.progress = {"stage": "failed", "cause": "the process that computed it ended; compute it again"}
    return len(lost)


def still_waiting(engine: Engine, keys: Iterable[Key]) -> None:
    """Say that plans wait for their turn, and are not forgotten."""
    with session_scope(engine) as session:
        for event_id, number in keys:
            waiting = update(Plan).where(col(Plan.event_id) == event_id, col(Plan.number) == number)
            session.exec(waiting.where(col(Plan.state) == "computing").values(heard_at=utc_now()))


def give_up_waiting(engine: Engine, keys: Iterable[tuple[int, int]]) -> None:
    """Mark plans as failed whose turn never comes, because the service stops."""
    for event_id, number in keys:
        _fail(engine, event_id, number, "the service stopped before its turn came; compute it again")


def run_plan(engine: Engine, *, event_id: int, number: int, limit: Callable[[float], StopFlag]) -> None:
    """Compute a started plan and keep it as a draft, or keep why it failed. `limit` makes the rule that ends it."""
    try:
        with session_scope(engine) as session:
            revision, text, seconds = written_problem(session, event_id, number)
        flag = limit(seconds)
        reporter = Reporter(engine, event_id, number, flag)
        outcome = compute_apart(solve_written, text, stop=flag, tell=reporter)
        _keep(engine, (event_id, number), revision, outcome)
    except AppError as error:
        _fail(engine, event_id, number, error.detail)
    except ProblemError as error:
        _fail(engine, event_id, number, BadInput.of(error.path or "problem", error.cause).detail)
    except Exception as error:
        if gave_up(error, "plan"):
            _fail(engine, event_id, number, for_want_of_memory().detail)
            return
        log.exception("plan %s of event %s failed", number, event_id)
        _fail(engine, event_id, number, "an unexpected error; it was logged")


def _keep(engine: Engine, key: Key, revision: int, outcome: Outcome) -> None:
    """Make what was computed a draft; a database that is away for a moment is waited for, so that no work is lost."""
    over_at, tried = time.monotonic() + AWAY_S, False
    while True:
        try:
            with session_scope(engine) as session:
                plan = get_plan(session, *key)
                if tried and plan.state != "computing":
                    return  # stored after all, in the moment in which the line broke
                if plan.revision != revision:
                    raise Conflict.by_code("set_up_changed")
                plan.progress = None
                fill_plan(session, plan=plan, outcome=outcome)
            return
        except Unavailable as error:
            if time.monotonic() > over_at:
                raise
            log.warning("plan %s of event %s waits to be stored: %s", key[1], key[0], error)
            tried = True
            time.sleep(_AGAIN_S)


class Reporter:
    """Writes progress beside the plan twice a second, and hears whether somebody asked to stop."""

    def __init__(self, engine: Engine, event_id: int, number: int, flag: StopFlag) -> None:
        self._engine = engine
        self._key = (event_id, number)
        self._flag = flag
        self._last = 0.0

    def __call__(self, progress: Progress) -> None:
        """Tell how far the solver is."""
        if time.monotonic() - self._last < _EVERY_S:
            return
        self._last = time.monotonic()
        told = {"stage": progress.stage, "best": progress.best, "bound": progress.bound, "gap": progress.gap}
        statement = (
            update(Plan)
            .where(col(Plan.event_id) == self._key[0], col(Plan.number) == self._key[1])
            .values(progress=told, heard_at=utc_now())
            .returning(col(Plan.stop_requested))
        )
        try:
            with session_scope(self._engine) as session:
                if session.exec(statement).scalar_one():
                    self._flag.set()
        except Unavailable as error:
            # How far it is can wait; it is computed without the database.
            log.warning("how far plan %s of event %s is cannot be told: %s", self._key[1], self._key[0], error)


def _fail(engine: Engine, event_id: int, number: int, cause: str) -> None:
    with session_scope(engine) as session:
        plan = get_plan(session, event_id, number)
        plan.state, plan.progress = "failed", {"stage": "failed", "cause": cause}
