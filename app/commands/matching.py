"""`viaduc match`."""

import json
from typing import Any

import typer
from pydantic import ValidationError

from app.api.problems import bad_input
from app.commands.sessions import session_of
from app.security import AT_THE_TERMINAL
from app.services.match import find_matches
from app.services.meaning import load_meaning
from app.services.pool import PoolCache
from app.settings import Settings
from models.match import MatchAnswer, MatchRequest


def run_match(settings: Settings, asked: dict[str, Any], *, as_json: bool) -> None:
    """Ask, and print the suggestions with their reasons."""
    try:
        request = MatchRequest.model_validate({name: value for name, value in asked.items() if value is not None})
    except ValidationError as error:
        raise bad_input(error) from error
    with session_of(settings) as session:
        meaning = load_meaning(settings.embedding_model, settings.data_dir, settings.threads, lambda _: None)
        answer = find_matches(session, meaning=meaning, cache=PoolCache(), request=request, principal=AT_THE_TERMINAL)
    typer.echo(json.dumps(answer.model_dump(), ensure_ascii=False, indent=2) if as_json else in_words(answer))


def in_words(answer: MatchAnswer) -> str:
    """Suggestions as lines for a terminal."""
    if not answer.suggestions:
        return f"Nobody suitable: no actor across the border reaches {answer.threshold:.2f}."
    lines = []
    for place, suggestion in enumerate(answer.suggestions, 1):
        actor = suggestion.actor
        where = ", ".join(part for part in (actor.city, actor.country) if part)
        far = f" · {suggestion.distance_km:.0f} km" if suggestion.distance_km is not None else ""
        lines.append(f"{place:>2}. {suggestion.score:.2f}  {actor.name} ({where}){far}")
        for reason in suggestion.reasons:
            lines.append(f"      {reason.text}")
            if reason.evidence:
                yours, theirs = reason.evidence.yours, reason.evidence.theirs
                lines.append(f"        [{yours.lang}] “{yours.text}”")
                lines.append(f"        [{theirs.lang}] “{theirs.text}”")
    return "\n".join(lines)
