"""A whole event as one JSON document: to keep, to read by other programs, and to take parts of back in."""

import json
from typing import Any

from sqlmodel import Session

from app.security import Principal
from app.services import plans
from app.services.discretion.sight import Sight
from app.services.events import (
    get_event,
    list_interpreters,
    list_locks,
    list_participants,
    list_places,
    list_rounds,
    list_wishes,
)
from app.services.files.tables import stem_of
from app.services.files.timetable import Timetable
from app.services.importing.export import Selection, export_actors
from app.services.importing.sheets import FileOut
from models.event import EventCreate
from models.plan import PlanBrief

VERSION = 1
MOST_PLANS = 20
"""Plans of a document, each with its problem of up to a megabyte: the published one and the newest."""


def event_json(session: Session, *, timetable: Timetable) -> FileOut:
    """Everything the event holds.

    `rounds`, `places`, `interpreters`, `wishes` and `locks` are what the routes of these names take; `participants`
    what `POST /events/{id}/participants` takes; each line of `actors` what `viaduc import` takes; `problem` and `plan`
    of a plan what `viaduc check` takes. Ids are those of this service: another one gives actors new ids on import, by
    which `actor_id` has to be replaced.
    """
    told = describe_event(session, event_id=timetable.event.id)
    return FileOut(f"{stem_of(timetable)}.json", "application/json", json.dumps(told, ensure_ascii=False).encode())


def describe_event(session: Session, *, event_id: int) -> dict[str, Any]:
    """The document as plain values."""
    event = get_event(session, event_id=event_id)
    people = list_participants(session, event_id=event_id)
    kept = {name: getattr(event, name) for name in EventCreate.model_fields if hasattr(event, name)}
    briefs = plans.list_plans(session, event_id=event_id)
    told = _told(briefs)
    return {
        "viaduc": VERSION,
        "id": event_id,
        "event": EventCreate.model_validate(kept).model_dump(mode="json"),
        "rounds": _without_index(list_rounds(session, event_id=event_id)),
        "places": _without_index(list_places(session, event_id=event_id)),
        "interpreters": _without_index(list_interpreters(session, event_id=event_id)),
        "participants": [p.model_dump(mode="json", exclude={"name", "pseudonym"}) for p in people],
        "wishes": [w.model_dump(mode="json") for w in list_wishes(session, event_id=event_id)],
        "locks": [lock.model_dump(mode="json") for lock in list_locks(session, event_id=event_id)],
        "actors": _actors(session, event_id, [p.actor_id for p in people]),
        "plans": [_plan(session, event_id, number) for number in told],
        "plans_left_out": len(briefs) - len(told),
    }


def _told(briefs: list[PlanBrief]) -> list[int]:
    """The numbers of the plans that a document holds, newest first."""
    first = sorted(briefs, key=lambda plan: plan.state != "published")[:MOST_PLANS]
    return sorted((plan.number for plan in first), reverse=True)


def _without_index(rows: list[Any]) -> list[dict[str, Any]]:
    """Their place in the list is their index."""
    return [row.model_dump(mode="json", exclude={"index"}) for row in rows]


def _actors(session: Session, event_id: int, ids: list[int]) -> list[dict[str, Any]]:
    """The participants as organisers of the event may know them: without relations that the other end hides."""
    made = export_actors(session, selection=Selection(actor_ids=ids), kind="jsonl")
    told = [json.loads(line) for line in made.data.decode().splitlines()]
    sight = Sight(session, Principal("organiser", events=frozenset({event_id})))
    related = [actor for actor in told if actor.get("relations")]
    hiding = sight.hiding("relations", {int(r["target"]) for actor in related for r in actor["relations"]})
    for actor in related:
        actor["relations"] = [r for r in actor["relations"] if int(r["target"]) not in hiding]
    return told


def _plan(session: Session, event_id: int, number: int) -> dict[str, Any]:
    """A plan with its problem, in the shapes of `viaduc check`."""
    row = plans.get_plan(session, event_id, number)
    told = plans.plan_public(session, event_id=event_id, number=number)
    meetings = [
        {"a": str(m.a), "b": str(m.b), "round": m.round, "place": m.place, "interpreter": m.interpreter}
        for m in told.meetings
    ]
    brief = told.model_dump(mode="json", include={"number", "state", "seed", "parent", "created_at", "published_at"})
    return brief | {"problem": row.problem, "plan": {"meetings": meetings, "certificate": row.certificate}}
