"""Why participants of an event meet, for their own eyes: the ranking's reasons among the people of the event alone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Field, Session

from app.services.bridges import affinity_in_force
from app.services.discretion.sight import EVERYBODY, Sight
from app.services.pool import LoadedPool, PoolActor, PoolCache, load_actors
from app.services.suggestions import Reader, reasons_of
from matching.ranking.affinity import Affinity
from matching.ranking.parts import Scoring
from matching.ranking.profile import Suggestion as Ranked
from matching.ranking.rank import Request, rank
from models.actor import ActorBrief, Shape
from models.match import Reason


class Encounter(Shape):
    """Somebody to meet, and why."""

    number: int = Field(exclude=True, description="The actor's own, by which pages put things together; never shown")
    actor: ActorBrief
    score: float
    reasons: list[Reason]


@dataclass(frozen=True)
class Asked:
    """Whom somebody could meet, how many of them are told (absent: all), and in whose language."""

    actor_id: int
    others: frozenset[int]
    lang: str
    most: int | None = None


Met = tuple[Ranked, PoolActor]


def encounters(
    session: Session, *, cache: PoolCache, encoder: str, asked: Asked, sight: Sight = EVERYBODY
) -> list[Encounter]:
    """The others as this actor would meet them, best first; actors without any text are left out."""
    reader = Reader(asked.lang, sight)
    return [_encounter(*met, reader) for met in _ranked(session, cache, encoder, asked)]


def _ranked(session: Session, cache: PoolCache, encoder: str, asked: Asked) -> Sequence[Met]:
    loaded = cache.get(session, encoder=encoder)

    def work_out() -> Sequence[Met]:
        actors = _actors(session, loaded, encoder, {asked.actor_id, *asked.others})
        return _rank(loaded, actors, asked, affinity_in_force(session))

    # Kept with the pool: a room full of open agendas asks the same again after every change of the plan.
    met: Sequence[Met] = loaded.encounters.get_or((asked.actor_id, asked.others, asked.most), work_out)
    return met


def _actors(session: Session, loaded: LoadedPool, encoder: str, ids: Collection[int]) -> Mapping[int, PoolActor]:
    if loaded.complete:
        return {i: loaded.actors[i] for i in ids if i in loaded.actors}
    return load_actors(session, encoder=encoder, ids=sorted(ids), shift=loaded.shift)


def _rank(loaded: LoadedPool, actors: Mapping[int, PoolActor], asked: Asked, affinity: Affinity) -> list[Met]:
    asker = actors.get(asked.actor_id)
    pool = [a.profile for i, a in sorted(actors.items()) if i != asked.actor_id and _understood(a)]
    if asker is None or not pool or not _understood(asker):
        return []
    # Whatever the two went through before is not told here: a phone on a table is read by two.
    scoring = Scoring(affinity=affinity, hub_level=loaded.hub_level)
    request = Request(k=asked.most or len(pool), min_score=0, cross_side=False, scoring=scoring)
    return [(s, actors[int(s.id)]) for s in rank(asker.profile, pool, request).suggestions]


def _understood(actor: PoolActor) -> bool:
    passages = actor.profile.passages
    return bool(passages) and all(p.vector is not None for p in passages)


def _encounter(ranked: Ranked, actor: PoolActor, reader: Reader) -> Encounter:
    # Which languages are spoken at the table is the event's to say: registrations differ from profiles.
    told = (reason for reason in ranked.reasons if reason.part != "language")
    return Encounter(
        number=int(ranked.id),
        actor=reader.sight.brief(actor.told),
        score=round(ranked.score, 4),
        reasons=reasons_of(told, reader, actor),
    )
