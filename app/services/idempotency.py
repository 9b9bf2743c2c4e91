"""The same creating request sent twice creates once: the first answer is kept beside what it created."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from app.errors import Conflict
from models.actor import IdempotencyRecord


@dataclass(frozen=True)
class Attempt:
    """One try of a creating request: its Idempotency-Key (or none), its route and its body."""

    key: str | None
    route: str
    body: str

    @property
    def body_hash(self) -> str:
        """What tells two bodies apart."""
        return hashlib.sha256(self.body.encode()).hexdigest()


def run_once(session: Session, *, attempt: Attempt, create: Callable[[], BaseModel]) -> dict[str, Any]:
    """Create and remember the answer, or give the remembered one; both in the caller's transaction.

    Conflict when the key was used for another body.
    """
    if attempt.key is None:
        return create().model_dump(mode="json")
    known = session.get(IdempotencyRecord, (attempt.key, attempt.route))
    if known is not None:
        if known.body_hash != attempt.body_hash:
            raise Conflict("this Idempotency-Key was used for another request; take a new one")
        return known.answer
    answer = create().model_dump(mode="json")
    record = IdempotencyRecord(
        key=attempt.key, route=attempt.route, body_hash=attempt.body_hash, status=201, answer=answer
    )
    session.add(record)
    session.flush()
    return answer
