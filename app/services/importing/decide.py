"""What an import does to each actor: new, linked, changed field by field, or the same. Preview and apply ask here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.services.actors import as_create
from app.services.importing.canonical import Canonical
from app.services.importing.words import fold_word
from app.services.texts import without_legal_form
from models.actor import Actor, ActorCreate
from models.competence_map import FieldChange, ImportOptions, MapEntry

_LISTS = ("languages", "sectors", "aliases")
_TEXTS = ("description", "offers", "needs")
_SCALARS = ("name", "kind", "country", "region", "nuts", "side", "city", "lat", "lon", "website", "size",
            "anonymous")  # fmt: skip
Action = Literal["new", "changed", "linked", "same"]


@dataclass(frozen=True)
class Decision:
    """What happens to one canonical row."""

    row: Canonical
    action: Action
    actor_id: int | None = None
    fields: ActorCreate | None = None
    before: dict[str, Any] = field(default_factory=dict)
    changes: list[FieldChange] = field(default_factory=list)
    conflicts: list[FieldChange] = field(default_factory=list)


@dataclass
class Decider:
    """Decides batches of one import, in their order."""

    session: Session
    map_id: int
    options: ImportOptions
    writes: bool = False
    """Whether what is decided is written in this transaction."""
    keys: dict[str, int] = field(default_factory=dict)
    """Keys this import wrote itself, for rows that are merged into other rows of the same file."""
    promised: set[str] = field(default_factory=set)
    """Keys a preview would have written."""
    merge: dict[str, int | str] = field(init=False)
    """Row → actor, or the row that comes before it, that the admin said it is."""
    shared: set[int] = field(init=False)
    """Stored actors that several rows may speak of."""
    drafted: dict[int, ActorCreate] = field(default_factory=dict)
    """What earlier rows made of these: a preview has not stored it, and still the next row goes on from there."""

    def __post_init__(self) -> None:
        self.merge = dict(self.options.merge)
        known = self._known([target for target in self.merge.values() if isinstance(target, str)])
        self.keys |= {key: actor_id for key, (actor_id, _) in known.items()}
        self.promised |= known.keys()
        self.shared = {target for target in self.merge.values() if isinstance(target, int)} | set(self.keys.values())
        self.shared |= self._with_several_keys()

    def decide(self, rows: Sequence[Canonical]) -> Iterator[list[Decision]]:
        """Waves of decisions: no actor stands twice in one, so each wave is to be written before the next is asked for.

        A wave costs one query for the known keys and two for the actors that change.
        """
        left = list(rows)
        while left:
            known = self._known([r.key for r in left])
            wave, left = self._wave(left, known)
            yield self._decide_wave(wave, known)
            # What the writer changed behind the session's back is read anew; what the caller changed is not lost.
            self.session.flush()
            self.session.expire_all()

    def _wave(
        self, rows: list[Canonical], known: Mapping[str, tuple[int, str]]
    ) -> tuple[list[Canonical], list[Canonical]]:
        """The rows before the first one whose actor, or whose other row, stands in the wave already."""
        used: set[int | str] = set()
        for position, row in enumerate(rows):
            if row.key not in known:
                self._turn_round(row.key, used)
            merge = self.merge.get(row.key)
            actor = (
                known[row.key][0]
                if row.key in known
                else merge
                if isinstance(merge, int)
                else self.keys.get(merge or "")
            )
            if actor in used or (isinstance(merge, str) and merge in used and row.key not in known):
                return rows[:position], rows[position:]
            used |= {row.key, actor} if actor is not None else {row.key}
        return rows, []

    def _turn_round(self, key: str, used: set[int | str]) -> None:
        """A row that is to join one that comes later: then the later one joins it."""
        other = self.merge.get(key)
        if isinstance(other, str) and other not in used and other not in self.promised and other not in self.keys:
            del self.merge[key]
            self.merge.setdefault(other, key)

    def _decide_wave(self, rows: Sequence[Canonical], known: Mapping[str, tuple[int, str]]) -> list[Decision]:
        changed = {known[r.key][0] for r in rows if r.key in known and known[r.key][1] != r.row_hash}
        linked = {r.key: target for r in rows if r.key not in known and (target := self._target(r)) is not None}
        actors = self._actors(changed | set(linked.values()))
        said = self._said([r.key for r in rows if r.key in known and known[r.key][0] in changed])
        return [self._one(row, known, linked, actors, said) for row in rows]

    def _one(
        self,
        row: Canonical,
        known: Mapping[str, tuple[int, str]],
        linked: Mapping[str, int],
        actors: Mapping[int, Actor],
        said: Mapping[str, dict[str, Any]],
    ) -> Decision:
        if row.key in known:
            actor_id, row_hash = known[row.key]
            if row_hash == row.row_hash:
                return Decision(row, "same", actor_id)
            base = said.get(row.key, {})
            entry = {"row_hash": row_hash, "said": base}
            return self._merged(row, "changed", actors[actor_id], base, {"entry": entry})
        if row.key in linked and linked[row.key] in actors:
            return self._merged(row, "linked", actors[linked[row.key]], {}, {})
        if isinstance(self.merge.get(row.key), str) and self.merge[row.key] in self.promised:
            return Decision(row, "linked")
        return Decision(row, "new", fields=row.actor)

    def _merged(
        self, row: Canonical, action: Action, actor: Actor, base: dict[str, Any], before: dict[str, Any]
    ) -> Decision:
        ours = self.drafted.get(actor.id) or as_create(actor)
        merge = Merge(base, ours.model_dump(), row.said, prefer_file=self.options.prefer == "file")
        merged = merge.run()
        if action == "linked":
            merge.keep_other_name(merged)
        fields = ActorCreate.model_validate(merged) if merge.changes else None
        if fields is None and action == "changed" and not merge.conflicts:
            # The source words it differently and means what is stored: only its words are kept anew.
            action = "same"
        if fields is not None:
            before = before | {"actor": ours.model_dump(), "at": actor.updated_at.isoformat()}
            if actor.id in self.shared:
                self.drafted[actor.id] = fields
        return Decision(row, action, actor.id, fields, before, merge.changes, merge.conflicts)

    def _target(self, row: Canonical) -> int | None:
        """The actor that the admin said this row is."""
        wanted = self.merge.get(row.key)
        if wanted is None:
            return None
        if isinstance(wanted, int):
            return wanted
        return self.keys.get(wanted)

    def _known(self, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
        query = select(MapEntry.source_key, MapEntry.actor_id, MapEntry.row_hash).where(
            MapEntry.map_id == self.map_id, col(MapEntry.source_key).in_(keys)
        )
        return {key: (actor_id, row_hash) for key, actor_id, row_hash in self.session.exec(query)}

    def _with_several_keys(self) -> set[int]:
        query = select(MapEntry.actor_id).where(MapEntry.map_id == self.map_id).group_by(col(MapEntry.actor_id))
        return set(self.session.exec(query.having(func.count() > 1)).all())

    def _said(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        if not keys:
            return {}
        query = select(MapEntry.source_key, MapEntry.said).where(
            MapEntry.map_id == self.map_id, col(MapEntry.source_key).in_(keys)
        )
        return {key: dict(said) for key, said in self.session.exec(query)}

    def _actors(self, ids: set[int]) -> dict[int, Actor]:
        if not ids:
            return {}
        query = select(Actor).where(col(Actor.id).in_(ids)).order_by(col(Actor.id))
        if self.writes:
            # All its fields are written back: what somebody changes until then would be undone without a word.
            query = query.with_for_update(key_share=True)
        return {actor.id: actor for actor in self.session.exec(query)}


def _bare(name: str) -> tuple[str, ...]:
    """A name without accents, case, punctuation and legal form."""
    return tuple(without_legal_form(fold_word(name).split()))


@dataclass
class Merge:
    """Three ways: what the source said before, what Viaduc holds now, what the source says today.

    A field the source did not change stays as it is. A field it changed is written unless somebody else changed it
    meanwhile: that is a conflict, Viaduc's value stays and both are shown (`prefer_file` writes the file's). Lists
    and texts lose what the source took back and gain what it added; everybody else's words stay.
    """

    base: Mapping[str, Any]
    ours: dict[str, Any]
    theirs: Mapping[str, Any]
    prefer_file: bool = False
    changes: list[FieldChange] = field(default_factory=list)
    conflicts: list[FieldChange] = field(default_factory=list)

    def run(self) -> dict[str, Any]:
        """The merged fields; `changes` and `conflicts` are filled on the way."""
        merged = dict(self.ours)
        for name in _SCALARS:
            self._scalar(name, merged)
        for name in (*_LISTS, *_TEXTS):
            self._list(name, merged)
        if "side" not in self.theirs and self.ours.get("side") == self.ours.get("country"):
            merged["side"] = merged["country"]
        return merged

    def keep_other_name(self, merged: dict[str, Any]) -> None:
        """Two maps of one actor may call it differently: the name that does not win is one of its other names."""
        ours, theirs = self.ours["name"], self.theirs.get("name") or self.ours["name"]
        known = {_bare(name) for name in (merged["name"], *merged["aliases"])}
        others = [name for name in (ours, theirs) if _bare(name) not in known]
        if others:
            self.changes = [change for change in self.changes if change.field != "aliases"]
            merged["aliases"] = [*merged["aliases"], *others]
            self.changes.append(FieldChange(field="aliases", before=self.ours["aliases"], after=merged["aliases"]))

    def _scalar(self, name: str, merged: dict[str, Any]) -> None:
        base, ours, theirs = self.base.get(name), self.ours.get(name), self.theirs.get(name)
        if theirs in (base, ours):
            return
        # Nobody chose what is nothing, any kind, or open; who was made anonymous was so by somebody.
        empty = ours in (None, "") or (name, ours) in {("kind", "other"), ("anonymous", False)}
        default_side = name == "side" and base is None and ours == self.ours.get("country")
        untouched = ours == base or empty or default_side
        change = FieldChange(field=name, before=ours, after=theirs)
        # Who is anonymous is not opened by a file that says nothing of it.
        if theirs is None and name in {"name", "country", "kind", "anonymous"}:
            return
        if untouched or self.prefer_file:
            merged[name] = theirs
            self.changes.append(change)
        else:
            self.conflicts.append(change)

    def _list(self, name: str, merged: dict[str, Any]) -> None:
        base, ours, theirs = (list(side.get(name) or []) for side in (self.base, self.ours, self.theirs))
        gone = [item for item in base if item not in theirs]
        kept = [item for item in ours if item not in gone]
        result = kept + [item for item in theirs if item not in kept and (item not in base or item in ours)]
        if result != ours:
            merged[name] = result
            self.changes.append(FieldChange(field=name, before=ours, after=result))
