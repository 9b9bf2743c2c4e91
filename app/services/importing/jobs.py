"""Imports read and applied in the background: progress anybody can see, a stop anybody can ask for.

A job holds an advisory lock of the database while it works. A process that dies lets go of it at that moment, so that
its job is known to be lost at once, and two processes never work on one import.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Literal

from sqlalchemy import Connection, Engine, text
from sqlmodel import Session, col, update

from app.db import session_scope, translated_errors
from app.errors import AppError, Conflict, for_want_of_memory
from app.memory import gave_up
from app.services.importing.remarks import remark_of
from app.services.importing.run import apply, get_import, read_in
from models.base import utc_now
from models.competence_map import ImportReport, MapImport
from models.import_job import EmbeddingProgress, ImportJob, ImportProgress
from models.remark import Remark

log = logging.getLogger(__name__)

Work = Literal["read", "apply", "load"]
"""Say what a file would do; do it; both."""
_LOCK = 20_005
"""First half of the advisory lock's key; the second is the import."""
_EVERY_S = 0.5
_QUEUED = timedelta(minutes=30)
"""A job that waits longer for its turn lost its process."""
_UNDER_WAY = ("waiting", "counting", "reading", "comparing", "applying")


class _Stopped(Exception):
    """Somebody asked to stop, or the service ends."""


def start_job(session: Session, *, import_id: int) -> None:
    """Note that work on an import is to begin, for `run_job` once this is committed. Conflict while another runs."""
    get_import(session, import_id=import_id)
    if is_under_way(session, import_id=import_id):
        raise Conflict.by_code("import_under_way", number=import_id)
    session.merge(ImportJob(import_id=import_id, stage="waiting"))
    session.flush()


def stop_job(session: Session, *, import_id: int) -> None:
    """Ask the work on an import to stop; what still waits for its turn is not begun. Nothing happens without work."""
    job = session.get(ImportJob, import_id, with_for_update=True)
    if job is not None:
        job.stop_requested = True
        if job.stage == "waiting":
            job.stage = "stopped"
        session.flush()


def is_under_way(session: Session, *, import_id: int) -> bool:
    """Whether somebody works on it at this moment, or it waits for its turn."""
    progress = job_progress(session, import_id=import_id)
    return progress is not None and progress.stage in _UNDER_WAY


def job_progress(session: Session, *, import_id: int) -> ImportProgress | None:
    """How far the last work on an import is; None when nobody worked on it in the background."""
    job = session.get(ImportJob, import_id)
    if job is None:
        return None
    stage = "lost" if _is_lost(session, job) else job.stage
    took = (job.heard_at - job.started_at).total_seconds()
    rate = job.done / took if took > 0 and job.done and job.stage in {"reading", "applying"} else None
    left = (job.total - job.done) / rate if rate and job.total > job.done else None
    return ImportProgress(
        stage=stage,
        done=job.done,
        total=job.total,
        rows_per_s=round(rate, 1) if rate else None,
        remaining_s=round(left, 1) if left else None,
        cause=job.cause,
    )


def _is_lost(session: Session, job: ImportJob) -> bool:
    if job.stage == "waiting":
        return job.heard_at < utc_now() - _QUEUED
    if job.stage not in _UNDER_WAY:
        return False
    held = text(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = :lock AND objid = :import "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
    )
    return not session.execute(held, {"lock": _LOCK, "import": job.import_id}).scalar_one()


def embedding_progress(session: Session, *, import_id: int, encoder: str | None) -> EmbeddingProgress:
    """How many texts of the import's actors have the vector by which they are found."""
    query = text(
        "SELECT count(*), count(*) FILTER (WHERE encoder IS DISTINCT FROM CAST(:encoder AS text)) FROM passage "
        "WHERE actor_id IN (SELECT actor_id FROM import_change WHERE import_id = :import)"
    )
    texts, waiting = session.execute(query, {"encoder": encoder, "import": import_id}).one()
    return EmbeddingProgress(texts=texts, waiting=waiting)


