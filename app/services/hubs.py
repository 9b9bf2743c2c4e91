"""Hubness: one stored number per actor, how close it stands to everybody, so that nobody is everybody's answer."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, update
from sqlmodel import Session, col, select

from app.services.meaning import Meaning
from app.services.pool import load_actors
from app.services.pool_revision import mark_pool_changed
from matching.ranking.hubs import measure_hubness
from matching.ranking.profile import Pool
from models.actor import Actor

_ALL_ABOVE = 0.1
"""Share of unmeasured actors above which everybody is measured anew: the neighbourhood itself has changed."""


def measure_hubs(session: Session, *, meaning: Meaning) -> int:
    """Measure actors that are new or whose texts changed; returns how many. The caller commits."""
    unmeasured = session.exec(select(Actor.id).where(col(Actor.hubness).is_(None))).all()
    if not unmeasured:
        return 0
    total = session.exec(select(func.count()).select_from(Actor)).one()
    actors = load_actors(session, encoder=meaning.name)
    pool = Pool.from_profiles(a.profile for a in actors.values())
    chosen = list(actors) if len(unmeasured) > _ALL_ABOVE * total else list(unmeasured)
    return _store(session, chosen, measure_hubness([actors[i].profile for i in chosen], pool).tolist())


def _store(session: Session, ids: Sequence[int], numbers: Sequence[float]) -> int:
    table = Actor.__table__  # type: ignore[attr-defined]
    statement = update(table).where(table.c.id == bindparam("actor")).values(hubness=bindparam("number"))
    values = [{"actor": i, "number": number} for i, number in zip(ids, numbers, strict=True)]
    session.connection().execute(statement, values)
    mark_pool_changed(session)
    return len(values)
