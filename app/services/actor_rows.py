"""An actor's row as the ranking sees it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from matching.ranking.geography import locate_territory
from matching.ranking.profile import Passage, Profile
from models.actor import Actor

_NAMES = (
    "id", "name", "side", "country", "kind", "languages", "sectors", "lat", "lon", "size", "hubness", "region", "city",
    "nuts",
)  # fmt: skip
ACTOR_COLUMNS = tuple(Actor.__table__.c[name] for name in _NAMES)  # type: ignore[attr-defined]
"""Of the table, not of the mapped class: rows of these need no detour by way of the mapper."""


@dataclass(frozen=True)
class PoolActor:
    """What an answer says of an actor beside what the ranking sees."""

    profile: Profile
    region: str | None
    city: str | None


def pool_actor(row: Any, passages: Iterable[Passage]) -> PoolActor:
    """A row of ACTOR_COLUMNS with its passages."""
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