def run_job(engine: Engine, *, import_id: int, work: Work, ending: threading.Event | None = None) -> None:
    """Do the work of a started job, and keep how it went. Failures are told beside the import, never raised."""
    report = _Reporter(engine, import_id, ending or threading.Event())
    try:
        with _alone(engine, import_id) as mine:
            if mine and report.claim():
                _work(engine, import_id, work, report)
    except _Stopped:
        report.tell("stopped")
    except AppError as error:
        _fail(engine, report, error.detail, remark_of(error))
    except Exception as error:
        if gave_up(error, "import"):
            _fail(engine, report, for_want_of_memory().detail)
            return
        log.exception("work on import %s failed", import_id)
        _fail(engine, report, "an unexpected error; it was logged, nothing of this step was stored")


def _work(engine: Engine, import_id: int, work: Work, report: "_Reporter") -> None:
    if work in {"read", "load"}:
        report.begin("reading")
        with session_scope(engine) as session:
            read_in(session, import_id=import_id, on_progress=report)
    if work in {"apply", "load"}:
        report.begin("applying")
        with session_scope(engine) as session:
            apply(session, import_id=import_id, on_progress=report, checkpoint=session.commit)
    report.tell("done")


@contextmanager
def _alone(engine: Engine, import_id: int) -> Iterator[bool]:
    """Whether this process may work on the import; nobody else may meanwhile."""
    key = {"lock": _LOCK, "import": import_id}
    with translated_errors(), engine.connect() as connection:
        mine = bool(_ask(connection, "SELECT pg_try_advisory_lock(:lock, :import)", key))
        try:
            yield mine
        finally:
            if mine:
                _give_back(connection, key)


def _give_back(connection: Connection, key: dict[str, int]) -> None:
    """Let go of the lock; a connection that cannot even say so is closed, which lets go of it too."""
    try:
        _ask(connection, "SELECT pg_advisory_unlock(:lock, :import)", key)
    except BaseException:
        connection.invalidate()
        raise


def _ask(connection: Connection, query: str, values: dict[str, int]) -> object:
    answer = connection.execute(text(query), values).scalar_one()
    # The lock belongs to the connection, not to the transaction: none stays open while the work goes on.
    connection.commit()
    return answer


def _fail(engine: Engine, report: "_Reporter", cause: str, refused: Remark | None = None) -> None:
    report.tell("failed", cause)
    told = ImportReport(refused=refused).model_dump(mode="json")
    with session_scope(engine) as session:
        reading = update(MapImport).where(col(MapImport.id) == report.import_id, col(MapImport.state) == "reading")
        session.exec(reading.values(state="failed", report=told))


class _Reporter:
    """Writes progress beside the import twice a second, and hears whether somebody asked to stop."""

    def __init__(self, engine: Engine, import_id: int, ending: threading.Event) -> None:
        self._engine = engine
        self.import_id = import_id
        self._ending = ending
        self._stage = "waiting"
        self._rows = (0, 0)
        self._last = 0.0

    def claim(self) -> bool:
        """Whether the job still waits for somebody to do it; from now on nobody else will."""
        waiting = update(ImportJob).where(col(ImportJob.import_id) == self.import_id, col(ImportJob.stage) == "waiting")
        with session_scope(self._engine) as session:
            begun = session.exec(waiting.values(stage="counting").returning(col(ImportJob.import_id)))
            return begun.scalar_one_or_none() is not None

    def begin(self, stage: str) -> None:
        """A stage begins: its rows are counted first."""
        self._stage, self._rows = stage, (0, 0)
        self.tell("counting", started_at=utc_now())

    def __call__(self, done: int, total: int) -> None:
        """Tell how far the work is; raises _Stopped when it is to stop."""
        begun: dict[str, object] = {} if self._rows[1] else {"started_at": utc_now()}
        self._rows = (done, total)
        finished = done >= total
        if time.monotonic() - self._last < _EVERY_S and not finished and not begun:
            return
        self._last = time.monotonic()
        stage = "comparing" if finished and self._stage == "reading" else self._stage
        # The rate is that of the rows: counting them first took its own time.
        if self.tell(stage, None, **begun) or self._ending.is_set():
            raise _Stopped

    def tell(self, stage: str, cause: str | None = None, **more: object) -> bool:
        """Write it down; True when somebody asked to stop."""
        values = {"stage": stage, "done": self._rows[0], "total": self._rows[1], "cause": cause, "heard_at": utc_now()}
        statement = (
            update(ImportJob)
            .where(col(ImportJob.import_id) == self.import_id)
            .values(**values, **more)
            .returning(col(ImportJob.stop_requested))
        )
        with session_scope(self._engine) as session:
            return bool(session.exec(statement).scalar_one_or_none())
