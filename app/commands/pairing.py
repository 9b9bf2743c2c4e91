"""`viaduc pair` and `viaduc check`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.api.problems import bad_input
from app.errors import BadInput
from app.services.pairings import check_plan, pair_problem, read_requests
from app.services.replans import replan_form
from models.plan import ReplanRequest

_LONGEST_S = 3600.0


def run_pair(path: Path, seconds: float | None, say: Callable[[str], None]) -> dict[str, Any]:
    """The plan for a problem file, as a dictionary; progress goes to `say`."""
    problem = read_problem(path)
    if seconds is not None:
        problem["time_limit_s"] = seconds

    def tell(stage: str, best: float | None, bound: float | None, gap: float | None) -> None:
        figures = (("best", best), ("bound", bound), ("gap", gap))
        say(" · ".join([stage, *(f"{name} {value:.4g}" for name, value in figures if value is not None)]))

    return pair_problem(problem, longest_s=_LONGEST_S, on_progress=tell)


def run_check(problem: Path, plan: Path) -> list[str]:
    """Every rule the plan breaks, one sentence each."""
    return check_plan(read_problem(problem), read_json(plan))


def run_replan(problem: Path, plan: Path, changes: Path) -> dict[str, Any]:
    """The plan for the rest of the day, its diff and the problem as it is now."""
    body = {"problem": read_problem(problem), "plan": read_json(plan), "changes": read_json(changes)}
    try:
        request = ReplanRequest.model_validate(body)
    except ValidationError as error:
        raise bad_input(error) from error
    return replan_form(request, longest_s=_LONGEST_S).model_dump()


def read_problem(path: Path) -> dict[str, Any]:
    """A problem file: JSON, or a published .dzn instance."""
    return read_requests(path.read_text(encoding="utf-8")) if path.suffix == ".dzn" else read_json(path)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file that holds an object; BadInput names the line where it does not read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise BadInput.of(str(path), f"not UTF-8 text ({error.reason} at byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise BadInput.of(str(path), f"not JSON: {error.msg}, column {error.colno}", error.lineno) from error
    if not isinstance(data, dict):
        raise BadInput.of(str(path), f"expected a JSON object, found {type(data).__name__}")
    return data
