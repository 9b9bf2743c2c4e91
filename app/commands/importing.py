"""What the commands of competence maps do: import, export, undo, template, sectors."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

import typer
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlmodel import Session

from app.commands.sessions import opened, session_of
from app.commands.steps import Progress, step
from app.db import translated_errors
from app.errors import BadInput, NotFound, complaint
from app.services.importing.sheets import Format
from app.services.maps import (
    Selection,
    apply,
    export_actors,
    fetch_file,
    list_maps,
    list_sector_lists,
    load_sector_list,
    make_template,
    preview,
    undo,
)
from app.services.meaning import load_meaning
from app.settings import Settings
from app.worker import drain
from models.competence_map import ImportOptions, ImportReport, MapFields

Form = TypeVar("Form", ImportOptions, MapFields)
_MOST = 20
"""Rejections, changes, columns and twins that are printed; the report holds them all."""


_STOPPED = {
    False: "nothing of it was stored",
    True: "what was stored is complete by itself, and the same command goes on from there",
}
"""What became of an import that somebody stopped: as a whole, in steps."""


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for."""

    map_name: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    dry_run: bool = False
    embed: bool = True


@dataclass(frozen=True)
class _File:
    """A file as it came, from the disk or from an address."""

    name: str
    data: bytes
    address: str | None = None


def run_import(settings: Settings, files: list[str], wanted: Wanted) -> bool:
    """Load the files, each in one transaction; True when no row was rejected."""
    options = _shape(ImportOptions, wanted.options)
    read = [_read(settings, written) for written in files]
    with opened(settings) as engine:
        clean = True
        for file in read:
            clean = _import_one(engine, file, options, wanted) and clean
        if wanted.embed and not wanted.dry_run:
            meaning = load_meaning(settings.embedding_model, settings.data_dir, settings.threads, lambda _: None)
            with step("embedding"):
                drain(engine, meaning, settings.embed_batch, Progress("passages"))
    return clean


def _read(settings: Settings, written: str) -> _File:
    if written.startswith(("https://", "http://")):
        with step(f"fetching {written}"):
            found = fetch_file(written, settings)
        return _File(found.filename, found.data, written)
    path = Path(written)
    try:
        return _File(path.name, path.read_bytes())
    except OSError as error:
        raise BadInput.of(written, error.strerror or "cannot be read") from error


def _import_one(engine: Engine, file: _File, options: ImportOptions, wanted: Wanted) -> bool:
    stem = file.name.rpartition(".")[0] or file.name
    fields = _shape(MapFields, {"name": wanted.map_name or stem} | wanted.about)
    try:
        number, report = _load(engine, file, fields, options, dry_run=wanted.dry_run)
    except KeyboardInterrupt:
        typer.echo(f"\n{file.name}: stopped; {_STOPPED[options.resumable]}", err=True)
        raise
    for line in report_lines(file.name, report, dry_run=wanted.dry_run):
        typer.echo(line)
    if not wanted.dry_run:
        typer.echo(f"  this is import {number}; `viaduc undo {number}` takes it back")
    return not report.rejected_rows


def _load(
    engine: Engine, file: _File, fields: MapFields, options: ImportOptions, *, dry_run: bool
) -> tuple[int, ImportReport]:
    """The import's number and its report. A dry run is the preview that every import begins with."""
    with translated_errors(), Session(engine) as session:
        row = preview(
            session,
            fields=fields,
            filename=file.name,
            data=file.data,
            options=options,
            on_progress=Progress(f"reading {file.name}"),
        )
        row.fetched_from = file.address
        number = row.id
        if dry_run:
            report = ImportReport.model_validate(row.report)
            session.rollback()
            return number, report
        if options.resumable:
            session.commit()
        storing = Progress(f"storing {file.name}")
        report = apply(session, import_id=number, on_progress=storing, checkpoint=session.commit)
        session.commit()
    return number, report


def _shape(shape: type[Form], said: dict[str, Any]) -> Form:
    try:
        return shape.model_validate({k: v for k, v in said.items() if v is not None})
    except ValidationError as error:
        field, reason = complaint(error)
        raise BadInput.of(f"--{field.replace('_', '-')}", reason) from error


def run_export(settings: Settings, map_name: str, output: Path, part: Selection) -> None:
    """Write a map, or a part of it, to a file, in the format its name ends with."""
    kind = _format(output)
    with session_of(settings) as session:
        found = next((m for m in list_maps(session) if m.name == map_name), None)
        if found is None:
            raise NotFound(f"there is no competence map called {map_name!r}")
        made = export_actors(session, selection=replace(part, map_id=found.id), kind=kind, stem=output.stem)
    output.write_bytes(made.data)


