"""Whom an event could still register: found by words in the directory, a page at a time."""

from dataclasses import dataclass, field

from sqlmodel import Session, col, func, select

from app.services.actors import ActorQuery, conditions
from app.services.discretion.sight import Sight
from app.services.texts import fold
from models.actor import Actor, ActorBrief
from models.event import Participant

MOST_SKIPPED = 100_000
"""Where a search ends; nobody turns so many pages."""


@dataclass(frozen=True)
class Newcomers:
    """One page of those found: how many stand before it, who is on it, and how many there are altogether."""

    skipped: int = 0
    actors: list[ActorBrief] = field(default_factory=list)
    total: int = 0

    @property
    def last(self) -> int:
        """The number of the last one on this page, counted from 1."""
        return self.skipped + len(self.actors)


def find_newcomers(
    session: Session, *, event_id: int, words: str, sight: Sight, skip: int = 0, limit: int = 12
) -> Newcomers:
    """Actors with all these words who are not registered yet, those whose name has them first; nobody without words.

    Whom the reader may not know is left out: registering them is not theirs to do.
    """
    terms = fold(words).split()
    if not terms:
        return Newcomers()
    there = select(Participant.actor_id).where(Participant.event_id == event_id)
    where = [*conditions(ActorQuery(q=words, sight=sight)), col(Actor.id).not_in(there), sight.may_know()]
    total = session.exec(select(func.count()).select_from(Actor).where(*where)).one()
    if skip >= total:
        skip = max(0, (total - 1) // limit * limit)
    # A profile's searchable words begin with its names, so the earlier a word stands, the likelier it is in a name.
    position = func.strpos(sight.words(), terms[0])
    asked = select(Actor).where(*where).order_by(position, col(Actor.name), col(Actor.id))
    rows = session.exec(asked.offset(skip).limit(limit)).all()
    return Newcomers(skip, [sight.brief(actor) for actor in rows], total)
