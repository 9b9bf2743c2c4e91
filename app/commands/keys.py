"""`viaduc keys`: keys of programs, and links that let people sign in."""

from collections.abc import Callable
from typing import Annotated

import typer

from app.settings import Settings

RoleOption = Annotated[str, typer.Option(help="reader, organiser or admin")]
EventOption = Annotated[list[int], typer.Option("--event", help="Number of an organiser's event; may be repeated")]
CreatesOption = Annotated[bool, typer.Option("--creates", help="Let an organiser create events, and run those")]


def add_keys(app: typer.Typer, settings: Callable[[], Settings]) -> None:
    """Add the commands to the terminal's door."""
    door = typer.Typer(help="Keys of programs, and links that let people sign in.", no_args_is_help=True)
    app.add_typer(door, name="keys")
    _add_making(door, settings)
    _add_keeping(door, settings)
    _add_link(door, settings)


def _add_making(door: typer.Typer, settings: Callable[[], Settings]) -> None:
    @door.command(name="create")
    def create_key(
        name: Annotated[str, typer.Argument(help="What it is for, so that you recognise it")] = "first key",
        role: RoleOption = "reader",
        events: EventOption = [],  # noqa: B006 - typer reads it
        creates: CreatesOption = False,
        days: Annotated[
            float | None, typer.Option(min=0.01, help="How long it lasts; default: until it is revoked")
        ] = None,
    ) -> None:
        """Make a key and print it, this once."""
        from app.commands.access import run_create  # noqa: PLC0415 - slow import

        made = run_create(settings(), name, {"role": role, "events": events, "creates": creates}, days)
        typer.echo(f"key {made.id} ({made.role}): keep it now, it cannot be shown again", err=True)
        typer.echo(made.key)


def _add_keeping(door: typer.Typer, settings: Callable[[], Settings]) -> None:
    @door.command(name="list")
    def list_keys() -> None:
        """Every key: number, beginning, name, role, state, last use."""
        from app.commands.access import run_list  # noqa: PLC0415 - slow import

        for line in run_list(settings()):
            typer.echo(line)

    @door.command(name="rotate")
    def rotate_key(
        key_id: Annotated[int, typer.Argument(help="Number of the key")],
        grace_hours: Annotated[float, typer.Option(min=0, max=2160, help="How long the old one still works")] = 24,
    ) -> None:
        """Make the key that follows one and print it, this once."""
        from app.commands.access import run_rotate  # noqa: PLC0415 - slow import

        made = run_rotate(settings(), key_id, grace_hours)
        typer.echo(f"key {made.id} follows key {key_id}, which works for {grace_hours:g} more hours", err=True)
        typer.echo(made.key)

    @door.command(name="revoke")
    def revoke_key(key_id: Annotated[int, typer.Argument(help="Number of the key")]) -> None:
        """End a key now, with the sign-ins that it opened."""
        from app.commands.access import run_revoke  # noqa: PLC0415 - slow import

        typer.echo(run_revoke(settings(), key_id), err=True)


def _add_link(door: typer.Typer, settings: Callable[[], Settings]) -> None:
    @door.command(name="link")
    def sign_in_link(
        email: Annotated[str, typer.Argument(help="E-mail address of somebody who may sign in")],
        role: Annotated[str | None, typer.Option(help="Let them in first, as reader, organiser or admin")] = None,
        events: EventOption = [],  # noqa: B006 - typer reads it
        creates: CreatesOption = False,
    ) -> None:
        """Print a link that signs somebody in, once, within half an hour."""
        from app.commands.access import run_link  # noqa: PLC0415 - slow import

        scope = None if role is None else {"role": role, "events": events, "creates": creates}
        typer.echo(run_link(settings(), email, scope))
