"""Rows to the ranking's profiles, and the packed pool a process keeps while nothing changes."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import case, func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from app.services.language_means import Shift, decode_vectors, load_shift, neutral_units
from app.services.pool_revision import current_revision
from matching.ranking.geography import locate_territory
from matching.ranking.profile import Passage as RankedPassage
from matching.ranking.profile import Pool, Profile
from models.actor import Actor
from models.passage import Passage

_ACTOR_COLUMNS = (
    Actor.id, Actor.name, Actor.side, Actor.country, Actor.kind, Actor.languages, Actor.sectors,
    Actor.lat, Actor.lon, Actor.size, Actor.hubness, Actor.region, Actor.city, Actor.nuts,
)  # fmt: skip


@dataclass(frozen=True)
class PoolActor:
    """What an answer says of an actor beside what the ranking sees."""

    profile: Profile
    region: str | None
    city: str | None


@dataclass(frozen=True)
class LoadedPool:
    """Actors ready to be ranked, as of one revision of the data."""

    key: tuple[int, str]
    shift: Shift
    pool: Pool
    actors: Mapping[int, PoolActor]
    hub_level: float | None = None
    """Mean hubness of the whole corpus: what every actor's own is compared with."""
    complete: bool = True
    """False: the actors are too many to hold, and candidates must be fetched for each question."""


def load_actors(
    session: Session, *, encoder: str, ids: Sequence[int] | None = None, shift: Shift | None = None
) -> dict[int, PoolActor]:
    """Profiles of all actors, or of some, with the vectors of that encoder; two queries whatever their number."""
    actors = select(*_ACTOR_COLUMNS).order_by(col(Actor.id))  # type: ignore[call-overload]
    # The wire form of a vector is decoded for all rows at once; one by one takes ten times as long.
    vector = case((col(Passage.encoder) == encoder, func.halfvec_send(Passage.vector)))
    texts = sa_select(Passage.actor_id, Passage.facet, Passage.lang, Passage.text, vector)  # type: ignore[call-overload]
    texts = texts.order_by(col(Passage.actor_id), col(Passage.ordinal))
    if ids is not None:
        actors = actors.where(col(Actor.id).in_(ids))
        texts = texts.where(col(Passage.actor_id).in_(ids))
    rows = session.execute(texts).all()
    shift = load_shift(session, encoder=encoder) if shift is None else shift
    found = defaultdict(list)
    units = _unit_vectors([row[4] for row in rows], [row[2] for row in rows], shift)
    for (actor_id, facet, lang, words, _), unit in zip(rows, units, strict=True):
        found[actor_id].append(RankedPassage(facet, lang, words, unit))
    return {row.id: _pool_actor(row, found[row.id]) for row in session.execute(actors)}


def _unit_vectors(
    stored: Sequence[bytes | None], languages: Sequence[str], shift: Shift
) -> list[NDArray[np.float32] | None]:
    """Vectors in PostgreSQL's wire form as the ranking compares them; None stays None."""
    wire = b"".join(value for value in stored if value is not None)
    tags = [tag for value, tag in zip(stored, languages, strict=True) if value is not None]
    units = iter(neutral_units(decode_vectors(wire), tags, shift))
    return [None if value is None else next(units) for value in stored]


def _pool_actor(row: Any, passages: Iterable[RankedPassage]) -> PoolActor:
    located = (row.lat, row.lon) if row.lat is not None and row.lon is not None else _territory(row)
    profile = Profile(
        id=row.id,
        name=row.name,
        side=row.side,
        country=row.country,
        kind=row.kind,
        languages=tuple(row.languages),
        sectors=tuple(row.sectors),
        lat=located[0],
        lon=located[1],
        size=row.size,
        hubness=row.hubness,
        passages=tuple(passages),
    )
    return PoolActor(profile, row.region, row.city)


def _territory(row: Any) -> tuple[float, float] | tuple[None, None]:
    """The middle of the actor's territory, when its town was not given."""
    return locate_territory(row.nuts, row.country) or (None, None)


EXACT_UP_TO = 20_000
"""Actors that a process holds in memory and ranks exactly; above, candidates come from their sketches."""


class PoolCache:
    """The packed pool of this process, loaded again when the data's revision has risen."""

    def __init__(self, exact_up_to: int = EXACT_UP_TO) -> None:
        self._lock = threading.Lock()
        self._loaded: LoadedPool | None = None
        self._exact_up_to = exact_up_to

    def get(self, session: Session, *, encoder: str) -> LoadedPool:
        """The pool as of now; one short query when nothing changed."""
        key = (current_revision(session), encoder)
        loaded = self._loaded
        if loaded is not None and loaded.key == key:
            return loaded
        with self._lock:
            if self._loaded is None or self._loaded.key != key:
                self._loaded = self._load(session, key, encoder)
            return self._loaded

    def _load(self, session: Session, key: tuple[int, str], encoder: str) -> LoadedPool:
        shift = load_shift(session, encoder=encoder)
        level = hub_level(session)
        if count_actors(session) > self._exact_up_to:
            return LoadedPool(key, shift, Pool.from_profiles(()), {}, level, complete=False)
        actors = load_actors(session, encoder=encoder, shift=shift)
        return LoadedPool(key, shift, Pool.from_profiles(a.profile for a in actors.values()), actors, level)


def hub_level(session: Session) -> float | None:
    """Mean hubness of all measured actors; None while there is none."""
    level = session.execute(sa_select(func.avg(Actor.hubness))).scalar_one()
    return None if level is None else float(level)


def count_actors(session: Session) -> int:
    """How many actors there are."""
    return int(session.execute(sa_select(func.count()).select_from(Actor)).scalar_one())
