"""Preview, apply, undo: the three things that happen to an imported file."""

from collections.abc import Callable, Collection
from dataclasses import replace

from sqlalchemy import BigInteger, any_, func, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.errors import Conflict, NotFound
from app.services.bounds import refuse_beyond
from app.services.cursors import Part, in_order, part_of
from app.services.importing.calm import rare_collections
from app.services.importing.decide import Decision
from app.services.importing.likely_twins import TwinSearch
from app.services.importing.process import (
    Pass,
    Progress,
    Tally,
    note_missing,
    preview_relations,
    resolve_targets,
)
from app.services.importing.read import MAX_BYTES
from app.services.importing.remarks import oversize, refusal, remark
from app.services.importing.sector_lists import sector_words
from app.services.importing.source import Rules, Source, open_source
from app.services.importing.stored_file import pack, stored_file
from app.services.importing.words import fold_word
from app.services.importing.write import Stamp, write, write_relations
from app.services.pool_revision import mark_pool_changed
from models.actor import Actor, Relation
from models.base import utc_now
from models.competence_map import (
    CompetenceMap,
    ImportChange,
    ImportOptions,
    ImportReport,
    MapEntry,
    MapFields,
    MapImport,
)

_OPEN = frozenset({"reading", "failed", "previewed"})
"""States in which a file waits for a decision."""


def preview(
    session: Session,
    *,
    fields: MapFields,
    filename: str,
    data: bytes,
    options: ImportOptions | None = None,
    on_progress: Progress | None = None,
) -> MapImport:
    """Say exactly what a file would do to a map, and keep the file for `apply`. No actor is touched.

    Raises BadInput or TooLarge when the file as a whole cannot be read.
    """
    row = accept(session, fields=fields, filename=filename, data=data, options=options)
    return _read_in(session, row, data, on_progress)


def accept(
    session: Session, *, fields: MapFields, filename: str, data: bytes, options: ImportOptions | None = None
) -> MapImport:
    """Keep a file on its way into a map, unread: `read_in` says what it would do."""
    if len(data) > MAX_BYTES:
        raise oversize(remark("file_too_large", name=filename, bytes=len(data), most=MAX_BYTES))
    target = ensure_map(session, fields=fields)
    row = MapImport(
        map_id=target.id,
        filename=filename[-200:],
        state="reading",
        data=pack(data),
        options=(options or ImportOptions()).model_dump(),
        report=ImportReport().model_dump(mode="json"),
    )
    session.add(row)
    session.flush()
    # The packed copy is the database's from here on.
    session.expire(row, ["data"])
    return row


def read_in(session: Session, *, import_id: int, on_progress: Progress | None = None) -> MapImport:
    """Preview an accepted file under its options."""
    row = get_import(session, import_id=import_id)
    return _read_in(session, row, stored_file(session, import_id=import_id), on_progress)


def _read_in(session: Session, row: MapImport, data: bytes, on_progress: Progress | None) -> MapImport:
    target = session.get_one(CompetenceMap, row.map_id)
    options = ImportOptions.model_validate(row.options)
    with rare_collections():
        source = _open(session, data, row.filename, options, target)
        report = _preview_report(session, source, target, options, on_progress)
    row.state, row.report = "previewed", report.model_dump(mode="json")
    session.flush()
    return row


def preview_again(
    session: Session, *, import_id: int, options: ImportOptions, on_progress: Progress | None = None
) -> MapImport:
    """The same file under corrected options: another mapping, layout, merge decisions."""
    choose(session, import_id=import_id, options=options)
    return read_in(session, import_id=import_id, on_progress=on_progress)


def choose(session: Session, *, import_id: int, options: ImportOptions) -> MapImport:
    """Set the options of an import that is not applied; what was previewed under others no longer holds."""
    row = get_import(session, import_id=import_id)
    if row.state not in _OPEN:
        raise Conflict.by_code("import_settled", number=import_id, state=row.state)
    row.state, row.options = "reading", options.model_dump()
    session.flush()
    return row


