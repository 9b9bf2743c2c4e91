"""Problem in, plan with certificate out. `solve` makes plans, `check` judges them and shares no code with it."""

from matching.pairing.check import check
from matching.pairing.dzn import problem_from_dzn
from matching.pairing.parse import problem_from_dict
from matching.pairing.problem import (
    Certificate,
    Delegate,
    Floor,
    Interpreter,
    Lock,
    Meeting,
    Participant,
    Place,
    Plan,
    Problem,
    ProblemError,
    Requested,
    Result,
    Track,
    Unmet,
    Violation,
)
from matching.pairing.solve import solve
from matching.pairing.stop import MaxIterations, MaxRuntime, NoImprovement, Progress, Stop, StopFlag
from matching.pairing.write import certificate_to_dict, plan_from_dict, plan_to_dict, problem_to_dict

__all__ = [
    "Certificate",
    "Delegate",
    "Floor",
    "Interpreter",
    "Lock",
    "MaxIterations",
    "MaxRuntime",
    "Meeting",
    "NoImprovement",
    "Participant",
    "Place",
    "Plan",
    "Problem",
    "ProblemError",
    "Progress",
    "Requested",
    "Result",
    "Stop",
    "StopFlag",
    "Track",
    "Unmet",
    "Violation",
    "certificate_to_dict",
    "check",
    "plan_from_dict",
    "plan_to_dict",
    "problem_from_dict",
    "problem_from_dzn",
    "problem_to_dict",
    "solve",
]
