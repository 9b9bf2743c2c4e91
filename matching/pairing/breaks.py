"""Idle time: rests that must be kept, breaks and idle rounds counted.

A break is a maximal group of idle rounds between two meetings of one participant; idle rounds are the rounds in them.
"""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from matching.pairing.model import Mask, Model, consecutive_limit


def rested(model: Model, seed: int) -> list[int]:
    """Open rounds of each seat as bit sets, with rests kept free where a limit on meetings in a row asks for them.

    A seat with a limit c rests at the latest after c open rounds. The pattern is fixed before rounds are given, with
    the phase that leaves most rounds open (drawn among equals), so that no plan can break the limit.
    """
    generator = np.random.default_rng(seed)
    locked: list[set[int]] = [set() for _ in model.seats]
    for i, j, t in model.locks:
        for owner in (i, j):
            for position in model.seats_by_owner[owner]:
                locked[position].add(t)
    opened = list(model.seat_bits)
    for owner in dict.fromkeys(seat.owner for seat in model.seats):
        limit = consecutive_limit(model.problem, owner)
        if limit is not None:
            # One pattern for all delegates: the limit is the participant's, whoever sits at the table.
            seats = model.seats_by_owner[owner]
            anyone = np.logical_or.reduce([model.open[s] for s in seats])
            pattern = _rest_pattern(anyone, limit, set().union(*(locked[s] for s in seats)), generator)
            for s in seats:
                opened[s] = model.seat_bits[s] & pattern
    return opened


def _rest_pattern(opened: Mask, limit: int, locked: set[int], generator: np.random.Generator) -> int:
    """Rounds left open by the best phase of resting; if every phase closes a locked round, by rests around those."""
    best: list[int] = []
    most = -1
    worth = len(opened) + 1  # of a locked round: more than all open rounds together
    for phase in range(limit + 1):
        mask, run = 0, limit - phase
        for t in range(len(opened)):
            run = run + 1 if opened[t] and run < limit else 0
            if run:
                mask |= 1 << t
        kept = worth * sum(1 for t in locked if mask >> t & 1) + mask.bit_count()
        if kept > most:
            best, most = [mask], kept
        elif kept == most:
            best.append(mask)
    if most < worth * len(locked):
        return _rests_around(opened, limit, locked)
    return best[int(generator.integers(len(best)))]


def _rests_around(opened: Mask, limit: int, locked: set[int]) -> int:
    """As many open rounds as can be kept with at most `limit` in a row, as many locked ones as can be before all.

    Round by round, for each length of the run that ends there the best choice so far (dynamic programming).
    """
    runs: dict[int, tuple[int, int]] = {0: (0, 0)}  # length of the run that ends here -> worth, rounds kept
    for t in range(len(opened)):
        rest = max(runs.values())
        kept = {run + 1: (worth, mask) for run, (worth, mask) in runs.items() if opened[t] and run < limit}
        gain = 1 + 1000 * (t in locked)
        runs = {0: rest} | {run: (worth + gain, mask | 1 << t) for run, (worth, mask) in kept.items()}
    return max(runs.values())[1]


def count_breaks(rounds: Iterable[int]) -> tuple[int, int]:
    """Breaks and idle rounds of one participant, from the rounds of its meetings."""
    ordered = sorted(set(rounds))
    holes = [later - earlier - 1 for earlier, later in pairwise(ordered) if later > earlier + 1]
    return len(holes), sum(holes)
