"""Problem in, plan with certificate out: selection and bound, rounds, polish, places, in the order of the aims."""

import time
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from matching.pairing.breaks import count_breaks, rested
from matching.pairing.explain import contradictions, find_unmet
from matching.pairing.floors import settle_floors
from matching.pairing.interpreters import Slot, pin
from matching.pairing.meets import Meets
from matching.pairing.model import Ints, Model, build_model
from matching.pairing.places import Seating, count_changes, seat_rounds
from matching.pairing.polish import Draft, Search, improve
from matching.pairing.problem import (
    Certificate,
    Delegate,
    Floor,
    Meeting,
    Plan,
    Problem,
    Result,
    index_of,
)
from matching.pairing.rounds import PINNED, Graph, colour
from matching.pairing.select import BMatching
from matching.pairing.stop import MaxRuntime, Progress, ProgressHook, Stop, noop


@dataclass(frozen=True, slots=True)
class Run:
    """How a solver may run: when to stop, with which seed, whom to tell."""

    stop: Stop
    seed: int
    on_progress: ProgressHook


def solve(
    problem: Problem, stop: Stop | None = None, seed: int | None = None, on_progress: ProgressHook = noop
) -> Result:
    """The best plan found and what is proven about it.

    Args:
        problem: what to pair.
        stop: when to return the best so far; default `MaxRuntime(problem.time_limit_s)`.
        seed: for every random choice; default `problem.seed`. Same problem, seed and iteration limit, same plan.
        on_progress: called with the stage, the best value, the bound and the gap.

    Returns:
        A plan that keeps every hard rule. Status `optimal` only when the bound is met within 1e-6; `infeasible` (with
        no meetings and the contradicting rules) only when the hard rules cannot hold together.
    """
    started = time.perf_counter()
    run = Run(
        stop if stop is not None else MaxRuntime(problem.time_limit_s),
        problem.seed if seed is None else seed,
        on_progress,
    )
    run.stop.remaining()
    result = _choose_and_schedule(problem, run)
    seconds = time.perf_counter() - started
    return Result(result.plan, replace(result.certificate, seconds=round(seconds, 4)))


def _choose_and_schedule(problem: Problem, run: Run) -> Result:
    model = build_model(problem)
    why = contradictions(model)
    if why:
        return Result(Plan(), Certificate(status="infeasible", contradiction=why))
    lp = BMatching(model)
    try:
        floors, level = settle_floors(lp)
    except ValueError as error:
        return Result(Plan(), Certificate(status="infeasible", contradiction=(str(error),)))
    bound = lp.bound()
    run.on_progress(Progress("selection", 0.0, bound, 1.0))
    pairs, _ = lp.chosen()
    draft, slots = place_in_rounds(model, pairs, floors, run)
    search = Search(run.stop, run.seed, run.on_progress, bound)
    improve(draft, lp, search)
    plan = build_plan(draft, slots)
    return Result(plan, certify(model, plan, bound, level))


def place_in_rounds(
    model: Model, pairs: list[tuple[int, int]], floors: Ints, run: Run
) -> tuple[Draft, dict[tuple[int, int], Slot]]:
    """Rounds for the chosen pairs; those for which none was found are left out of the draft."""
    meets = Meets(model, rested(model, run.seed))
    edges = _seat_edges(model, meets, pairs)
    locked = {(min(i, j), max(i, j)): t for i, j, t in model.locks}
    must = set(model.must)
    owners = [_owners(model, e) for e in edges]
    masks = [meets.rounds(*e) for e in edges]
    for e, pair in enumerate(owners):
        if pair in locked:
            masks[e] &= 1 << locked[pair]
    weight = [float(model.weight[p]) + (PINNED if p in must else 0.0) + 1e-3 for p in owners]
    apart = [
        e for e in range(len(edges)) if not masks[e] and model.interpreted is not None and model.interpreted[owners[e]]
    ]
    busy: dict[int, int] = {}
    for e, pair in enumerate(owners):
        if pair in locked:
            for seat in edges[e]:
                busy[seat] = busy.get(seat, 0) | 1 << locked[pair]
    found = pin(meets, edges, sorted(apart, key=lambda e: -weight[e]), busy)
    for e, (_, t) in found.items():
        masks[e] = 1 << t
        weight[e] += PINNED
    graph = Graph(edges, masks, weight, meets.seat_bits, [int(c) for c in model.capacity])
    rounds = colour(graph, run.seed, run.stop)
    placed = {edges[e]: t for e, t in enumerate(rounds) if t >= 0}
    slots = {edges[e]: slot for e, slot in found.items() if rounds[e] >= 0}
    pinned = {edges[e] for e in range(len(edges)) if rounds[e] >= 0 and (owners[e] in locked or e in found)}
    return Draft(model, meets, placed, pinned, floors.astype(float)), slots


def _owners(model: Model, edge: tuple[int, int]) -> tuple[int, int]:
    a, b = (model.seats[x].owner for x in edge)
    return (a, b) if a < b else (b, a)


