"""Which actors may answer a question."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.services.actor_rows import PoolActor
from matching.ranking.profile import Column
from models.match import MatchFilters

Flags = NDArray[np.bool_]
_FEW = 8


@dataclass(frozen=True)
class Wanted:
    """Which actors may be found."""

    not_side: str | None = None
    not_country: str | None = None
    sides: Collection[str] | None = None
    filters: MatchFilters = field(default_factory=MatchFilters)
    hidden: Collection[int | str] = ()


@dataclass(frozen=True)
class Facts:
    """What conditions are judged by, of all actors of a pool or a crowd: ids (n,), and a column for each fact."""

    ids: NDArray[np.int64]
    columns: Mapping[str, Column]

    @classmethod
    def of(cls, actors: Collection[PoolActor]) -> "Facts":
        """Those of actors one by one, in their order."""
        columns = {name: Column.of(getattr(actor.profile, name) for actor in actors) for name in _OF_PROFILE}
        columns["region"] = Column.of(actor.region for actor in actors)
        return cls(np.array([actor.profile.id for actor in actors], dtype=np.int64), columns)


_OF_PROFILE = ("side", "country", "kind", "sectors", "languages")


def who_is_wanted(facts: Facts, wanted: Wanted) -> Flags:
    """One flag an actor; a condition is judged once for each value that actors have."""
    flags = np.ones(len(facts.ids), dtype=bool)
    for name, true in _conditions(wanted):
        column = facts.columns[name]
        flags &= np.fromiter(map(true, column.values), dtype=bool, count=len(column.values))[column.codes]
    left_out = [int(ident) for ident in (*wanted.hidden, *wanted.filters.exclude)]
    if len(left_out) > _FEW:
        return flags & ~np.isin(facts.ids, left_out)
    for ident in left_out:
        flags &= facts.ids != ident
    return flags


def _conditions(wanted: Wanted) -> Iterator[tuple[str, Callable[[Any], bool]]]:
    filters = wanted.filters
    if wanted.not_side is not None:
        yield "side", lambda side: side != wanted.not_side
    if wanted.not_country is not None:
        yield "country", lambda country: country != wanted.not_country
    if wanted.sides is not None:
        yield "side", frozenset(wanted.sides).__contains__
    for name, chosen in (("country", filters.countries), ("region", filters.regions), ("kind", filters.kinds)):
        if chosen:
            yield name, frozenset(chosen).__contains__
    if filters.sectors:
        yield "sectors", lambda sectors: not frozenset(filters.sectors).isdisjoint(sectors)
    if filters.languages:
        yield "languages", lambda languages: not frozenset(filters.languages).isdisjoint(languages)
