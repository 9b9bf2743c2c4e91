"""Relations between actors."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.errors import BadInput, NotFound
from app.security import ANYBODY, Principal
from app.services.actors import get_actor
from app.services.bounds import refuse_beyond
from app.services.cursors import Part
from app.services.discretion.sight import Sight
from app.services.pool_revision import mark_pool_changed
from models.actor import Actor, Relation, RelationCreate, RelationPublic


def list_relations(
    session: Session, *, actor_id: int, principal: Principal = ANYBODY, part: Part | None = None
) -> list[RelationPublic]:
    """The actor's relations, by type and name, as far as neither end hides them; notes are for organisers."""
    sight = Sight(session, principal)
    if not sight.shows(get_actor(session, actor_id=actor_id), "relations"):
        return []
    rows = session.exec(
        select(Relation, Actor)
        .join(Actor, col(Actor.id) == Relation.target_id)
        .where(Relation.actor_id == actor_id)
        .order_by(col(Relation.type), col(Actor.name), col(Actor.id))
    ).all()
    told = [_relation_public(row, target.name) for row, target in rows if sight.shows(target, "relations")]
    # Cut after that: a cursor tells nothing of who is hidden.
    shown = told if part is None else part.slice(told)
    return [*shown] if principal.organises else [relation.model_copy(update={"note": None}) for relation in shown]


def set_relation(session: Session, *, actor_id: int, relation: RelationCreate) -> RelationPublic:
    """Create or change one relation of an actor."""
    get_actor(session, actor_id=actor_id)
    if relation.target_id == actor_id:
        raise BadInput.of("target_id", "an actor has no relation to itself")
    target = get_actor(session, actor_id=relation.target_id)
    if session.get(Relation, (actor_id, relation.target_id, relation.type)) is None:
        refuse_beyond(session, "relations", select(func.count()).where(Relation.actor_id == actor_id))
    row = Relation(actor_id=actor_id, **relation.model_dump())
    session.merge(row)
    mark_pool_changed(session)
    return _relation_public(row, target.name)


def delete_relation(session: Session, *, actor_id: int, target_id: int, kind: str) -> None:
    """Remove one relation, or NotFound."""
    row = session.get(Relation, (actor_id, target_id, kind))
    if row is None:
        raise NotFound(f"actor {actor_id} has no relation {kind!r} to actor {target_id}")
    session.delete(row)
    mark_pool_changed(session)


def _relation_public(relation: Relation, target_name: str) -> RelationPublic:
    return RelationPublic(
        target_id=relation.target_id,
        target_name=target_name,
        type=relation.type,
        status=relation.status,
        note=relation.note,
    )
