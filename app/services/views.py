"""Who knows that an actor exists: looks at its profile, counted by side and role, and the maps it stands in."""

import logging
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from app.security import Principal
from app.services.actors import get_actor
from models.base import utc_now
from models.views import ActorKnown, MapKnown, MapStanding, SideViews

log = logging.getLogger(__name__)

DAYS = 30
_SIDE = re.compile(r"^[A-Za-z0-9_.-]{1,40}$")


@dataclass(frozen=True)
class Look:
    """Who looks, as far as it is counted."""

    principal: Principal
    door: str
    """page or api."""
    side: str = ""
    """The side the reader said to stand on."""
    on_behalf: int | None = None
    """The actor for whom the reader looks: whose suggestions led here."""


def record_view(session: Session, *, actor_id: int, look: Look) -> None:
    """Count one look at a profile. Call it last: the counter's row is held until the commit.

    The side is that of the reader's own actor, else the one the reader said to stand on, else that of the actor for
    whom the reader looks, else unknown. An actor that looks at itself is not counted. A count that cannot be kept is
    no reason not to show the profile.
    """
    query = text(
        "INSERT INTO actor_view (actor_id, day, side, role, door, views) "
        "SELECT :actor, :day, coalesce((SELECT side FROM actor WHERE id = :reader), "
        "(SELECT side FROM actor WHERE side = :side LIMIT 1), "
        "(SELECT side FROM actor WHERE id = :behalf AND id <> :actor), ''), :role, :door, 1 "
        "ON CONFLICT (actor_id, day, side, role, door) DO UPDATE SET views = actor_view.views + 1"
    )
    if look.principal.actor_id == actor_id:
        return
    values = {
        "actor": actor_id,
        "day": utc_now().date(),
        "reader": look.principal.actor_id,
        "behalf": look.on_behalf,
        "side": look.side if _SIDE.match(look.side) else "",
        "role": look.principal.role,
        "door": look.door,
    }
    try:
        with session.begin_nested():
            session.execute(query, values)
    except DBAPIError as error:
        log.warning("a look at actor %s was not counted: %s", actor_id, error.orig)


def actor_known(session: Session, *, actor_id: int, days: int = DAYS) -> ActorKnown:
    """How often a profile was looked at lately, from which sides, and the maps that name the actor."""
    get_actor(session, actor_id=actor_id)
    sides = _by_side(session, "v.actor_id = :id", actor_id, days)
    return ActorKnown(days=days, views=sum(s.views for s in sides), by_side=sides, maps=_standings(session, actor_id))


def map_known(session: Session, *, map_id: int, days: int = DAYS) -> MapKnown:
    """How far the actors of a map are known: looks by side, actors seen at all, and the other maps they stand in."""
    members = "v.actor_id IN (SELECT actor_id FROM map_entry WHERE map_id = :id)"
    sides = _by_side(session, members, map_id, days)
    seen = text(f"SELECT count(DISTINCT v.actor_id) FROM actor_view v WHERE v.day > :since AND {members}")  # noqa: S608
    others = text(
        "SELECT m.name, count(DISTINCT o.actor_id) FROM map_entry o JOIN competence_map m ON m.id = o.map_id "
        "WHERE o.map_id <> :id AND o.actor_id IN (SELECT actor_id FROM map_entry WHERE map_id = :id) "
        "GROUP BY m.id, m.name ORDER BY 2 DESC, 1 LIMIT 50"
    )
    return MapKnown(
        days=days,
        views=sum(s.views for s in sides),
        actors_seen=session.execute(seen, _since(map_id, days)).scalar_one(),
        by_side=sides,
        other_maps={str(name): int(n) for name, n in session.execute(others, {"id": map_id})},
    )


def _since(number: int, days: int) -> dict[str, Any]:
    return {"id": number, "since": utc_now().date() - timedelta(days=days)}


def _by_side(session: Session, where: str, number: int, days: int) -> list[SideViews]:
    query = text(
        f"SELECT v.side, v.role, sum(v.views)::bigint FROM actor_view v WHERE v.day > :since AND {where} "  # noqa: S608
        "GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"
    )
    return [SideViews(side=s, role=r, views=n) for s, r, n in session.execute(query, _since(number, days))]


def _standings(session: Session, actor_id: int) -> list[MapStanding]:
    query = text(
        "SELECT m.id, m.name, m.source, m.licence, m.territory, array_agg(e.source_key ORDER BY e.source_key) "
        "FROM map_entry e JOIN competence_map m ON m.id = e.map_id WHERE e.actor_id = :id GROUP BY m.id ORDER BY m.name"
    )
    return [
        MapStanding(map_id=i, name=n, source=s, licence=licence, territory=t, keys=keys)
        for i, n, s, licence, t, keys in session.execute(query, {"id": actor_id})
    ]
