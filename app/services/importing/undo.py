"""Taking an import back as a whole; what was touched since is named and left as it is."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.errors import Conflict
from app.services.importing.remarks import english, kept_in_words, remark
from app.services.importing.run import get_import, lock_map
from app.services.importing.used import uses
from app.services.importing.write import rewrite_actors
from app.services.pool_revision import mark_pool_changed
from models.actor import ActorCreate
from models.base import utc_now
from models.competence_map import ImportChange, KeptActor, MapImport, UndoReport
from models.remark import Remark

_LISTED = 1_000
"""Actors left alone that a report names; it counts all."""
_STATE = (
    "SELECT c.actor_id, a.name, bool_or(c.action = 'new') AS made, "
    "bool_or(c.action = 'new' OR c.before ? 'actor') AND a.updated_at <> (SELECT max(l.at) FROM import_change l "
    " JOIN map_import i ON i.id = l.import_id WHERE l.actor_id = c.actor_id AND i.state <> 'undone' "
    " AND (l.action = 'new' OR l.before ? 'actor')) AS edited, "
    "bool_or(c.before ? 'actor') AS rewritten, "
    "EXISTS (SELECT FROM import_change l JOIN map_import i ON i.id = l.import_id WHERE l.actor_id = c.actor_id "
    " AND l.import_id > c.import_id AND l.action <> 'relations' AND i.state <> 'undone') AS later, "
    "EXISTS (SELECT FROM map_entry e WHERE e.actor_id = c.actor_id AND e.map_id <> :map) AS elsewhere, "
    "{uses} AS used "
    "FROM import_change c JOIN actor a ON a.id = c.actor_id WHERE c.import_id = :import "
    "AND c.action <> 'relations' GROUP BY c.actor_id, c.import_id, a.id, a.name ORDER BY c.actor_id"
)


@dataclass
class _Verdicts:
    """Which actors go, which are restored, which stay and why."""

    remove: list[int] = field(default_factory=list)
    restore: list[int] = field(default_factory=list)
    kept: dict[int, KeptActor] = field(default_factory=dict)


def undo(session: Session, *, import_id: int) -> UndoReport:
    """Take back an applied import: new actors go, changed ones are as before, and so is what the map says.

    Actors that were edited, imported again or entered in another map since are left alone and named, as are new ones
    that somebody used: registered, in a tandem, with feedback or a relation. What was done is kept beside the import.
    Undoing an undone import is a Conflict, as is undoing one that was never applied.
    """
    row = get_import(session, import_id=import_id)
    lock_map(session, row.map_id)
    session.refresh(row)
    if row.state not in {"applied", "applying"}:
        raise Conflict.by_code("import_not_applied", number=import_id, state=row.state)
    verdicts = _judge(session, row)
    alone = list(verdicts.kept.values())[:_LISTED]
    report = UndoReport(
        removed=len(verdicts.remove),
        kept=[kept_in_words(a, english) for a in alone],
        left_alone=alone,
        kept_actors=len(verdicts.kept),
    )
    _remove_relations(session, import_id, set(verdicts.kept))
    session.execute(text("DELETE FROM actor WHERE id = ANY(:ids)"), {"ids": verdicts.remove})
    for start in range(0, len(verdicts.restore), 500):
        _restore(session, row, verdicts.restore[start : start + 500], report)
    row.state, row.undone_at, row.taken_back = "undone", utc_now(), report.model_dump()
    mark_pool_changed(session)
    session.flush()
    session.expire_all()
    return report


def _judge(session: Session, row: MapImport) -> _Verdicts:
    verdicts = _Verdicts()
    # In the order of their numbers, as others hold many actors: nobody changes them between the verdict and the deed.
    session.execute(
        text(
            "SELECT a.id FROM actor a WHERE a.id IN (SELECT actor_id FROM import_change WHERE import_id = :import) "
            "ORDER BY a.id FOR UPDATE"
        ),
        {"import": row.id},
    )
    for state in session.execute(text(_STATE.format(uses=uses())), {"map": row.map_id, "import": row.id}).mappings():
        reasons = [_told(code) for code in _reasons_to_keep(state)]
        if reasons:
            actor_id = state["actor_id"]
            verdicts.kept[actor_id] = KeptActor(actor_id=actor_id, name=state["name"], reasons=reasons)
        elif state["made"]:
            verdicts.remove.append(state["actor_id"])
        else:
            verdicts.restore.append(state["actor_id"])
    return verdicts


def _reasons_to_keep(state: Any) -> list[str]:
    if state["edited"]:
        return ["edited"]
    if state["later"]:
        return ["later_import"]
    if state["made"] and state["elsewhere"]:
        return ["other_map"]
    return list(state["used"]) if state["made"] else []


def _told(code: str) -> Remark:
    name, _, table = code.partition("/")
    return remark(name, table=table.replace("_", " ")) if table else remark(name)


def _remove_relations(session: Session, import_id: int, kept: Iterable[int]) -> None:
    """Relations that the import added, except those of actors that are left alone."""
    session.execute(
        text(
            "DELETE FROM relation r USING import_change c, jsonb_array_elements(c.relations) AS added "
            "WHERE c.import_id = :import AND NOT c.actor_id = ANY(:kept) AND r.actor_id = c.actor_id "
            "AND r.target_id = (added->>0)::bigint AND r.type = added->>1"
        ),
        {"import": import_id, "kept": list(kept)},
    )


def _restore(session: Session, row: MapImport, ids: list[int], report: UndoReport) -> None:
    changes = session.exec(
        select(ImportChange).where(
            ImportChange.import_id == row.id, col(ImportChange.actor_id).in_(ids), ImportChange.action != "relations"
        )
    ).all()
    by_actor: dict[int, list[ImportChange]] = defaultdict(list)
    for change in sorted(changes, key=lambda c: c.before.get("wave", 0)):
        by_actor[change.actor_id].append(change)
    first = {i: next((c.before for c in listed if "actor" in c.before), None) for i, listed in by_actor.items()}
    actors = [(i, ActorCreate.model_validate(told["actor"])) for i, told in first.items() if told is not None]
    now = utc_now()
    rewrite_actors(session, actors, now)
    _hand_back(session, {i: told["at"] for i, told in first.items() if told is not None and "at" in told}, now)
    report.restored += len(actors)
    for change in changes:
        _restore_entry(session, row.map_id, change, report)


def _hand_back(session: Session, left_at: dict[int, str], now: datetime) -> None:
    """Actors that are again as an earlier import left them are that import's again: it can be undone in its turn."""
    statement = text(
        "UPDATE import_change c SET at = :now FROM jsonb_each_text(CAST(:left_at AS jsonb)) AS t(actor_id, at) "
        "WHERE c.actor_id = t.actor_id::bigint AND c.at = t.at::timestamptz"
    )
    session.execute(statement, {"now": now, "left_at": json.dumps(left_at)})


def _restore_entry(session: Session, map_id: int, change: ImportChange, report: UndoReport) -> None:
    key = {"actor": change.actor_id, "map": map_id, "key": change.source_key}
    where = "WHERE actor_id = :actor AND map_id = :map AND source_key = :key"
    entry = change.before.get("entry")
    if entry is None:
        session.execute(text(f"DELETE FROM map_entry {where}"), key)  # noqa: S608 - the words are ours
        report.unlinked += 1
        return
    statement = text(f"UPDATE map_entry SET row_hash = :hash, said = CAST(:said AS jsonb) {where}")  # noqa: S608
    session.execute(statement, key | {"hash": entry["row_hash"], "said": json.dumps(entry["said"])})
