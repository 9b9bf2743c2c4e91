"""Competence maps and their imports: the use cases that the doors call."""

from collections.abc import Callable

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.errors import NotFound
from app.services.importing.export import Choices, Selection, export_actors, export_choices
from app.services.importing.fetch import Fetched, fetch, read_rules
from app.services.importing.jobs import embedding_progress, job_progress, start_job, stop_job
from app.services.importing.picture import draw_map
from app.services.importing.provenance import list_sources, take_from
from app.services.importing.rejects import rejected_rows
from app.services.importing.run import (
    accept,
    apply,
    choose,
    discard,
    ensure_map,
    get_import,
    list_imports,
    preview,
    preview_again,
    read_in,
)
from app.services.importing.sector_lists import delete_sector_list, list_sector_lists, load_sector_list
from app.services.importing.sheets import MEDIA_TYPES, FileOut
from app.services.importing.template import make_template
from app.services.importing.undo import undo
from app.services.importing.words import LANGUAGES
from app.settings import Settings
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
    "LANGUAGES",
    "MEDIA_TYPES",
    "Choices",
    "Fetched",
    "FileOut",
    "Selection",
    "accept",
    "apply",
    "choose",
    "delete_sector_list",
    "discard",
    "draw_map",
    "ensure_map",
    "export_actors",
    "export_choices",
    "fetch_file",
    "get_import",
    "get_map",
    "import_public",
    "list_imports",
    "list_maps",
    "list_sector_lists",
    "list_sources",
    "load",
    "load_sector_list",
    "make_template",
    "map_public",
    "preview",
    "preview_again",
    "read_in",
    "rejected_rows",
    "start_job",
    "stop_job",
    "store_in_steps",
    "take_from",
    "undo",
    "waiting_imports",
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
        raise NotFound.by_code("no_map", number=map_id)
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


def waiting_imports(session: Session) -> list[MapImport]:
    """Files that wait for a decision, newest first."""
    query = (
        select(MapImport)
        .where(col(MapImport.state).in_(("reading", "failed", "previewed", "applying")))
        .order_by(col(MapImport.id).desc())
        .limit(50)
    )
    return list(session.exec(query).all())


def store_in_steps(session: Session, *, import_id: int, steps: bool) -> None:
    """Choose how a previewed import is stored: whole or not at all, or in steps that can be gone on with."""
    row = get_import(session, import_id=import_id)
    if row.state == "previewed":
        row.options = row.options | {"resumable": steps}
        session.flush()


def map_public(session: Session, *, competence_map: CompetenceMap) -> MapPublic:
    """The map as answered."""
    count = session.exec(
        select(func.count(func.distinct(MapEntry.actor_id))).where(MapEntry.map_id == competence_map.id)
    ).one()
    return _map_public(competence_map, count)


def import_public(
    session: Session, *, row: MapImport, encoder: str | None = None, count_texts: bool = True
) -> ImportPublic:
    """The import as answered, with its report, how far work on it is, and how many of its texts wait for a vector."""
    done = count_texts and row.state in {"applying", "applied"}
    return ImportPublic.model_validate(
        {
            "id": row.id,
            "map_id": row.map_id,
            "filename": row.filename,
            "fetched_from": row.fetched_from,
            "state": row.state,
            "options": row.options,
            "report": ImportReport.model_validate(row.report),
            "progress": job_progress(session, import_id=row.id),
            "embedding": embedding_progress(session, import_id=row.id, encoder=encoder) if done else None,
            "taken_back": row.taken_back,
        }
    )


def fetch_file(url: str, settings: Settings) -> Fetched:
    """The file at an address, as the operator's settings allow it. Asks no database: it may take a minute."""
    rules = read_rules(
        settings.import_urls, most_bytes=settings.max_body_mb * 2**20, seconds=settings.import_url_seconds
    )
    return fetch(url, rules)


def _map_public(row: CompetenceMap, actors: int) -> MapPublic:
    names = [name for name in MapPublic.model_fields if name != "actors"]
    return MapPublic(**{name: getattr(row, name) for name in names}, actors=actors)
