"""`viaduc papers`: what is handed out in the hall."""

import time
from pathlib import Path

import typer
from pydantic import ValidationError

from app.commands.sessions import session_of
from app.commands.steps import step
from app.errors import BadInput, complaint
from app.services.files.offline.page import Told, offline_page
from app.services.files.reasons import why_pairs
from app.services.papers import make
from app.services.papers.desk import Desk
from app.settings import Settings
from app.web.papers.wording import PHRASEBOOK
from models.papers import PaperKind, PaperOptions


def run_papers(settings: Settings, event_id: int, folder: Path, kinds: list[PaperKind], options: PaperOptions) -> None:
    """Print the papers into a folder, and beside them the page that works without a network."""
    started = time.perf_counter()
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    order = make.Order(PHRASEBOOK.words, base.rstrip("/"), options)
    chosen = tuple(dict.fromkeys(kinds)) or make.KINDS
    with session_of(settings) as session:
        folder.mkdir(parents=True, exist_ok=True)
        desk = make.prepare(session, event_id=event_id, order=order, kinds=chosen)
        reasons = why_pairs(session, pairs=[m.pair for m in desk.timetable.meetings])
    for kind in chosen:
        with step(kind):
            paper = make.print_paper(desk, kind)
            (folder / paper.name).write_bytes(paper.data)
    page = offline_page(desk.timetable, Told(PHRASEBOOK, desk.tongues[0], reasons))
    (folder / page.name).write_bytes(page.data)
    _tell(settings, desk, folder, base)
    typer.echo(f"Printed into {folder} in {time.perf_counter() - started:.1f} s.")


def read_choice(kinds: list[str], *, plan: int | None, second: str, badge: str) -> tuple[list[PaperKind], PaperOptions]:
    """What was asked for on the command line; BadInput names what cannot be."""
    unknown = [kind for kind in kinds if kind not in make.KINDS]
    if unknown:
        raise BadInput.of("--kind", f"there is no paper called {unknown[0]!r}; there are {', '.join(make.KINDS)}")
    width, _, height = badge.lower().partition("x")
    if not (width.strip().isdecimal() and height.strip().isdecimal()):
        raise BadInput.of("--badge", f"{badge!r}: expected width x height in mm, such as 90x55")
    told = {"plan": plan, "second": second, "badge_width_mm": width, "badge_height_mm": height}
    try:
        options = PaperOptions.model_validate(told)
    except ValidationError as error:
        field, reason = complaint(error)
        raise BadInput.of(_FLAGS[field], reason) from error
    return [kind for kind in make.KINDS if kind in kinds], options


_FLAGS = {"plan": "--plan", "second": "--second", "badge_width_mm": "--badge", "badge_height_mm": "--badge"}


def _tell(settings: Settings, desk: Desk, folder: Path, base: str) -> None:
    """What the person who prints should know before they do."""
    plan = desk.timetable.plan
    if plan is None:
        typer.echo("! the event has no plan yet: the sheets are empty")
    elif plan.state != "published":
        typer.echo(f"! plan {plan.number} is not published: the sheets say so")
    for name, letters in make.unprintable(desk.timetable).items():
        typer.echo(f"! {name}: our fonts lack {letters}; a dot stands for each")
    if settings.public_url is None and desk.agendas:
        typer.echo(f"! the codes lead to {base}; set VIADUC_PUBLIC_URL to the address that phones can reach")
    if desk.agendas:
        typer.echo(f"! every code opens an agenda without a password: keep {folder} as you would keep keys")
