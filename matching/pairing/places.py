"""Places for the meetings of a plan: every round a matching, with as few moves between places as it finds.

Round after round, each meeting prefers the place where one of its participants sat last; ties and conflicts are
settled by augmenting paths (Kuhn), so a round that can be seated is seated.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from matching.pairing.problem import PlaceId, Problem

Sitting = tuple[int, int]  # two participants


@dataclass(frozen=True, slots=True)
class Seating:
    """Allowed places per round, and the places some meetings must have."""

    problem: Problem
    fixed: dict[tuple[int, int, int], PlaceId]  # (low, high, round) -> place

    def open_places(self, t: int) -> list[PlaceId]:
        """Places that are open in round t."""
        return [p.id for p in self.problem.places if p.available is None or t in p.available]

    def allowed(self, a: int, b: int, t: int, opened: list[PlaceId]) -> list[PlaceId]:
        """Places where participants a and b may sit in round t."""
        wanted = self.fixed.get((min(a, b), max(a, b), t))
        if wanted is not None:
            return [wanted] if wanted in opened else []
        own, other = (self.problem.participants[x].tracks for x in (a, b))
        if not own and not other:
            return opened
        shared = [x for x in self.problem.tracks if (not own or x.id in own) and (not other or x.id in other)]
        running = [x for x in shared if x.rounds is None or t in x.rounds]
        if any(x.places is None for x in running):
            return opened
        inside = {p for x in running for p in x.places or ()}
        return [p for p in opened if p in inside]


def match(options: Sequence[Sequence[PlaceId]], order: Sequence[int]) -> list[PlaceId | None]:
    """One place for each item from its options, tried in the given order; None where the round is too full."""
    taken: dict[PlaceId, int] = {}
    found: list[PlaceId | None] = [None] * len(options)

    def seat(item: int) -> None:
        """Along an augmenting path, depth first; no recursion, for a path may be as long as there are places."""
        seen: set[PlaceId] = set()
        path, wanted = [item], [iter(options[item])]
        moves: list[PlaceId] = []
        while path:
            free = next((p for p in options[path[-1]] if p not in taken), None)
            if free is not None:
                for mover, place in zip(path, [*moves, free], strict=True):
                    taken[place] = mover
                    found[mover] = place
                return
            step = next((p for p in wanted[-1] if p not in seen), None)
            if step is None:
                path.pop()
                wanted.pop()
                del moves[-1:]
                continue
            seen.add(step)
            moves.append(step)
            path.append(taken[step])
            wanted.append(iter(options[taken[step]]))

    for item in order:
        seat(item)
    return found


def seat_rounds(seating: Seating, rounds: Sequence[Sequence[Sitting]]) -> list[list[PlaceId | None]]:
    """Places for the meetings of each round, in their order; None where no place was left."""
    last: dict[int, PlaceId] = {}
    result = []
    for t, meetings in enumerate(rounds):
        opened = seating.open_places(t)
        options = [seating.allowed(a, b, t, opened) for a, b in meetings]
        found = seat_round(options, [[last.get(a), last.get(b)] for a, b in meetings])
        for (a, b), place in zip(meetings, found, strict=True):
            if place is not None:
                last[a] = last[b] = place
        result.append(found)
    return result


def seat_round(options: list[list[PlaceId]], wishes: list[list[PlaceId | None]]) -> list[PlaceId | None]:
    """First give each meeting the place one of its two had last; then seat the rest anywhere."""
    keep: dict[int, PlaceId] = {}
    used: set[PlaceId] = set()
    both_first = sorted(range(len(options)), key=lambda k: (len(options[k]), wishes[k][0] != wishes[k][1], k))
    for k in both_first:
        for wish in wishes[k]:
            if wish is not None and wish not in used and wish in options[k]:
                keep[k] = wish
                used.add(wish)
                break
    rest = [k for k in both_first if k not in keep]
    spare = match([[p for p in options[k] if p not in used] for k in rest], range(len(rest)))
    if any(place is None for place in spare):
        return match(options, both_first)
    found: list[PlaceId | None] = [keep.get(k) for k in range(len(options))]
    for k, place in zip(rest, spare, strict=True):
        found[k] = place
    return found


def count_changes(rounds: Sequence[Sequence[Sitting]], places: Sequence[Sequence[PlaceId | None]]) -> int:
    """How often somebody's next meeting is at another place."""
    last: dict[int, PlaceId | None] = {}
    changes = 0
    for meetings, seated in zip(rounds, places, strict=True):
        for pair, place in zip(meetings, seated, strict=True):
            changes += sum(1 for who in pair if who in last and last[who] != place)
            last.update(dict.fromkeys(pair, place))
    return changes
