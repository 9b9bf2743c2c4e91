"""Problem in, plan with certificate out. `solve` makes plans, `check` judges them and shares no code with it."""

from matching.pairing.changes import Changes, WalkIn, apply_changes
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
from matching.pairing.replan import Diff, Replan, compare, replan
from matching.pairing.solve import solve
from matching.pairing.stop import MaxIterations, MaxRuntime, NoImprovement, Progress, Run, Stop, StopFlag, noop
from matching.pairing.whatif import Guest, Outlook, what_if
from matching.pairing.write import certificate_to_dict, plan_from_dict, plan_to_dict, problem_to_dict

__all__ = [
    "Certificate",
    "Changes",
    "Delegate",
    "Diff",
    "Floor",
    "Guest",
    "Interpreter",
    "Lock",
    "MaxIterations",
    "MaxRuntime",
    "Meeting",
    "NoImprovement",
    "Outlook",
    "Participant",
    "Place",
    "Plan",
    "Problem",
    "ProblemError",
    "Progress",
    "Replan",
    "Requested",
    "Result",
    "Run",
    "Stop",
    "StopFlag",
    "Track",
    "Unmet",
    "Violation",
    "WalkIn",
    "apply_changes",
    "certificate_to_dict",
    "check",
    "compare",
    "noop",
    "plan_from_dict",
    "plan_to_dict",
    "problem_from_dict",
    "problem_from_dzn",
    "problem_to_dict",
    "replan",
    "solve",
    "what_if",
]
