"""Which rules contradict each other: a smallest set of them, in plain words.

Every rule of the clause set has a switch. If all switches on have no model, the core the SAT engine names is thinned
out rule by rule (deletion filter, Chinneck & Dravnieks 1991) until leaving any one out would make a plan possible.
"""

from dataclasses import replace

from matching.pairing.requested import Task, encode

_BUDGET = 200_000  # conflicts per question
_LARGEST = 2_000  # meetings


def some_rounds(task: Task, budget: int = _BUDGET) -> list[int] | None:
    """A round for each given meeting so that every rule holds; None when none was found within the budget."""
    from pysat.solvers import Solver  # noqa: PLC0415 - optional dependency

    if not all(task.masks) or len(task.pairs) > _LARGEST:
        return None
    encoding = encode(task, told_apart=not task.model.problem.requested)
    with Solver(name="glucose4", bootstrap_with=encoding.formula.hard) as solver:
        solver.conf_budget(budget)
        if not solver.solve_limited(assumptions=list(encoding.rules or {})):
            return None
        return encoding.decode(frozenset(x for x in solver.get_model() if x > 0))


def contradicting_rules(task: Task) -> tuple[str, ...] | None:
    """The rules in words; () when all can hold together; None when that could not be settled within the budget."""
    from pysat.solvers import Solver  # noqa: PLC0415 - optional dependency

    # Rounds that only the order of meetings rules out stay in: the rule that cuts them is to be named.
    task = replace(task, masks=list(task.unordered or task.masks))
    for mask, name in zip(task.masks, task.names, strict=True):
        if not mask:
            return (name, "no round is open for it")
    if len(task.pairs) > _LARGEST:
        return None
    encoding = encode(task, told_apart=True)
    rules = encoding.rules or {}
    with Solver(name="glucose4", bootstrap_with=encoding.formula.hard) as solver:

        def holds(switches: list[int]) -> bool | None:
            solver.conf_budget(_BUDGET)
            answer: bool | None = solver.solve_limited(assumptions=switches)
            return answer

        whole = holds(list(rules))
        if whole is not False:
            return () if whole else None
        core = sorted(solver.get_core() or [])
        for rule in list(core):
            rest = [r for r in core if r != rule]
            if holds(rest) is False:
                named = set(solver.get_core() or [])
                core = [r for r in rest if r in named]
    return tuple(rules[r] for r in core)
