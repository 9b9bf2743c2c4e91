"""Plans for requested meetings: MaxSAT where it is small enough to be proven, then fewer idle rounds, then places."""

from collections import Counter
from dataclasses import dataclass, replace

from matching.pairing.breaks import rested
from matching.pairing.contradiction import contradicting_rules, some_rounds
from matching.pairing.idle import IdleSearch, Rules, Tries
from matching.pairing.interpreters import Slot, Waiting, pin
from matching.pairing.maxsat import minimise
from matching.pairing.meets import Meets
from matching.pairing.model import build_model
from matching.pairing.places import match
from matching.pairing.plan import Sitting, build_plan, describe
from matching.pairing.problem import Certificate, Plan, Problem, Result
from matching.pairing.requested import Task, build_task, encode
from matching.pairing.rounds import PINNED, Graph, colour
from matching.pairing.sound import sound
from matching.pairing.stop import Earlier, Progress, Run

_FEW = 400  # meetings for which any plan at all is asked of the SAT engine when there was no time for more
_SOON = 2_000  # conflicts it may take
PROVABLE = 1200  # meetings up to which MaxSAT is tried
_IDLE = Tries(moves=60_000, warm=2.0)


@dataclass(frozen=True, slots=True)
class Placing:
    """Rounds of the requested meetings (None: none found) and a lower bound on the breaks of any plan."""

    rounds: list[int] | None
    lower: int = 0
    why: tuple[str, ...] = ()


def place_requested(problem: Problem, run: Run) -> Result:
    """All requested meetings in rounds with the fewest breaks, then the fewest idle rounds.

    Status `optimal` = the number of breaks is proven least; `infeasible` = proven that they cannot all take place. When
    time ends before any plan is known the plan holds the meetings that were placed, with status `feasible` and the
    others in `missed_must`.
    """
    model = build_model(problem)
    task = build_task(model)
    why = _impossible(task)
    placing = Placing(None, 0, why) if why else _place(task, run)
    if placing.why:
        return Result(Plan(), Certificate(status="infeasible", contradiction=placing.why))
    rounds = placing.rounds or _placed_at_once(task) or _coloured(task, run)
    if all(t >= 0 for t in rounds):
        rounds = _less_idle(task, rounds, run)
    plan = sound(problem, build_plan(model, _sittings(task, rounds)))
    return Result(plan, _certificate(task, plan, placing.lower))


def _placed_at_once(task: Task) -> list[int] | None:
    """Rounds that keep every rule, where they are found soon: colouring knows nothing of fairness."""
    return some_rounds(task, _SOON) if len(task.pairs) <= _FEW else None


def _impossible(task: Task) -> tuple[str, ...]:
    """A meeting without any round left, by itself or because of the order of meetings."""
    wishes = task.model.problem.requested
    for m, mask in enumerate(task.unordered):
        if not mask:
            a, b = wishes[m].a, wishes[m].b
            return (f"meeting {m} ({a} with {b}) is requested", f"no round is open to {a} and {b} for it")
    why = _too_many(task)
    if all(task.masks) or why:
        return why
    return contradicting_rules(task) or ("the order of the requested meetings leaves one of them no round",)


def _too_many(task: Task) -> tuple[str, ...]:
    """Somebody with more requested meetings than rounds to hold them in."""
    model = task.model
    asked = Counter(end for pair in task.pairs for end in pair)
    for who, meetings in asked.items():
        rounds = sum(model.seat_bits[seat].bit_count() for seat in model.seats_by_owner[who])
        if meetings > rounds:
            name = model.problem.participants[who].id
            return (f"{name} has {meetings} requested meetings", f"{name} has time for {rounds} at most")
    return ()


def _place(task: Task, run: Run) -> Placing:
    if len(task.pairs) > PROVABLE:
        return Placing(None)
    encoding = encode(task)

    def tell(lower: int) -> None:
        run.on_progress(Progress("breaks", float("nan"), float(lower), float("nan")))

    stop = Earlier(run.stop, min(5.0, 0.15 * run.stop.remaining()))
    answer = minimise(encoding.formula, max(encoding.at.values(), default=0), stop, tell)
    if answer.hopeless:
        why = contradicting_rules(task) or ("the requested meetings cannot all take place under these rules",)
        return Placing(None, 0, why)
    rounds = None if answer.model is None else encoding.decode(answer.model)
    return Placing(rounds, answer.lower)


def _coloured(task: Task, run: Run) -> list[int]:
    """Rounds by edge colouring, for tasks too large for MaxSAT; meetings bound by order are held to disjoint halves."""
    edges = _edges(task)
    masks = _ordered_masks(task)
    meets = Meets(task.model, rested(task.model, run.seed))
    # Seats that understand each other, whereas a task counts the rounds of any two seats.
    direct = [mask & meets.rounds(*edge) for mask, edge in zip(masks, edges, strict=True)]
    slots = pin(meets, Waiting(edges, [m for m in sorted(task.served) if not direct[m]], masks), {})
    masks = [1 << slots[m][1] if m in slots else mask for m, mask in enumerate(direct)]
    capacity = [int(c) for c in task.model.capacity]
    graph = Graph(edges, masks, [PINNED] * len(edges), meets.seat_bits, capacity)
    return colour(graph, run.seed, run.stop, 20_000)


