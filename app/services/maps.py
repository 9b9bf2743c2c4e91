"""Competence maps and their imports: the use cases that the doors call."""

from collections.abc import Callable

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.errors import NotFound
from app.services.importing.export import Selection, export_actors
from app.services.importing.picture import draw_map
from app.services.importing.provenance import list_sources, take_from
from app.services.importing.rejects import rejected_rows
from app.services.importing.run import apply, ensure_map, get_import, list_imports, preview, preview_again
from app.services.importing.sheets import MEDIA_TYPES, FileOut
from app.services.importing.template import make_template
from app.services.importing.undo import undo
from models.competence_map import (
    CompetenceMap,
    ImportOptions,
    ImportPublic,
    ImportReport,
    MapEntry,
    MapFields,
    MapImport,
    MapPublic,
)

__all__ = [
    "MEDIA_TYPES",
    "FileOut",
    "Selection",
    "apply",
    "draw_map",
    "ensure_map",
    "export_actors",
    "get_import",
    "get_map",
    "import_public",
    "list_imports",
    "list_maps",
    "list_sources",
    "load",
    "make_template",
    "map_public",
    "preview",
    "preview_again",
    "rejected_rows",
    "take_from",
    "undo",
]


def load(
    session: Session,
    *,
    fields: MapFields,
    filename: str,
    data: bytes,
    options: ImportOptions | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Preview and apply in one go, for doors that ask nothing in between."""
    row = preview(session, fields=fields, filename=filename, data=data, options=options or ImportOptions())
    return apply(session, import_id=row.id, on_progress=on_progress)


def get_map(session: Session, *, map_id: int) -> CompetenceMap:
    """The map, or NotFound."""
    found = session.get(CompetenceMap, map_id) if 0 < map_id < 2**63 else None
    if found is None:
        raise NotFound(f"there is no competence map {map_id}")
    return found


def list_maps(session: Session) -> list[MapPublic]:
    """All maps by name, each with the number of its actors."""
    counts = dict(
        session.exec(
            select(MapEntry.map_id, func.count(func.distinct(MapEntry.actor_id))).group_by(col(MapEntry.map_id))
        ).all()
    )
    maps = session.exec(select(CompetenceMap).order_by(col(CompetenceMap.name))).all()
    return [_map_public(m, counts.get(m.id, 0)) for m in maps]


def map_public(session: Session, *, competence_map: CompetenceMap) -> MapPublic:
    """The map as answered."""
    count = session.exec(
        select(func.count(func.distinct(MapEntry.actor_id))).where(MapEntry.map_id == competence_map.id)
    ).one()
    return _map_public(competence_map, count)


def import_public(row: MapImport) -> ImportPublic:
    """The import as answered, with its report."""
    return ImportPublic.model_validate(
        {
            "id": row.id,
            "map_id": row.map_id,
            "filename": row.filename,
            "state": row.state,
            "report": ImportReport.model_validate(row.report),
        }
    )


def _map_public(row: CompetenceMap, actors: int) -> MapPublic:
    names = [name for name in MapPublic.model_fields if name != "actors"]
    return MapPublic(**{name: getattr(row, name) for name in names}, actors=actors)
