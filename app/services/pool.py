"""Rows to the ranking's profiles, and the packed pool a process keeps while nothing changes."""

import threading
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ARRAY, BigInteger, Select, bindparam, case, func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col

from app.services.actor_rows import ACTOR_COLUMNS, PoolActor, pool_actor
from app.services.crowd import CrowdKeeper
from app.services.discretion.sight import Told
from app.services.language_means import Shift, decode_vectors, load_shift, neutral_units
from app.services.lately import Lately
from app.services.pool_revision import current_revision
from app.services.wanted import Facts
from matching.ranking.crowd import Crowd
from matching.ranking.profile import Passage as RankedPassage
from matching.ranking.profile import Pool
from matching.ranking.rank import Ranking
from models.actor import Actor
from models.passage import Passage

RANKINGS = 1_000
ENCOUNTERS = 2_000


@dataclass(frozen=True)
class LoadedPool:
    """Actors ready to be ranked, as of one revision of the data."""

    key: tuple[int, str]
    shift: Shift
    pool: Pool
    actors: Mapping[int, PoolActor]
    hub_level: float | None = None
    """Mean hubness of the whole corpus: what every actor's own is compared with."""
    crowd: Crowd | None = None
    """Where the actors are too many to rank all: `pool` is empty, and candidates are found here for each question."""
    rankings: Lately[Hashable, Ranking] = field(default_factory=lambda: Lately(RANKINGS), compare=False)
    """How stored actors were ranked lately: front ends ask for the same people again and again."""
    encounters: Lately[Hashable, Any] = field(default_factory=lambda: Lately(ENCOUNTERS), compare=False)
    """Whom participants of an event would meet, and why, as far as it was asked lately (encounters.py)."""

    @property
    def complete(self) -> bool:
        """Whether `pool` holds all actors."""
        return self.crowd is None

    @cached_property
    def told(self) -> Mapping[int, Told]:
        """The rows of `actors`, by which it is decided what of them is told."""
        return {number: actor.told for number, actor in self.actors.items()}

    @cached_property
    def facts(self) -> Facts:
        """What filters go by, of the actors of `pool` in their order."""
        return Facts.of(self.actors.values())

    @cached_property
    def silent(self) -> NDArray[np.bool_]:
        """Who of `pool` has no text at all."""
        return np.array([not profile.passages for profile in self.pool.profiles], dtype=bool)


def load_actors(
    session: Session, *, encoder: str, ids: Sequence[int] | None = None, shift: Shift | None = None
) -> dict[int, PoolActor]:
    """Profiles of all actors, or of some, with the vectors of that encoder; two queries whatever their number."""
    actors, texts = _statements(ids is not None)
    asked = {} if ids is None else {"ids": list(ids)}
    rows = session.execute(texts, {"encoder": encoder, **asked}).all()
    shift = load_shift(session, encoder=encoder) if shift is None else shift
    found = defaultdict(list)
    units = _unit_vectors([row[4] for row in rows], [row[2] for row in rows], shift)
    for (actor_id, facet, lang, words, _), unit in zip(rows, units, strict=True):
        found[actor_id].append(RankedPassage(facet, lang, words, unit))
    return {row.id: pool_actor(row, found[row.id]) for row in session.execute(actors, asked)}


@cache
def _statements(some: bool) -> tuple[Select[Any], Select[Any]]:
    """The two queries, put together once: actors, and their passages with the vectors of :encoder."""
    passage = Passage.__table__.c  # type: ignore[attr-defined]
    actor_id = ACTOR_COLUMNS[0]
    # The wire form of a vector is decoded for all rows at once; one by one takes ten times as long.
    vector = case((passage.encoder == bindparam("encoder"), func.halfvec_send(passage.vector)))
    actors = sa_select(*ACTOR_COLUMNS).order_by(actor_id)
    texts = sa_select(passage.actor_id, passage.facet, passage.lang, passage.text, vector)
    texts = texts.order_by(passage.actor_id, passage.ordinal)
    if some:
        ids = func.any(bindparam("ids", type_=ARRAY(BigInteger)))
        actors, texts = actors.where(actor_id == ids), texts.where(passage.actor_id == ids)
    return actors, texts


def _unit_vectors(
    stored: Sequence[bytes | None], languages: Sequence[str], shift: Shift
) -> list[NDArray[np.float32] | None]:
    """Vectors in PostgreSQL's wire form as the ranking compares them; None stays None."""
    wire = b"".join(value for value in stored if value is not None)
    tags = [tag for value, tag in zip(stored, languages, strict=True) if value is not None]
    units = iter(neutral_units(decode_vectors(wire), tags, shift))
    return [None if value is None else next(units) for value in stored]


EXACT_UP_TO = 5_000
"""Actors that are ranked one and all; above, candidates are found in the crowd first."""


class PoolCache:
    """The packed actors of this process, loaded again when the data's revision has risen."""

    def __init__(self, exact_up_to: int = EXACT_UP_TO) -> None:
        self._lock = threading.Lock()
        self._loaded: LoadedPool | None = None
        self._exact_up_to = exact_up_to
        self._keeper = CrowdKeeper()

    @property
    def held(self) -> int | None:
        """The revision of what is held, None before the first question."""
        loaded = self._loaded
        return None if loaded is None else loaded.key[0]

    def get(self, session: Session, *, encoder: str, revision: int | None = None) -> LoadedPool:
        """The pool as of now; one short query when nothing changed, none where the `revision` was read already."""
        key = (current_revision(session) if revision is None else revision, encoder)
        loaded = self._loaded
        if loaded is not None and loaded.key == key:
            return loaded
        with self._lock:
            key = (current_revision(session), encoder)  # who waited for the lock may be behind by now
            if self._loaded is None or self._loaded.key != key:
                self._loaded = None  # before the next one takes its memory
                self._loaded = self._load(session, key, encoder)
            return self._loaded

    def _load(self, session: Session, key: tuple[int, str], encoder: str) -> LoadedPool:
        shift = load_shift(session, encoder=encoder)
        total, settled, level = _corpus(session)
        if total > self._exact_up_to:
            crowd = self._keeper.crowd(session, encoder=encoder, shift=shift, revision=key[0], settled=settled)
            return LoadedPool(key, shift, Pool.from_profiles(()), {}, level, crowd)
        actors = load_actors(session, encoder=encoder, shift=shift)
        return LoadedPool(key, shift, Pool.from_profiles(a.profile for a in actors.values()), actors, level)


def hub_level(session: Session) -> float | None:
    """Mean hubness of all measured actors; None while there is none."""
    return _corpus(session)[2]


def count_actors(session: Session) -> int:
    """How many actors there are."""
    return int(session.execute(sa_select(func.count()).select_from(Actor)).scalar_one())


def _corpus(session: Session) -> tuple[int, int, float | None]:
    """How many actors there are, how many have settled, and the mean hubness."""
    figures = sa_select(func.count(), func.count(col(Actor.settled)), func.avg(Actor.hubness))
    total, settled, level = session.execute(figures.select_from(Actor)).one()
    return int(total), int(settled), None if level is None else float(level)


__all__ = ["EXACT_UP_TO", "LoadedPool", "PoolActor", "PoolCache", "count_actors", "hub_level", "load_actors"]
