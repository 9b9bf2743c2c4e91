"""What is computed apart (app/services/apart.py): functions of plain data, named so that another process finds them.

Nothing but `matching` is read for them, so that the process is small and soon there.
"""

from matching.pairing.problem import Problem, Result
from matching.pairing.solve import solve
from matching.pairing.stop import ProgressHook, Run, Stop
from matching.pairing.whatif import Outlook, what_if


def solve_problem(problem: Problem, stop: Stop, tell: ProgressHook) -> Result:
    """The best plan found until `stop`."""
    return solve(problem, stop=stop, seed=problem.seed, on_progress=tell)


def look_ahead(problem: Problem, floor: int, guests: int, stop: Stop, tell: ProgressHook) -> Outlook:
    """What a floor of meetings takes."""
    return what_if(problem, floor, Run(stop, problem.seed, tell), guests)
