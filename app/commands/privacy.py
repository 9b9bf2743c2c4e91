"""`viaduc privacy`: tell, erase, and remove what is over its period. Whoever holds the terminal is admin."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from app.errors import BadInput, complaint
from app.settings import Settings

DryRun = Annotated[bool, typer.Option("--dry-run/--for-good", help="Count only, or do it")]
Who = Annotated[str, typer.Argument(help="E-mail address of a person, or number of an organisation")]
Names = Annotated[list[str] | None, typer.Option("--name", help="Another word for the person; may be repeated")]


def add_privacy(app: typer.Typer, settings: Callable[[], Settings]) -> None:
    """Add the commands to the terminal's door."""
    door = typer.Typer(help="What is stored of whom: tell it, erase it, sweep what is over.", no_args_is_help=True)
    app.add_typer(door, name="privacy")

    @door.command()
    def export(
        who: Who, output: Annotated[Path | None, typer.Option("-o", "--output", help="File; default: stdout")] = None
    ) -> None:
        """Everything that is stored of a person or an organisation, as JSON."""
        told = json.dumps(_export(settings(), who), ensure_ascii=False, indent=2)
        if output is None:
            typer.echo(told)
        else:
            output.write_text(told + "\n", encoding="utf-8")
            typer.echo(f"written to {output}", err=True)

    @door.command()
    def erase(who: Who, dry_run: DryRun = True, name: Names = None) -> None:
        """Erase a person or an organisation; without --for-good, count what that would remove."""
        typer.echo(json.dumps(_erase(settings(), who, name or [], dry_run=dry_run), indent=2))

    @door.command()
    def sweep(dry_run: DryRun = True) -> None:
        """Remove what is over its period, as the service does every day; without --for-good, count it."""
        typer.echo(json.dumps(_sweep(settings(), dry_run=dry_run), indent=2))


def _export(settings: Settings, who: str) -> dict[str, Any]:
    from app.commands.sessions import session_of  # noqa: PLC0415 - slow import
    from app.services import privacy  # noqa: PLC0415 - slow import

    subject = _subject(who)
    with session_of(settings) as session:
        if subject.actor_id is not None:
            return privacy.export_organisation(session, actor_id=subject.actor_id).model_dump(mode="json")
        return privacy.export_person(session, email=str(subject.email)).model_dump(mode="json")


def _erase(settings: Settings, who: str, names: list[str], *, dry_run: bool) -> dict[str, Any]:
    from app.commands.sessions import session_of  # noqa: PLC0415 - slow import
    from app.services import privacy  # noqa: PLC0415 - slow import

    subject = _subject(who)
    with session_of(settings) as session:
        if subject.actor_id is not None:
            done = privacy.erase_organisation(session, actor_id=subject.actor_id, dry_run=dry_run)
        else:
            done = privacy.erase_person(session, email=str(subject.email), names=names, dry_run=dry_run)
        _record(session, f"POST /privacy/erase{' (dry run)' if dry_run else ''}")
        return done.model_dump(mode="json")


def _sweep(settings: Settings, *, dry_run: bool) -> dict[str, Any]:
    from app.commands.sessions import session_of  # noqa: PLC0415 - slow import
    from app.services.retention import periods_of, sweep  # noqa: PLC0415 - slow import

    with session_of(settings) as session:
        return sweep(session, periods=periods_of(settings), dry_run=dry_run).model_dump(mode="json")


def _record(session: Any, line: str) -> None:
    from app.services.audit import append, deed  # noqa: PLC0415 - slow import

    append(session, [deed(who="terminal", role="admin", action="change", route=line, target="", status=200)])


def _subject(who: str) -> Any:
    from models.privacy import Subject  # noqa: PLC0415 - slow import

    try:
        return Subject.model_validate({"actor_id": int(who)} if who.isascii() and who.isdigit() else {"email": who})
    except ValidationError as error:
        raise BadInput(complaint(error)[1]) from error
