"""What goes in and what comes out: a pairing problem, a plan, and the certificate of the plan.

Everything here is frozen and knows nothing of files: `parse` reads the JSON form, `write` writes it.
Rounds are counted from 0. Participants, places and interpreters are named by their `id`.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Status = Literal["optimal", "feasible", "infeasible"]
Cause = Literal["availability", "side", "veto", "capacity", "language"]
PlaceId = int | str
Pair = tuple[str, str]

MAX_ROUNDS = 500
MAX_PARTICIPANTS = 5000
MAX_PLACES = 5000
MAX_DELEGATES = 50
MAX_REQUESTED = 20_000


class ProblemError(ValueError):
    """The problem cannot be read; the message names the field and the cause in plain words."""

    def __init__(self, path: str, cause: str) -> None:
        self.path = path
        self.cause = cause
        super().__init__(f"{path}: {cause}" if path else cause)

    def __reduce__(self) -> tuple[type["ProblemError"], tuple[str, str]]:
        """What another process makes the same error of."""
        return ProblemError, (self.path, self.cause)


@dataclass(frozen=True, slots=True)
class Delegate:
    """A person who sits at the table for a participant. `available` None = all rounds."""

    id: str
    languages: tuple[str, ...] = ()
    available: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Participant:
    """An actor registered for the event.

    `min`/`max` bound its meetings (`max` None = as many as its rounds allow); `available` None = all rounds.
    No `languages` (neither here nor with a delegate) = any language is fine. `parallel` > 1 lets several
    delegates meet in one round. No `tracks` = every track.
    """

    id: str
    side: str
    available: tuple[int, ...] | None = None
    min: int = 0
    max: int | None = None
    languages: tuple[str, ...] = ()
    delegates: tuple[Delegate, ...] = ()
    parallel: int = 1
    tracks: tuple[str, ...] = ()
    max_consecutive: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A table, booth or video link; holds one meeting a round. `available` None = all rounds."""

    id: PlaceId
    available: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Serves one meeting a round between any two of its `languages`. `available` None = all rounds."""

    id: str
    languages: tuple[str, ...]
    available: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """A theme that runs beside others: the rounds and the places it may use (None = all)."""

    id: str
    rounds: tuple[int, ...] | None = None
    places: tuple[PlaceId, ...] | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """A meeting that stands: this pair in this round (and at this place, if one is named)."""

    a: str
    b: str
    round: int
    place: PlaceId | None = None


@dataclass(frozen=True, slots=True)
class Requested:
    """A meeting that both have accepted; `rounds` None = any round."""

    a: str
    b: str
    rounds: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """One event to pair.

    `utility` is a symmetric float64[n, n] in participant order with values in [0, 1], or None when every
    pair takes `default_utility`. With `requested` meetings the pairs are given and only placed. `tolerance` is the
    share of the utility's bound that need not be pursued before the later aims are.
    """

    rounds: int
    participants: tuple[Participant, ...]
    places: tuple[Place, ...]
    utility: NDArray[np.float64] | None = None
    default_utility: float = 0.0
    must: tuple[Pair, ...] = ()
    never: tuple[Pair, ...] = ()
    locked: tuple[Lock, ...] = ()
    interpreters: tuple[Interpreter, ...] = ()
    tracks: tuple[Track, ...] = ()
    cross_side_only: bool = True
    past: tuple[Pair, ...] = ()
    repeat_penalty: float = 0.5
    max_consecutive: int | None = None
    raise_floor: bool = False
    tolerance: float = 0.0
    requested: tuple[Requested, ...] = ()
    aim: Literal["utility", "breaks"] = "utility"
    fairness: int | None = None
    fixed: tuple[tuple[int, int], ...] = ()
    precedences: tuple[tuple[int, int], ...] = ()
    time_limit_s: float = 30.0
    seed: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Meeting:
    """Two participants, a round and a place; the interpreter and the delegates where there are any."""

    a: str
    b: str
    round: int
    place: PlaceId | None = None
    interpreter: str | None = None
    delegate_a: str | None = None
    delegate_b: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The meetings of an event, ordered by round and then by the participants' order."""

    meetings: tuple[Meeting, ...] = ()


@dataclass(frozen=True, slots=True)
class Unmet:
    """A participant who got fewer meetings than asked for, and what stood in the way."""

    participant: str
    cause: Cause
    asked: int
    got: int


@dataclass(frozen=True, slots=True)
class Floor:
    """`requested` = the highest minimum anyone asked for; `reached` = the largest k for which everyone has at
    least min(k, what they asked for); `lowest` = fewest meetings of anyone; `bound` = no plan has a higher
    `reached`."""

    requested: int = 0
    reached: int = 0
    lowest: int = 0
    bound: int | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was proven about a plan.

    `utility` ≤ `bound` for every plan that keeps the rules and the floors; `gap` = (bound − utility) / bound.
    With requested meetings `bound` is a lower bound on `breaks` and `gap` = (breaks − bound) / max(1, bound).
    `distribution[k]` = participants with k meetings. `contradiction` = a smallest set of hard rules that cannot
    hold together (status infeasible). `aims` says what each aim cost or gained.
    """

    status: Status
    utility: float = 0.0
    bound: float = 0.0
    gap: float = 0.0
    floor: Floor = field(default_factory=Floor)
    unmet: tuple[Unmet, ...] = ()
    missed_must: tuple[Pair, ...] = ()
    distribution: tuple[int, ...] = ()
    breaks: int = 0
    idle_rounds: int = 0
    place_changes: int = 0
    interpreted: int = 0
    contradiction: tuple[str, ...] = ()
    aims: tuple[tuple[str, float], ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """A plan and what is proven about it."""

    plan: Plan
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Violation:
    """A hard rule that a plan breaks: `rule` is a fixed word, `message` says it in plain words.

    `about` holds what the message speaks of (who, other, round, place, ...), so that it can be told in other words
    and languages; two violations are the same when rule and message are.
    """

    rule: str
    message: str
    about: tuple[tuple[str, Any], ...] = field(default=(), compare=False)


def as_matrix(problem: Problem) -> NDArray[np.float64]:
    """The utilities as float64[n, n], zero on the diagonal; a fresh array when none was given."""
    if problem.utility is not None:
        return problem.utility
    n = len(problem.participants)
    matrix = np.full((n, n), problem.default_utility)
    np.fill_diagonal(matrix, 0.0)
    return matrix


def index_of(items: tuple[Any, ...]) -> dict[Any, int]:
    """Position of each item by its `id`."""
    return {item.id: position for position, item in enumerate(items)}
