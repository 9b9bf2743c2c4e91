"""One pass over a source: decide every row, hand each wave to the writer (apply) or to nobody (preview), report."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from app.services.importing.ahead import ahead
from app.services.importing.canonical import Canonical
from app.services.importing.decide import Decider, Decision
from app.services.importing.notes import Place
from app.services.importing.source import Rejected, Source
from models.actor import ActorCreate
from models.competence_map import ActorChange, FieldValue, ImportOptions, ImportReport, NewActor, Rejection

Progress = Callable[[int, int], None]
"""Called with (rows done, rows in all)."""
Writer = Callable[[list[Decision]], Mapping[str, int]]
_LISTED = 1_000
"""Rejections and changes that a report lists; it counts all."""
_SHOWN = 3
"""New actors that a report shows as they are stored."""


@dataclass
class Claim:
    """A relation as a row states it."""

    key: str
    line: int
    type: str
    target: str
    actor_id: int | None
    sheet: str | None = None


@dataclass
class Tally:
    """The report while it grows."""

    source: Source
    actions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("new", "changed", "linked", "same"), 0))
    rejected: list[Rejection] = field(default_factory=list)
    rejected_rows: int = 0
    changes: list[ActorChange] = field(default_factory=list)
    conflicts: int = 0
    claims: list[Claim] = field(default_factory=list)
    first_new: list[NewActor] = field(default_factory=list)
    done: int = 0

    def reject(self, item: Rejected) -> None:
        """Count rows that cannot be taken."""
        self.rejected_rows += len(item.lines)
        self.done += len(item.lines)
        self.rejected += item.reasons[: max(0, _LISTED - len(self.rejected))]

    def count(self, decision: Decision, *, listed: bool) -> None:
        """Count what happens to one row, and list what it changes."""
        self.actions[decision.action] += 1
        self.done += len(decision.row.lines)
        if decision.action == "new" and len(self.first_new) < _SHOWN:
            self.first_new.append(_as_stored(decision.row))
        if not listed:
            return
        self.conflicts += len(decision.conflicts)
        if (decision.changes or decision.conflicts) and len(self.changes) < _LISTED and decision.actor_id:
            self.changes.append(
                ActorChange(
                    line=decision.row.line,
                    actor_id=decision.actor_id,
                    name=decision.row.actor.name,
                    changes=decision.changes,
                    conflicts=decision.conflicts,
                )
            )

    def report(self, relations: int) -> ImportReport:
        """The report as it is stored and shown."""
        source = self.source
        proposals = [p for plan in source.plans for p in plan.proposals]
        self.rejected.sort(key=lambda r: (r.sheet or "", r.line))
        return ImportReport(
            format=source.reading.format,
            encoding=source.reading.encoding,
            delimiter=source.reading.delimiter,
            layout=source.layout,
            columns={p.heading: p.field for p in proposals if p.field},
            ignored_columns=list(dict.fromkeys(p.heading for p in proposals if not p.field)),
            proposals=proposals,
            rows=source.rows,
            actors=sum(self.actions.values()),
            new=self.actions["new"],
            changed=self.actions["changed"],
            linked=self.actions["linked"],
            same=self.actions["same"],
            rejected_rows=self.rejected_rows,
            rejected=self.rejected,
            changes=self.changes,
            conflicts=self.conflicts,
            first_new=self.first_new,
            relations=relations,
            warnings=source.notes.sentences(),
            notes=source.notes.all(),
        )


def _as_stored(row: Canonical) -> NewActor:
    names = [name for name in ActorCreate.model_fields if name in row.said and name != "name"]
    said = [FieldValue(field=name, value=row.said[name]) for name in names]
    return NewActor(line=row.line, sheet=row.sheet, name=row.actor.name, fields=said)


@dataclass
class Pass:
    """One pass over a file for one map."""

    session: Session
    source: Source
    map_id: int
    options: ImportOptions
    writer: Writer | None = None
    on_progress: Progress | None = None
    on_wave: Callable[[list[Decision]], None] | None = None

    def run(self) -> Tally:
        """Decide (and write) all rows. Relations are only collected: their targets may come later."""
        decider = Decider(self.session, self.map_id, self.options, writes=self.writer is not None)
        tally = Tally(self.source)
        for batch in ahead(self.source.batches()):
            for item in batch:
                if isinstance(item, Rejected):
                    tally.reject(item)
            rows = [item for item in batch if isinstance(item, Canonical)]
            for wave in decider.decide(rows):
                self._wave(wave, decider, tally)
            if self.on_progress:
                self.on_progress(tally.done, self.source.rows)
        return tally

    def _wave(self, wave: list[Decision], decider: Decider, tally: Tally) -> None:
        ids = self.writer(wave) if self.writer else {}
        if self.on_wave:
            self.on_wave(wave)
        wanted = set(decider.merge.values())
        for decision in wave:
            key = decision.row.key
            # A row that joins another row of the file has no stored actor to compare with before apply.
            tally.count(decision, listed=not isinstance(decider.merge.get(key), str))
            actor_id = ids.get(key, decision.actor_id)
            if key in wanted:
                decider.promised.add(key)
                if actor_id is not None:
                    decider.keys[key] = actor_id
            row = decision.row
            tally.claims += [Claim(key, row.line, t, target, actor_id, row.sheet) for t, target in row.relations]


def resolve_targets(session: Session, map_id: int, targets: Iterable[str]) -> dict[str, int]:
    """Actor ids of what rows name as the other end: a key of this map, of any map, else a name; unique or nothing."""
    wanted = sorted(set(targets))
    if not wanted:
        return {}
    own = text(
        "SELECT source_key, min(actor_id) FROM map_entry WHERE map_id = :map AND source_key = ANY(:keys) GROUP BY 1"
    )
    found: dict[str, int] = _pairs(session.execute(own, {"map": map_id, "keys": wanted}))
    left = [k for k in wanted if k not in found]
    any_map = text(
        "SELECT source_key, min(actor_id) FROM map_entry WHERE source_key = ANY(:keys) "
        "GROUP BY 1 HAVING count(DISTINCT actor_id) = 1"
    )
    found |= _pairs(session.execute(any_map, {"keys": left}))
    left = [k for k in wanted if k not in found]
    by_name = text("SELECT name, min(id) FROM actor WHERE name = ANY(:names) GROUP BY 1 HAVING count(*) = 1")
    return found | _pairs(session.execute(by_name, {"names": left}))


def _pairs(rows: Iterable[Any]) -> dict[str, int]:
    return {str(key): int(actor_id) for key, actor_id in rows}


def preview_relations(session: Session, map_id: int, tally: Tally) -> int:
    """How many stated relations have both ends, in the file or stored; the others are named."""
    keys = tally.source.counts
    stored = resolve_targets(session, map_id, [c.target for c in tally.claims if c.target not in keys])
    missing = [c for c in tally.claims if c.target not in keys and c.target not in stored]
    note_missing(tally, missing)
    return len(tally.claims) - len(missing)


def note_missing(tally: Tally, missing: list[Claim]) -> None:
    """Name relations whose other end is not there."""
    for claim in missing:
        place = Place(claim.line, claim.sheet)
        tally.source.notes.add("relation_left_out", place, type=claim.type, target=claim.target[:80])
