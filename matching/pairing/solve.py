"""Problem in, plan with certificate out: selection and bound, rounds, polish, places, in the order of the aims."""

import time
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from matching.pairing.breaks import rested
from matching.pairing.contradiction import contradicting_rules, some_rounds
from matching.pairing.explain import contradictions
from matching.pairing.floors import settle_floors
from matching.pairing.given import place_requested
from matching.pairing.idle import IdleSearch, Rules, Tries
from matching.pairing.interpreters import Slot, Waiting, pin
from matching.pairing.meets import Meets
from matching.pairing.model import Ints, Model, build_model
from matching.pairing.plan import Sitting, build_plan, describe, owners_of
from matching.pairing.polish import Draft, Search, improve
from matching.pairing.problem import Certificate, Lock, PlaceId, Plan, Problem, Result
from matching.pairing.requested import must_task
from matching.pairing.rounds import PINNED, Graph, colour, colour_around
from matching.pairing.select import BMatching
from matching.pairing.sound import sound
from matching.pairing.stop import Earlier, MaxRuntime, Progress, ProgressHook, Run, Stop, noop


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
    result = place_requested(problem, run) if problem.requested else choose_and_schedule(problem, run)
    seconds = time.perf_counter() - started
    return Result(result.plan, replace(result.certificate, seconds=round(seconds, 4)))


@dataclass(frozen=True, slots=True)
class Stay:
    """Pairs that should keep their round: worth `bonus` more, and at most the share `movable` of them
    is moved to make room for others."""

    rounds: dict[tuple[int, int], int]
    places: dict[tuple[int, int, int], PlaceId]
    bonus: float = 0.15
    movable: float = 0.014


def choose_and_schedule(problem: Problem, run: Run, stay: Stay | None = None) -> Result:
    """Choose the pairs by the linear program, give them rounds, mend what is left, and certify.

    With `stay` nothing is mended and no round is changed for shorter waits: the caller fills what is left open.
    Promised meetings (musts and locks) that found no round are either proven to contradict each other, or get rounds
    together first, and the others are planned around them.
    """
    model = build_model(problem)
    result = _planned(model, run, stay)
    if not result.certificate.missed_must:
        return result
    task = must_task(model)
    clash = contradicting_rules(task)
    if clash:
        return Result(Plan(), Certificate(status="infeasible", contradiction=clash))
    rounds = some_rounds(task)
    if rounds is None:
        return result
    again = _planned(build_model(_held_to(model, rounds)), run, stay)
    return min(result, again, key=lambda found: len(found.certificate.missed_must))


def _held_to(model: Model, rounds: list[int]) -> Problem:
    """The problem with every promised pair locked to a round; its bound is the same, for the LP knows no rounds."""
    people = model.problem.participants
    more = [
        Lock(people[i].id, people[j].id, t)
        for (i, j), t in zip(model.must, rounds, strict=True)
        if (i, j) not in model.locked
    ]
    return replace(model.problem, locked=(*model.problem.locked, *more))


def _planned(model: Model, run: Run, stay: Stay | None) -> Result:
    """One pass: selection and bound, rounds, polish, waits, places."""
    problem = model.problem
    why = contradictions(model)
    if why:
        return Result(Plan(), Certificate(status="infeasible", contradiction=why))
    lp = BMatching(model)
    unfloored = lp.bound() if lp.solve() else 0.0
    try:
        floors, level = settle_floors(lp)
    except ValueError as error:
        words = contradicting_rules(must_task(model)) or (str(error),)
        return Result(Plan(), Certificate(status="infeasible", contradiction=words))
    bound = lp.bound()
    run.on_progress(Progress("selection", 0.0, bound, 1.0))
    if stay is not None and stay.rounds:
        lp.prefer(np.array(sorted(stay.rounds), dtype=np.int64), stay.bonus)
        lp.solve()
    waits = (0, 0)
    pairs, _ = lp.chosen()
    draft, slots = place_in_rounds(model, pairs, run, stay)
    draft.floors[:] = floors
    if stay is None:
        enough = bound * (1.0 - problem.tolerance)
        stop = Earlier(run.stop, min(3.0, 0.05 * run.stop.remaining()))
        improve(draft, lp, pairs, Search(stop, run.seed, run.on_progress, bound, enough))
        waits = wait_less(draft, run)
    sittings = [Sitting(edge, t, slots.get(edge)) for edge, t in draft.placed.items()]
    plan = sound(problem, build_plan(model, sittings, {} if stay is None else stay.places))
    certificate = certify(model, plan, bound, (floors, level))
    prices = (("price_of_floors", max(0.0, unfloored - bound)), ("breaks_saved", waits[0]), ("idle_saved", waits[1]))
    return Result(plan, replace(certificate, aims=tuple((name, float(value)) for name, value in prices)))


def wait_less(draft: Draft, run: Run) -> tuple[int, int]:
    """Fewer breaks and idle rounds among the same meetings; how many of each were saved."""
    edges = list(draft.placed)
    model = draft.model
    masks = [draft.open_rounds(e) for e in edges]
    graph = Graph(edges, masks, [1.0] * len(edges), draft.meets.seat_bits, [int(c) for c in model.capacity])
    rules = Rules([seat.owner for seat in model.seats])
    search = IdleSearch(graph, rules, [draft.placed[e] for e in edges], run.seed)
    before = search.total()
    after = search.run(run.stop, Tries(moves=min(60_000, 15 * len(edges))))
    draft.placed.update(zip(edges, search.best, strict=True))
    return before[0] - after[0], before[1] - after[1]


