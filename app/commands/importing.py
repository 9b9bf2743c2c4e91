"""`viaduc import`."""

from pathlib import Path

import typer
from sqlalchemy import Engine
from sqlmodel import Session

from app.commands.steps import Progress, step
from app.db import translated_errors
from app.main import open_database
from app.services.maps import load
from app.services.meaning import load_meaning
from app.settings import Settings
from app.worker import drain
from models.competence_map import ImportReport, MapFields

_MOST = 20
"""Rejections that are printed; the report holds them all."""


def run_import(settings: Settings, files: list[Path], map_name: str | None, *, dry_run: bool, embed: bool) -> bool:
    """Load the files, each in one transaction; True when no row was rejected."""
    engine = open_database(settings)
    clean = True
    for path in files:
        report = _load(engine, path, MapFields(name=map_name or path.stem), dry_run=dry_run)
        for line in report_lines(path.name, report, dry_run=dry_run):
            typer.echo(line)
        clean = clean and not report.rejected_rows
    if embed and not dry_run:
        meaning = load_meaning(settings.embedding_model, settings.data_dir, settings.threads, lambda _: None)
        with step("embedding"):
            drain(engine, meaning, settings.embed_batch, Progress("passages"))
    engine.dispose()
    return clean


def _load(engine: Engine, path: Path, fields: MapFields, *, dry_run: bool) -> ImportReport:
    """A dry run is the same code, taken back at its end."""
    with translated_errors(), Session(engine) as session:
        report = load(
            session, fields=fields, filename=path.name, data=path.read_bytes(), on_progress=Progress(path.name)
        )
        if dry_run:
            session.rollback()
        else:
            session.commit()
    return report


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
