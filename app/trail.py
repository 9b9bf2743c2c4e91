"""What is written into the audit trail, and when.

A change is recorded in its own transaction, whichever way that was opened: both are there or neither. Reads of actors
and everything that leaves in bulk are collected and written once a second, so that reading stays fast; a killed
process loses at most the last second of reads, never a change.
"""

import logging
import threading
from collections import deque

from prometheus_client import Counter
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from starlette.types import Receive, Scope, Send

from app.db import WITNESS, session_scope
from app.deeds import deed_of
from app.errors import AppError
from app.layers import Layer
from app.memory import gave_up
from app.observe import REGISTRY, Sent
from app.services.audit import Deed, append, named_actors, naming
from app.services.editions import say_who

log = logging.getLogger(__name__)
LOST = Counter("viaduc_audit_reads_lost", "Reads that could not be recorded", registry=REGISTRY)

_EVERY_S = 1.0
_ROOM = 20_000


class Trail(Layer):
    """Collects what requests did that no transaction of theirs has recorded."""

    async def meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, then note what was done."""
        sent = Sent(send)
        WITNESS.set(RequestWitness(scope))
        await self._app(scope, receive, sent)
        if sent.status < 400 and not scope.get("state", {}).get("recorded"):
            done = deed_of(scope, sent.status)
            clerk: Clerk | None = getattr(scope["app"].state, "clerk", None)
            if done is not None and clerk is not None:
                clerk.note(done)


class RequestWitness:
    """Says who makes the changes of a request, and adds its record to the first transaction that writes."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def begins(self, session: Session) -> None:
        """Tell the database who it is, for the editions of what is changed."""
        done = deed_of(self._scope, 200)
        if done is not None and done.action == "change":
            say_who(session, done.who)

    def ends(self, session: Session) -> None:
        """Record the change with what it changed, once a request, and again where it names somebody more."""
        state = self._scope.setdefault("state", {})
        done, touched = deed_of(self._scope, 200), named_actors(session)
        if done is not None and done.action == "change" and (touched or not state.get("recorded")):
            append(session, naming(done, touched))
            state["recorded"] = True


class Clerk:
    """Writes collected deeds from a thread of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: deque[Deed] = deque(maxlen=_ROOM)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Deeds that wait to be written."""
        return len(self._waiting)

    def note(self, done: Deed) -> None:
        """Take up a deed; the oldest waiting one is lost, and counted, when there is no room."""
        if len(self._waiting) == _ROOM:
            LOST.inc()
        self._waiting.append(done)

    def stop(self) -> None:
        """Write what waits and end."""
        self._ended.set()
        self._thread.join(10)

    def flush(self) -> None:
        """Write what waits; it goes on waiting when the database is not there."""
        batch = list(self._waiting)
        if not batch:
            return
        try:
            with session_scope(self._engine) as session:
                append(session, batch)
        except (AppError, SQLAlchemyError) as error:
            log.warning("audit waits: %s", error)
            return
        for _ in batch:
            self._waiting.popleft()

    def _run(self) -> None:
        while not self._ended.wait(_EVERY_S):
            try:
                self.flush()
            except Exception as error:
                # Nobody else would write from now on.
                if not gave_up(error, "background"):
                    log.exception("audit waits")
        self.flush()
