"""An actor's row as the ranking sees it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.services.discretion.fields import PUBLIC, is_shown, is_veiled
from app.services.discretion.sight import Told
from matching.ranking.geography import locate_territory
from matching.ranking.profile import Passage, Profile
from models.actor import Actor

_NAMES = (
    "id", "name", "side", "country", "kind", "languages", "sectors", "lat", "lon", "size", "hubness", "region", "city",
    "nuts", "anonymous", "visibility", "veil", "known_to",
)  # fmt: skip
ACTOR_COLUMNS = tuple(Actor.__table__.c[name] for name in _NAMES)  # type: ignore[attr-defined]
"""Of the table, not of the mapped class: rows of these need no detour by way of the mapper."""


@dataclass(frozen=True)
class PoolActor:
    """What an answer says of an actor beside what the ranking sees."""

    profile: Profile
    region: str | None
    """What filters go by."""
    told: Told
    """Its row, which an asker's sight makes into what they may be told."""


def pool_actor(row: Any, passages: Iterable[Passage]) -> PoolActor:
    """A row of ACTOR_COLUMNS with its passages.

    Where it is, how large and in which region is left out where not everybody may know: who chooses the place, size and
    weights of a question could read off its answers what they hide.
    """
    hides = is_veiled(row)
    located = _where(row) if not hides or is_shown(row, "position", PUBLIC) else (None, None)
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
        size=row.size if not hides or is_shown(row, "size", PUBLIC) else None,
        hubness=row.hubness,
        passages=tuple(passages),
    )
    return PoolActor(profile, row.region if not hides or is_shown(row, "region", PUBLIC) else None, row)


def _where(row: Any) -> tuple[float, float] | tuple[None, None]:
    return (row.lat, row.lon) if row.lat is not None and row.lon is not None else _territory(row)


def _territory(row: Any) -> tuple[float, float] | tuple[None, None]:
    """The middle of the actor's territory, when its town was not given."""
    return locate_territory(row.nuts, row.country) or (None, None)
