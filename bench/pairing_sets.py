"""Generated sets for the pairing benchmark (own generator; nothing public exists at these sizes)."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from matching.pairing import Participant, Place, Problem


@dataclass(frozen=True, slots=True)
class Recipe:
    """Size and hardness of a generated event; `slack` 0.75 = caps at three quarters of the rounds."""

    n: int
    rounds: int
    seed: int = 0
    sides: int = 2
    gaps: float = 0.2
    slack: float = 0.75
    room: float = 0.9
    floor: int = 3


def generate(recipe: Recipe) -> Problem:
    """Two-way utilities (harmonic mean of two random directions, steps of 0.001), gaps, musts n/20, vetoes 1 %."""
    draw = np.random.default_rng(recipe.seed)
    n, rounds = recipe.n, recipe.rounds
    cap = ceil(recipe.slack * rounds)
    side = np.arange(n) % recipe.sides
    one = draw.beta(2, 3, size=(n, n)) + 1e-6
    utility = np.round(2 * one * one.T / (one + one.T), 3)
    np.fill_diagonal(utility, 0.0)
    available = _gaps(recipe, draw)
    cross = np.argwhere(np.triu(side[:, None] != side[None, :], 1))
    picks = draw.permutation(len(cross))
    musts = _musts(cross[picks], n // 20, available, cap)
    chosen = {tuple(pair) for pair in musts}
    never = [tuple(p) for p in cross[picks[-max(1, len(cross) // 100) :]].tolist() if tuple(p) not in chosen]
    names = [f"p{i}" for i in range(n)]
    return Problem(
        rounds=rounds,
        participants=tuple(
            Participant(names[i], f"S{side[i]}", available[i], min(recipe.floor, cap), cap) for i in range(n)
        ),
        places=tuple(Place(k) for k in range(ceil(recipe.room * (n / 2) * cap / rounds))),
        utility=utility,
        must=tuple((names[i], names[j]) for i, j in musts),
        never=tuple((names[i], names[j]) for i, j in never),
        seed=recipe.seed,
    )


def _gaps(recipe: Recipe, draw: np.random.Generator) -> list[tuple[int, ...] | None]:
    """A share of the people miss a quarter of the rounds: they come late, leave early, or step out here and there."""
    away = max(1, recipe.rounds // 4)
    found: list[tuple[int, ...] | None] = [None] * recipe.n
    for i in draw.permutation(recipe.n)[: int(recipe.gaps * recipe.n)].tolist():
        kind = int(draw.integers(3))
        every = list(range(recipe.rounds))
        missed = (
            every[:away]
            if kind == 0
            else every[-away:]
            if kind == 1
            else draw.permutation(recipe.rounds)[:away].tolist()
        )
        found[i] = tuple(t for t in every if t not in missed)
    return found


def _musts(pairs: np.ndarray, wanted: int, available: list[tuple[int, ...] | None], cap: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    degree: dict[int, int] = {}
    for i, j in pairs.tolist():
        if len(found) == wanted:
            break
        shared = set(available[i] or range(1000)) & set(available[j] or range(1000))
        if shared and max(degree.get(i, 0), degree.get(j, 0)) < min(2, cap):
            degree[i], degree[j] = degree.get(i, 0) + 1, degree.get(j, 0) + 1
            found.append((i, j))
    return found
