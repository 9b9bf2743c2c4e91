"""The worker: drains the embedding backlog, in the service's own thread or as `viaduc worker`."""

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app.db import session_scope
from app.drift import Drift
from app.errors import AppError
from app.memory import gave_up
from app.services.backlog import count_backlog, embed_batch
from app.services.directions import refresh_directions
from app.services.hubs import measure_hubs
from app.services.language_means import refresh_means
from app.services.meaning import Meaning, MeaningHolder
from app.services.plan_jobs import Silences, give_up_silent
from app.services.pool import PoolCache
from app.services.pool_revision import current_revision
from app.services.retention import Periods, sweep

log = logging.getLogger(__name__)

_IDLE_S = 1.0
TROUBLE_S = 5.0
_HOUR_S = 3600.0


def drain(engine: Engine, meaning: Meaning, batch: int, on_progress: Callable[[int, int], None] | None = None) -> int:
    """Embed until nothing waits; returns how many passages were embedded. Safe to interrupt: each batch commits."""
    with session_scope(engine) as session:
        total = count_backlog(session, encoder=meaning.name)
    done = 0
    while True:
        with session_scope(engine) as session:
            embedded = embed_batch(session, meaning=meaning, limit=batch)
        done += embedded
        if on_progress is not None:
            on_progress(done, max(total, done))
        if embedded == 0:
            break
    settling, cache = True, PoolCache()
    while settling:
        with session_scope(engine) as session:
            settling = settle(session, meaning, cache)
    return done


def settle(session: Session, meaning: Meaning, cache: PoolCache) -> bool:
    """What is worked out when no text waits: language means, directions, then how close everybody stands to everybody.

    One step a transaction, so that each sees what the one before has committed. True while there may be more to do.
    """
    return (
        refresh_means(session, encoder=meaning.name)
        or refresh_directions(session, encoder=meaning.name)
        or measure_hubs(session, meaning=meaning, cache=cache) > 0
    )


class Worker:
    """A thread that looks for waiting passages once a second and survives a database that goes away."""

    def __init__(
        self,
        engine: Engine,
        holder: MeaningHolder,
        batch: int,
        cache: PoolCache | None = None,
        periods: Periods | None = None,
        drift: Drift | None = None,
    ) -> None:
        """`cache` is shared with a service in the same process: very many actors are held once.

        `periods`: what is over them is removed every day; None leaves that to others.
        """
        self._periods = periods
        self._sweep_at = 0.0
        self._drift = drift or Drift()
        self._silences = Silences()
        self._engine = engine
        self._cache = cache or PoolCache()
        self._serves = cache is not None
        self._holder = holder
        self._batch = batch
        self._settled: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch at hand, then end (at most 20 s)."""
        self._stop.set()
        self._thread.join(timeout=20)

    def stop_soon(self) -> None:
        """Ask for the end without waiting for it."""
        self._stop.set()

    def run_forever(self) -> None:
        """The worker as a process of its own."""
        self._run()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._sweep()
                pause = self._turn()
            except Exception as error:
                # Nobody else would embed from now on.
                if not gave_up(error, "background"):
                    log.exception("embedding failed, and is tried again")
                pause = TROUBLE_S
            self._stop.wait(pause)

    def _sweep(self) -> None:
        """Once a day, language model or not, remove what is over its period; after trouble, again in an hour."""
        if self._periods is None or time.monotonic() < self._sweep_at:
            return
        if not self._drift.is_trusted():
            # What is removed is gone for good: a clock that was set far while the service ran is looked at first.
            log.warning("the clock was set by %s: what is over its period waits for a restart", self._drift.set_by())
            self._sweep_at = time.monotonic() + _HOUR_S
            return
        try:
            with session_scope(self._engine) as session:
                gone = sweep(session, periods=self._periods)
        except (AppError, SQLAlchemyError) as error:
            log.warning("what is over its period waits: %s", error)
            self._sweep_at = time.monotonic() + _HOUR_S
            return
        if gone.rows:
            log.info("over their period and removed: %s", gone.rows)
        self._sweep_at = time.monotonic() + 24 * _HOUR_S

    def _turn(self) -> float:
        """One batch; returns the seconds to wait before the next."""
        try:
            meaning = self._holder.get(wait_s=_IDLE_S)
            with session_scope(self._engine) as session:
                worked = embed_batch(session, meaning=meaning, limit=self._batch) > 0 or self._settle(session, meaning)
                if self._serves and not worked:
                    # So that nobody's question waits while many actors are read.
                    self._cache.get(session, encoder=meaning.name)
                give_up_silent(session, self._silences)
        except AppError as error:
            if self._holder.state == "loading":
                return 0.0
            log.warning("embedding waits: %s", error)
            return TROUBLE_S
        return 0.0 if worked else _IDLE_S

    def _settle(self, session: Session, meaning: Meaning) -> bool:
        """Settle unless nothing changed since the last time: counting every text each idle second would be waste."""
        revision = current_revision(session)
        if revision == self._settled:
            return False
        changed = settle(session, meaning, self._cache)
        if not changed:
            self._settled = revision
        return changed
