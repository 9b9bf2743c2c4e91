"""Hubness: one stored number per actor, how close it stands to everybody, so that nobody is everybody's answer."""

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, func, update
from sqlmodel import Session, col, select

from app.services.meaning import Meaning
from app.services.pool import PoolCache, count_actors, load_actors
from app.services.pool_revision import raise_revision
from app.services.wanted import Facts, Wanted, who_is_wanted
from matching.ranking.glance import best_merits
from matching.ranking.hubs import measure_hubness
from matching.ranking.parts import Scoring
from matching.ranking.profile import Pool
from models.actor import Actor

EVERYBODY_UP_TO = 20_000
"""Actors among whom everybody is compared with everybody."""
_LOCK = 0x68756273
"""Number of the advisory lock ("hubs")."""
_BATCH = 200
"""Actors measured in a crowd in one transaction."""
_ALL_ABOVE = 0.1
"""Share of unmeasured actors above which everybody is measured anew: the neighbourhood itself has changed."""


def measure_hubs(
    session: Session, *, meaning: Meaning, cache: PoolCache, everybody_up_to: int = EVERYBODY_UP_TO
) -> int:
    """Measure actors that are new or whose texts changed; returns how many. The caller commits.

    Up to `everybody_up_to` actors everybody is compared with everybody; above, a batch at a time with its nearest of
    the crowd that `cache` holds.
    """
    # One worker measures at a time; another that comes meanwhile waits, and finds that nothing is left to do.
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    unmeasured = session.exec(select(Actor.id).where(col(Actor.hubness).is_(None)).limit(everybody_up_to)).all()
    if not unmeasured:
        return 0
    total = count_actors(session)
    if total > everybody_up_to:
        return _measure_in_crowd(session, meaning, unmeasured[:_BATCH], cache)
    actors = load_actors(session, encoder=meaning.name)
    pool = Pool.from_profiles(a.profile for a in actors.values())
    chosen = list(actors) if len(unmeasured) > _ALL_ABOVE * total else list(unmeasured)
    numbers = measure_hubness([actors[i].profile for i in chosen], pool).tolist()
    return _store(session, dict(zip(chosen, numbers, strict=True)))


def _measure_in_crowd(session: Session, meaning: Meaning, ids: Sequence[int], cache: PoolCache) -> int:
    """Among each other, and with those who have settled before."""
    loaded = cache.get(session, encoder=meaning.name)
    actors = load_actors(session, encoder=meaning.name, ids=ids, shift=loaded.shift)
    profiles, scoring = [actor.profile for actor in actors.values()], Scoring()
    beside, crowd = None, loaded.crowd
    if crowd is not None:
        count, facts = scoring.calibration.hub_neighbours, Facts(crowd.ids, crowd.columns)
        open_to = (who_is_wanted(facts, Wanted(not_side=profile.side, hidden=list(actors))) for profile in profiles)
        beside = [best_merits(crowd, p, slots, scoring, count) for p, slots in zip(profiles, open_to, strict=True)]
    return _store(session, dict(zip(actors, measure_hubness(profiles, beside=beside).tolist(), strict=True)))


def _store(session: Session, numbers: Mapping[int, float]) -> int:
    table = Actor.__table__  # type: ignore[attr-defined]
    # The actors before the counter, as everybody who writes them: whoever held the counter and waited for an actor
    # would make a request that holds the actor fail at its commit.
    held = select(Actor.id).where(col(Actor.id).in_(sorted(numbers))).order_by(col(Actor.id))
    session.exec(held.with_for_update(key_share=True)).all()
    values = {"hubness": bindparam("number"), "settled": raise_revision(session)}
    statement = update(table).where(table.c.id == bindparam("actor")).values(**values)
    # In the order of their numbers, as others write many actors: two that hold what the other waits for never end.
    session.connection().execute(statement, [{"actor": i, "number": number} for i, number in sorted(numbers.items())])
    return len(numbers)
