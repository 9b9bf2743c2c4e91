"""Requested meetings: the pairs are given, only rounds are chosen (the B2B meeting scheduling problem).

Fewest breaks under availability, sessions, fixed meetings, precedences, places, fairness |breaks(p) − breaks(q)| ≤ d.
Encoded as MaxSAT after Bofill, Coll, Garcia, Giráldez-Cru, Pesant, Suy & Villaret (JAIR, article 12670): a variable for
each meeting and round, `used` variables with exact counts per person (the implied constraints that matter), table
counters whose meetings are ordered by shared participant, prefix variables for breaks.
"""

from dataclasses import dataclass

from matching.pairing.maxsat import Formula
from matching.pairing.meets import Meets
from matching.pairing.model import Model, consecutive_limit
from matching.pairing.problem import Requested, index_of
from matching.pairing.rounds import bits


@dataclass(frozen=True, slots=True)
class Task:
    """Given meetings as data: the two seats' owners, the rounds open to each, who meets whom."""

    model: Model
    pairs: list[tuple[int, int]]
    masks: list[int]  # rounds open to each meeting, without those that the order of meetings rules out
    served: dict[int, list[int]]  # meeting -> rounds of each interpreter, in rounds without a common language only
    names: list[str]  # each meeting as a rule in plain words
    precedences: tuple[tuple[int, int], ...] = ()
    fairness: int | None = None
    unordered: tuple[int, ...] = ()  # the same rounds before the order of meetings cut them

    @property
    def rounds(self) -> int:
        """Rounds of the event."""
        return self.model.problem.rounds

    def meetings_of(self) -> list[list[int]]:
        """Meetings of each participant."""
        found: list[list[int]] = [[] for _ in range(self.model.n)]
        for m, (i, j) in enumerate(self.pairs):
            found[i].append(m)
            found[j].append(m)
        return found


def build_task(model: Model) -> Task:
    """Rounds open to each requested meeting, by its own rounds, its people, languages, tracks and fixed rounds."""
    problem = model.problem
    index = index_of(problem.participants)
    meets = Meets(model)
    everything = meets.everything
    fixed = dict(problem.fixed)
    pairs: list[tuple[int, int]] = []
    masks: list[int] = []
    served: dict[int, list[int]] = {}
    for m, wish in enumerate(problem.requested):
        i, j = index[wish.a], index[wish.b]
        mask = everything if wish.rounds is None else sum(1 << t for t in wish.rounds)
        if m in fixed:
            mask &= 1 << fixed[m]
        pairs.append((i, j))
        masks.append(_open_rounds(meets, (i, j), mask, served, m))
    names = [_in_words(m, wish, fixed.get(m)) for m, wish in enumerate(problem.requested)]
    windows = _order_windows(problem.precedences, masks)
    return Task(model, pairs, windows, served, names, problem.precedences, problem.fairness, tuple(masks))


def _in_words(m: int, wish: Requested, fixed: int | None) -> str:
    when = "" if wish.rounds is None else f" in one of the rounds {', '.join(map(str, wish.rounds))}"
    asked = "requested" if fixed is None else f"fixed to round {fixed}"
    return f"meeting {m} ({wish.a} with {wish.b}) is {asked}{when}"


def must_task(model: Model) -> Task:
    """The musts and locks of an event as given meetings: can they all take place?"""
    meets = Meets(model)
    people = model.problem.participants
    masks: list[int] = []
    names: list[str] = []
    served: dict[int, list[int]] = {}
    for m, (i, j) in enumerate(model.must):
        t = model.locked.get((i, j))
        masks.append(_open_rounds(meets, (i, j), meets.everything if t is None else 1 << t, served, m))
        one, other = people[i].id, people[j].id
        names.append(f"{one} must meet {other}" if t is None else f"{one} and {other} are locked to round {t}")
    return Task(model, list(model.must), masks, served, names)


def _open_rounds(meets: Meets, pair: tuple[int, int], within: int, served: dict[int, list[int]], m: int) -> int:
    """Rounds open to meeting m, with an interpreter where there is no common language; those are noted in `served`."""
    direct = mask = _any_seat(meets, *pair) & within
    there = [_seat_rounds(meets, who) for who in pair]
    if there[0] & there[1] & within & ~direct:
        each = [_any_seat(meets, *pair, k) & within & ~direct for k in range(len(meets.model.problem.interpreters))]
        if any(each):
            served[m] = each
        for rounds in each:
            mask |= rounds
    return mask


def _seat_rounds(meets: Meets, who: int) -> int:
    """Rounds in which some seat of the participant is open."""
    mask = 0
    for seat in meets.model.seats_by_owner[who]:
        mask |= meets.seat_bits[seat]
    return mask


def _any_seat(meets: Meets, i: int, j: int, interpreter: int | None = None) -> int:
    mask = 0
    for s in meets.model.seats_by_owner[i]:
        for t in meets.model.seats_by_owner[j]:
            mask |= meets.rounds(s, t) if interpreter is None else meets.interpreted_rounds(s, t, interpreter)
    return mask


