"""Which slots of a crowd may answer a question."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.ranking.crowd import Crowd
from models.match import MatchFilters

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Wanted:
    """Which actors may be found."""

    not_side: str | None = None
    not_country: str | None = None
    sides: Collection[str] | None = None
    filters: MatchFilters = field(default_factory=MatchFilters)
    hidden: Collection[int | str] = ()


def wanted_slots(crowd: Crowd, wanted: Wanted) -> Flags:
    """One flag a slot; a condition is judged once for each value that actors have."""
    filters = wanted.filters
    flags = np.ones(len(crowd), dtype=bool)
    if wanted.not_side is not None:
        flags &= _where(crowd, "side", lambda side: side != wanted.not_side)
    if wanted.not_country is not None:
        flags &= _where(crowd, "country", lambda country: country != wanted.not_country)
    for name, chosen in (
        ("side", wanted.sides),
        ("country", filters.countries),
        ("region", filters.regions),
        ("kind", filters.kinds),
    ):
        if chosen or (name == "side" and chosen is not None):
            flags &= _where(crowd, name, set(chosen).__contains__)
    for name, chosen in (("sectors", filters.sectors), ("languages", filters.languages)):
        if chosen:
            flags &= ~_where(crowd, name, frozenset(chosen).isdisjoint)
    left_out = [int(ident) for ident in (*wanted.hidden, *filters.exclude)]
    if left_out:
        flags &= ~np.isin(crowd.ids, left_out)
    return flags


def _where(crowd: Crowd, name: str, true: Callable[[Any], bool]) -> Flags:
    column = crowd.columns[name]
    return np.asarray(np.fromiter(map(true, column.values), dtype=bool, count=len(column.values))[column.codes])
