"""The commands of competence maps: import, export, undo, template, sectors."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.errors import BadInput
from app.settings import Settings

SettingsOf = Callable[[], Settings]

Files = Annotated[list[str], typer.Argument(help="CSV, XLSX, ODS, JSON, JSON Lines, ZIP; or an allowed address")]
MapName = Annotated[str | None, typer.Option("--map", help="Name of the competence map; default: the file's")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen and change nothing")]
Embed = Annotated[bool, typer.Option("--embed/--no-embed", help="Wait until all is found by meaning")]
Mapping = Annotated[
    list[str] | None, typer.Option("--column", help='What a column means: "Domaine 7=sectors", "Notes=" leaves it out')
]
Merge = Annotated[
    list[str] | None, typer.Option("--join", help='Rows that are one actor: "key=17" (its id) or "key=key"')
]
Layout = Annotated[
    str | None, typer.Option(help="row_per_actor, row_per_competence, matrix or matrix_transposed; else recognised")
]


def add_commands(app: typer.Typer, settings: SettingsOf) -> None:
    """Add the commands to the terminal's door."""
    _add_import(app, settings)
    _add_export(app, settings)
    _add_undo(app, settings)
    _add_sectors(app, settings)


def _add_import(app: typer.Typer, settings: SettingsOf) -> None:
    @app.command(name="import")
    def import_files(
        files: Files,
        map_name: MapName = None,
        dry_run: DryRun = False,
        embed: Embed = True,
        column: Mapping = None,
        join: Merge = None,
        layout: Layout = None,
        sheet: Annotated[str | None, typer.Option(help="Only this sheet, or file of a ZIP")] = None,
        country: Annotated[str | None, typer.Option(help="Country of rows that name none")] = None,
        language: Annotated[str | None, typer.Option(help="Language of texts that name none")] = None,
        sector_list: Annotated[str | None, typer.Option(help="Read sectors by this list only")] = None,
        prefer: Annotated[str, typer.Option(help="Who wins where they disagree: viaduc or file")] = "viaduc",
        steps: Annotated[bool, typer.Option("--steps", help="Store in steps that can be gone on with")] = False,
        source: Annotated[str | None, typer.Option(help="Where the map comes from")] = None,
        territory: Annotated[str | None, typer.Option(help="Where its actors are")] = None,
        licence: Annotated[str | None, typer.Option(help="Under which it may be used")] = None,
        as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Date of the facts")] = None,
        legal_basis: Annotated[str | None, typer.Option(help="Why names of persons may be stored")] = None,
    ) -> None:
        """Load competence maps; a rejected row is named with line, field and reason."""
        from app.commands.importing import Wanted, run_import  # noqa: PLC0415 - slow import

        said = {"layout": layout, "sheet": sheet, "country": country, "language": language, "prefer": prefer}
        options = said | {"sector_list": sector_list, "resumable": steps, "mapping": _pairs(column, "--column")}
        about = {"source": source, "territory": territory, "licence": licence, "legal_basis": legal_basis}
        wanted = Wanted(
            map_name=map_name,
            options=options | {"merge": _numbered(_pairs(join, "--join"))},
            about=about | {"as_of": as_of.date() if as_of else None},
            dry_run=dry_run,
            embed=embed,
        )
        if not run_import(settings(), files, wanted):
            raise typer.Exit(1)


def _add_export(app: typer.Typer, settings: SettingsOf) -> None:
    @app.command()
    def export(
        map_name: Annotated[str, typer.Argument(help="Name of the competence map")],
        output: Annotated[Path, typer.Option("-o", "--output", help="File to write: .csv, .xlsx or .jsonl")],
        country: Annotated[str | None, typer.Option(help="Only actors of this country")] = None,
        side: Annotated[str | None, typer.Option(help="Only actors of this side")] = None,
        kind: Annotated[str | None, typer.Option(help="Only actors of this kind")] = None,
        sector: Annotated[str | None, typer.Option(help="Only actors of this sector")] = None,
        actor: Annotated[list[int] | None, typer.Option(help="Only this actor, by id; may be repeated")] = None,
    ) -> None:
        """Write a competence map, or a selection of it, to a file; loaded again, it changes nothing."""
        from app.commands.importing import run_export  # noqa: PLC0415 - slow import
        from app.services.maps import Selection  # noqa: PLC0415 - slow import

        part = Selection(actor_ids=actor or None, country=country, side=side, kind=kind, sector=sector)
        run_export(settings(), map_name, output, part)
        typer.echo(f"written to {output}", err=True)

    @app.command()
    def template(
        lang: Annotated[str, typer.Argument(help="en, fr, nl, de, da, es, eu, pt or it")],
        output: Annotated[Path, typer.Option("-o", "--output", help="File to write: .csv, .xlsx or .jsonl")],
    ) -> None:
        """Write an empty competence map to fill in."""
        from app.commands.importing import run_template  # noqa: PLC0415 - slow import

        run_template(lang, output)
        typer.echo(f"written to {output}", err=True)


def _add_undo(app: typer.Typer, settings: SettingsOf) -> None:
    @app.command()
    def undo(import_id: Annotated[int, typer.Argument(help="Number of the import")]) -> None:
        """Take back an applied import; what was edited or used since is left alone and named."""
        from app.commands.importing import run_undo  # noqa: PLC0415 - slow import

        for line in run_undo(settings(), import_id):
            typer.echo(line)


def _add_sectors(app: typer.Typer, settings: SettingsOf) -> None:
    @app.command()
    def sectors(
        file: Annotated[
            Path | None, typer.Argument(help="CSV, XLSX or JSON: code, name(s), viaduc, nace", exists=True)
        ] = None,
        name: Annotated[str | None, typer.Option(help="Name of the list; default: the file's")] = None,
    ) -> None:
        """Load a sector list of the border; without a file, list what is loaded."""
        from app.commands.importing import run_sectors  # noqa: PLC0415 - slow import

        for line in run_sectors(settings(), file, name):
            typer.echo(line)


def _pairs(written: list[str] | None, option: str) -> dict[str, str]:
    """{"Domaine 7": "sectors"} from ["Domaine 7=sectors"]: the last = counts, headings may hold others."""
    pairs = {}
    for words in written or []:
        name, sign, value = words.rpartition("=")
        if not sign or not name:
            raise BadInput.of(option, f"{words!r}: expected two words with = between them")
        pairs[name.strip()] = value.strip()
    return pairs


def _numbered(pairs: dict[str, str]) -> dict[str, int | str]:
    """Digits alone are an actor's id."""
    return {key: int(value) if value.isdecimal() else value for key, value in pairs.items()}