def _seat_edges(model: Model, meets: Meets, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Deal each participant's pairs out to its seats, the least used for its rounds first."""
    load = [0] * len(model.seats)
    room = [max(1, mask.bit_count()) for mask in meets.seat_bits]
    edges = []
    for i, j in sorted(pairs, key=lambda p: (-model.weight[p], p)):
        options = [(s, t) for s in model.seats_by_owner[i] for t in model.seats_by_owner[j]]
        s, t = min(
            options,
            key=lambda o: (meets.rounds(*o) == 0, (load[o[0]] + 1) / room[o[0]] + (load[o[1]] + 1) / room[o[1]]),
        )
        load[s] += 1
        load[t] += 1
        edges.append((min(s, t), max(s, t)))
    return edges


def build_plan(draft: Draft, slots: dict[tuple[int, int], Slot]) -> Plan:
    """Places, interpreters and delegates for the draft's meetings."""
    model = draft.model
    problem = model.problem
    index = index_of(problem.participants)
    fixed = {}
    for k in problem.locked:
        if k.place is not None:
            i, j = index[k.a], index[k.b]
            fixed[min(i, j), max(i, j), k.round] = k.place
    by_round: list[list[tuple[int, int]]] = [[] for _ in range(problem.rounds)]
    for edge, t in sorted(draft.placed.items(), key=lambda item: (item[1], draft.owners(item[0]))):
        by_round[t].append(edge)
    owners = [[draft.owners(e) for e in edges] for edges in by_round]
    seated = seat_rounds(Seating(problem, fixed), owners)
    meetings = []
    for t, edges in enumerate(by_round):
        for edge, pair, place in zip(edges, owners[t], seated[t], strict=True):
            if place is None:
                continue
            first, second = edge if model.seats[edge[0]].owner == pair[0] else edge[::-1]
            slot = slots.get(edge)
            speakers = _delegates(draft, first, second, t, slot)
            meetings.append(
                Meeting(
                    problem.participants[pair[0]].id,
                    problem.participants[pair[1]].id,
                    t,
                    place,
                    None if slot is None else problem.interpreters[slot[0]].id,
                    *speakers,
                )
            )
    return Plan(tuple(meetings))


def _delegates(draft: Draft, first: int, second: int, t: int, slot: Slot | None) -> tuple[str | None, str | None]:
    """The delegates who sit down: available, and understanding each other (or the interpreter)."""
    problem = draft.model.problem
    mine, theirs = draft.model.seats[first], draft.model.seats[second]
    known = None if slot is None else set(problem.interpreters[slot[0]].languages)

    def present(people: tuple[Delegate, ...]) -> list[Delegate | None]:
        return [d for d in people if d.available is None or t in d.available] or [None]

    def words(owner: int, delegate: Delegate | None) -> set[str]:
        own = problem.participants[owner].languages
        return set(delegate.languages or own) if delegate else set(own)

    for one in present(mine.delegates):
        for other in present(theirs.delegates):
            a, b = words(mine.owner, one), words(theirs.owner, other)
            direct = not a or not b or bool(a & b)
            if direct if known is None else bool(a & known and b & known):
                return (one.id if one else None, other.id if other else None)
    return (None, None)


def certify(model: Model, plan: Plan, bound: float, level: int) -> Certificate:
    """What holds for this plan, given a bound on the utility and on the floor level."""
    problem = model.problem
    index = index_of(problem.participants)
    pairs = [(index[m.a], index[m.b]) for m in plan.meetings]
    degree = Counter(x for pair in pairs for x in pair)
    utility = float(sum(model.weight[p] for p in pairs))
    met = {(min(p), max(p)) for p in pairs}
    missed = tuple((problem.participants[i].id, problem.participants[j].id) for i, j in model.must if (i, j) not in met)
    unmet = find_unmet(model, degree)
    gap = max(0.0, (bound - utility) / bound) if bound > 0 else 0.0
    floor = _floor(model, degree, level)
    kept = floor.reached >= level and not missed
    proven = kept and bound - utility <= 1e-6 * max(1.0, abs(bound))
    holes = [count_breaks(rounds) for rounds in _rounds_of(plan).values()]
    by_round: list[list[Meeting]] = [[m for m in plan.meetings if m.round == t] for t in range(problem.rounds)]
    return Certificate(
        status="optimal" if proven else "feasible",
        utility=utility,
        bound=max(bound, utility),
        gap=0.0 if proven else gap,
        floor=floor,
        unmet=unmet,
        missed_must=missed,
        distribution=tuple(np.bincount([degree[i] for i in range(model.n)], minlength=1).tolist()) if model.n else (),
        breaks=sum(b for b, _ in holes),
        idle_rounds=sum(i for _, i in holes),
        place_changes=count_changes(
            [[(index[m.a], index[m.b]) for m in ms] for ms in by_round],
            [[m.place for m in ms] for ms in by_round],
        ),
        interpreted=sum(1 for m in plan.meetings if m.interpreter is not None),
    )


def _floor(model: Model, degree: Counter[int], level: int) -> Floor:
    asked = [p.min for p in model.problem.participants]
    got = [degree[i] for i in range(model.n)]
    short = [g for g, a in zip(got, asked, strict=True) if g < a]
    requested = max(asked, default=0)
    return Floor(requested, min(short) if short else requested, min(got, default=0), level)


def _rounds_of(plan: Plan) -> dict[str, list[int]]:
    rounds: dict[str, list[int]] = {}
    for m in plan.meetings:
        rounds.setdefault(m.a, []).append(m.round)
        rounds.setdefault(m.b, []).append(m.round)
    return rounds
