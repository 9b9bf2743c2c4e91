"""A problem turned into arrays: who may meet whom, when, and how much it is worth.

A *seat* is what can sit at one place in one round: a participant, or a group of its delegates when it may hold
several meetings at once. Selection counts participants; rounds are given to seats.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matching.pairing.problem import Delegate, Participant, Problem, as_matrix, index_of

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]


def round_mask(available: tuple[int, ...] | None, rounds: int) -> Mask:
    """The rounds listed, as bool[rounds]; None = all."""
    mask = np.ones(rounds, dtype=bool) if available is None else np.zeros(rounds, dtype=bool)
    if available is not None:
        mask[list(available)] = True
    return mask


@dataclass(frozen=True, slots=True)
class Seat:
    """A group of delegates of one participant that holds at most one meeting a round."""

    owner: int
    delegates: tuple[Delegate, ...]


def seats_of(position: int, participant: Participant) -> list[Seat]:
    """One seat, or `parallel` of them with the delegates dealt out in turn."""
    people = participant.delegates
    groups = [people[k :: participant.parallel] for k in range(participant.parallel)]
    return [Seat(position, group) for group in groups]


@dataclass(frozen=True, eq=False)
class Model:
    """Arrays over participants (n), seats (s) and rounds (R); see the fields' comments."""

    problem: Problem
    weight: Matrix  # [n, n] utility after the penalty for repeats
    allowed: Mask  # [n, n] may meet in some round
    interpreted: Mask | None  # [n, n] no common language, so an interpreter is needed; None = nowhere
    seats: tuple[Seat, ...]
    open: Mask  # [s, R] the seat may have a meeting
    low: Ints  # [n] meetings asked for
    high: Ints  # [n] most meetings possible, by cap, rounds and rests
    capacity: Ints  # [R] places open
    must: tuple[tuple[int, int], ...]  # pairs of positions, locks included
    locks: tuple[tuple[int, int, int], ...]  # pair and round

    @property
    def n(self) -> int:
        """Participants."""
        return len(self.problem.participants)

    @cached_property
    def seats_by_owner(self) -> list[list[int]]:
        """Seats of each participant."""
        found: list[list[int]] = [[] for _ in range(self.n)]
        for s, seat in enumerate(self.seats):
            found[seat.owner].append(s)
        return found

    @cached_property
    def presence(self) -> Mask:
        """bool[n, R]: some seat of the participant may have a meeting."""
        presence = np.zeros((self.n, self.problem.rounds), dtype=bool)
        for s, seat in enumerate(self.seats):
            presence[seat.owner] |= self.open[s]
        return presence

    @cached_property
    def locked(self) -> dict[tuple[int, int], int]:
        """The round that each locked pair (lower position first) must have."""
        return {_ordered(i, j): t for i, j, t in self.locks}

    @cached_property
    def track_masks(self) -> dict[str, int]:
        """Rounds of each track as a bit set."""
        return {t.id: as_bits(round_mask(t.rounds, self.problem.rounds)) for t in self.problem.tracks}

    @cached_property
    def seat_bits(self) -> list[int]:
        """Open rounds of each seat as a bit set."""
        return [as_bits(row) for row in self.open]


def as_bits(mask: Mask) -> int:
    """bool[R] as an int with bit t set where true."""
    return sum(1 << int(t) for t in np.flatnonzero(mask))


def build_model(problem: Problem) -> Model:
    """Compile a problem. Costs O(n²) memory: one float64 and a few bool matrices."""
    index = index_of(problem.participants)
    n, rounds = len(problem.participants), problem.rounds
    seats = [seat for i, p in enumerate(problem.participants) for seat in seats_of(i, p)]
    opened = np.array([_seat_rounds(problem, seat) for seat in seats], dtype=bool).reshape(len(seats), rounds)
    locks = tuple((index[k.a], index[k.b], k.round) for k in problem.locked)
    must = tuple(
        dict.fromkeys([_ordered(index[a], index[b]) for a, b in problem.must] + [_ordered(i, j) for i, j, _ in locks])
    )
    allowed, interpreted = _allowed(problem, index)
    presence = np.zeros((n, rounds), dtype=bool)
    for s, seat in enumerate(seats):
        presence[seat.owner] |= opened[s]
    shared = presence.astype(np.float32) @ presence.astype(np.float32).T
    allowed &= shared > 0
    capacity = np.zeros(rounds, dtype=np.int64)
    for place in problem.places:
        capacity += round_mask(place.available, rounds)
    return Model(
        problem=problem,
        weight=repeat_adjusted(problem, index),
        allowed=allowed,
        interpreted=interpreted,
        seats=tuple(seats),
        open=opened,
        low=np.array([p.min for p in problem.participants], dtype=np.int64),
        high=_high(problem, seats, opened, allowed),
        capacity=capacity,
        must=must,
        locks=locks,
    )


