"""What is computed apart (app/services/apart.py): functions of plain data, named so that another process finds them.

Nothing but `matching` is read for them, so that the process is small and soon there.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.errors import AppError, BadInput
from matching.pairing.check import check
from matching.pairing.edit import unmatched
from matching.pairing.model import Model
from matching.pairing.parse import problem_from_dict
from matching.pairing.problem import Meeting, Problem, Result, as_matrix, index_of
from matching.pairing.solve import solve
from matching.pairing.stop import ProgressHook, Run, Stop
from matching.pairing.whatif import Outlook, what_if
from matching.pairing.write import certificate_to_dict


@dataclass(frozen=True)
class Outcome:
    """What is kept of a computation: the certificate, and of each meeting its columns but for the plan's own."""

    certificate: dict[str, Any]
    meetings: list[dict[str, Any]]


def solve_problem(problem: Problem, stop: Stop, tell: ProgressHook) -> Result:
    """The best plan found until `stop`."""
    return solve(problem, stop=stop, seed=problem.seed, on_progress=tell)


def solve_written(text: str, stop: Stop, tell: ProgressHook) -> Outcome:
    """The same of a problem as it is stored, checked and ready to be stored: whoever asks need not read a megabyte.

    Raises ProblemError when it cannot be read, and what `checked` raises.
    """
    problem = problem_from_dict(json.loads(text))
    return outcome_of(problem, checked(problem, solve_problem(problem, stop, tell)))


def checked(problem: Problem, result: Result) -> Result:
    """The same result.

    Raises:
        BadInput: not everything that is promised was found in the time. AppError: the plan breaks a rule otherwise.
    """
    violations = check(problem, result.plan)
    missed = result.certificate.missed_must
    if missed and violations:
        a, b = missed[0]
        raise BadInput.of(
            "time_limit_s",
            f"no plan was found in the time given that holds everything that is promised; {a} with {b} is missing, and "
            f"{len(missed) - 1} more: give it more time, or promise less",
        )
    if violations and result.certificate.status != "infeasible":
        raise AppError(f"the plan that was computed breaks a rule and was thrown away: {violations[0].message}")
    return result


def outcome_of(problem: Problem, result: Result) -> Outcome:
    """A result as it is kept."""
    return Outcome(told_certificate(problem, result), meeting_values(problem, result.plan.meetings))


def told_certificate(posed: Problem | Model, result: Result) -> dict[str, Any]:
    """A certificate as it is kept: with everybody who meets nobody, and why."""
    alone = [{"participant": who, "cause": cause} for who, cause in unmatched(posed, result.plan)]
    return certificate_to_dict(result.certificate) | {"unmatched": alone}


def meeting_values(problem: Problem, meetings: Iterable[Meeting]) -> list[dict[str, Any]]:
    """The columns of meetings, with what each pair is worth."""
    position, utility = index_of(problem.participants), as_matrix(problem)
    return [
        {
            "a": int(m.a),
            "b": int(m.b),
            "round": m.round,
            "place": None if m.place is None else int(m.place),
            "interpreter": m.interpreter,
            "utility": float(utility[position[m.a], position[m.b]]),
            "delegate_a": m.delegate_a,
            "delegate_b": m.delegate_b,
        }
        for m in meetings
    ]


def look_ahead(problem: Problem, floor: int, guests: int, stop: Stop, tell: ProgressHook) -> Outlook:
    """What a floor of meetings takes."""
    return what_if(problem, floor, Run(stop, problem.seed, tell), guests)
