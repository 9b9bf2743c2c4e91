"""Actors whose texts are nearest in meaning to a question: a plain search, not a question of who is worth meeting."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector
from sqlalchemy import ColumnElement, bindparam
from sqlmodel import Session, col, select

from app.services.actors import ActorQuery, conditions
from app.services.discretion.sight import Sight
from app.services.language_means import neutral_units
from app.services.meaning import Meaning
from app.services.pool import LoadedPool, PoolActor, PoolCache, load_actors
from app.services.suggestions import readable
from matching.encoder.language import detect_language
from matching.ranking.profile import Pool
from models.actor import Actor, ActorHit
from models.passage import Passage

_SURE = 0.5
"""Confidence from which the detected language of a question is believed."""
_PASSAGES = 400
"""Passages fetched where the actors are too many to hold in memory; several may be of one actor."""


def actors_by_meaning(
    session: Session, *, meaning: Meaning, cache: PoolCache, query: str, filters: ActorQuery, limit: int
) -> list[ActorHit]:
    """The actors with the nearest passage, nearest first; ties go to the smaller id."""
    loaded = cache.get(session, encoder=meaning.name)
    detected, confidence = detect_language(query)
    tag = detected if confidence >= _SURE else "und"
    stored = meaning.question([query], [tag])
    if not loaded.complete:
        loaded = _nearest_actors(session, meaning, loaded, stored[0], filters)
    if not len(loaded.pool.passages.owners):
        return []
    asked = neutral_units(stored, [tag], loaded.shift)[0]
    near = _nearness(loaded.pool, asked)
    narrowed = conditions(filters)
    allowed = set(session.exec(select(Actor.id).where(*narrowed))) if narrowed else None
    order = (int(row) for row in np.argsort(-np.round(near, 6), kind="stable") if np.isfinite(near[row]))
    ids = (int(loaded.pool.profiles[row].id) for row in order)
    kept = (i for i in ids if allowed is None or i in allowed)
    hits = (hit for i in kept if (hit := _hit(loaded.actors[i], asked, filters.sight)) is not None)
    return [hit for _, hit in zip(range(limit), hits, strict=False)]


def _nearest_actors(
    session: Session, meaning: Meaning, loaded: LoadedPool, stored: NDArray[np.float32], filters: ActorQuery
) -> LoadedPool:
    """Among very many actors: those that the index of vectors finds, as a pool."""
    question = bindparam("question", HalfVector(stored), type_=Passage.__table__.c.vector.type)  # type: ignore[attr-defined]
    query = select(Passage.actor_id).where(Passage.encoder == meaning.name, *_passage_conditions(filters))
    rows = session.exec(query.order_by(col(Passage.vector).op("<=>")(question)).limit(_PASSAGES)).all()
    actors = load_actors(session, encoder=meaning.name, ids=sorted(set(rows)), shift=loaded.shift)
    return replace(loaded, pool=Pool.from_profiles(a.profile for a in actors.values()), actors=actors)


def _passage_conditions(filters: ActorQuery) -> list[ColumnElement[bool]]:
    chosen = ((Passage.country, filters.countries), (Passage.side, filters.sides), (Passage.kind, filters.kinds))
    where: list[ColumnElement[bool]] = [col(column).in_(values) for column, values in chosen if values]
    if filters.sectors:
        where.append(col(Passage.sectors).op("&&")(filters.sectors))
    return where


def _nearness(pool: Pool, asked: NDArray[np.float32]) -> NDArray[np.float64]:
    """For each actor the cosine of its nearest passage; minus infinity where it has none."""
    passages, nearest = pool.passages, np.full(len(pool), -np.inf)
    runs = np.maximum.reduceat(passages.vectors @ asked, passages.starts)
    np.maximum.at(nearest, passages.owners % len(pool), runs)
    return nearest


def _hit(actor: PoolActor, asked: NDArray[np.float32], sight: Sight) -> ActorHit | None:
    """By the nearest passage that may be read; None where there is none."""
    near: list[tuple[float, Any]] = [
        (float(p.vector @ asked), p) for p in readable(actor, sight) if p.vector is not None
    ]
    if not near:
        return None
    similarity, passage = max(near, key=lambda pair: pair[0])
    return ActorHit(
        actor=sight.brief(actor.told),
        found_by="meaning",
        text=passage.text,
        lang=passage.lang,
        similarity=round(similarity, 4),
    )
