"""Pairings without a database: a problem in, a plan out, and the check of any plan."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from app.errors import BadInput
from app.services.apart import compute_apart
from app.services.solving import checked, solve_problem
from matching.pairing.check import check
from matching.pairing.dzn import problem_from_dzn
from matching.pairing.parse import problem_from_dict
from matching.pairing.problem import Problem, ProblemError, Result
from matching.pairing.stop import MaxRuntime, Progress
from matching.pairing.write import plan_from_dict, plan_to_dict, problem_to_dict

Shape = TypeVar("Shape")


class OnProgress(Protocol):
    """Hears how a computation goes: its stage, the best value so far, the bound, the gap."""

    def __call__(self, stage: str, best: float | None, bound: float | None, gap: float | None, /) -> None:
        """Called now and then while the solver works."""


def pair_problem(
    data: Mapping[str, Any], *, longest_s: float, on_progress: OnProgress | None = None, apart: bool = False
) -> dict[str, Any]:
    """A problem in the form of DESIGN §6.1 in, its plan with certificate out. Nothing is stored."""
    problem = read_form(problem_from_dict, data, "body")
    result = compute(problem, longest_s=longest_s, on_progress=on_progress, apart=apart)
    return plan_to_dict(result.plan, result.certificate)


def read_requests(text: str) -> dict[str, Any]:
    """A published instance of requested meetings (.dzn) as a problem in the form of DESIGN §6.1."""
    try:
        return problem_to_dict(problem_from_dzn(text))
    except ProblemError as error:
        raise BadInput.of(error.path or "file", error.cause) from error


def check_plan(problem: Mapping[str, Any], plan: Mapping[str, Any]) -> list[str]:
    """Every hard rule a plan breaks, one sentence each."""
    parsed = read_form(problem_from_dict, problem, "problem")
    return [f"{v.rule}: {v.message}" for v in check(parsed, read_form(plan_from_dict, plan, "plan"))]


def read_form(parse: Callable[[Any], Shape], data: Mapping[str, Any], what: str) -> Shape:
    """Parse a problem or a plan; BadInput names the field."""
    try:
        return parse(dict(data))
    except ProblemError as error:
        raise BadInput.of(error.path or what, error.cause) from error


def compute(
    problem: Problem,
    *,
    longest_s: float,
    on_progress: OnProgress | None = None,
    apart: bool = False,
) -> Result:
    """Solve and check; touches no database, so that no connection is held meanwhile.

    `apart`: in a process of its own, so that pages are not kept waiting.
    """

    def tell(progress: Progress) -> None:
        if on_progress is not None:
            on_progress(progress.stage, progress.best, progress.bound, progress.gap)

    limit = MaxRuntime(min(problem.time_limit_s, longest_s))
    if apart:
        result = compute_apart(solve_problem, problem, stop=limit, tell=tell)
    else:
        result = solve_problem(problem, limit, tell)
    return checked(problem, result)
