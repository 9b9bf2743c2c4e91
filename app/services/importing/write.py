"""Decisions → rows: actors, passages, what the source said, and what an undo needs. A batch costs few statements."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import String, bindparam, case, delete, func, text
from sqlmodel import Session, SQLModel, col

from app.services.discretion.fields import is_veiled
from app.services.discretion.pseudonyms import new_veil
from app.services.discretion.wording import Texts, matched_texts, people_of, word_columns
from app.services.importing.bulk import copy_rows, driver_cursor, new_ids
from app.services.importing.decide import Decision
from app.services.texts import pieces
from models.actor import ActorCreate, ActorFields
from models.passage import Passage

_FIELDS = ("name", "country", *ActorFields.model_fields)
_ACTOR = (*_FIELDS, "texts", "search_text", "hidden_text", "veil", "updated_at")
_JSON = frozenset({"texts", "visibility"})
_PASSAGE = ("actor_id", "ordinal", "facet", "lang", "text", "country", "side", "kind", "sectors")
_ENTRY = ("actor_id", "map_id", "source_key", "row_hash", "said", "updated_at")
_CHANGE = ("actor_id", "import_id", "source_key", "action", "before", "relations", "at")


@dataclass(frozen=True)
class Stamp:
    """Which import writes, and when."""

    map_id: int
    import_id: int
    at: datetime
    wave: int = 0


def write(session: Session, decisions: Sequence[Decision], stamp: Stamp) -> dict[str, int]:
    """Store what was decided; returns key → actor id of every row of the batch."""
    new = [d for d in decisions if d.action == "new"]
    ids = dict(zip((d.row.key for d in new), new_ids(session, "actor", len(new)) if new else [], strict=True))
    if new:
        _insert_actors(session, [(ids[d.row.key], d.row.actor) for d in new], stamp.at)
    changed = [d for d in decisions if d.action in {"changed", "linked"}]
    written = [(d.actor_id, d.fields) for d in changed if d.fields is not None and d.actor_id is not None]
    rewrite_actors(session, written, stamp.at)
    ids |= {d.row.key: d.actor_id for d in decisions if d.actor_id is not None}
    # A row that only words anew what is stored has its words kept: the next file is compared with them.
    touched = [d for d in decisions if d.action != "same" or "entry" in d.before]
    _write_entries(session, touched, ids, stamp)
    _write_changes(session, touched, ids, stamp)
    return ids


def _insert_actors(session: Session, actors: Sequence[tuple[int, ActorCreate]], at: datetime) -> None:
    rows = [(actor_id, columns_of(fields, at)) for actor_id, fields in actors]
    copy_rows(session, "actor", ("id", *_ACTOR, "created_at"), ((i, *_actor_row(c), at) for i, c in rows))
    told = ((i, columns, matched_texts(fields)) for (i, fields), (_, columns) in zip(actors, rows, strict=True))
    copy_rows(session, "passage", _PASSAGE, (p for row in told for p in _passage_rows(*row)))


def columns_of(fields: ActorCreate, at: datetime, people: Iterable[str] = ()) -> dict[str, Any]:
    """The columns of an actor's row, as app.services.actors.fill_columns sets them."""
    columns = {name: getattr(fields, name) for name in _FIELDS} | word_columns(fields, people)
    columns["side"] = fields.side or fields.country
    columns["veil"] = new_veil() if fields.anonymous else None
    columns["updated_at"] = at
    return columns


def _actor_row(columns: dict[str, Any]) -> Iterator[Any]:
    return (Jsonb(columns[name]) if name in _JSON else columns[name] for name in _ACTOR)


def _passage_rows(actor_id: int, columns: dict[str, Any], texts: Texts) -> Iterator[tuple[Any, ...]]:
    shared = (columns["country"], columns["side"], columns["kind"], columns["sectors"])
    for ordinal, (facet, lang, piece) in enumerate(pieces(texts)):
        yield (actor_id, ordinal, facet, lang, piece, *shared)


