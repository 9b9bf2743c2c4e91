"""A map or a selection out again, as CSV, XLSX or JSON Lines that re-import unchanged."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from app.services.importing.sheets import FileOut, Format, SheetOut, make_file
from models.actor import Actor

_PLAIN = ("name", "kind", "country", "region", "nuts", "side", "city", "lat", "lon", "website", "size")
_LISTS = ("languages", "sectors", "aliases")
_TEXTS = {"description": "description", "offers": "offer", "needs": "need"}
_BESIDE = ("border", "facts_as_of", "basis", "anonymous")
_WANTED = {
    "map_id": "a.id IN (SELECT actor_id FROM map_entry WHERE map_id = :map_id)",
    "actor_ids": "a.id = ANY(:actor_ids)",
    "country": "a.country = :country",
    "side": "a.side = :side",
    "kind": "a.kind = :kind",
    "sector": ":sector = ANY(a.sectors)",
}
"""Part of a selection → the condition on actor `a`."""
_KEY_IN_MAP = "(SELECT min(e.source_key) FROM map_entry e WHERE e.actor_id = a.id AND e.map_id = :map_id)"
_SEPARATORS = re.compile(r"[,;|\n]")
_BATCH = 500


@dataclass(frozen=True)
class Selection:
    """What to export: a map, actors by id, or those of a country, side, kind or sector. Nothing said: all of them."""

    map_id: int | None = None
    actor_ids: Sequence[int] | None = None
    country: str | None = None
    side: str | None = None
    kind: str | None = None
    sector: str | None = None


@dataclass(frozen=True)
class Choices:
    """What the actors of a map can be selected by."""

    country: list[str]
    side: list[str]
    kind: list[str]
    sector: list[str]


@dataclass
class _Shape:
    """How many columns each kind of text and list needs."""

    texts: Counter[tuple[str, str]] = field(default_factory=Counter)
    lists: Counter[str] = field(default_factory=Counter)
    beside: set[str] = field(default_factory=set)

    def measure(self, record: dict[str, Any]) -> None:
        """Widen for one record."""
        for name in _TEXTS:
            for lang, count in Counter(t["lang"] for t in record.get(name, [])).items():
                self.texts[name, lang] = max(self.texts[name, lang], count)
        for name in _LISTS:
            items = record.get(name) or []
            if any(_SEPARATORS.search(i) for i in items) or self.lists[name]:
                self.lists[name] = max(self.lists[name], len(items))
        self.beside |= {name for name in _BESIDE if record.get(name)}


def export_actors(session: Session, *, selection: Selection, kind: Format, stem: str = "actors") -> FileOut:
    """The selected actors as a file. JSON Lines has the shape of an evaluation folder's actors.jsonl."""
    if kind == "jsonl":
        keys = ["id", *_PLAIN, *_LISTS, *_TEXTS, "relations", *_BESIDE]
        sheet = SheetOut(stem, keys, lambda: ([r.get(k) for k in keys] for r in _records(session, selection)))
        return make_file([sheet], stem, kind)
    shape = _Shape()
    for record in _records(session, selection):
        # A list whose items hold separators gets numbered columns, and then for all records.
        shape.measure(record)
    for record in _records(session, selection) if shape.lists else ():
        shape.measure(record)
    sheet = SheetOut(stem, _headings(shape), lambda: (_row(r, shape) for r in _records(session, selection)))
    return make_file([sheet], stem, kind)


def _headings(shape: _Shape) -> list[str]:
    lists = [h for name in _LISTS for h in _list_headings(name, shape)]
    texts = [
        f"{_TEXTS[name]}_{lang}_{n}" if (name, count) != ("description", 1) else f"description_{lang}"
        for (name, lang), count in _ordered(shape)
        for n in range(1, count + 1)
    ]
    return ["id", *_PLAIN, *lists, *texts, "relations", *sorted(shape.beside)]


def _list_headings(name: str, shape: _Shape) -> list[str]:
    count = shape.lists[name]
    return [f"{name}_{n}" for n in range(1, count + 1)] if count else [name]


def _ordered(shape: _Shape) -> list[tuple[tuple[str, str], int]]:
    return sorted(shape.texts.items(), key=lambda item: (list(_TEXTS).index(item[0][0]), item[0][1]))


