"""Traces of somebody in what machines wrote about events: problems, certificates, edits, locks, steps of the day."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import false
from sqlmodel import Session, col, delete, or_, select, update

from models.agenda import AgendaState
from models.day import Attendance, DayStep
from models.event import Event, Participant
from models.plan import Meeting, Plan

_OTHER_NUMBERS = frozenset({"places", "interpreters", "rounds", "tracks", "languages", "available", "delegates"})
"""Parts of a problem whose numbers are no participants'."""
_WHO = ("id", "a", "b", "participant", "who", "with", "actor_id", "target_id")


def forget_in_plans(session: Session, *, actor_id: int) -> Counter[str]:
    """Take an actor out of problems and certificates of plans, locks, what others saw, and steps of the day."""
    done: Counter[str] = Counter()
    for plan in session.exec(select(Plan)).all():
        problem, certificate = pruned(plan.problem, actor_id), pruned(plan.certificate, actor_id)
        if problem != plan.problem or certificate != plan.certificate or pruned(plan.edits, actor_id) != plan.edits:
            certificate.pop("contradiction", None)
            plan.problem, plan.certificate = problem, certificate
            # An edit can only be taken back whole.
            plan.edits, plan.edits_done = [], 0
            done["plan"] += 1
    for event in session.exec(select(Event)).all():
        if (locks := pruned(event.locks, actor_id)) != event.locks:
            event.locks = locks
            done["event.locks"] += 1
    for state in session.exec(select(AgendaState).where(col(AgendaState.seen).is_not(None))).all():
        if (seen := pruned(state.seen, actor_id)) != state.seen:
            state.seen = seen
            done["agenda_state.seen"] += 1
    for step in session.exec(select(DayStep)).all():
        parts = {name: pruned(getattr(step, name), actor_id) for name in ("subject", "before", "after")}
        if any(parts[name] != getattr(step, name) for name in parts):
            step.sqlmodel_update(parts)
            done["day_step"] += 1
    session.flush()
    return done


def pruned(value: Any, actor_id: int) -> Any:
    """A JSON value without the parts that are about an actor.

    Numbers are looked at only where they mean an actor: 12 in a list of rounds is the round.
    """
    name = str(actor_id)
    if isinstance(value, dict):
        return {
            key: item if key in _OTHER_NUMBERS else pruned(item, actor_id)
            for key, item in value.items()
            if key != name and not key.startswith(f"{name}/")
        }
    if isinstance(value, list):
        return [pruned(item, actor_id) for item in value if not _is_about(item, name)]
    return value


def _is_about(item: Any, name: str) -> bool:
    if isinstance(item, dict):
        return any(str(item[key]) == name for key in _WHO if key in item)
    if isinstance(item, list):
        return any(part == name or _is_about(part, name) for part in item if isinstance(part, str | dict))
    return bool(item == name)


def with_delegates(session: Session, *, names: Collection[str]) -> set[int]:
    """Actors that have a delegate of one of these names at some event."""
    named = [col(Participant.delegates).contains([{"id": name}]) for name in names]
    return {*session.exec(select(Participant.actor_id).where(or_(false(), *named)))}


def rename_delegates(
    session: Session, *, actor_ids: Collection[int], names: Collection[str], mark: str
) -> Counter[str]:
    """Put a mark in place of a person's name among the delegates of these actors; the plans stay as they are."""
    done: Counter[str] = Counter()
    events = set()
    for row in session.exec(select(Participant).where(col(Participant.actor_id).in_(actor_ids))).all():
        if any(d["id"] in names for d in row.delegates):
            row.delegates = [d | {"id": mark} if d["id"] in names else d for d in row.delegates]
            events.add(row.event_id)
            done["participant.delegates"] += 1
    gone = delete(Attendance).where(col(Attendance.actor_id).in_(actor_ids), col(Attendance.delegate).in_(names))
    done["attendance"] += session.exec(gone).rowcount
    for who, said in ((Meeting.a, "delegate_a"), (Meeting.b, "delegate_b")):
        named = update(Meeting).where(col(who).in_(actor_ids), getattr(Meeting, said).in_(names)).values({said: mark})
        done["meeting"] += session.exec(named).rowcount
    told = {f"{a}/{n}": f"{a}/{mark}" for a in actor_ids for n in names} | dict.fromkeys(names, mark)
    for plan in session.exec(select(Plan).where(col(Plan.event_id).in_(events))).all():
        for part in ("problem", "certificate", "edits"):
            if (changed := _renamed(getattr(plan, part), told)) != getattr(plan, part):
                setattr(plan, part, changed)
                done[f"plan.{part}"] += 1
    for step in session.exec(select(DayStep).where(col(DayStep.event_id).in_(events))).all():
        for part in ("subject", "before", "after"):
            if (changed := _renamed(getattr(step, part), told)) != getattr(step, part):
                setattr(step, part, changed)
                done[f"day_step.{part}"] += 1
    session.flush()
    return done


def _renamed(value: Any, told: dict[str, str]) -> Any:
    if isinstance(value, str):
        return told.get(value, value)
    if isinstance(value, list):
        return [_renamed(item, told) for item in value]
    if isinstance(value, dict):
        return {told.get(key, key): _renamed(item, told) for key, item in value.items()}
    return value