def rewrite_actors(session: Session, actors: Sequence[tuple[int, ActorCreate]], at: datetime) -> None:
    """Make stored actors say exactly what is given; pieces of text that stay keep their vectors."""
    if not actors:
        return
    known = people_of(session, [actor_id for actor_id, fields in actors if is_veiled(fields)])
    rows = [
        (i, columns_of(fields, at, known.get(i, ())), matched_texts(fields, known.get(i, ()))) for i, fields in actors
    ]
    table = SQLModel.metadata.tables["actor"]
    # Pseudonyms stay what they are while it is anonymous; who hides (again) gets new ones (app.services.actors).
    fresh = bindparam("fresh_veil", type_=String)
    veil = case((table.c.anonymous, table.c.veil), else_=func.coalesce(fresh, table.c.veil))
    statement = table.update().where(table.c.id == bindparam("row_id")).values(veil=veil)
    told = [columns | {"row_id": i, "fresh_veil": columns["veil"]} for i, columns, _ in rows]
    session.connection().execute(statement, [{k: v for k, v in row.items() if k != "veil"} for row in told])
    vectors = _vectors(session, [actor_id for actor_id, _ in actors])
    session.execute(delete(Passage).where(col(Passage.actor_id).in_([i for i, _ in actors])))
    passages = [
        (*row, *vectors.get((row[0], row[2], row[3], row[4]), (None, None)))
        for told_row in rows
        for row in _passage_rows(*told_row)
    ]
    copy_rows(session, "passage", (*_PASSAGE, "encoder", "vector"), passages)


def _vectors(session: Session, ids: list[int]) -> dict[tuple[Any, ...], tuple[str, str]]:
    """(actor, facet, language, piece) → (encoder, vector as text), which keeps every bit of a half float."""
    query = text(
        "SELECT actor_id, facet, lang, text, encoder, vector::text FROM passage "
        "WHERE actor_id = ANY(:ids) AND vector IS NOT NULL"
    )
    return {(a, f, lang, t): (e, v) for a, f, lang, t, e, v in session.execute(query, {"ids": ids})}


def _write_entries(session: Session, touched: Sequence[Decision], ids: dict[str, int], stamp: Stamp) -> None:
    fresh = [d for d in touched if "entry" not in d.before]
    rows = ((ids[d.row.key], stamp.map_id, d.row.key, d.row.row_hash, Jsonb(d.row.said), stamp.at) for d in fresh)
    if fresh:
        copy_rows(session, "map_entry", _ENTRY, rows)
    stale = [d for d in touched if "entry" in d.before]
    if stale:
        query = (
            "UPDATE map_entry SET row_hash = %s, said = %s, updated_at = %s "
            "WHERE actor_id = %s AND map_id = %s AND source_key = %s"
        )
        with driver_cursor(session) as cursor:
            cursor.executemany(query, [_entry_values(d, ids, stamp) for d in stale])


def _entry_values(decision: Decision, ids: dict[str, int], stamp: Stamp) -> tuple[Any, ...]:
    row = decision.row
    return (row.row_hash, Jsonb(row.said), stamp.at, ids[row.key], stamp.map_id, row.key)


def _write_changes(session: Session, touched: Sequence[Decision], ids: dict[str, int], stamp: Stamp) -> None:
    rows = (
        (
            ids[d.row.key],
            stamp.import_id,
            d.row.key,
            d.action if d.action != "same" else "said",
            Jsonb(d.before | {"wave": stamp.wave}),
            Jsonb([]),
            stamp.at,
        )
        for d in touched
    )
    if touched:
        copy_rows(session, "import_change", _CHANGE, rows)


def write_relations(session: Session, claims: Iterable[tuple[str, int, str, int]], stamp: Stamp) -> int:
    """Store (key, actor, type, target) relations that are not there yet; returns how many were new."""
    rows = [{"key": k, "a": a, "type": t, "b": b} for k, a, t, b in claims if a != b]
    if not rows:
        return 0
    query = text(
        "WITH said AS (SELECT DISTINCT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) "
        "AS r(key text, a bigint, type text, b bigint)), added AS ("
        "INSERT INTO relation (actor_id, target_id, type, created_at) SELECT DISTINCT a, b, type, "
        "CAST(:at AS timestamptz) FROM said "
        "ON CONFLICT DO NOTHING RETURNING actor_id, target_id, type), per_actor AS ("
        "SELECT min(said.key) AS key, actor_id, jsonb_agg(DISTINCT jsonb_build_array(target_id, added.type)) AS list "
        "FROM added JOIN said ON (a, b, said.type) = (actor_id, target_id, added.type) GROUP BY actor_id) "
        "INSERT INTO import_change (actor_id, import_id, source_key, action, before, relations, at) "
        "SELECT actor_id, :import_id, key, 'relations', '{}', list, CAST(:at AS timestamptz) FROM per_actor "
        "ON CONFLICT (actor_id, import_id, source_key) DO UPDATE SET relations = "
        "import_change.relations || EXCLUDED.relations "
        "RETURNING jsonb_array_length(relations)"
    )
    values = {"rows": json.dumps(rows), "import_id": stamp.import_id, "at": stamp.at}
    return sum(int(row[0]) for row in session.execute(query, values))
