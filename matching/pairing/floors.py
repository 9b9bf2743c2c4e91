"""Floors: what everyone can be promised, lowest first.

If the floors asked for cannot all be kept, each is first lowered to what its participant could reach alone; then the
highest level k is found at which everyone can have min(floor, k) (max-min, one linear program per probe); then as many
of the remaining asked-for meetings as possible are promised.
"""

import numpy as np

from matching.pairing.model import Ints, Matrix, Model
from matching.pairing.select import BMatching


def settle_floors(lp: BMatching) -> tuple[Ints, int]:
    """The floors to keep from here on, and the highest level that everyone can reach; leaves the program solved.

    Raises:
        ValueError: even without floors the musts and locks cannot be kept.
    """
    model = lp.model
    asked = np.minimum(model.low, model.high)
    if model.problem.raise_floor:
        return _raise(lp, asked)
    lp.set_floors(asked)
    if lp.solve():
        return asked, _level(model, asked)
    return _lower(lp, asked)


def _level(model: Model, floors: Ints) -> int:
    """The largest k with floors[i] ≥ min(k, asked[i]) for all i."""
    short = floors < model.low
    return int(floors[short].min()) if short.any() else int(model.low.max(initial=0))


def _holds(lp: BMatching, floors: Ints) -> bool:
    lp.set_floors(floors)
    return lp.solve()


def _lower(lp: BMatching, asked: Ints) -> tuple[Ints, int]:
    if not _holds(lp, np.zeros_like(asked)):
        raise ValueError("the musts and locks cannot be kept")
    level = _highest(lp, asked, 0, int(asked.max(initial=0)) - 1)
    floors = _promise(lp, asked, np.minimum(asked, level))
    if not _holds(lp, floors):
        floors = np.minimum(asked, level)
        _holds(lp, floors)
    return floors, min(level, _level(lp.model, floors))


def _raise(lp: BMatching, asked: Ints) -> tuple[Ints, int]:
    high = lp.model.high
    start, least = (asked, _level(lp.model, asked)) if _holds(lp, asked) else _lower(lp, asked)
    level = _highest(lp, high, int(start.min(initial=0)), int(high.max(initial=0)), start)
    floors = np.maximum(start, np.minimum(high, level))
    _holds(lp, floors)
    return floors, max(level, least)  # who asked for nothing may be below the level of those who did


def _highest(lp: BMatching, wanted: Ints, good: int, most: int, least: Ints | None = None) -> int:
    """The largest level at which everyone can have min(wanted, level), by bisection."""
    bad = most + 1
    while bad - good > 1:
        middle = (good + bad) // 2
        floors = np.minimum(wanted, middle)
        if _holds(lp, floors if least is None else np.maximum(floors, least)):
            good = middle
        else:
            bad = middle
    return good


def _promise(lp: BMatching, asked: Ints, floors: Ints) -> Ints:
    """Raise single floors towards what was asked, as far as all of them together can be kept.

    A second program, in which a pair is worth the missing meetings it supplies, says how many can be reached.
    """
    missing = asked - floors
    if not missing.any():
        return floors
    capped = BMatching(lp.model, _worth(missing), np.maximum(asked, floors))
    capped.set_floors(floors)
    if not capped.solve():
        return floors
    pairs, _ = capped.chosen()
    reached = np.bincount(np.array(pairs, dtype=np.int64).ravel(), minlength=lp.model.n)
    return np.minimum(asked, np.maximum(floors, reached))


def _worth(missing: Ints) -> Matrix:
    short = (missing > 0).astype(float)
    return np.asarray(short[:, None] + short[None, :]) / 2.0
