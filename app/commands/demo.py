"""`viaduc demo`: the demo border from nothing to served, with what it shows on the way."""

import json
import time

import typer
from sqlalchemy import Engine

from app.commands.matching import in_words
from app.commands.serve import run_service
from app.commands.steps import Progress, step
from app.db import session_scope
from app.guard import is_loopback
from app.main import open_database
from app.security import AT_THE_TERMINAL
from app.services import border
from app.services.maps import load
from app.services.match import find_matches
from app.services.meaning import Meaning, MeaningHolder, load_meaning
from app.services.pairings import compute
from app.services.plans import latest_plan, store_plan
from app.services.pool import PoolCache
from app.services.problems import build_problem
from app.settings import Settings
from app.worker import drain
from models.match import MatchRequest
from models.plan import PlanCreate, PlanPublic

_SHOWN = "fr-up-tex"
"""The actor whose suggestions are shown."""


def run_demo(settings: Settings, *, serve: bool) -> None:
    """Load what is missing, show matches and a pairing, then serve; a second start loads nothing again."""
    started = time.perf_counter()
    settings = keyless_here(settings)
    with step("database"):
        engine = open_database(settings)
    meaning = _model(settings)
    _load(engine)
    with step("embedding"):
        drain(engine, meaning, settings.embed_batch, Progress("passages"))
    _show_tandems(engine, meaning)
    _show_suggestions(engine, meaning)
    _show_plan(engine, meaning)
    _show_addresses(settings)
    typer.echo(f"\nReady in {time.perf_counter() - started:.0f} s.")
    if serve:
        typer.echo("Serving; stop with Ctrl-C.\n")
        run_service(settings, engine=engine, holder=MeaningHolder.ready(meaning))
    else:
        engine.dispose()


def keyless_here(settings: Settings) -> Settings:
    """Settings of a demo: who sits at this machine needs no key, unless it listens to others or was told otherwise."""
    if "local_admin" in settings.model_fields_set or not is_loopback(settings.host):
        return settings
    return settings.model_copy(update={"local_admin": True})


def _model(settings: Settings) -> Meaning:
    with step("language model"):
        return load_meaning(
            settings.embedding_model, settings.data_dir, settings.threads, lambda words: typer.echo(f"  {words}")
        )


def _load(engine: Engine) -> None:
    """The whole border in one transaction: all of it is there, or nothing."""
    with session_scope(engine) as session:
        if border.is_loaded(session):
            typer.echo("✓ demo border (loaded already)")
            return
        with step("demo border"):
            data = (border.FOLDER / "actors.jsonl").read_bytes()
            report = load(
                session, fields=border.MAP, filename="actors.jsonl", data=data, on_progress=Progress("actors")
            )
            pairs = border.load_tandems(session)
            event = border.load_event(session)
        typer.echo(f"  {report.new} actors, {pairs} tandems, one event with {event.participants} participants")


def _show_tandems(engine: Engine, meaning: Meaning) -> None:
    typer.echo("\nReal tandems: where the ranking finds the true partner (texts masked, known relations hidden)")
    with session_scope(engine) as session:
        ranks = border.tandem_ranks(session, meaning=meaning)
    for tandem in ranks:
        typer.echo(f"  {tandem.asking:<12} → {tandem.partner:<14} rank {tandem.rank:>2} of {tandem.candidates}")
    typer.echo(f"  {sum(t.rank <= 3 for t in ranks)} of {len(ranks)} among the first three")


def _show_suggestions(engine: Engine, meaning: Meaning) -> None:
    with session_scope(engine) as session:
        request = MatchRequest(actor_id=border.actor_ids(session)[_SHOWN], k=3, lang="en", known_partners=True)
        answer = find_matches(session, meaning=meaning, cache=PoolCache(), request=request, principal=AT_THE_TERMINAL)
    typer.echo("\nWhom should UP-tex (textile cluster, Tourcoing) meet?")
    typer.echo(in_words(answer))


def _show_plan(engine: Engine, meaning: Meaning) -> None:
    with session_scope(engine) as session:
        event_id = border.demo_event_id(session)
        if event_id is None:
            return
        plan = latest_plan(session, event_id=event_id)
        problem = build_problem(session, encoder=meaning.name, event_id=event_id, options=PlanCreate())
    if plan is None:
        result = compute(problem, longest_s=20)
        with session_scope(engine) as session:
            plan = store_plan(session, event_id=event_id, problem=problem, result=result)
    typer.echo(f"\nA speed-dating plan: {len(problem.participants)} participants, {problem.rounds} rounds, "
               f"{len(problem.places)} places")  # fmt: skip
    for line in _plan_lines(plan):
        typer.echo(f"  {line}")


def _plan_lines(plan: PlanPublic) -> list[str]:
    told = plan.certificate
    proof = (
        "proven optimal" if told["status"] == "optimal" else f"within {100 * told['gap']:.2f} % of the best possible"
    )
    floor = told["floor"]
    lines = [
        f"{len(plan.meetings)} meetings, total score {told['utility']:.2f} of at most {told['bound']:.2f}: {proof} "
        f"({told['seconds']:.2f} s)",
        f"everyone asked for at least {floor['requested']} meetings and has {floor['reached']} or more; "
        f"{len(told['unmet'])} participants got fewer",
    ]
    first = [m for m in plan.meetings if m.round == 0][:3]
    return [*lines, "round 1: " + "; ".join(f"{m.a_name} – {m.b_name}" for m in first) + " …"]


def _show_addresses(settings: Settings) -> None:
    base = f"http://{settings.host}:{settings.port}"
    need = {"lang": "fr", "text": "un centre technique pour tester des revêtements textiles"}
    question = {"profile": {"country": "FR", "languages": ["fr"], "needs": [need]}, "k": 3, "lang": "fr"}
    typer.echo(f"\nPages:  {base}/   {base}/directory   {base}/console/events")
    typer.echo(f"API:    {base}/docs")
    typer.echo("Try it:")
    body = json.dumps(question, ensure_ascii=False).replace("'", "'\\''")
    typer.echo(f"  curl {base}/match -H 'content-type: application/json' -d '{body}'")
