"""`viaduc import`."""

from pathlib import Path
from typing import cast, get_args

import typer
from sqlalchemy import Engine
from sqlmodel import Session

from app.commands.steps import Progress, step
from app.db import session_scope, translated_errors
from app.errors import BadInput, NotFound
from app.main import open_database
from app.services.importing.sheets import Format
from app.services.maps import Selection, apply, export_actors, list_maps, preview, undo
from app.services.meaning import load_meaning
from app.settings import Settings
from app.worker import drain
from models.competence_map import ImportOptions, ImportReport, MapFields

_MOST = 20
"""Rejections that are printed; the report holds them all."""


def run_import(settings: Settings, files: list[Path], map_name: str | None, *, dry_run: bool, embed: bool) -> bool:
    """Load the files, each in one transaction; True when no row was rejected."""
    engine = open_database(settings)
    clean = True
    for path in files:
        number, report = _load(engine, path, MapFields(name=map_name or path.stem), dry_run=dry_run)
        for line in report_lines(path.name, report, dry_run=dry_run):
            typer.echo(line)
        if not dry_run:
            typer.echo(f"  this is import {number}; `viaduc undo {number}` takes it back")
        clean = clean and not report.rejected_rows
    if embed and not dry_run:
        meaning = load_meaning(settings.embedding_model, settings.data_dir, settings.threads, lambda _: None)
        with step("embedding"):
            drain(engine, meaning, settings.embed_batch, Progress("passages"))
    engine.dispose()
    return clean


def _load(engine: Engine, path: Path, fields: MapFields, *, dry_run: bool) -> tuple[int, ImportReport]:
    """The import's number and its report. A dry run is the same code, taken back at its end."""
    with translated_errors(), Session(engine) as session:
        row = preview(session, fields=fields, filename=path.name, data=path.read_bytes(), options=ImportOptions())
        report = apply(session, import_id=row.id, on_progress=Progress(path.name))
        number = row.id
        if dry_run:
            session.rollback()
        else:
            session.commit()
    return number, report


def run_export(settings: Settings, map_name: str, output: Path) -> None:
    """Write a map to a file, in the format its name ends with."""
    kind = output.suffix.lstrip(".").lower()
    if kind not in get_args(Format):
        raise BadInput.of(str(output), f"unknown format {kind!r}: expected .csv, .xlsx or .jsonl")
    engine = open_database(settings)
    try:
        with session_scope(engine) as session:
            found = next((m for m in list_maps(session) if m.name == map_name), None)
            if found is None:
                raise NotFound(f"there is no competence map called {map_name!r}")
            made = export_actors(session, selection=Selection(found.id), kind=cast("Format", kind), stem=output.stem)
        output.write_bytes(made.data)
    finally:
        engine.dispose()


def run_undo(settings: Settings, import_id: int) -> list[str]:
    """Take back an import, and say in words what became of its actors."""
    engine = open_database(settings)
    try:
        with session_scope(engine) as session:
            report = undo(session, import_id=import_id)
    finally:
        engine.dispose()
    done = f"{report.removed} actors removed, {report.restored} as before, {report.unlinked} no longer in the map"
    return [done, *(f"  left alone: {kept}" for kept in report.kept)]


def report_lines(filename: str, report: ImportReport, *, dry_run: bool) -> list[str]:
    """What an import will do, or did, in words."""
    would = "would be " if dry_run else ""
    lines = [
        f"{filename}: {report.rows} rows; {would}{report.new} new, {report.changed} changed, {report.same} the same, "
        f"{report.rejected_rows} rejected"
    ]
    lines += [f"  line {r.line}, {r.field} = {r.value!r}: {r.reason}" for r in report.rejected[:_MOST]]
    if report.rejected_rows > _MOST:
        lines.append(f"  … and {report.rejected_rows - _MOST} more")
    return lines + [f"  note: {warning}" for warning in report.warnings]
