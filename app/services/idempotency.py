"""The same creating request sent twice creates once: what the first one made is remembered beside it.

Three ways, by what the answer is made of:

- `run_once` keeps the answer itself;
- `make_once` keeps only what names the thing that was made: a person, who must not outlive their erasure here, or
  something with a secret, which is told once;
- `make_long_once` does the same for what is computed between transactions: the key is taken before the work begins.

Of two at the same moment, the second waits for the first, or is told when to ask again.
"""

import contextlib
import hashlib
import math
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from psycopg.errors import LockNotAvailable
from pydantic import BaseModel
from sqlalchemy import Engine, delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlmodel import Session, col

from app.db import session_scope
from app.errors import AppError, Conflict, NotFound
from models.actor import IdempotencyRecord
from models.base import utc_now

Made = dict[str, Any]
"""What is remembered: an answer, or what names the thing that was made."""
Keep = Callable[[Session, Made], None]
"""Remembers what was made, in the transaction that stores it."""
Answer = TypeVar("Answer")

_WORKING, _DONE, _FORGOTTEN = 102, 201, 410
"""What became of a key: somebody works under it, it made something, or what it made was erased."""
_MARGIN_S = 30
"""Beyond the longest time a work may take: who held the key then is taken for dead."""
_OTHER = "this Idempotency-Key was used for another request; take a new one"
_GONE = "what was made under this Idempotency-Key is not there any more; to make it anew, take a new one"
_BUSY = "the same request is being worked on at this moment; send it again, with the same Idempotency-Key, in a moment"

_AT_WORK = (
    "the same request is being worked on, or was when its process ended. In {left} s at the latest it has an answer or "
    "can be made anew: send it again then, or sooner, with the same Idempotency-Key"
)


@dataclass(frozen=True)
class Attempt:
    """One try of a creating request: its Idempotency-Key (or none), its route with who asks, and its body."""

    key: str | None
    route: str
    body: str

    @property
    def body_hash(self) -> str:
        """What tells two bodies apart."""
        return hashlib.sha256(self.body.encode()).hexdigest()

    @property
    def place(self) -> tuple[str, str]:
        """Where it is remembered."""
        return self.key or "", self.route


def run_once(session: Session, *, attempt: Attempt, create: Callable[[], BaseModel]) -> dict[str, Any]:
    """Create and remember the answer, or give the remembered one; both in the caller's transaction.

    Conflict when the key was used for another body.
    """

    def answer() -> dict[str, Any]:
        return create().model_dump(mode="json")

    return make_once(session, attempt=attempt, make=answer, name=dict, tell=dict)


def make_once(
    session: Session,
    *,
    attempt: Attempt,
    make: Callable[[], Answer],
    name: Callable[[Answer], Made],
    tell: Callable[[Made], Answer],
) -> Answer:
    """Make something and remember its name alone, or tell it by its name; both in the caller's transaction.

    `tell` may raise what there is to say where the answer is not given again (`shown_once`). Conflict when the key was
    used for another body, when what was made is gone, and when the first request takes too long to be waited for.
    """
    if attempt.key is None:
        return make()
    if not _taken(session, attempt, token=""):
        return _again(_made(_read(session, attempt), attempt), tell)
    answer = make()
    session.flush()
    done = update(IdempotencyRecord).where(*_at(attempt)).values(status=_DONE, answer=name(answer))
    session.connection().execute(done)
    return answer


def recalled(engine: Engine, *, attempt: Attempt) -> Made | None:
    """What was made under the key, for who has to ask elsewhere before anything can be made; None when nothing was."""
    if attempt.key is None:
        return None
    with session_scope(engine) as session:
        row = _read(session, attempt)
        return None if row is None else _made(row, attempt)


def make_long_once(
    engine: Engine,
    *,
    attempt: Attempt,
    work: Callable[[Keep], Answer],
    tell: Callable[[Session, Made], Answer],
    longest_s: float,
) -> Answer:
    """The same for what is computed while no transaction is open, in `longest_s` seconds at most.

    `work` opens its own transactions and calls what it is given in the one that stores. While it works, the same
    request is told to come back; one that comes after `longest_s` begins anew, and what is ready first is kept.
    """
    if attempt.key is None:
        return work(keep_nothing)
    token = secrets.token_hex(8)
    known = _begun(engine, attempt, token, longest_s)
    if known is not None:
        with session_scope(engine) as session:
            return _again(known, lambda made: tell(session, made))

    def keep(session: Session, made: Made) -> None:
        row = _read(session, attempt, lock=True)
        if row is None or row.status != _WORKING:
            raise _busy()
        row.status, row.answer = _DONE, made
        session.flush()

    try:
        return work(keep)
    except BaseException:
        _let_go(engine, attempt, token)
        raise


