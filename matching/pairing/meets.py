"""In which rounds two seats may meet, and whether they need an interpreter then."""

from functools import lru_cache

from matching.pairing.model import Model, as_bits, round_mask, spoken
from matching.pairing.problem import Delegate


class Meets:
    """Rounds open to a pair of seats, as bit sets: seats' own rounds, shared tracks, languages."""

    def __init__(self, model: Model, seat_bits: list[int] | None = None) -> None:
        self.model = model
        self.seat_bits = model.seat_bits if seat_bits is None else seat_bits
        self.spoken = [spoken(model.problem, i) for i in range(model.n)]
        self.everything = (1 << model.problem.rounds) - 1
        self.plain = not any(self.spoken) and not model.problem.tracks
        self._direct = lru_cache(maxsize=None)(self._find_direct)

    def rounds(self, s: int, t: int) -> int:
        """Rounds in which seats s and t may meet without an interpreter."""
        mask = self.seat_bits[s] & self.seat_bits[t]
        if self.plain:
            return mask
        a, b = self.model.seats[s].owner, self.model.seats[t].owner
        return mask & self.track_rounds(a, b) & self._direct(min(s, t), max(s, t))

    def interpreted_rounds(self, s: int, t: int, interpreter: int) -> int:
        """Rounds in which this interpreter could serve seats s and t."""
        problem = self.model.problem
        served = problem.interpreters[interpreter]
        known = set(served.languages)
        a, b = self.model.seats[s].owner, self.model.seats[t].owner
        mask = self.seat_bits[s] & self.seat_bits[t] & self.track_rounds(a, b)
        mask &= as_bits(round_mask(served.available, problem.rounds))
        return mask & self._reached(s, known) & self._reached(t, known)

    def track_rounds(self, a: int, b: int) -> int:
        """Rounds of the tracks that both participants are in; every round when there are no tracks."""
        problem = self.model.problem
        own, other = problem.participants[a].tracks, problem.participants[b].tracks
        if not problem.tracks or not (own or other):
            return self.everything
        shared = [t for t in own if t in other] if own and other else (own or other)
        mask = 0
        for track in shared:
            mask |= self.model.track_masks[track]
        return mask

    def _people(self, s: int) -> list[tuple[int, frozenset[str]]]:
        """Delegates of a seat: their rounds and languages (the participant itself when it names none)."""
        seat = self.model.seats[s]
        participant = self.model.problem.participants[seat.owner]
        people = seat.delegates or (Delegate(participant.id),)
        rounds = self.model.problem.rounds
        return [
            (as_bits(round_mask(d.available, rounds)), frozenset(d.languages or participant.languages)) for d in people
        ]

    def _find_direct(self, s: int, t: int) -> int:
        mask = 0
        for mine, my_words in self._people(s):
            for theirs, their_words in self._people(t):
                if not my_words or not their_words or my_words & their_words:
                    mask |= mine & theirs
        return mask

    def _reached(self, s: int, known: set[str]) -> int:
        mask = 0
        for rounds, words in self._people(s):
            if words & known:
                mask |= rounds
        return mask