def discard(session: Session, *, import_id: int) -> None:
    """Forget a file that was never applied, and the map when the file was all there was to it."""
    row = get_import(session, import_id=import_id)
    lock_map(session, row.map_id)
    session.refresh(row)
    if row.state not in _OPEN:
        raise Conflict.by_code("import_was_applied", number=import_id, state=row.state)
    session.delete(row)
    session.flush()
    entered = session.exec(select(MapEntry.actor_id).where(MapEntry.map_id == row.map_id).limit(1)).first()
    if entered is None and not list_imports(session, map_id=row.map_id):
        session.delete(session.get_one(CompetenceMap, row.map_id))
        session.flush()


def _preview_report(
    session: Session, source: Source, target: CompetenceMap, options: ImportOptions, on_progress: Progress | None
) -> ImportReport:
    _check_merges(session, source, options)
    twins = TwinSearch()
    tally = Pass(session, source, target.id, options, on_progress=on_progress, on_wave=twins.collect).run()
    found = twins.search(session, source.notes)
    report = tally.report(preview_relations(session, target.id, tally))
    report.twins = found
    return report


def _check_merges(session: Session, source: Source, options: ImportOptions) -> None:
    """BadInput when a merge names a row or an actor that does not exist."""
    ids = {target for target in options.merge.values() if isinstance(target, int)}
    known = set(session.exec(select(Actor.id).where(col(Actor.id).in_(ids))).all()) if ids else set()
    for key, target in options.merge.items():
        if key not in source.counts:
            raise refusal(f"merge.{key}", remark("key_unknown"))
        if isinstance(target, int) and target not in known:
            raise refusal(f"merge.{key}", remark("actor_unknown", actor=str(target)))
        if isinstance(target, str) and (target not in source.counts or target == key):
            raise refusal(f"merge.{key}", remark("other_key_unknown", key=target))


def apply(
    session: Session,
    *,
    import_id: int,
    on_progress: Progress | None = None,
    checkpoint: Callable[[], None] | None = None,
) -> ImportReport:
    """Do what the preview said. Applying an applied import changes nothing and answers its report.

    All in the caller's transaction, so it is done as a whole or not at all. Where the import was previewed as
    `resumable` and `checkpoint` is given (the caller's commit), every wave is complete by itself: after a kill, apply
    goes on where it stopped, because rows that were written are the same now.
    """
    row = _claim(session, import_id)
    if row.state == "applied":
        return ImportReport.model_validate(row.report)
    options = ImportOptions.model_validate(row.options)
    target = session.get_one(CompetenceMap, row.map_id)
    writer = _Writer(session, Stamp(row.map_id, row.id, utc_now()), checkpoint if options.resumable else None)
    if writer.checkpoint:
        row.state = "applying"
        session.flush()
    with rare_collections():
        source = _open(session, stored_file(session, import_id=import_id), row.filename, options, target)
        tally = Pass(session, source, row.map_id, options, writer, on_progress).run()
    relations = _write_relations(session, row.map_id, tally, writer.stamp)
    _remember_mapping(target, options)
    row = get_import(session, import_id=import_id)
    report = tally.report(relations)
    if options.resumable:
        _count_earlier_waves(session, report, import_id)
    # What the admin decided upon; after the import nobody is new any more.
    promised = ImportReport.model_validate(row.report)
    report.twins, report.first_new = promised.twins, promised.first_new
    row.report = report.model_dump(mode="json")
    row.state, row.applied_at = "applied", writer.stamp.at
    session.flush()
    return report


def _count_earlier_waves(session: Session, report: ImportReport, import_id: int) -> None:
    """The counts of the whole import, those before an interruption included (they look the same by now)."""
    query = select(ImportChange.action, func.count()).where(ImportChange.import_id == import_id)
    counts = dict(session.exec(query.group_by(col(ImportChange.action))).all())
    report.new, report.changed, report.linked = (counts.get(a, 0) for a in ("new", "changed", "linked"))
    report.same = report.actors - report.new - report.changed - report.linked


