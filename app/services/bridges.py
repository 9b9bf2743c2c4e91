"""Bridges between sectors: the shipped table of `matching/ranking/data/affinity.toml`, changed by admins row by row."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, delete

from app.errors import BadInput
from app.services.pool_revision import mark_pool_changed
from matching.ranking.affinity import Affinity
from models.actor import Actor
from models.weights import Bridge, BridgePublic, Bridges, SectorBridge

Row = tuple[str, str, float]
"""Two folded names in their order, and what is said of them; 0 takes a shipped bridge away."""

CHANGED = (
    sa_select(func.json_agg(func.json_build_array(SectorBridge.one, SectorBridge.other, SectorBridge.value)))
    .select_from(SectorBridge)
    .scalar_subquery()
)
"""Every row as a list, or None: a column for queries that are asked often."""
MOST = 500


def affinity_in_force(session: Session) -> Affinity:
    """The tables that scores are reckoned with."""
    return affinity_of(session.execute(sa_select(CHANGED)).scalar_one())


def affinity_of(changed: Sequence[Sequence[Any]] | None) -> Affinity:
    """The same of what `CHANGED` answered; the table of the same rows is made once."""
    return _affinity(tuple(sorted((str(a), str(b), float(value)) for a, b, value in changed or ())))


@lru_cache(maxsize=8)
def _affinity(rows: tuple[Row, ...]) -> Affinity:
    shipped = Affinity.default()
    if not rows:
        return shipped
    bridges = dict(shipped.bridges) | {frozenset((a, b)): value for a, b, value in rows}
    return replace(shipped, bridges={pair: value for pair, value in bridges.items() if value > 0})


def list_bridges(session: Session) -> Bridges:
    """The bridges in force by name, the families of labels, and which shipped ones were taken away."""
    shipped = _pairs(Affinity.default())
    now = _pairs(affinity_in_force(session))
    return Bridges(
        bridges=[BridgePublic(between=pair, value=now[pair], shipped=shipped.get(pair) == now[pair]) for pair in now],
        families={name: list(starts) for name, starts in Affinity.default().families.items()},
        taken_away=[pair for pair in shipped if pair not in now],
    )


def set_bridges(session: Session, *, bridges: Sequence[Bridge]) -> Bridges:
    """Replace the bridges; shipped ones that are not named are taken away. BadInput when a pair stands there twice."""
    if len(bridges) > MOST:
        raise BadInput.of("bridges", f"at most {MOST} bridges")
    wanted: dict[tuple[str, str], float] = {}
    for position, bridge in enumerate(bridges):
        one, other = sorted(map(fold_sector, bridge.between))
        if (one, other) in wanted:
            raise BadInput.of(f"[{position}].between", f"{one!r} and {other!r} stand there twice")
        wanted[one, other] = bridge.value
    shipped = _pairs(Affinity.default())
    rows = {pair: value for pair, value in wanted.items() if shipped.get(pair) != value}
    rows |= {pair: 0.0 for pair in shipped if pair not in wanted}
    session.exec(delete(SectorBridge))
    session.add_all(SectorBridge(one=one, other=other, value=value) for (one, other), value in rows.items())
    session.flush()
    mark_pool_changed(session)
    return list_bridges(session)


def reset_bridges(session: Session) -> Bridges:
    """Back to the shipped bridges."""
    session.exec(delete(SectorBridge))
    session.flush()
    mark_pool_changed(session)
    return list_bridges(session)


def list_sectors(session: Session, *, limit: int = 300) -> list[str]:
    """The sectors that actors name, the most frequent first, folded as bridges are compared."""
    named = func.lower(func.unnest(col(Actor.sectors))).label("sector")
    inner = sa_select(named).subquery()
    asked = sa_select(inner.c.sector).group_by(inner.c.sector).order_by(func.count().desc(), inner.c.sector)
    return list(dict.fromkeys(fold_sector(row.sector) for row in session.execute(asked.limit(limit))))


def fold_sector(label: str) -> str:
    """A sector as labels are compared: without capitals and spare spaces."""
    return " ".join(label.casefold().split())


def _pairs(affinity: Affinity) -> dict[tuple[str, str], float]:
    told = {(min(pair), max(pair)): value for pair, value in affinity.bridges.items()}
    return dict(sorted(told.items()))