def _row(record: dict[str, Any], shape: _Shape) -> list[Any]:
    row = [record.get("id"), *(record.get(name) for name in _PLAIN)]
    for name in _LISTS:
        items, count = record.get(name) or [], shape.lists[name]
        row += [*items, *[None] * (count - len(items))] if count else ["; ".join(items) or None]
    for (name, lang), count in _ordered(shape):
        words = [t["text"] for t in record.get(name, []) if t["lang"] == lang]
        row += [*words, *[None] * (count - len(words))]
    relations = "; ".join(f"{r['type']}:{r['target']}" for r in record.get("relations") or [])
    return [*row, relations or None, *(record.get(name) for name in sorted(shape.beside))]


def _records(session: Session, selection: Selection) -> Iterator[dict[str, Any]]:
    """The records of an evaluation folder, in the order of their ids; batches, so that a large map fits."""
    entries = _entries(session, selection)
    for start in range(0, len(entries), _BATCH):
        batch = entries[start : start + _BATCH]
        actors = {a.id: a for a in session.exec(select(Actor).where(col(Actor.id).in_([e[0] for e in batch])))}
        relations = _relations(session, list(actors), selection)
        beside = _beside(session, batch, selection)
        for actor_id, key in batch:
            if actor_id in actors:
                yield _record(actors[actor_id], key, relations.get(actor_id, [])) | beside.get((actor_id, key), {})


def _entries(session: Session, selection: Selection) -> list[tuple[int, str]]:
    """(actor, its key in the file). An actor under several keys of a map is written once, under its first."""
    values = {name: value for name, value in asdict(selection).items() if value is not None}
    wanted = " AND ".join(_WANTED[name] for name in values if name in _WANTED) or "true"
    if selection.actor_ids is not None:
        values["actor_ids"] = list(selection.actor_ids)
    key = "a.id::text" if selection.map_id is None else _KEY_IN_MAP
    query = text(f"SELECT a.id, {key} FROM actor a WHERE {wanted} ORDER BY 1")  # noqa: S608 - the words are ours
    return [(i, k) for i, k in session.execute(query, values)]


def export_choices(session: Session, *, map_id: int) -> Choices:
    """The countries, sides, kinds and sectors that stand in a map, each once."""
    of_map = "FROM actor a WHERE a.id IN (SELECT actor_id FROM map_entry WHERE map_id = :map)"
    found = {
        name: text(f"SELECT DISTINCT {column} {of_map} ORDER BY 1")
        for name, column in (("country", "country"), ("side", "side"), ("kind", "kind"), ("sector", "unnest(sectors)"))
    }
    return Choices(**{name: [str(v) for v in session.scalars(q, {"map": map_id})] for name, q in found.items()})


def _record(actor: Actor, key: str, relations: list[dict[str, str]]) -> dict[str, Any]:
    plain = {name: getattr(actor, name) for name in (*_PLAIN, *_LISTS)}
    hidden = {"anonymous": "yes"} if actor.anonymous else {}
    return {"id": key} | plain | actor.texts | {"relations": relations} | hidden


def _relations(session: Session, ids: Iterable[int], selection: Selection) -> dict[int, list[dict[str, str]]]:
    """Relations of the actors, their other ends under the keys that the file gives them."""
    key = "r.target_id::text"
    if selection.map_id is not None:
        key = (
            "coalesce((SELECT min(e.source_key) FROM map_entry e "
            "WHERE e.actor_id = r.target_id AND e.map_id = :map), a.name)"
        )
    query = text(
        f"SELECT r.actor_id, r.type, {key} FROM relation r JOIN actor a ON a.id = r.target_id "  # noqa: S608
        "WHERE r.actor_id = ANY(:ids) ORDER BY 1, 2, 3"
    )
    found: dict[int, list[dict[str, str]]] = {}
    for actor_id, kind, target in session.execute(query, {"ids": list(ids), "map": selection.map_id}):
        found.setdefault(actor_id, []).append({"type": kind, "target": target})
    return found


def _beside(
    session: Session, batch: Sequence[tuple[int, str]], selection: Selection
) -> dict[tuple[int, str], dict[str, Any]]:
    """What the map's source says beside our fields: border, date and basis of the facts."""
    if selection.map_id is None:
        return {}
    query = text(
        "SELECT actor_id, source_key, said->'beside' FROM map_entry WHERE map_id = :map AND actor_id = ANY(:ids) "
        "AND said ? 'beside'"
    )
    rows = session.execute(query, {"map": selection.map_id, "ids": [i for i, _ in batch]})
    return {(i, k): {n: v for n, v in said.items() if n in _BESIDE} for i, k, said in rows}