class _Writer:
    """Writes waves, and ends each with a checkpoint where the import is resumable."""

    def __init__(self, session: Session, stamp: Stamp, checkpoint: Callable[[], None] | None) -> None:
        self.session, self.stamp, self.checkpoint = session, stamp, checkpoint

    def __call__(self, wave: list[Decision]) -> dict[str, int]:
        ids = write(self.session, wave, self.stamp)
        self.stamp = replace(self.stamp, wave=self.stamp.wave + 1)
        if any(d.action != "same" for d in wave):
            mark_pool_changed(self.session)
            if self.checkpoint:
                self.checkpoint()
                # The commit let go of the map: whoever came between has written whole waves, which are the same now.
                lock_map(self.session, self.stamp.map_id)
        return ids


def _claim(session: Session, import_id: int) -> MapImport:
    """The import, locked together with its map: two applies to one map follow each other."""
    row = get_import(session, import_id=import_id)
    lock_map(session, row.map_id)
    session.refresh(row)
    if row.state in {"reading", "failed"}:
        raise Conflict.by_code("import_not_previewed", number=import_id)
    if row.state == "undone":
        raise Conflict.by_code("import_undone", number=import_id)
    return row


def lock_map(session: Session, map_id: int) -> None:
    """Wait until nobody else writes into the map, and keep others waiting until the transaction ends."""
    session.exec(select(CompetenceMap.id).where(CompetenceMap.id == map_id).with_for_update()).one()


def _write_relations(session: Session, map_id: int, tally: Tally, stamp: Stamp) -> int:
    targets = resolve_targets(session, map_id, [c.target for c in tally.claims])
    note_missing(tally, [c for c in tally.claims if c.target not in targets])
    claims = [
        (c.key, c.actor_id, c.type, targets[c.target])
        for c in tally.claims
        if c.actor_id is not None and c.target in targets
    ]
    if write_relations(session, claims, stamp):
        refuse_beyond(session, "relations", _most_relations({c[1] for c in claims}), adding=0, exact=False)
        mark_pool_changed(session)
    return len(claims)


def _most_relations(actor_ids: Collection[int]) -> SelectOfScalar[int]:
    """How many relations the one of these actors has that has most of them."""
    ids = any_(literal([*actor_ids], ARRAY(BigInteger)))  # one value, however many
    each = select(func.count()).where(col(Relation.actor_id) == ids).group_by(col(Relation.actor_id)).subquery()
    return select(func.coalesce(func.max(each.c[0]), 0))


def _remember_mapping(target: CompetenceMap, options: ImportOptions) -> None:
    """What the admin corrected once holds for the next file of this source."""
    if options.mapping:
        target.mapping = target.mapping | {fold_word(k): v for k, v in options.mapping.items()}


def open_import(session: Session, *, row: MapImport) -> Source:
    """The file of an import, opened as it was previewed."""
    target = session.get_one(CompetenceMap, row.map_id)
    options = ImportOptions.model_validate(row.options)
    return _open(session, stored_file(session, import_id=row.id), row.filename, options, target)


def _open(session: Session, data: bytes, filename: str, options: ImportOptions, target: CompetenceMap) -> Source:
    sectors = sector_words(session, only=options.sector_list)
    return open_source(data, filename, Rules(options, target.mapping, target.legal_basis, sectors))


def ensure_map(session: Session, *, fields: MapFields) -> CompetenceMap:
    """The map of that name, made if need be; what is said of it now replaces what was said before."""
    found = session.exec(select(CompetenceMap).where(CompetenceMap.name == fields.name)).one_or_none()
    if found is None:
        # Nobody waits: an import that stores at once takes minutes.
        refuse_beyond(session, "maps", select(func.count()).select_from(CompetenceMap), exact=False)
        found = CompetenceMap(**fields.model_dump())
        session.add(found)
    else:
        found.sqlmodel_update(fields.model_dump(exclude_none=True))
    session.flush()
    return found


def get_import(session: Session, *, import_id: int) -> MapImport:
    """The import, or NotFound."""
    row = session.get(MapImport, import_id) if 0 < import_id < 2**63 else None
    if row is None:
        raise NotFound.by_code("no_import", number=import_id)
    return row


def list_imports(session: Session, *, map_id: int, part: Part | None = None) -> list[MapImport]:
    """The imports of a map, newest first."""
    query = in_order(select(MapImport).where(MapImport.map_id == map_id), part, col(MapImport.id), falling=True)
    return list(part_of(session.exec(query).all(), part, lambda row: (row.id,)))