def keep_nothing(_session: Session, _made: Made) -> None:
    """For requests without a key."""


def shown_once(what: str, way: str) -> Conflict:
    """What a repeat is told of a secret: that it was made, and what to do if the first answer was lost."""
    return Conflict(
        f"{what}: made when this was sent first, and told in that answer alone, since the secret is kept nowhere. If "
        f"it was lost: {way}, with another Idempotency-Key"
    )


def forget_made(session: Session, *, made: Sequence[Made]) -> None:
    """Keep of requests that made these only that they were: a digest of what was sent about a person goes with them."""
    about = col(IdempotencyRecord.answer).in_(made)
    gone = update(IdempotencyRecord).where(about).values(status=_FORGOTTEN, answer={}, body_hash="")
    session.connection().execute(gone)


def forget_record(row: IdempotencyRecord) -> None:
    """The same for one record: sent again, the request does not bring back what was erased."""
    row.status, row.answer, row.body_hash = _FORGOTTEN, {}, ""


def _taken(session: Session, attempt: Attempt, token: str) -> bool:
    """Whether the key is this request's from now on; whoever holds it in an open transaction is waited for."""
    key, route = attempt.place
    row = IdempotencyRecord(
        key=key, route=route, body_hash=attempt.body_hash, status=_WORKING, answer={"token": token}
    ).model_dump()
    # Not through the session: for the audit trail, nothing is changed yet.
    take = insert(IdempotencyRecord).values(row).on_conflict_do_nothing().returning(col(IdempotencyRecord.key))
    try:
        return session.connection().execute(take).first() is not None
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise _busy() from error
        raise


def _begun(engine: Engine, attempt: Attempt, token: str, longest_s: float) -> Made | None:
    """What was made under the key, or None when this request is to make it."""
    with session_scope(engine) as session:
        if _taken(session, attempt, token):
            return None
        row = _read(session, attempt, lock=True)
        if row is None or row.status != _WORKING or row.body_hash != attempt.body_hash:
            return _made(row, attempt)
        left = (row.created_at - utc_now()).total_seconds() + longest_s + _MARGIN_S
        if left > 0:
            raise _at_work(left)
        mine = update(IdempotencyRecord).where(*_at(attempt))
        session.connection().execute(mine.values(answer={"token": token}, created_at=utc_now()))
        return None


def _made(row: IdempotencyRecord | None, attempt: Attempt) -> Made:
    """What a record remembers for this request, or the Conflict that says why it does not."""
    if row is None:
        # Whoever held the key let go of it a moment ago.
        raise _busy()
    if row.status == _FORGOTTEN:
        raise Conflict(_GONE)
    if row.body_hash != attempt.body_hash:
        raise Conflict(_OTHER)
    if row.status == _WORKING:
        raise _busy()
    return row.answer


def _again(made: Made, tell: Callable[[Made], Answer]) -> Answer:
    try:
        return tell(made)
    except NotFound as error:
        raise Conflict(_GONE) from error


def _let_go(engine: Engine, attempt: Attempt, token: str) -> None:
    """Free the key of a work that failed: mended, the request may be sent under it again."""
    mine = (col(IdempotencyRecord.status) == _WORKING, col(IdempotencyRecord.answer) == {"token": token})
    # Without a database nothing can be let go of; the key is free again when the work would have been over.
    with contextlib.suppress(AppError, SQLAlchemyError), session_scope(engine) as session:
        session.connection().execute(delete(IdempotencyRecord).where(*_at(attempt), *mine))


def _read(session: Session, attempt: Attempt, *, lock: bool = False) -> IdempotencyRecord | None:
    return session.get(IdempotencyRecord, attempt.place, with_for_update=lock)


def _at(attempt: Attempt) -> tuple[Any, Any]:
    key, route = attempt.place
    return col(IdempotencyRecord.key) == key, col(IdempotencyRecord.route) == route


def _at_work(left_s: float) -> Conflict:
    """What is told while another holds the key: it may have died, and its word is then taken back by time alone."""
    left = str(math.ceil(left_s))
    return Conflict(_AT_WORK.format(left=left), headers={"Retry-After": left})


def _busy() -> Conflict:
    return Conflict(_BUSY, headers={"Retry-After": "2"})
