"""The last look at a plan before it is handed out: what breaks a rule is left out, whatever made it.

The searches keep every rule by how they are built. Where one should fail all the same, a plan with fewer meetings that
names what it misses is worth more than none, and a plan that breaks a rule is worth nothing.
"""

from collections import Counter
from collections.abc import Sequence

from matching.pairing.check import check
from matching.pairing.problem import Meeting, Plan, Problem, Violation


def breaches(problem: Problem, plan: Plan) -> list[Violation]:
    """Rules that a meeting of the plan breaks; that a promised one is missing is none, for the certificate names it."""
    met = {frozenset((m.a, m.b)) for m in plan.meetings}
    return [v for v in check(problem, plan) if not _is_missing(v, met)]


def _is_missing(violation: Violation, met: set[frozenset[str]]) -> bool:
    about = dict(violation.about)
    if violation.rule == "lock":
        return frozenset((about["a"], about["b"])) not in met
    return violation.rule == "must" or (violation.rule == "request" and about.get("times", 1) < about.get("asked", 0))


def sound(problem: Problem, plan: Plan) -> Plan:
    """The plan itself, or as many of its meetings, promised ones first, as break no rule together."""
    if not breaches(problem, plan):
        return plan
    promised = {frozenset(pair) for pair in (*problem.must, *((k.a, k.b) for k in problem.locked))}
    order = sorted(plan.meetings, key=lambda m: frozenset((m.a, m.b)) not in promised)
    left = Counter(_added(problem, [], order))
    kept = []
    for m in plan.meetings:
        if left[m]:  # equal meetings are counted: of one that stands twice, the plan keeps one
            left[m] -= 1
            kept.append(m)
    return Plan(tuple(kept))


def _added(problem: Problem, kept: list[Meeting], more: Sequence[Meeting]) -> list[Meeting]:
    """`kept` and those of the others that fit beside it: all at once, or each half in turn."""
    if not breaches(problem, Plan((*kept, *more))):
        return [*kept, *more]
    if len(more) <= 1:
        return kept
    half = len(more) // 2
    return _added(problem, _added(problem, kept, more[:half]), more[half:])