def _order_windows(precedences: tuple[tuple[int, int], ...], masks: list[int]) -> list[int]:
    """Cut rounds that an order between meetings rules out by itself, until nothing changes."""
    masks = list(masks)
    changed = True
    while changed:
        changed = False
        for first, later in precedences:
            if not masks[first] or not masks[later]:
                continue
            low = (masks[first] & -masks[first]).bit_length()
            high = masks[later].bit_length() - 1
            for m, mask in ((later, masks[later] >> low << low), (first, masks[first] & ((1 << max(0, high)) - 1))):
                changed |= mask != masks[m]
                masks[m] = mask
    return masks


@dataclass(eq=False)
class Encoding:
    """The formula of a task; variables of (meeting, round) come first."""

    task: Task
    formula: Formula
    at: dict[tuple[int, int], int]
    used: dict[tuple[int, int], int]
    rules: dict[int, str] | None = None  # with words: the variable that switches a rule on -> the rule

    def under(self, words: str) -> None:
        """What follows belongs to this rule, when rules are told apart."""
        if self.rules is not None:
            self.formula.guard = 0
            self.formula.guard = self.formula.fresh()
            self.rules[self.formula.guard] = words

    def always(self) -> None:
        """What follows belongs to no rule."""
        self.formula.guard = 0

    def decode(self, model: frozenset[int]) -> list[int]:
        """The round of each meeting."""
        found = [-1] * len(self.task.pairs)
        for (m, t), variable in self.at.items():
            if variable in model:
                found[m] = t
        return found


def encode(task: Task, told_apart: bool = False) -> Encoding:
    """The whole problem as clauses; a break costs 1. With `told_apart` every rule has a switch and implied counts are
    left out, so that the rules that contradict each other can be found."""
    formula = Formula()
    at = {(m, t): formula.fresh() for m, mask in enumerate(task.masks) for t in bits(mask)}
    encoding = Encoding(task, formula, at, {}, {} if told_apart else None)
    for m, mask in enumerate(task.masks):
        rounds = [at[m, t] for t in bits(mask)]
        encoding.under(task.names[m])
        formula.add(*rounds)
        encoding.always()
        for k, one in enumerate(rounds):
            for other in rounds[:k]:
                formula.add(-one, -other)
    mine = task.meetings_of()
    for i, meetings in enumerate(mine):
        _person(encoding, i, meetings)
    _places(encoding, mine)
    _interpreters(encoding)
    _precedences(encoding)
    _fairness(encoding, [_breaks(encoding, i) for i, meetings in enumerate(mine) if len(meetings) > 1], mine)
    return encoding


def _person(encoding: Encoding, i: int, meetings: list[int]) -> None:
    """`used[i, t]` holds exactly when i meets somebody in t; one meeting a round; rests; exact counts."""
    task, formula = encoding.task, encoding.formula
    parallel = task.model.problem.participants[i].parallel
    who = task.model.problem.participants[i].id
    for t in range(task.rounds):
        here = [encoding.at[m, t] for m in meetings if (m, t) in encoding.at]
        if not here:
            continue
        used = encoding.used[i, t] = formula.fresh()
        formula.add(-used, *here)
        for one in here:
            formula.add(-one, used)
        seats = int(sum(task.model.open[s, t] for s in task.model.seats_by_owner[i]))
        if len(here) > min(parallel, seats):
            encoding.under(f"{who} holds at most {min(parallel, seats)} meetings in round {t}")
            formula.at_most(here, min(parallel, seats))
            encoding.always()
    limit = consecutive_limit(task.model.problem, i)
    if limit is not None:
        encoding.under(f"{who} has at most {limit} meetings in a row")
        for start in range(task.rounds - limit):
            window = [encoding.used.get((i, t)) for t in range(start, start + limit + 1)]
            if None not in window:
                formula.add(*(-x for x in window if x is not None))
    encoding.always()
    if parallel == 1 and encoding.rules is None:
        _counts(encoding, i, meetings)


def _counts(encoding: Encoding, i: int, meetings: list[int]) -> None:
    """Implied: as many used rounds as meetings, overall and within each window some meetings are bound to."""
    task, formula = encoding.task, encoding.formula
    everything = (1 << task.rounds) - 1
    wishes = task.model.problem.requested
    own = [wishes[m].rounds for m in meetings]
    windows = [everything if rounds is None else sum(1 << t for t in rounds) for rounds in own]
    spans = {everything: len(meetings)}
    for window in dict.fromkeys(windows):
        for part in (window, everything & ~window):
            spans[part] = sum(1 for mask in windows if not mask & ~part)
    for span, least in spans.items() if len(spans) <= 5 else [(everything, len(meetings))]:
        inside = [encoding.used[i, t] for t in bits(span) if (i, t) in encoding.used]
        outside = sum(1 for mask in windows if not mask & span)
        most = len(meetings) - outside
        if least == most and least <= len(inside):
            formula.exactly(inside, least)
            continue
        if 0 < least <= len(inside):
            formula.at_least(inside, least)
        if most < len(inside):
            formula.at_most(inside, most)


