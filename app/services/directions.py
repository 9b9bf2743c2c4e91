"""Along what the texts of a corpus differ most: learned by a worker, so that every process packs its crowd alike."""

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from app.services.crowd import read_batch
from app.services.language_means import load_shift
from app.services.pool import EXACT_UP_TO, count_actors
from app.services.pool_revision import mark_pool_changed
from matching.ranking.crowd import facet_means, learn_directions
from models.actor import Actor
from models.passage import Directions

_SAMPLE = 3000
_GROWN = 2.0
"""How many times as many actors there must be before the directions are learned anew."""
_LOCK = 0x64697273
"""Number of the advisory lock ("dirs")."""


def refresh_directions(session: Session, *, encoder: str, from_actors: int = EXACT_UP_TO) -> bool:
    """Learn the directions when there are enough actors, and many more than last time; the caller commits.

    True when they changed. One worker does it at a time; another that comes meanwhile leaves it to the first.
    """
    if not session.execute(select(func.pg_try_advisory_xact_lock(_LOCK))).scalar_one():
        return False
    total = count_actors(session)
    row = session.exec(select(Directions.number, Directions.actors).where(Directions.encoder == encoder)).first()
    number, learned_from = row or (0, 0)
    if total <= from_actors or total < _GROWN * learned_from:
        return False
    every = max(1, total // _SAMPLE)
    ids = session.exec(select(Actor.id).where(col(Actor.id) % every == 0).order_by(col(Actor.id)).limit(_SAMPLE)).all()
    batch = read_batch(session, encoder=encoder, shift=load_shift(session, encoder=encoder), ids=ids)
    basis = learn_directions(facet_means(batch)).astype("<f2")
    statement = insert(Directions).values(encoder=encoder, number=number + 1, actors=total, basis=basis.tobytes())
    new = {name: statement.excluded[name] for name in ("number", "actors", "basis")}
    session.execute(statement.on_conflict_do_update(index_elements=["encoder"], set_=new))
    mark_pool_changed(session)
    return True
