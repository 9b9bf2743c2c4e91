"""Actors: create, read, change, remove, list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, delete, func, tuple_
from sqlmodel import Session, col, select

from app.errors import BadInput, NotFound
from app.security import ANYBODY, Principal
from app.services.cursors import read_cursor, write_cursor
from app.services.discretion.fields import is_veiled
from app.services.discretion.pseudonyms import is_pseudonym, new_veil, number_column
from app.services.discretion.sight import EVERYBODY, Sight
from app.services.discretion.wording import matched_texts, people_of, word_columns
from app.services.pool_revision import mark_pool_changed
from app.services.texts import FACET_FIELDS, fold, passages_of
from models.actor import (
    Actor,
    ActorCreate,
    ActorFields,
    ActorPage,
    ActorPublic,
    ActorUpdate,
    EmbeddingState,
)
from models.base import utc_now
from models.codes import check_nuts_country
from models.passage import Passage

_COLUMNS = [*ActorFields.model_fields, "name", "country"]


def create_actor(session: Session, *, fields: ActorCreate, known_to: Iterable[int] = ()) -> Actor:
    """Store an actor and its texts; the vectors follow from the backlog.

    `known_to`: events whose organisers may know who it is, if it is anonymous, before it is registered for one.
    """
    actor = Actor(name=fields.name, country=fields.country, side=fields.side or fields.country)
    fill_columns(actor, fields)
    actor.known_to = sorted(known_to)
    session.add(actor)
    session.flush()
    session.add_all(passages_of(actor, matched_texts(fields)))
    mark_pool_changed(session)
    return actor


def update_actor(session: Session, *, actor_id: int, changes: ActorUpdate, known_to: Iterable[int] = ()) -> Actor:
    """Change the fields that were sent. Texts that stay the same keep their vectors.

    `known_to`: the events of who makes it anonymous by this, who knows already who it is.
    """
    actor = get_actor(session, actor_id=actor_id, lock=True)
    before = as_create(actor)
    merged = _merge(before, changes)
    if merged.anonymous and not before.anonymous:
        actor.known_to = sorted({*actor.known_to, *known_to})
    apply_fields(session, actor=actor, fields=merged)
    return actor


def apply_fields(session: Session, *, actor: Actor, fields: ActorCreate) -> None:
    """Make a stored actor say exactly what `fields` says; unchanged pieces of text keep their vectors."""
    people = people_of(session, [actor.id]).get(actor.id, []) if is_veiled(fields) else []
    fill_columns(actor, fields, people)
    actor.updated_at = utc_now()
    known = {(p.facet, p.lang, p.text): (p.encoder, p.vector) for p in passages(session, actor_id=actor.id)}
    session.exec(delete(Passage).where(col(Passage.actor_id) == actor.id))
    session.flush()
    for passage in passages_of(actor, matched_texts(fields, people)):
        passage.encoder, passage.vector = known.get((passage.facet, passage.lang, passage.text), (None, None))
        session.add(passage)
    mark_pool_changed(session)


def read_anew(session: Session, *, actor_id: int) -> None:
    """After the names of its contacts changed: take them out of what is shown and found of an anonymous actor."""
    actor = get_actor(session, actor_id=actor_id, lock=True)
    if actor.anonymous:
        apply_fields(session, actor=actor, fields=as_create(actor))


def fill_columns(actor: Actor, fields: ActorCreate, people: Iterable[str] = ()) -> None:
    """Copy what was said of an actor into its row; the side defaults to the country. `people`: its contacts' names."""
    # Who hides again gets other pseudonyms: who saw it open knows to whom the former ones belong.
    if fields.anonymous and not actor.anonymous:
        actor.veil = new_veil()
    for name in _COLUMNS:
        setattr(actor, name, getattr(fields, name))
    for name, value in word_columns(fields, people).items():
        setattr(actor, name, value)
    actor.side = fields.side or fields.country
    actor.hubness = None


def delete_actor(session: Session, *, actor_id: int) -> None:
    """Remove an actor with its passages, relations and registrations."""
    session.delete(get_actor(session, actor_id=actor_id))
    mark_pool_changed(session)


def get_actor(session: Session, *, actor_id: int, lock: bool = False) -> Actor:
    """The actor, or NotFound.

    `lock`: as it is now, and held until the commit. What is made of all its fields together, its words and passages,
    would else be made of what another request has just changed: the name of one that became anonymous would stay in.
    """
    hold = {"key_share": True} if lock else None
    actor = session.get(Actor, actor_id, with_for_update=hold) if 0 < actor_id < 2**63 else None
    if actor is None:
        raise NotFound.by_code("no_actor", number=actor_id)
    return actor


