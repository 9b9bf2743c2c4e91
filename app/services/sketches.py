"""Sketches: one stored vector an actor, which finds who may rank first among very many."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pgvector import HalfVector
from sqlalchemy import ColumnElement, Float, bindparam, cast, func, literal, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from app.services.language_means import decode_vectors
from app.services.pool import PoolActor
from matching.ranking.parts import Scoring
from matching.ranking.profile import Profile
from matching.ranking.sketch import actor_sketch, estimate_merit, question_sketch
from models.base import SKETCH_DIM, VECTOR_DIM
from models.match import MatchFilters
from models.passage import Sketch

FETCHED = 600
"""Sketches fetched for a question; how many of the ten best stand among them is measured by bench/scale.py."""
RANKED = 120
"""How many of them, by the better estimate that facts and twins allow, are ranked exactly."""
_SCAN_UP_TO = 8000
"""Filters that leave fewer rows get an exact scan: a graph walked under a narrow filter comes back short."""


@dataclass(frozen=True)
class Wanted:
    """Which actors may be found."""

    not_side: str | None = None
    not_country: str | None = None
    sides: Sequence[str] | None = None
    filters: MatchFilters = field(default_factory=MatchFilters)
    hidden: Collection[int | str] = ()


def write_sketches(session: Session, *, actors: Mapping[int, PoolActor], hubness: Mapping[int, float]) -> None:
    """Store the sketches of actors whose vectors and hubness are known."""
    if not hubness:
        return
    statement = insert(Sketch)
    columns = {c.name: c for c in statement.excluded if c.name != "actor_id"}
    rows = [_row(actors[i], number) for i, number in hubness.items()]
    session.execute(statement.on_conflict_do_update(index_elements=["actor_id"], set_=columns), rows)


def _row(actor: PoolActor, hubness: float) -> dict[str, Any]:
    profile = actor.profile
    return {
        "actor_id": profile.id,
        "country": profile.country,
        "side": profile.side,
        "kind": profile.kind or "other",
        "region": actor.region,
        "sectors": list(profile.sectors),
        "languages": list(profile.languages),
        "lat": profile.lat,
        "lon": profile.lon,
        "vector": HalfVector(actor_sketch(profile.with_hubness(hubness), VECTOR_DIM)),
    }


def find_candidates(session: Session, *, question: Profile, wanted: Wanted, scoring: Scoring) -> list[int]:
    """Ids of the actors among whom the best answers stand, at most RANKED."""
    vector = question_sketch(question, VECTOR_DIM, scoring.weights, scoring.calibration)
    where = _conditions(wanted)
    distance: ColumnElement[float] = col(Sketch.vector).op("<#>", return_type=Float)(
        bindparam("question", HalfVector(vector), type_=Sketch.__table__.c.vector.type)  # type: ignore[attr-defined]
    )
    exact = _estimated_rows(session, where) <= _SCAN_UP_TO
    session.execute(text(f"SET LOCAL hnsw.ef_search = {FETCHED}"))
    query = (
        select(Sketch.actor_id, Sketch.kind, Sketch.sectors, Sketch.languages, Sketch.lat, Sketch.lon, _WIRE)  # type: ignore[call-overload]
        .where(*where)
        # An expression that no index answers: the filtered rows are scanned.
        .order_by(distance + cast(literal(0.0), Float) if exact else distance)
        .limit(FETCHED)
    )
    rows = session.execute(query).all()
    if len(rows) <= RANKED:
        return [row[0] for row in rows]
    vectors = decode_vectors(b"".join(row[6] for row in rows), SKETCH_DIM)
    merit = estimate_merit(question, [_facts(row) for row in rows], vectors, VECTOR_DIM, scoring)
    return [rows[place][0] for place in np.argsort(-merit, kind="stable")[:RANKED]]


_WIRE = func.halfvec_send(Sketch.vector)


def _facts(row: Any) -> Profile:
    return Profile(
        id=row[0], side="", kind=row[1], sectors=tuple(row[2]), languages=tuple(row[3]), lat=row[4], lon=row[5]
    )


def _estimated_rows(session: Session, where: Sequence[ColumnElement[bool]]) -> float:
    """How many rows the planner expects; statistics, not a count, because it is asked for every question."""
    query = select(Sketch.actor_id).where(*where)
    compiled = query.compile(session.get_bind(), compile_kwargs={"render_postcompile": True})
    plan = session.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {compiled}", compiled.params).scalar_one()
    return float(plan[0]["Plan"]["Plan Rows"])


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    filters = wanted.filters
    where: list[ColumnElement[bool]] = []
    if wanted.not_side is not None:
        where.append(col(Sketch.side) != wanted.not_side)
    if wanted.not_country is not None:
        where.append(col(Sketch.country) != wanted.not_country)
    chosen = ((Sketch.side, wanted.sides), (Sketch.country, filters.countries), (Sketch.region, filters.regions),
              (Sketch.kind, filters.kinds))  # fmt: skip
    where += [col(column).in_(values) for column, values in chosen if values]
    lists = ((Sketch.sectors, filters.sectors), (Sketch.languages, filters.languages))
    where += [col(column).op("&&")(values) for column, values in lists if values]
    hidden = [int(i) for i in (*wanted.hidden, *filters.exclude)]
    if hidden:
        where.append(col(Sketch.actor_id).not_in(hidden))
    return where
