"""Who says what of an actor: every field with its source, date and licence, and the admin's choice between them."""

from typing import Any

from sqlmodel import Session, col, select

from app.errors import BadInput, NotFound
from app.services.actors import apply_fields, as_create, get_actor
from models.actor import ActorCreate
from models.competence_map import CompetenceMap, FieldSources, MapEntry, SourceClaim

_FIELDS = tuple(name for name in ActorCreate.model_fields)


def list_sources(session: Session, *, actor_id: int) -> list[FieldSources]:
    """Each field that some map says something of: what Viaduc holds, what each map says, whether they disagree."""
    held = as_create(get_actor(session, actor_id=actor_id)).model_dump()
    rows = session.exec(
        select(MapEntry, CompetenceMap)
        .join(CompetenceMap, col(CompetenceMap.id) == MapEntry.map_id)
        .where(MapEntry.actor_id == actor_id)
        .order_by(col(CompetenceMap.name), col(MapEntry.source_key))
    ).all()
    found = []
    for name in _FIELDS:
        claims = [_claim(entry, source, name) for entry, source in rows if name in entry.said]
        if claims:
            found.append(
                FieldSources(field=name, value=held[name], claims=claims, disputed=_disputed(held[name], claims))
            )
    return found


def take_from(session: Session, *, actor_id: int, field: str, map_id: int) -> None:
    """Make one field of an actor what one map says of it: the admin's choice between sources."""
    if field not in _FIELDS:
        raise BadInput.of("field", f"unknown field {field!r}: expected one of {', '.join(_FIELDS)}")
    actor = get_actor(session, actor_id=actor_id, lock=True)
    entries = session.exec(
        select(MapEntry).where(MapEntry.actor_id == actor_id, MapEntry.map_id == map_id).order_by(MapEntry.source_key)
    ).all()
    value = next((entry.said[field] for entry in entries if field in entry.said), None)
    if value is None:
        raise NotFound(f"map {map_id} says nothing of the {field} of actor {actor_id}")
    fields = ActorCreate.model_validate(as_create(actor).model_dump() | {field: value})
    apply_fields(session, actor=actor, fields=fields)


def _claim(entry: MapEntry, source: CompetenceMap, name: str) -> SourceClaim:
    beside = entry.said.get("beside", {})
    return SourceClaim(
        map_id=source.id,
        map_name=source.name,
        source=beside.get("basis") or source.source,
        licence=source.licence,
        as_of=beside.get("facts_as_of") or (source.as_of.isoformat() if source.as_of else None),
        value=entry.said[name],
    )


def _disputed(held: Any, claims: list[SourceClaim]) -> bool:
    """Whether a source says something else than what is held. Lists are united, so nobody disputes them."""
    return not isinstance(held, list) and any(claim.value != held for claim in claims)
