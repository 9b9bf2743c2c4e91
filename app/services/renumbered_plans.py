"""Plans and the desk's words after rounds, places or interpreters got new numbers: each meeting keeps its own.

What is no longer there stands behind the last number, so that nothing else is taken for it: its meetings are left out
by everybody who reads a plan by the event's rounds, and `plan_condition` names them until the plan is repaired.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import cast, update
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session, col, delete, select

from models.agenda import AgendaState
from models.day import Attendance, DayLoss
from models.plan import Meeting, Plan

What = Literal["round", "place", "interpreter"]
Parts = Mapping[str, Any]
"""A stored problem without what its pairs are worth, a megabyte that speaks of no number."""


@dataclass(frozen=True)
class Renumbering:
    """Rounds, places or interpreters, `before` of them and `after`; `kept`: the new number of each that stayed."""

    what: What
    before: int
    after: int
    kept: Mapping[int, int]

    @property
    def changes_nothing(self) -> bool:
        """Whether every number stays what it was."""
        return self.before == self.after and all(self.kept.get(n) == n for n in range(self.before))

    def of_plan(self, known: int) -> "Numbers":
        """The new number of each of those `known` to a plan; what is gone comes behind the last."""
        kept = {n: self.kept[n] for n in range(self.before) if n in self.kept}
        gone = [n for n in range(max(known, self.before)) if n not in kept]
        return Numbers(self.what, kept | {n: self.after + k for k, n in enumerate(gone)})

    def next_kept(self, number: int) -> int | None:
        """The new number of the first one from `number` on that is still there."""
        return next((self.kept[n] for n in range(number, self.before) if n in self.kept), None)


@dataclass(frozen=True)
class Numbers:
    """Old numbers to new ones, for the numbers that one plan knows."""

    what: What
    new: Mapping[int, int]

    def to(self, number: int) -> int:
        """One number; one that the plan does not know stays."""
        return self.new.get(number, number)

    def all(self, numbers: Iterable[int]) -> list[int]:
        """Several, in their order."""
        return sorted(map(self.to, numbers))

    def word(self, value: Any) -> Any:
        """A number as problems and meetings write it: interpreters are named by theirs in digits."""
        if self.what == "interpreter":
            return str(self.to(int(value))) if isinstance(value, str) and value.isdecimal() else value
        return self.to(value) if isinstance(value, int) else value

    def walk(self, value: Any) -> Any:
        """The same, with the number in every meeting or lock in it."""
        if isinstance(value, dict):
            return {k: self.word(v) if k == self.what else self.walk(v) for k, v in value.items()}
        return [self.walk(item) for item in value] if isinstance(value, list) else value


def renumber_plans(session: Session, *, event_id: int, new: Renumbering) -> None:
    """Let every plan of the event, and what the desk said, follow what has new numbers."""
    if new.changes_nothing:
        return
    session.flush()
    parts = cast(col(Plan.problem), JSONB).op("-")("utility")
    asked = sa_select(col(Plan.number), parts, col(Plan.edits)).where(col(Plan.event_id) == event_id)
    for number, problem, edits in session.execute(asked.with_for_update()).all():
        numbers = new.of_plan(_known(problem, new.what))
        told = renumbered_problem(problem, numbers, new.after)
        values = {
            "problem": col(Plan.problem).op("||")(cast(told, JSONB)),
            "edits": numbers.walk(edits),
            "revision": col(Plan.revision) + 1,
        }
        session.execute(update(Plan).where(col(Plan.event_id) == event_id, col(Plan.number) == number).values(**values))
        _move_meetings(session, event_id, number, numbers)
    _move_losses(session, event_id, new)
    if new.what == "round":
        _move_words(session, event_id, new)
    session.flush()
    session.expire_all()


def renumbered_problem(problem: Parts, numbers: Numbers, after: int) -> dict[str, Any]:
    """The parts of a stored problem that speak of rounds, places or interpreters, with their new numbers."""
    told: dict[str, Any] = {"locked": numbers.walk(_of(problem, "locked"))}
    if numbers.what == "interpreter":
        told["interpreters"] = [x | {"id": numbers.word(x["id"])} for x in _of(problem, "interpreters")]
    elif numbers.what == "place":
        told["places"] = [p | {"id": numbers.word(p["id"])} for p in _places(problem)]
        told["tracks"] = _open(_of(problem, "tracks"), numbers, "places")
    else:
        told["rounds"] = max([after, *(numbers.to(n) + 1 for n in range(_known(problem, "round")))])
        people = [p | {"delegates": _open(p.get("delegates") or [], numbers)} for p in _of(problem, "participants")]
        told["participants"] = _open(people, numbers)
        told["places"] = _open(_places(problem), numbers)
        told["interpreters"] = _open(_of(problem, "interpreters"), numbers)
        told["tracks"] = _open(_of(problem, "tracks"), numbers, "rounds")
    return {name: value for name, value in told.items() if name in problem}


def _of(problem: Parts, name: str) -> list[dict[str, Any]]:
    return list(problem.get(name) or [])


def _places(problem: Parts) -> list[dict[str, Any]]:
    """The places one by one, also where a problem only counts them."""
    told = problem.get("places") or []
    return [{"id": n} for n in range(told)] if isinstance(told, int) else list(told)


def _open(items: list[dict[str, Any]], numbers: Numbers, name: str = "available") -> list[dict[str, Any]]:
    """The same with the numbers under a name, which stand for all where they are not there."""
    return [item | {name: numbers.all(item[name])} if item.get(name) is not None else item for item in items]


def _known(problem: Parts, what: What) -> int:
    """How many numbers a problem knows; the last of them may be gone already."""
    if what == "round":
        return int(problem.get("rounds") or 0)
    things = _places(problem) if what == "place" else _of(problem, "interpreters")
    return max((int(thing["id"]) + 1 for thing in things), default=0)


def _move_meetings(session: Session, event_id: int, number: int, numbers: Numbers) -> None:
    if all(old == new for old, new in numbers.new.items()):
        return
    for row in session.exec(select(Meeting).where(Meeting.event_id == event_id, Meeting.number == number)):
        setattr(row, numbers.what, numbers.word(getattr(row, numbers.what)))
    session.flush()


def _move_losses(session: Session, event_id: int, new: Renumbering) -> None:
    """Places that were lost and rounds that were cancelled on the day."""
    losses = session.exec(select(DayLoss).where(DayLoss.event_id == event_id, DayLoss.kind == new.what)).all()
    kept = [(loss.said_at, new.kept[loss.ordinal]) for loss in losses if loss.ordinal in new.kept]
    for loss in losses:
        session.expunge(loss)
    session.exec(delete(DayLoss).where(col(DayLoss.event_id) == event_id, col(DayLoss.kind) == new.what))
    session.add_all(DayLoss(event_id=event_id, kind=new.what, ordinal=n, said_at=at) for at, n in kept)


def _move_words(session: Session, event_id: int, new: Renumbering) -> None:
    """Until when somebody is late or from when gone, and the hours to give back to who left."""
    said = select(Attendance).where(Attendance.event_id == event_id, col(Attendance.round).is_not(None))
    for word in session.exec(said):
        word.round = new.next_kept(word.round or 0)
        if word.round is None and word.state == "late":
            word.state = "absent"
    for state in session.exec(select(AgendaState).where(AgendaState.event_id == event_id)):
        if state.available_before is not None:
            state.available_before = sorted(new.kept[n] for n in state.available_before if n in new.kept)