def place_in_rounds(
    model: Model, pairs: list[tuple[int, int]], run: Run, stay: Stay | None = None
) -> tuple[Draft, dict[tuple[int, int], Slot]]:
    """Rounds for the chosen pairs; those for which none was found are left out of the draft."""
    meets = Meets(model, rested(model, run.seed))
    edges = seat_edges(model, meets, pairs)
    must = set(model.must)
    owners = [owners_of(model, e) for e in edges]
    masks = [meets.rounds(*e) & _within(model, p) for e, p in zip(edges, owners, strict=True)]
    weight = [float(model.weight[p]) + (2 * PINNED if p in must else 0.0) + 1e-3 for p in owners]
    found = _interpreted(model, meets, edges, masks, weight)
    for e, (_, t) in found.items():
        masks[e] = 1 << t
        weight[e] += PINNED
    graph = Graph(edges, masks, weight, meets.seat_bits, [int(c) for c in model.capacity])
    if stay is None:
        rounds = colour(graph, run.seed, run.stop)
    else:
        kept = {e: stay.rounds[p] for e, p in enumerate(owners) if p in stay.rounds and masks[e] >> stay.rounds[p] & 1}
        rounds = colour_around(graph, run.seed, kept, int(stay.movable * len(kept)))
    placed = {edges[e]: t for e, t in enumerate(rounds) if t >= 0}
    slots = {edges[e]: slot for e, slot in found.items() if rounds[e] >= 0}
    pinned = {edges[e] for e in range(len(edges)) if rounds[e] >= 0 and (owners[e] in model.locked or e in found)}
    return Draft(model, meets, placed, pinned, np.zeros(model.n)), slots


def _within(model: Model, pair: tuple[int, int]) -> int:
    """Rounds a pair may have at all: that of its lock, else every one."""
    return 1 << model.locked[pair] if pair in model.locked else (1 << model.problem.rounds) - 1


def _interpreted(
    model: Model, meets: Meets, edges: list[tuple[int, int]], masks: list[int], weight: list[float]
) -> dict[int, Slot]:
    """Slots for the chosen pairs without a common language, heaviest first; for promised pairs also where only the
    delegates who are there then have none."""
    if not model.problem.interpreters:
        return {}
    owners = [owners_of(model, e) for e in edges]
    apart = [
        e
        for e, pair in enumerate(owners)
        if not masks[e] and (weight[e] >= PINNED or (model.interpreted is not None and bool(model.interpreted[pair])))
    ]
    promised = {seat for e in apart if weight[e] >= PINNED for seat in edges[e]}
    busy: dict[int, int] = {}
    for e, mask in enumerate(masks):
        if mask.bit_count() == 1:
            for seat in edges[e]:
                if weight[e] >= PINNED or seat not in promised:  # nothing stands in the way of what is promised
                    busy[seat] = busy.get(seat, 0) | mask
    within = [_within(model, pair) for pair in owners]
    return pin(meets, Waiting(edges, _neediest_first(model, edges, apart, weight), within), busy)


def _neediest_first(model: Model, edges: list[tuple[int, int]], apart: list[int], weight: list[float]) -> list[int]:
    """Musts, then pairs of people whose floor hangs on an interpreter, then the best pairs."""
    need = model.low.copy()
    for e in set(range(len(edges))) - set(apart):
        need[list(owners_of(model, edges[e]))] -= 1
    order: list[int] = []
    left = set(apart)
    while left:
        e = max(
            left,
            key=lambda e: (weight[e] >= PINNED, int((need[list(owners_of(model, edges[e]))] > 0).sum()), weight[e], -e),
        )
        left.remove(e)
        order.append(e)
        need[list(owners_of(model, edges[e]))] -= 1
    return order


def seat_edges(model: Model, meets: Meets, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Deal each participant's pairs out to its seats, the least used for its rounds first; locked pairs before all."""
    load = [0] * len(model.seats)
    room = [max(1, mask.bit_count()) for mask in meets.seat_bits]
    taken = [0] * len(model.seats)

    def strain(option: tuple[int, int], within: int) -> tuple[bool, bool, bool, float]:
        s, t = option
        there = meets.seat_bits[s] & meets.seat_bits[t] & within
        clash = bool(within & (taken[s] | taken[t])) and within.bit_count() == 1
        spoken = bool(meets.rounds(s, t) & within)
        return (clash, not there, not spoken, sum((load[x] + 1) / room[x] for x in option))

    edges = []
    for i, j in sorted(pairs, key=lambda p: (p not in model.locked, -model.weight[p], p)):
        within = _within(model, (i, j))
        options = [(s, t) for s in model.seats_by_owner[i] for t in model.seats_by_owner[j]]
        s, t = options[0] if len(options) == 1 else min(options, key=lambda option: strain(option, within))
        if (i, j) in model.locked:
            taken[s] |= within
            taken[t] |= within
        load[s] += 1
        load[t] += 1
        edges.append((min(s, t), max(s, t)))
    return edges


def certify(model: Model, plan: Plan, bound: float, promised: tuple[Ints, int]) -> Certificate:
    """What holds for this plan, given the floors promised, a bound on their level, and one on the utility of plans that
    keep them."""
    floors, level = promised
    found = describe(model, plan)
    held = Counter(who for m in plan.meetings for who in (m.a, m.b))
    got = np.array([held[p.id] for p in model.problem.participants])
    kept = bool((got >= floors).all()) and not found.missed_must
    proven = kept and bound - found.utility <= 1e-6 * max(1.0, abs(bound))
    gap = max(0.0, (bound - found.utility) / bound) if bound > 0 else 0.0
    return replace(
        found,
        status="optimal" if proven else "feasible",
        bound=max(bound, found.utility),
        gap=0.0 if proven else gap,
        floor=replace(found.floor, bound=level),
    )