def passages(session: Session, *, actor_id: int) -> Sequence[Passage]:
    """An actor's passages in their order."""
    return session.exec(select(Passage).where(Passage.actor_id == actor_id).order_by(col(Passage.ordinal))).all()


def as_create(actor: Actor) -> ActorCreate:
    """A stored actor in the shape that creates it."""
    return ActorCreate.model_validate({name: getattr(actor, name) for name in _COLUMNS} | actor.texts)


def actor_public(session: Session, *, actor: Actor, encoder: str | None, principal: Principal = ANYBODY) -> ActorPublic:
    """The actor as `principal` may see it.

    `encoder` names the loaded model, whose vectors count as ready (None: no model yet).
    """
    rows = passages(session, actor_id=actor.id)
    embedded = sum(1 for p in rows if encoder is not None and p.encoder == encoder)
    state = EmbeddingState(state="ready" if embedded == len(rows) else "pending", passages=len(rows), embedded=embedded)
    return Sight(session, principal).profile(actor, state)


@dataclass(frozen=True)
class ActorQuery:
    """What a list of actors is narrowed to."""

    q: str | None = None
    countries: list[str] = field(default_factory=list)
    sides: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    sectors: list[str] = field(default_factory=list)
    sight: Sight = EVERYBODY
    """For whom: what they may not know neither finds an actor nor orders it."""


def list_actors(session: Session, *, query: ActorQuery, cursor: str | None = None, limit: int = 50) -> ActorPage:
    """One page of actors by name; `q` keeps those that have every word of it. Whose name is withheld comes last."""
    where = conditions(query)
    total = session.exec(select(func.count()).select_from(Actor).where(*where)).one()
    name, number = read_cursor(cursor, str, int) if cursor else ("", 0)
    rows: list[Actor] = []
    if not is_pseudonym(number):
        after = tuple_(col(Actor.name), col(Actor.id)) > (name, number)
        named = select(Actor).where(*where, query.sight.may_know(), after).order_by(col(Actor.name), col(Actor.id))
        rows += session.exec(named.limit(limit + 1)).all()
    if len(rows) <= limit and not query.sight.knows_all:
        stand_in = number_column(query.sight.place)
        withheld = select(Actor).where(*where, ~query.sight.may_know(), col(Actor.anonymous))
        after = stand_in > (number if is_pseudonym(number) else 0)
        rows += session.exec(withheld.where(after).order_by(stand_in).limit(limit + 1 - len(rows))).all()
    items = [query.sight.brief(a) for a in rows[:limit]]
    more = write_cursor(items[-1].name, items[-1].id) if len(rows) > limit else None
    return ActorPage(items=items, next_cursor=more, total=total)


def word_condition(words: str, sight: Sight = EVERYBODY) -> ColumnElement[bool]:
    """Actors that have every word, the last one as a prefix (people search while they type)."""
    terms = fold(words).split()
    query = " & ".join([*terms[:-1], f"{terms[-1]}:*"]) if terms else ""
    return sight.has_words(func.to_tsquery("simple", query))


def conditions(query: ActorQuery) -> list[Any]:
    """What a row must be to pass the query."""
    where: list[Any] = []
    if query.q and fold(query.q):
        where.append(word_condition(query.q, query.sight))
    if query.countries:
        where.append(col(Actor.country).in_(query.countries))
    if query.sides:
        where.append(col(Actor.side).in_(query.sides))
    if query.kinds:
        where.append(col(Actor.kind).in_(query.kinds))
    if query.sectors:
        where.append(col(Actor.sectors).op("&&")(query.sectors))
    return where


def _merge(before: ActorCreate, changes: ActorUpdate) -> ActorCreate:
    merged = before.model_copy(update={name: getattr(changes, name) for name in changes.model_fields_set})
    for name in FACET_FIELDS.values():
        if getattr(merged, name) is None:
            setattr(merged, name, [])
    for name in ("name", "country", "kind", "anonymous", "visibility"):
        if getattr(merged, name) is None:
            raise BadInput.of(name, "cannot be empty")
    if (
        "country" in changes.model_fields_set
        and "side" not in changes.model_fields_set
        and before.side == before.country
    ):
        merged.side = merged.country
    if merged.nuts:
        try:
            check_nuts_country(merged.nuts, merged.country)
        except ValueError as error:
            raise BadInput.of("nuts", str(error)) from error
    return merged
