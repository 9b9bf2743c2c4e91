"""What became of a plan since the set-up changed: which of its meetings cannot take place any more, and why."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import cast
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session, col, select

from app.services.attendance import list_losses
from app.services.events import list_participants, list_places, list_rounds
from app.services.hours import as_set_up
from app.services.lately import Lately
from app.services.pairings import read_form
from app.services.plans import get_plan, list_plans, stored_plan
from app.services.repairs import fallen_meetings
from app.services.row_versions import rows_told, version_of
from app.services.timetable import moment
from app.services.today import read_set_up
from matching.pairing.parse import problem_from_dict
from matching.pairing.problem import Meeting, Plan, Problem, Violation
from models.actor import Actor
from models.plan import Plan as PlanRow

Cause = Literal[
    "round", "place", "left", "hours", "closed", "delegate", "interpreter", "language", "side", "track", "veto",
    "clash", "cap", "rest",
]  # fmt: skip
"""Why a meeting falls: its round or place is gone; somebody left or is not there then; its place is closed then …"""

_CAUSES: Mapping[str, Cause] = {
    "availability.participant": "hours", "availability.place": "closed", "availability.delegate": "delegate",
    "availability.interpreter": "interpreter", "unknown.delegate": "delegate", "unknown.interpreter": "interpreter",
    "language.interpreter": "interpreter", "language.none": "language", "side.side": "side", "track.track": "track",
    "veto.pair": "veto", "cap.cap": "cap", "rest.rest": "rest",
}  # fmt: skip


@dataclass(frozen=True)
class Fallen:
    """A meeting that cannot take place; `actors` are those on whose account it falls, where it is one of the two."""

    a: int
    b: int
    round: int
    place: int | None
    cause: Cause
    actors: tuple[int, ...] = ()


@dataclass(frozen=True)
class Condition:
    """A plan against the set-up of now: what falls of its `meetings`, and who is registered but not in it."""

    number: int
    state: str
    meetings: int
    fallen: tuple[Fallen, ...]
    newcomers: tuple[int, ...]
    names: Mapping[int, str]
    """Of everybody named here."""
    over: bool
    """Whether the last round has begun, so that nothing can be planned anew."""

    @property
    def is_whole(self) -> bool:
        """Whether every meeting stands and everybody is in the plan."""
        return not self.fallen and not self.newcomers

    @property
    def losing(self) -> set[int]:
        """Everybody who loses a meeting."""
        return {actor for m in self.fallen for actor in (m.a, m.b)}

    @property
    def by_cause(self) -> list[tuple[Cause, list[Fallen]]]:
        """The fallen meetings by why they fall, the commonest cause first."""
        counts = Counter(m.cause for m in self.fallen)
        return [(cause, [m for m in self.fallen if m.cause == cause]) for cause, _ in counts.most_common()]


def published_condition(session: Session, *, event_id: int, now: datetime) -> Condition | None:
    """How the published plan stands; None where nothing is published."""
    number = next((p.number for p in list_plans(session, event_id=event_id) if p.state == "published"), None)
    return None if number is None else plan_condition(session, event_id=event_id, number=number, now=now)


_THERE = "IN (SELECT actor_id FROM participant WHERE event_id = :event)"
_PLANNED = "event_id = :event AND number = :number"
_ROWS = dict.fromkeys(
    ("round", "event_place", "event_interpreter", "participant", "wish", "day_loss"), "event_id = :event"
)
_ROWS |= {
    "event": "id = :event",
    "programme": "id = (SELECT programme_id FROM event WHERE id = :event)",
    "actor": f"id {_THERE} OR id IN (SELECT unnest(ARRAY[a, b]) FROM meeting WHERE {_PLANNED})",  # noqa: S608
    "plan": _PLANNED,
    "meeting": _PLANNED,
}
"""Which rows a condition is made of; `tests/app/test_plan_condition.py` finds one that is missing."""
TABLES = frozenset(_ROWS)
_STATE = version_of(rows_told(table, where) for table, where in _ROWS.items())
_MOST = 64
_known: Lately[Hashable, Condition] = Lately(_MOST)
"""A board, an overview and a desk that are open ask the same again after each change of anything."""


def plan_condition(session: Session, *, event_id: int, number: int, now: datetime) -> Condition:
    """How a finished plan stands, as a re-plan would find it; what has begun cannot fall any more."""
    rounds = list_rounds(session, event_id=event_id)
    first_open = moment(rounds, now, list_losses(session, event_id=event_id).rounds).first_open
    session.flush()
    state = session.connection().execute(_STATE, {"event": event_id, "number": number}).scalar_one()
    database = str(session.get_bind().engine.url)

    def work_out() -> Condition:
        return _condition(session, event_id, number, len(rounds), first_open)

    return _known.get_or((database, event_id, number, state, first_open), work_out)


def _condition(session: Session, event_id: int, number: int, rounds: int, first_open: int) -> Condition:
    plan = get_plan(session, event_id, number)
    told = stored_frame(session, event_id, number)
    meetings = stored_plan(session, event_id=event_id, number=number).meetings
    people = {str(p.actor_id) for p in list_participants(session, event_id=event_id)}
    known = {str(p["id"]) for p in told.get("participants", [])}
    fallen: list[Fallen] = []
    if known:
        problem = read_form(problem_from_dict, told, "problem")
        today = as_set_up(problem, read_set_up(session, event_id=event_id), first_open)
        places = {p.index for p in list_places(session, event_id=event_id)}
        gone = _Gone(people, rounds, places)
        fallen = list(_fallen(today, meetings, gone, first_open))
    newcomers = tuple(sorted(int(i) for i in people - known)) if known else ()
    return Condition(
        number=number,
        state=plan.state,
        meetings=len(meetings),
        fallen=tuple(sorted(fallen, key=lambda m: (m.round, m.place or 0, m.a))),
        newcomers=newcomers,
        names=_names(session, {*newcomers, *(actor for m in fallen for actor in (m.a, m.b))}),
        over=0 < rounds <= first_open,
    )


@dataclass(frozen=True)
class _Gone:
    """What is there: who is registered, how many rounds, which places."""

    people: set[str]
    rounds: int
    places: set[int]

    def cause(self, m: Meeting) -> tuple[Cause, tuple[int, ...]] | None:
        """Why a meeting has lost what it stands on."""
        left = tuple(int(who) for who in (m.a, m.b) if who not in self.people)
        if left:
            return "left", left
        if m.round >= self.rounds:
            return "round", ()
        return ("place", ()) if m.place not in self.places else None


def _fallen(problem: Problem, meetings: Iterable[Meeting], gone: _Gone, first: int) -> Iterable[Fallen]:
    lost = {m: cause for m in meetings if m.round >= first and (cause := gone.cause(m)) is not None}
    for m, (what, actors) in lost.items():
        yield _told(m, what, actors)
    left = Plan(tuple(m for m in meetings if m not in lost))
    for m, violation in fallen_meetings(problem, left, first):
        rule = f"{violation.rule}.{dict(violation.about).get('what')}"
        yield _told(m, _CAUSES.get(rule, "clash"), _who(violation))


def _told(m: Meeting, cause: Cause, actors: tuple[int, ...]) -> Fallen:
    place = int(m.place) if m.place is not None else None
    return Fallen(int(m.a), int(m.b), m.round, place, cause, actors)


def _who(violation: Violation) -> tuple[int, ...]:
    about = dict(violation.about)
    named = violation.rule in {"availability", "unknown", "cap", "rest"}
    if not named or about.get("what") in {"place", "interpreter"} or "who" not in about:
        return ()
    return (int(about["who"]),)


def _names(session: Session, ids: set[int]) -> dict[int, str]:
    return dict(session.exec(select(Actor.id, Actor.name).where(col(Actor.id).in_(ids))).all()) if ids else {}


def stored_frame(session: Session, event_id: int, number: int) -> dict[str, Any]:
    """A stored problem without what its pairs are worth: a megabyte stays in the database."""
    parts = cast(col(PlanRow.problem), JSONB).op("-")("utility").op("-")("past")
    asked = sa_select(parts).where(col(PlanRow.event_id) == event_id, col(PlanRow.number) == number)
    return dict(session.execute(asked).scalar_one())
