"""Tandems: partnerships through their life cycle, each kept once for the pair."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from app.errors import BadInput, Conflict, NotFound
from app.security import ANYBODY, Principal
from app.services.actors import get_actor
from app.services.cursors import Part, in_order
from app.services.discretion.sight import EVERYBODY, Sight
from app.services.events import get_event
from models.actor import Actor, RelationPublic
from models.base import utc_now
from models.tandem import (
    NEXT_STATUSES,
    Tandem,
    TandemBrief,
    TandemCreate,
    TandemFields,
    TandemPage,
    TandemPublic,
    TandemStatus,
    TandemStep,
    TandemStepPublic,
    TandemUpdate,
)

BOTH_SAID = "Both said after their meeting that they would meet again."
"""The note of steps that come from answers alone: nobody wrote them down, and they are told to organisers alone."""
_OWN_FIELDS = ("theme", "event_id", "note")


def create_tandem(session: Session, *, fields: TandemCreate) -> TandemPublic:
    """Store a tandem at any status; Conflict when the two have one already."""
    if fields.actor_id == fields.partner_id:
        raise BadInput.of("partner_id", "an actor is no tandem with itself")
    for actor_id in (fields.actor_id, fields.partner_id):
        get_actor(session, actor_id=actor_id)
    _require_event(session, fields.event_id)
    a, b = sorted((fields.actor_id, fields.partner_id))
    known = session.get(Tandem, (a, b))
    if known is not None:
        raise Conflict(f"actors {a} and {b} are a tandem already ({_words(known.status)}); change it with PATCH")
    own = {name: getattr(fields, name) for name in _OWN_FIELDS}
    row = Tandem(actor_id=a, partner_id=b, status=fields.status, **own)
    session.add(row)
    session.flush()
    _add_step(session, row, fields.status, fields)
    return tandem_public(session, actor_id=a, partner_id=b)


def update_tandem(session: Session, *, actor_id: int, partner_id: int, changes: TandemUpdate) -> TandemPublic:
    """Change the fields that were sent; another status becomes a step of the history, if the life cycle allows it.

    The status it has already, sent again, corrects the date or the note of its newest step.
    """
    row = get_tandem(session, actor_id=actor_id, partner_id=partner_id, lock=True)
    said = changes.model_fields_set
    if "event_id" in said:
        _require_event(session, changes.event_id)
    for name in _OWN_FIELDS:
        if name in said:
            setattr(row, name, getattr(changes, name))
    if changes.status == row.status:
        _correct_step(session, row, changes)
    elif changes.status is not None:
        _require_transition(row.status, changes.status)
        _add_step(session, row, changes.status, changes)
    row.updated_at = utc_now()
    session.flush()
    return tandem_public(session, actor_id=row.actor_id, partner_id=row.partner_id)


def delete_tandem(session: Session, *, actor_id: int, partner_id: int) -> None:
    """Remove a tandem that was recorded by mistake, with its history."""
    session.delete(get_tandem(session, actor_id=actor_id, partner_id=partner_id, lock=True))


def get_tandem(session: Session, *, actor_id: int, partner_id: int, lock: bool = False) -> Tandem:
    """The tandem of two actors, named in either order, or NotFound."""
    a, b = sorted((actor_id, partner_id))
    row = session.get(Tandem, (a, b), with_for_update=lock) if a > 0 and b < 2**63 else None
    if row is None:
        raise NotFound.by_code("no_tandem", one=actor_id, other=partner_id)
    return row


def tandem_public(session: Session, *, actor_id: int, partner_id: int) -> TandemPublic:
    """The tandem of two actors with its history, oldest step first."""
    row = get_tandem(session, actor_id=actor_id, partner_id=partner_id)
    names = dict(
        session.exec(select(Actor.id, Actor.name).where(col(Actor.id).in_((row.actor_id, row.partner_id)))).all()
    )
    steps = session.exec(
        select(TandemStep)
        .where(TandemStep.actor_id == row.actor_id, TandemStep.partner_id == row.partner_id)
        .order_by(col(TandemStep.number))
    ).all()
    history = [TandemStepPublic(**{name: getattr(s, name) for name in TandemStepPublic.model_fields}) for s in steps]
    status: TandemStatus = history[-1].status
    return TandemPublic(
        **_brief(row, names[row.actor_id], names[row.partner_id]),
        history=history,
        next_statuses=list(NEXT_STATUSES[status]),
    )


@dataclass(frozen=True)
class TandemQuery:
    """What a list of tandems is narrowed to, and for whom: those with an end that hides them are left out."""

    actor_id: int | None = None
    statuses: Sequence[TandemStatus] = ()
    sight: Sight = EVERYBODY


def list_tandems(session: Session, *, query: TandemQuery, cursor: str | None = None, limit: int = 50) -> TandemPage:
    """One page of tandems, of one actor or of all, in the order of their ids."""
    first, second = aliased(Actor), aliased(Actor)
    where: list[Any] = [query.sight.may_relate(first), query.sight.may_relate(second)]
    if query.actor_id is not None:
        where.append(or_(col(Tandem.actor_id) == query.actor_id, col(Tandem.partner_id) == query.actor_id))
    if query.statuses:
        where.append(col(Tandem.status).in_(query.statuses))
    ends = (col(first.id) == Tandem.actor_id, col(second.id) == Tandem.partner_id)
    counted = select(func.count()).select_from(Tandem).join(first, ends[0]).join(second, ends[1])
    total = session.exec(counted.where(*where)).one()
    listed = select(Tandem, first.name, second.name).join(first, ends[0]).join(second, ends[1]).where(*where)
    part = Part(limit, cursor)
    found = session.exec(in_order(listed, part, col(Tandem.actor_id), col(Tandem.partner_id))).all()
    items = [TandemBrief(**_brief(*row)) for row in part.cut(found, lambda row: (row[0].actor_id, row[0].partner_id))]
    return TandemPage(items=items, next_cursor=part.next_cursor, total=total)


def tandems_as_relations(session: Session, *, actor_id: int, principal: Principal = ANYBODY) -> list[RelationPublic]:
    """An actor's tandems told like relations of its own, for its page; mere suggestions are left out.

    As far as neither end hides them; notes are for organisers, and so is what comes of answers after meetings alone.
    """
    sight = Sight(session, principal)
    if not sight.shows(get_actor(session, actor_id=actor_id), "relations"):
        return []
    rows = session.exec(
        select(Tandem, Actor)
        .join(
            Actor,
            or_(
                (col(Tandem.actor_id) == actor_id) & (col(Actor.id) == Tandem.partner_id),
                (col(Tandem.partner_id) == actor_id) & (col(Actor.id) == Tandem.actor_id),
            ),
        )
        .where(Tandem.status != "suggested")
        .order_by(col(Actor.name), col(Actor.id))
    ).all()
    told = [(row, other, row.status) for row, other in rows if sight.shows(other, "relations")]
    if not principal.organises:
        written = _written_statuses(session, [row for row, *_ in told])
        told = [(row, other, written.get((row.actor_id, row.partner_id), "suggested")) for row, other, _ in told]
    return [
        RelationPublic(
            target_id=other.id,
            target_name=other.name,
            type="tried_and_failed" if status == "did_not_work" else "tandem",
            status=status,
            note=row.theme or (row.note if principal.organises else None),
        )
        for row, other, status in told
        if status != "suggested"
    ]


def _written_statuses(session: Session, rows: Sequence[Tandem]) -> dict[tuple[int, int], str]:
    """Pair → its newest status that somebody wrote down."""
    pair = tuple_(col(TandemStep.actor_id), col(TandemStep.partner_id))
    pairs = [(row.actor_id, row.partner_id) for row in rows]
    steps = session.exec(
        select(TandemStep)
        .where(pair.in_(pairs), col(TandemStep.note).is_distinct_from(BOTH_SAID))
        .order_by(col(TandemStep.number))
    )
    return {(step.actor_id, step.partner_id): step.status for step in steps}


def _require_event(session: Session, event_id: int | None) -> None:
    if event_id is not None:
        get_event(session, event_id=event_id)


def _require_transition(before: str, after: TandemStatus) -> None:
    allowed = NEXT_STATUSES[before]  # type: ignore[index]
    if after not in allowed:
        raise Conflict(
            f"a tandem that is {_words(before)!r} cannot become {_words(after)!r}; "
            f"it can become {', '.join(_words(s) for s in allowed)}"
        )


def _words(status: str) -> str:
    return status.replace("_", " ")


def _add_step(session: Session, row: Tandem, status: TandemStatus, said: TandemFields) -> None:
    newest = _newest_step(session, row)
    number = newest.number + 1 if newest else 1
    step = TandemStep(actor_id=row.actor_id, partner_id=row.partner_id, number=number, status=status)
    step.since, step.note = said.since, said.step_note
    session.add(step)
    row.status, row.since = status, said.since
    session.flush()


def _correct_step(session: Session, row: Tandem, changes: TandemUpdate) -> None:
    step = _newest_step(session, row)
    assert step is not None, "a tandem begins with a step"
    if "since" in changes.model_fields_set:
        step.since = row.since = changes.since
    if "step_note" in changes.model_fields_set:
        step.note = changes.step_note


def _newest_step(session: Session, row: Tandem) -> TandemStep | None:
    return session.exec(
        select(TandemStep)
        .where(TandemStep.actor_id == row.actor_id, TandemStep.partner_id == row.partner_id)
        .order_by(col(TandemStep.number).desc())
        .limit(1)
    ).first()


def _brief(row: Tandem, actor_name: str, partner_name: str) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in TandemBrief.model_fields if not name.endswith("_name")}
    return told | {"actor_name": actor_name, "partner_name": partner_name}