def _ordered_masks(task: Task) -> list[int]:
    """Masks in which every order between meetings holds whatever rounds are chosen: windows cut in the middle."""
    masks = list(task.masks)
    for first, later in task.model.problem.precedences:
        low = (masks[first] & -masks[first]).bit_length()
        high = masks[later].bit_length() - 1
        if masks[first].bit_length() <= (masks[later] & -masks[later]).bit_length() - 1:
            continue
        cut = (low + high) // 2
        masks[first] &= (1 << cut) - 1
        masks[later] = masks[later] >> cut << cut
    return masks


def _edges(task: Task) -> list[tuple[int, int]]:
    """Seats for the meetings: each participant's in turn."""
    turn = [0] * task.model.n
    edges = []
    for i, j in task.pairs:
        found = []
        for owner in (i, j):
            seats = task.model.seats_by_owner[owner]
            found.append(seats[turn[owner] % len(seats)])
            turn[owner] += 1
        edges.append((found[0], found[1]))
    return edges


def _less_idle(task: Task, rounds: list[int], run: Run) -> list[int]:
    """The same meetings with no more breaks and fewer idle rounds."""
    problem = task.model.problem
    if any(p.parallel > 1 for p in problem.participants):
        return rounds
    capacity = [int(c) for c in task.model.capacity]
    graph = Graph(_edges(task), task.masks, [1.0] * len(rounds), task.model.seat_bits, capacity)
    rules = Rules(
        owner=[seat.owner for seat in task.model.seats],
        pinned=frozenset(task.served),
        precedences=problem.precedences,
        fairness=problem.fairness,
    )
    if any(x is not None for x in (problem.max_consecutive, *(p.max_consecutive for p in problem.participants))):
        return rounds
    search = IdleSearch(graph, rules, rounds, run.seed)
    search.run(run.stop, _IDLE)
    return search.best


def _sittings(task: Task, rounds: list[int]) -> list[Sitting]:
    """Seats and interpreters for the meetings of each round; who has least choice of seats sits down first."""
    meets = Meets(task.model)
    found = []
    for t in range(task.rounds):
        here = [m for m, r in enumerate(rounds) if r == t]
        slots = _interpreters(task, here, t)
        options = {m: _seat_pairs(task, meets, m, t) for m in here}
        taken: set[int] = set()
        for m in sorted(here, key=lambda m: len(options[m])):
            edge = _seats(task, options[m], m, taken)
            taken.update(edge)
            found.append(Sitting(edge, t, slots.get(m)))
    return found


def _seat_pairs(task: Task, meets: Meets, m: int, t: int) -> list[tuple[int, int]]:
    """Pairs of seats that understand each other in the round; every pair where none does."""
    pairs = _all_seat_pairs(task, m)
    return [pair for pair in pairs if meets.rounds(*pair) >> t & 1] or pairs


def _all_seat_pairs(task: Task, m: int) -> list[tuple[int, int]]:
    i, j = task.pairs[m]
    return [(s, r) for s in task.model.seats_by_owner[i] for r in task.model.seats_by_owner[j]]


def _seats(task: Task, options: list[tuple[int, int]], m: int, taken: set[int]) -> tuple[int, int]:
    every = [*options, *_all_seat_pairs(task, m)]
    s, r = next((pair for pair in every if not taken & set(pair)), every[0])
    return (min(s, r), max(s, r))


def _interpreters(task: Task, here: list[int], t: int) -> dict[int, Slot]:
    served = [m for m in here if any(rounds >> t & 1 for rounds in task.served.get(m, ()))]
    options = [[k for k, mask in enumerate(task.served[m]) if mask >> t & 1] for m in served]
    found = match(options, range(len(served)))
    return {m: (int(k), t) for m, k in zip(served, found, strict=True) if k is not None}


def _certificate(task: Task, plan: Plan, lower: int) -> Certificate:
    problem = task.model.problem
    found = describe(task.model, plan)
    held = Counter(frozenset((m.a, m.b)) for m in plan.meetings)
    missed = []
    for wish in problem.requested:
        held[frozenset((wish.a, wish.b))] -= 1
        if held[frozenset((wish.a, wish.b))] < 0:
            missed.append((wish.a, wish.b))
    proven = not missed and found.breaks <= lower
    bound = float(min(lower, found.breaks))
    return replace(
        found,
        status="optimal" if proven else "feasible",
        bound=bound,
        gap=0.0 if proven else (found.breaks - bound) / max(1.0, bound),
        missed_must=tuple(missed),
    )
