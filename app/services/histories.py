"""What pairs went through together, as the ranking hears of it: relations, tandems, feedback."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Date,
    Select,
    bindparam,
    cast,
    func,
    literal,
    null,
    or_,
    true,
    union_all,
)
from sqlalchemy import select as sa_select
from sqlmodel import Session

from app.security import Principal
from app.services.feedback import is_worthy, verdicts
from app.services.tandems import BOTH_SAID
from matching.ranking.parts import Relation as History
from models.actor import Relation
from models.feedback import Feedback
from models.tandem import Tandem, TandemStep

# What a relation tells the ranking, by type and then by status ("" = any other).
_RELATIONS: Mapping[str, Mapping[str, str]] = {
    "tandem": {
        "signed": "active", "active": "active", "agreement": "agreement", "close": "in_discussion",
        "in_discussion": "in_discussion", "met": "met", "suggested": "suggested", "dormant": "dormant",
        "ended": "ended", "did_not_work": "failed", "": "in_discussion",
    },
    "partner": {"": "active"},
    "tried_and_failed": {"": "failed"},
}  # fmt: skip
_UNDECIDED = frozenset({"suggested", "met"})
"""Kinds of history after which an opinion says more than the status."""

Pairs = dict[frozenset[int | str], History]


def histories(session: Session, *, ids: Sequence[int] | None = None, reader: Principal | None = None) -> Pairs:
    """What pairs went through together, of all actors or of those that have one of `ids`; one query.

    A tandem speaks before relations of any type, whichever end recorded them. Feedback speaks where the two have
    nothing behind them but a suggestion or a meeting.

    `reader`: who is told of it, by words or by a score. What was said after meetings is for organisers of those events;
    the statuses that came of that alone, for organisers. None: nobody is told, and all of it counts.
    """
    events = None if reader is None else reader.sees
    statement = _statement(ids is not None, events is not None, reader is None or reader.organises)
    rows = session.execute(statement, {"ids": list(ids or ()), "events": list(events or ())})
    known: Pairs = {}
    answers: list[tuple[int, int, bool]] = []
    for source, a, b, kind, status, _, since in rows:
        if source == 2:
            answers.append((a, b, is_worthy(kind, status)))
        else:
            told = _from_relation(kind, status) if source == 0 else _from_tandem(status)
            known[frozenset((a, b))] = History(told, since.year if since else None)
    return known | dict(_opinions(known, answers))


def _opinions(known: Pairs, answers: Iterable[tuple[int, int, bool]]) -> Iterable[tuple[frozenset[int | str], History]]:
    for ends, worthy in verdicts(answers).items():
        pair = frozenset[int | str](ends)
        if pair not in known or known[pair].kind in _UNDECIDED:
            yield pair, History("liked" if worthy else "disliked")


def _from_relation(kind: str, status: str | None) -> str:
    by_status = _RELATIONS[kind]
    return by_status.get(status or "", by_status[""])


def _from_tandem(status: str) -> str:
    return "failed" if status == "did_not_work" else status


@cache
def _statement(some: bool, of_events: bool, among_organisers: bool) -> CompoundSelect[Any]:
    """The one query, put together once for each kind of question."""
    tandems = _tandems(some) if among_organisers else _written_tandems(some)
    sources = (_relations(some), tandems, _feedback(some, of_events))
    return union_all(*sources).order_by("source", "step", "a", "b", "kind")


# Columns of all three: source, a, b, type, status, step (what is newest), since. Of the tables, not of the mapped
# classes: rows of these need no detour by way of the mapper.
_TABLES = (Relation, Tandem, Feedback, TandemStep)
_RELATION, _TANDEM, _FEEDBACK, _STEP = (table.__table__.c for table in _TABLES)  # type: ignore[union-attr]


def _relations(some: bool) -> Select[Any]:
    r = _RELATION
    query = _columns(0, r.actor_id, r.target_id, r.type, r.status, literal(0), _NO_DATE)
    return _about(some, query, r.actor_id, r.target_id).where(r.type.in_(list(_RELATIONS)))


def _tandems(some: bool) -> Select[Any]:
    t = _TANDEM
    query = _columns(1, t.actor_id, t.partner_id, literal("tandem"), t.status, literal(0), t.since)
    return _about(some, query, t.actor_id, t.partner_id)


def _written_tandems(some: bool) -> Select[Any]:
    """Tandems as of the newest step that somebody wrote down."""
    t, s = _TANDEM, _STEP
    newest = (
        sa_select(s.status, s.since)
        .where(s.actor_id == t.actor_id, s.partner_id == t.partner_id, s.note.is_distinct_from(BOTH_SAID))
        .order_by(s.number.desc())
        .limit(1)
        .lateral()
    )
    columns = (t.actor_id, t.partner_id, literal("tandem"), newest.c.status, literal(0), newest.c.since)
    query = _columns(1, *columns).join_from(t.actor_id.table, newest, true())
    return _about(some, query, t.actor_id, t.partner_id)


def _feedback(some: bool, of_events: bool) -> Select[Any]:
    f = _FEEDBACK
    query = _columns(2, f.actor_id, f.target_id, f.worth, f.outcome, f.id, _NO_DATE)
    if of_events:
        query = query.where(f.event_id == func.any(bindparam("events", type_=ARRAY(BigInteger))))
    return _about(some, query, f.actor_id, f.target_id)


_NO_DATE = cast(null(), Date)
_NAMES = ("a", "b", "kind", "status", "step", "since")


def _columns(source: int, *columns: Any) -> Select[Any]:
    named = (column.label(name) for column, name in zip(columns, _NAMES, strict=True))
    return sa_select(literal(source).label("source"), *named)


def _about(some: bool, query: Select[Any], *ends: ColumnElement[int]) -> Select[Any]:
    if not some:
        return query
    ids = func.any(bindparam("ids", type_=ARRAY(BigInteger)))
    return query.where(or_(*(end == ids for end in ends)))
