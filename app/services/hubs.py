"""Hubness: one stored number per actor, how close it stands to everybody, so that nobody is everybody's answer."""

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from app.services.meaning import Meaning
from app.services.pool import EXACT_UP_TO, PoolActor, count_actors, load_actors
from app.services.pool_revision import mark_pool_changed
from app.services.sketches import Wanted, find_candidates, write_sketches
from matching.ranking.hubs import measure_hubness
from matching.ranking.parts import Scoring
from matching.ranking.profile import Pool
from models.actor import Actor

_BATCH = 200
"""Actors measured by their sketches in one transaction."""
_NEIGHBOURS = 40
_ALL_ABOVE = 0.1
"""Share of unmeasured actors above which everybody is measured anew: the neighbourhood itself has changed."""


def measure_hubs(session: Session, *, meaning: Meaning, exact_up_to: int = EXACT_UP_TO) -> int:
    """Measure actors that are new or whose texts changed, and store their sketches; returns how many.

    The caller commits. Up to `exact_up_to` actors everybody is compared with everybody; above, a batch at a time with
    the nearest by their sketches.
    """
    unmeasured = session.exec(select(Actor.id).where(col(Actor.hubness).is_(None)).limit(exact_up_to)).all()
    if not unmeasured:
        return 0
    total = count_actors(session)
    if total > exact_up_to:
        return _measure_by_sketches(session, meaning, unmeasured[:_BATCH])
    actors = load_actors(session, encoder=meaning.name)
    pool = Pool.from_profiles(a.profile for a in actors.values())
    chosen = list(actors) if len(unmeasured) > _ALL_ABOVE * total else list(unmeasured)
    numbers = measure_hubness([actors[i].profile for i in chosen], pool).tolist()
    return _store(session, actors, dict(zip(chosen, numbers, strict=True)))


def _measure_by_sketches(session: Session, meaning: Meaning, ids: Sequence[int]) -> int:
    """Two passes: sketches without hubness first, so that newcomers find each other, then what they find."""
    actors = load_actors(session, encoder=meaning.name, ids=ids)
    write_sketches(session, actors=actors, hubness=dict.fromkeys(actors, 0.0))
    numbers = {}
    for actor_id, actor in actors.items():
        wanted = Wanted(not_side=actor.profile.side)
        near = find_candidates(session, question=actor.profile, wanted=wanted, scoring=Scoring())
        neighbours = load_actors(session, encoder=meaning.name, ids=near[:_NEIGHBOURS])
        pool = Pool.from_profiles(a.profile for a in neighbours.values())
        numbers[actor_id] = float(measure_hubness([actor.profile], pool)[0]) if neighbours else 0.0
    return _store(session, actors, numbers)


def _store(session: Session, actors: Mapping[int, PoolActor], numbers: Mapping[int, float]) -> int:
    table = Actor.__table__  # type: ignore[attr-defined]
    statement = update(table).where(table.c.id == bindparam("actor")).values(hubness=bindparam("number"))
    session.connection().execute(statement, [{"actor": i, "number": number} for i, number in numbers.items()])
    write_sketches(session, actors=actors, hubness=numbers)
    mark_pool_changed(session)
    return len(numbers)