def run_template(lang: str, output: Path) -> None:
    """Write an empty map to fill in."""
    output.write_bytes(make_template(lang, _format(output)).data)


def _format(output: Path) -> Format:
    kind = output.suffix.lstrip(".").lower()
    if kind not in get_args(Format):
        raise BadInput.of(str(output), f"unknown format {kind!r}: expected .csv, .xlsx or .jsonl")
    return cast("Format", kind)


def run_undo(settings: Settings, import_id: int) -> list[str]:
    """Take back an import, and say in words what became of its actors."""
    with session_of(settings) as session:
        report = undo(session, import_id=import_id)
    done = f"{report.removed} actors removed, {report.restored} as before, {report.unlinked} no longer in the map"
    more = report.kept_actors - len(report.kept)
    named = [f"  left alone: {kept}" for kept in report.kept]
    return [done, *named, *([f"  and {more:,} more are left alone"] if more else [])]


def run_sectors(settings: Settings, file: Path | None, name: str | None) -> list[str]:
    """Load a sector list, or say which are loaded."""
    with session_of(settings) as session:
        if file is None:
            lists = list_sector_lists(session)
            return [f"{listed.name}: {len(listed.terms)} sectors" for listed in lists] or ["no list is loaded"]
        report = load_sector_list(session, name=name or file.stem, filename=file.name, data=file.read_bytes())
    done = f"{report.name}: {report.terms} sectors, {report.mapped} of them mapped"
    return [done, *(f"  left out: {line}" for line in report.rejected)]


def report_lines(filename: str, report: ImportReport, *, dry_run: bool) -> list[str]:
    """What an import will do, or did, in words: the same parts as on its page."""
    would = "would be " if dry_run else ""
    linked = f"{report.linked} joined, " if report.linked else ""
    lines = [
        f"{filename}: {report.rows} rows; {would}{report.new} new, {report.changed} changed, {linked}"
        f"{report.same} the same, {report.rejected_rows} rejected"
    ]
    lines += [
        f"  line {r.line}{f' ({r.name})' if r.name else ''}, {r.field} = {r.value!r}: {r.reason}"
        for r in report.rejected[:_MOST]
    ]
    if report.rejected_rows > _MOST:
        lines.append(f"  … and {report.rejected_rows - _MOST} more")
    if dry_run:
        lines += [*_column_lines(report), *_first_lines(report), *_change_lines(report), *_twin_lines(report)]
    return lines + [f"  note: {warning}" for warning in report.warnings]


def _column_lines(report: ImportReport) -> list[str]:
    lines = []
    for p in report.proposals[: 3 * _MOST]:
        what = p.field or (f"not imported; perhaps {p.guess}, say --column" if p.guess else "not imported")
        samples = ", ".join(" ".join(sample.split()) for sample in p.samples)
        lines.append(f"  column {p.heading!r}: {what} ({p.confidence:.0%}; {samples or 'no values'})")
    return lines


def _first_lines(report: ImportReport) -> list[str]:
    """The first new actors, as they would be stored."""
    return [
        f"  line {actor.line}, {actor.name}, as stored: "
        + "; ".join(f"{said.field} {_in_words(said.value)}" for said in actor.fields)
        for actor in report.first_new
    ]


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return " | ".join(map(_in_words, value))
    return f"{value['text'][:60]} ({value['lang']})" if isinstance(value, dict) else str(value)


def _change_lines(report: ImportReport) -> list[str]:
    lines = []
    for actor in report.changes[:_MOST]:
        lines += [f"  line {actor.line}, {actor.name}: {c.field}: {c.before!r} → {c.after!r}" for c in actor.changes]
        lines += [
            f"  line {actor.line}, {actor.name}: {c.field} stays {c.before!r}, the file says {c.after!r}"
            for c in actor.conflicts
        ]
    return lines


def _twin_lines(report: ImportReport) -> list[str]:
    return [
        f"  line {t.line}, {t.name!r} looks like {t.other_name!r} "
        f"({f'actor {t.actor_id}' if t.actor_id is not None else f'line {t.other_line}'}; {', '.join(t.reasons)}); "
        f'if so: --join "{t.key}={t.actor_id if t.actor_id is not None else t.other_key}"'
        for t in report.twins[:_MOST]
    ]
