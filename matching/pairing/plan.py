"""From meetings in rounds to a plan: places, interpreters, delegates; and what can be said about a plan by itself."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from matching.pairing.breaks import count_breaks
from matching.pairing.explain import find_unmet
from matching.pairing.interpreters import Slot
from matching.pairing.model import Model
from matching.pairing.places import Seating, count_changes, seat_rounds
from matching.pairing.problem import Certificate, Delegate, Floor, Meeting, PlaceId, Plan, index_of


@dataclass(frozen=True, slots=True)
class Sitting:
    """Two seats that meet in a round, with the interpreter's slot if they need one."""

    edge: tuple[int, int]
    round: int
    slot: Slot | None = None


def build_plan(model: Model, sittings: list[Sitting], fixed: dict[tuple[int, int, int], PlaceId] | None = None) -> Plan:
    """Give every sitting a place and its delegates. `fixed` names places that stand, by pair (low, high) and round;
    places of locks are added to it."""
    problem = model.problem
    ordered = sorted(sittings, key=lambda s: (s.round, owners_of(model, s.edge)))
    by_round = [[s for s in ordered if s.round == t] for t in range(problem.rounds)]
    owners = [[owners_of(model, s.edge) for s in here] for here in by_round]
    seated = seat_rounds(Seating(problem, _locked_places(model) | (fixed or {})), owners)
    meetings = []
    for here, pairs, places in zip(by_round, owners, seated, strict=True):
        for sitting, pair, place in zip(here, pairs, places, strict=True):
            if place is not None:
                meetings.append(_meeting(model, sitting, pair, place))
    return Plan(tuple(meetings))


def owners_of(model: Model, edge: tuple[int, int]) -> tuple[int, int]:
    """The two participants of a pair of seats, lower position first."""
    a, b = (model.seats[x].owner for x in edge)
    return (a, b) if a < b else (b, a)


def _locked_places(model: Model) -> dict[tuple[int, int, int], PlaceId]:
    found = {}
    for (i, j, t), lock in zip(model.locks, model.problem.locked, strict=True):
        if lock.place is not None:
            found[min(i, j), max(i, j), t] = lock.place
    return found


def _meeting(model: Model, sitting: Sitting, pair: tuple[int, int], place: PlaceId) -> Meeting:
    people = model.problem.participants
    edge = sitting.edge if model.seats[sitting.edge[0]].owner == pair[0] else sitting.edge[::-1]
    slot = sitting.slot
    interpreter = None if slot is None else model.problem.interpreters[slot[0]].id
    return Meeting(
        people[pair[0]].id, people[pair[1]].id, sitting.round, place, interpreter, *_delegates(model, edge, sitting)
    )


def _delegates(model: Model, edge: tuple[int, int], sitting: Sitting) -> tuple[str | None, str | None]:
    """The delegates who sit down: available, and understanding each other (or the interpreter)."""
    mine, theirs = (model.seats[x] for x in edge)
    known = None if sitting.slot is None else set(model.problem.interpreters[sitting.slot[0]].languages)

    def present(people: tuple[Delegate, ...]) -> list[Delegate | None]:
        return [d for d in people if d.available is None or sitting.round in d.available] or [None]

    def words(owner: int, delegate: Delegate | None) -> set[str]:
        own = model.problem.participants[owner].languages
        return set(delegate.languages or own) if delegate else set(own)

    for one in present(mine.delegates):
        for other in present(theirs.delegates):
            a, b = words(mine.owner, one), words(theirs.owner, other)
            if (not a or not b or a & b) if known is None else (a & known and b & known):
                return (one.id if one else None, other.id if other else None)
    return (None, None)


def describe(model: Model, plan: Plan) -> Certificate:
    """Everything about a plan that needs no proof: utility, floors, unmet, distribution, waiting, moves."""
    problem = model.problem
    index = index_of(problem.participants)
    pairs = [(index[m.a], index[m.b]) for m in plan.meetings]
    degree = Counter(x for pair in pairs for x in pair)
    met = {(min(p), max(p)) for p in pairs}
    waits = [count_breaks(rounds) for rounds in _rounds_of(plan).values()]
    by_round: list[list[tuple[int, int]]] = [[] for _ in range(problem.rounds)]
    places: list[list[PlaceId | None]] = [[] for _ in range(problem.rounds)]
    for meeting, pair in zip(plan.meetings, pairs, strict=True):
        by_round[meeting.round].append(pair)
        places[meeting.round].append(meeting.place)
    return Certificate(
        status="feasible",
        utility=float(sum(model.weight[p] for p in pairs)),
        floor=_floor(model, degree),
        unmet=find_unmet(model, degree),
        missed_must=tuple(
            (problem.participants[i].id, problem.participants[j].id) for i, j in model.must if (i, j) not in met
        ),
        distribution=tuple(np.bincount([degree[i] for i in range(model.n)]).tolist()) if model.n else (),
        breaks=sum(b for b, _ in waits),
        idle_rounds=sum(i for _, i in waits),
        place_changes=count_changes(by_round, places),
        interpreted=sum(1 for m in plan.meetings if m.interpreter is not None),
    )


def _floor(model: Model, degree: Counter[int]) -> Floor:
    asked = [p.min for p in model.problem.participants]
    got = [degree[i] for i in range(model.n)]
    short = [g for g, a in zip(got, asked, strict=True) if g < a]
    requested = max(asked, default=0)
    return Floor(requested, min(short) if short else requested, min(got, default=0))


def _rounds_of(plan: Plan) -> dict[str, list[int]]:
    rounds: dict[str, list[int]] = {}
    for m in plan.meetings:
        rounds.setdefault(m.a, []).append(m.round)
        rounds.setdefault(m.b, []).append(m.round)
    return rounds
