"""Problems that plans solved, read once: a large event's is a megabyte that edits and open boards ask for all day.

What is stored is known again by where the database keeps it: a value that is written anew lies elsewhere.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app.errors import NotFound
from app.services.lately import Lately
from app.services.pairings import read_form
from matching.pairing.model import Model, build_model
from matching.pairing.parse import problem_from_dict
from matching.pairing.problem import Problem
from models.edit import Asked

_MOST = 6
"""A problem of a thousand participants takes ten megabytes."""
_MOST_FRAMES = 64
_TOLD_APART_SINCE = 17
"""The PostgreSQL that says where a long value lies; of an older one the value itself is told, in 20 ms."""


@dataclass(frozen=True)
class Posed:
    """A problem and its arrays; read by many at once, changed by nobody."""

    problem: Problem

    @cached_property
    def model(self) -> Model:
        """The problem in arrays."""
        return build_model(self.problem)


@dataclass(frozen=True)
class Frame:
    """What pages tell of a problem: what it asked for each participant, and the pairs that may not be moved."""

    asked: tuple[Asked, ...]
    locked: frozenset[frozenset[int]]


_problems: Lately[Hashable, Posed] = Lately(_MOST)
_frames: Lately[Hashable, Frame] = Lately(_MOST_FRAMES)


def posed_problem(session: Session, *, event_id: int, number: int) -> Posed:
    """The problem of a plan; NotFound when there is no such plan."""
    known = _problems.get(problem_identity(session, event_id=event_id, number=number))
    if known is not None:
        return known
    found = _read(session, event_id, number, "problem")
    return _problems.keep(found[0], Posed(read_form(problem_from_dict, found[1], "problem")))


def keep_posed(session: Session, *, event_id: int, number: int, posed: Posed) -> None:
    """Remember a problem that this transaction has just written, so that the next edit need not read it."""
    _problems.keep(problem_identity(session, event_id=event_id, number=number), posed)


def posed_frame(session: Session, *, event_id: int, number: int, identity: Hashable | None = None) -> Frame:
    """What pages tell of a plan's problem; `identity`, where it is known already, spares a question."""
    known = _frames.get(identity or problem_identity(session, event_id=event_id, number=number))
    if known is not None:
        return known
    # What pairs are worth, nearly all of it, stays in the database.
    parts = "jsonb_build_array(problem->'participants', problem->'rounds', problem->'locked')"
    identity, (people, rounds, locks) = _read(session, event_id, number, parts)
    frame = Frame(
        asked=tuple(
            Asked(
                id=int(p["id"]),
                min=p.get("min", 0),
                max=p.get("max"),
                rounds=len(p["available"]) if p.get("available") is not None else int(rounds),
            )
            for p in people or []
        ),
        locked=frozenset(frozenset((int(lock["a"]), int(lock["b"]))) for lock in locks or ()),
    )
    return _frames.keep(identity, frame)


def problem_identity(session: Session, *, event_id: int, number: int) -> Hashable:
    """A word that is another one as soon as the stored problem of the plan is."""
    return _read(session, event_id, number, "NULL")[0]


def identity_told(session: Session, plan: str = "plan") -> str:
    """The SQL that tells a problem's identity, of a row that is called so."""
    version = session.connection().dialect.server_version_info or (0,)
    whole = f"md5({plan}.problem::text)"
    if int(version[0]) < _TOLD_APART_SINCE:
        return whole
    # A short value lies in its row, and is told itself.
    place = f"pg_column_toast_chunk_id({plan}.problem)::text || '/' || pg_column_size({plan}.problem)"
    return f"coalesce({place}, {whole})"


def _read(session: Session, event_id: int, number: int, what: str) -> tuple[Hashable, Any]:
    """The identity of a stored problem and something of it, of one moment."""
    session.flush()
    told = f"SELECT {identity_told(session)}, {what} FROM plan WHERE event_id = :event AND number = :number"  # noqa: S608
    row = session.connection().execute(text(told), {"event": event_id, "number": number}).first()
    if row is None:
        raise NotFound.by_code("no_plan", event=event_id, number=number)
    return identity_of(session, event_id, number, row[0]), row[1]


def identity_of(session: Session, event_id: int, number: int, told: str) -> Hashable:
    """An identity as the database told it, fit to be compared with those of other plans and databases."""
    return str(session.get_bind().engine.url), event_id, number, told