def _ordered(i: int, j: int) -> tuple[int, int]:
    return (i, j) if i < j else (j, i)


def repeat_adjusted(problem: Problem, index: dict[str, int]) -> Matrix:
    """Utilities with pairs that met at past events worth less by the penalty."""
    weight = as_matrix(problem)
    if problem.past and problem.repeat_penalty:
        weight = weight.copy()
        for a, b in problem.past:
            i, j = index[a], index[b]
            weight[i, j] = weight[j, i] = weight[i, j] * (1.0 - problem.repeat_penalty)
    return weight


def _seat_rounds(problem: Problem, seat: Seat) -> Mask:
    participant = problem.participants[seat.owner]
    mask = round_mask(participant.available, problem.rounds)
    if seat.delegates:
        mask &= np.logical_or.reduce([round_mask(d.available, problem.rounds) for d in seat.delegates])
    if participant.tracks:
        tracks = {t.id: t for t in problem.tracks}
        mask &= np.logical_or.reduce([round_mask(tracks[k].rounds, problem.rounds) for k in participant.tracks])
    return mask


def _high(problem: Problem, seats: list[Seat], opened: Mask, allowed: Mask) -> Ints:
    high = np.zeros(len(problem.participants), dtype=np.int64)
    for s, seat in enumerate(seats):
        limit = consecutive_limit(problem, seat.owner)
        high[seat.owner] += most_meetings(opened[s], limit)
    caps = np.array([high[i] if p.max is None else p.max for i, p in enumerate(problem.participants)], dtype=np.int64)
    most: Ints = np.minimum(np.minimum(high, caps), allowed.sum(axis=1))
    return most


def consecutive_limit(problem: Problem, position: int) -> int | None:
    """Most meetings in a row for a participant: the tighter of its own and the event's limit."""
    limits = [x for x in (problem.max_consecutive, problem.participants[position].max_consecutive) if x]
    return min(limits) if limits else None


def most_meetings(opened: Mask, limit: int | None) -> int:
    """Most meetings in these rounds with at most `limit` in a row (a rest after each full run)."""
    total = run = 0
    for is_open in opened:
        run = run + 1 if is_open and (limit is None or run < limit) else 0
        total += run > 0
    return total


def spoken(problem: Problem, position: int) -> frozenset[str]:
    """Every language some delegate of the participant speaks; empty = any."""
    participant = problem.participants[position]
    if not participant.delegates:
        return frozenset(participant.languages)
    each = [d.languages or participant.languages for d in participant.delegates]
    return frozenset() if not all(each) else frozenset(x for languages in each for x in languages)


def _allowed(problem: Problem, index: dict[str, int]) -> tuple[Mask, Mask | None]:
    n = len(problem.participants)
    allowed = np.ones((n, n), dtype=bool)
    if problem.cross_side_only:
        names = {side: k for k, side in enumerate(dict.fromkeys(p.side for p in problem.participants))}
        side = np.array([names[p.side] for p in problem.participants])
        allowed = side[:, None] != side[None, :]
    np.fill_diagonal(allowed, False)
    if problem.tracks:
        allowed &= _share([frozenset(p.tracks) for p in problem.participants])
    for a, b in problem.never:
        i, j = index[a], index[b]
        allowed[i, j] = allowed[j, i] = False
    languages = [spoken(problem, i) for i in range(n)]
    if not any(languages):
        return allowed, None
    common = _share(languages)
    reachable = np.zeros((n, n), dtype=bool)
    for tongues in {frozenset(x.languages) for x in problem.interpreters}:
        knows = np.array([bool(own & tongues) for own in languages], dtype=bool)
        reachable |= knows[:, None] & knows[None, :]
    allowed &= common | reachable
    interpreted: Mask = allowed & ~common
    return allowed, interpreted if interpreted.any() else None


def _share(owned: list[frozenset[str]]) -> Mask:
    """bool[n, n]: the two sets meet, or one of them is empty (= anything)."""
    words = {word: k for k, word in enumerate(sorted(frozenset().union(*owned)))}
    has = np.zeros((len(owned), max(1, len(words))), dtype=np.float32)
    for i, own in enumerate(owned):
        has[i, [words[w] for w in own]] = 1.0
    anything = np.array([not own for own in owned], dtype=bool)
    share: Mask = (has @ has.T) > 0
    share |= anything[:, None] | anything[None, :]
    return share
