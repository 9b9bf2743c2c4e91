"""Why somebody has too few meetings, and which hard rules contradict each other, in plain words."""

import numpy as np

from matching.pairing.model import Mask, Model, round_mask, spoken
from matching.pairing.problem import Cause, Unmet


def find_unmet(model: Model, degree: dict[int, int]) -> tuple[Unmet, ...]:
    """Everyone with fewer meetings than asked for, with the cause."""
    found = []
    for i, participant in enumerate(model.problem.participants):
        got = degree.get(i, 0)
        if got < participant.min:
            found.append(Unmet(participant.id, cause_of(model, i, participant.min), participant.min, got))
    return tuple(found)


def cause_of(model: Model, i: int, wanted: int) -> Cause:
    """What first leaves participant i with fewer than `wanted` partners: side, veto, language, availability, else
    capacity (everybody it could meet is taken, or there are no places left)."""
    partners = partners_by_stage(model, i)
    causes: tuple[Cause, ...] = ("side", "veto", "language", "availability")
    for cause, mask in zip(causes, partners, strict=True):
        if int(mask.sum()) < wanted:
            return cause
    return "availability" if int(model.presence[i].sum()) < wanted else "capacity"


def partners_by_stage(model: Model, i: int) -> tuple[Mask, Mask, Mask, Mask]:
    """Partners left to i after sides, after vetoes too, after languages too, after common rounds too."""
    problem = model.problem
    me = problem.participants[i]
    others = problem.participants
    by_side = np.array([p.id != me.id and (not problem.cross_side_only or p.side != me.side) for p in others])
    vetoed = {b if a == me.id else a for a, b in problem.never if me.id in (a, b)}
    by_veto = by_side & np.array([p.id not in vetoed for p in others])
    mine = spoken(problem, i)
    theirs = [spoken(problem, j) for j in range(model.n)]
    served = [frozenset(x.languages) for x in problem.interpreters if mine & frozenset(x.languages)]
    by_language = by_veto & np.array(
        [not mine or not own or bool(mine & own) or any(own & tongues for tongues in served) for own in theirs]
    )
    return by_side, by_veto, by_language, model.allowed[i] & by_language


def contradictions(model: Model) -> tuple[str, ...]:
    """The first smallest set of hard rules that contradict each other by themselves; empty when none is seen."""
    problem = model.problem
    people = problem.participants
    degree: dict[int, list[str]] = {}
    never = {frozenset(pair) for pair in problem.never}
    locked = {frozenset((i, j)): t for i, j, t in model.locks}
    for i, j in model.must:
        a, b = people[i].id, people[j].id
        rule = (
            f"{a} must meet {b}"
            if frozenset((i, j)) not in locked
            else f"{a} and {b} are locked to round {locked[frozenset((i, j))]}"
        )
        degree.setdefault(i, []).append(rule)
        degree.setdefault(j, []).append(rule)
        if frozenset((a, b)) in never:
            return (rule, f"{a} must never meet {b}")
        if problem.cross_side_only and people[i].side == people[j].side:
            return (rule, f"both are of side {people[i].side} and only pairs across sides may meet")
        if not model.allowed[i, j]:
            return (rule, _why_never(model, i, j))
    for i, rules in sorted(degree.items()):
        if len(rules) > model.high[i]:
            limit = people[i].max
            why = (
                f"{people[i].id} may have at most {limit} meetings"
                if limit == model.high[i]
                else f"{people[i].id} has only {model.high[i]} rounds for meetings"
            )
            return (*rules[: int(model.high[i]) + 1], why)
    return _lock_contradiction(model)


def _why_never(model: Model, i: int, j: int) -> str:
    people = model.problem.participants
    if not (model.presence[i] & model.presence[j]).any():
        return f"{people[i].id} and {people[j].id} have no round in common"
    if people[i].tracks and people[j].tracks and not set(people[i].tracks) & set(people[j].tracks):
        return f"{people[i].id} and {people[j].id} share no track"
    return f"{people[i].id} and {people[j].id} have no common language and no interpreter speaks to both"


def _lock_contradiction(model: Model) -> tuple[str, ...]:
    problem = model.problem
    people = problem.participants
    busy: dict[tuple[object, int], str] = {}
    per_round: dict[int, list[str]] = {}
    for (i, j, t), lock in zip(model.locks, problem.locked, strict=True):
        rule = f"{lock.a} and {lock.b} are locked to round {t}"
        for who in (i, j):
            if not model.presence[who, t]:
                return (rule, f"{people[who].id} is not available in round {t}")
            if people[who].parallel == 1:
                other = busy.setdefault((who, t), rule)
                if other is not rule:
                    return (other, rule, f"{people[who].id} has one meeting a round")
        if lock.place is not None:
            other = busy.setdefault((f"place {lock.place}", t), rule)
            if other is not rule:
                return (other, rule, f"both name place {lock.place}")
            place = next(p for p in problem.places if p.id == lock.place)
            if not round_mask(place.available, problem.rounds)[t]:
                return (rule, f"place {lock.place} is not open in round {t}")
        per_round.setdefault(t, []).append(rule)
        if len(per_round[t]) > model.capacity[t]:
            return (*per_round[t], f"only {model.capacity[t]} places are open in round {t}")
    return ()