def _places(encoding: Encoding, mine: list[list[int]]) -> None:
    """No more meetings than places; meetings stand beside others of their busiest participant in the counter."""
    task, formula = encoding.task, encoding.formula
    order = sorted(range(len(task.pairs)), key=lambda m: (min(task.pairs[m], key=lambda i: -len(mine[i])), m))
    for t in range(task.rounds):
        places = int(task.model.capacity[t])
        encoding.under(f"round {t} has {places} places")
        formula.at_most([encoding.at[m, t] for m in order if (m, t) in encoding.at], places)
        encoding.always()
        people = [encoding.used[i, t] for i in range(task.model.n) if (i, t) in encoding.used]
        if encoding.rules is None and all(p.parallel == 1 for p in task.model.problem.participants):
            formula.at_most(people, 2 * places)


def _interpreters(encoding: Encoding) -> None:
    """A meeting without a common language takes one interpreter in its round; an interpreter serves one."""
    task, formula = encoding.task, encoding.formula
    serving: dict[tuple[int, int], list[int]] = {}
    for m, each in task.served.items():
        for t in bits(task.masks[m]):
            choices = []
            for k, rounds in enumerate(each):
                if rounds >> t & 1:
                    chosen = formula.fresh()
                    choices.append(chosen)
                    serving.setdefault((k, t), []).append(chosen)
            if choices:  # else they understand each other in this round
                formula.add(-encoding.at[m, t], *choices)
    for (k, t), meetings in serving.items():
        encoding.under(f"{task.model.problem.interpreters[k].id} serves one meeting in round {t}")
        formula.at_most(meetings, 1)
    encoding.always()


def _precedences(encoding: Encoding) -> None:
    """The later meeting only in rounds after the first one. Where rules are told apart no rule holds more than its
    words: that either meeting takes place is another rule."""
    task, at = encoding.task, encoding.at
    for first, later in task.precedences:
        encoding.under(f"meeting {first} comes before meeting {later}")
        if encoding.rules is not None:
            for t in bits(task.masks[later]):
                for r in bits(task.masks[first] >> t << t):
                    encoding.formula.add(-at[later, t], -at[first, r])
            continue
        for t in bits(task.masks[later]):
            encoding.formula.add(-at[later, t], *(at[first, r] for r in bits(task.masks[first]) if r < t))
        for r in bits(task.masks[first]):
            encoding.formula.add(-at[first, r], *(at[later, t] for t in bits(task.masks[later]) if t > r))
    encoding.always()


def _breaks(encoding: Encoding, i: int) -> list[int]:
    """A literal for each round in which a break of i ends; each costs 1."""
    formula, found = encoding.formula, []
    begun: int | None = None
    for t in range(encoding.task.rounds):
        used = encoding.used.get((i, t))
        if used is None:
            continue
        before = encoding.used.get((i, t - 1))
        if begun is not None:
            ends = formula.fresh()
            formula.add(-used, -begun, *([before] if before else []), ends)
            formula.add(-ends, used)
            formula.add(-ends, begun)
            if before:
                formula.add(-ends, -before)
            found.append(ends)
        now = formula.fresh()
        formula.add(-used, now)
        formula.add(-now, used, *([begun] if begun else []))
        if begun:
            formula.add(-begun, now)
        begun = now
    formula.costs += found
    return found


def _fairness(encoding: Encoding, breaks: list[list[int]], mine: list[list[int]]) -> None:
    """Nobody has more than d breaks above anybody else."""
    most = encoding.task.fairness
    if most is None:
        return
    formula = encoding.formula
    encoding.under(f"nobody has more than {most} breaks above anybody else")
    if any(len(meetings) < 2 for meetings in mine):
        for ends in breaks:
            formula.at_most(ends, most)
        return
    levels = [_unary(formula, ends) for ends in breaks]
    for k in range(max(map(len, levels), default=0) - most):
        raised = formula.fresh()  # somebody has more than k + most breaks, so everybody has more than k
        for level in levels:
            if k + most < len(level):
                formula.add(-level[k + most], raised)
            if k < len(level):
                formula.add(-raised, level[k])
            else:
                formula.add(-raised)


def _unary(formula: Formula, literals: list[int]) -> list[int]:
    """Sorted copy: level[k] holds exactly when more than k literals are true."""
    last: list[int] = []
    for one in literals:
        now = [formula.fresh() for _ in range(len(last) + 1)]
        for k, variable in enumerate(now):
            more = last[k] if k < len(last) else None
            carry = last[k - 1] if k else None
            if more is not None:
                formula.add(-more, variable)
                formula.add(-variable, more, one)
            else:
                formula.add(-variable, one)
            if carry is not None:
                formula.add(-one, -carry, variable)
                formula.add(-variable, *([more] if more is not None else []), carry)
            else:
                formula.add(-one, variable)
        last = now
    return last
