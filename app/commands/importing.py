"""`viaduc import`."""

from pathlib import Path

import typer

from app.commands.steps import Progress, step
from app.db import session_scope
from app.main import open_database
from app.services.maps import load_file, preview_file
from app.services.meaning import load_meaning
from app.settings import Settings
from app.worker import drain
from models.competence_map import ImportReport

_MOST = 20
"""Rejections that are printed; the report holds them all."""


def run_import(settings: Settings, files: list[Path], map_name: str | None, *, dry_run: bool, embed: bool) -> bool:
    """Load the files, each in one transaction; True when no row was rejected."""
    engine = open_database(settings)
    clean = True
    for path in files:
        with session_scope(engine) as session:
            name = map_name or path.stem
            load = preview_file if dry_run else load_file
            report = load(
                session, map_name=name, filename=path.name, data=path.read_bytes(), on_progress=Progress("actors")
            )
        for line in report_lines(path.name, report, dry_run=dry_run):
            typer.echo(line)
        clean = clean and not report.rejected
    if embed and not dry_run:
        meaning = load_meaning(settings.embedding_model, settings.data_dir, settings.threads, lambda _: None)
        with step("embedding"):
            drain(engine, meaning, settings.embed_batch, Progress("passages"))
    engine.dispose()
    return clean


def report_lines(filename: str, report: ImportReport, *, dry_run: bool) -> list[str]:
    """What an import will do, or did, in words."""
    would = "would be " if dry_run else ""
    lines = [
        f"{filename}: {report.rows} rows; {would}{report.new} new, {report.changed} changed, {report.same} the same, "
        f"{len(report.rejected)} rejected"
    ]
    lines += [f"  line {r.line}, {r.field} = {r.value!r}: {r.reason}" for r in report.rejected[:_MOST]]
    if len(report.rejected) > _MOST:
        lines.append(f"  … and {len(report.rejected) - _MOST} more")
    return lines + [f"  note: {warning}" for warning in report.warnings]
