"""Plans: computed schedules, draft or published, with their certificates."""

from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import SkipValidation
from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.actor import Shape
from models.base import owner_key, utc_now


class PlanCreate(Shape):
    """How to compute a plan."""

    time_limit_s: float = Field(default=20, gt=0, le=120)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    wait: bool = Field(
        default=True, description="False: answer at once with 202; read the plan for progress, or stop it"
    )


class Plan(SQLModel, table=True):
    """One computed schedule of an event; numbers count up within the event."""

    event_id: int = owner_key("event")
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    state: str = "draft"
    seed: int = 0
    parent: int | None = Field(default=None, description="The plan it was re-planned or edited from")
    revision: int = Field(default=0, description="Rises with every edit; an edit names the one it saw")
    note: str = ""
    edits: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    edits_done: int = Field(default=0, description="How many of the edits stand; those after were undone")
    problem: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    certificate: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    weights: dict[str, float] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    progress: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))
    stop_requested: bool = False
    heard_at: datetime = Field(default_factory=utc_now, description="Last word from the process that computes it")
    created_at: datetime = Field(default_factory=utc_now)
    published_at: datetime | None = None


class Meeting(SQLModel, table=True):
    """Two participants at a place in a round."""

    __table_args__ = (
        ForeignKeyConstraint(["event_id", "number"], ["plan.event_id", "plan.number"], ondelete="CASCADE"),
    )

    event_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    a: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    b: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    round: int
    place: int | None = None
    interpreter: str | None = None
    utility: float = 0.0
    delegate_a: str | None = None
    delegate_b: str | None = None


class MeetingPublic(Shape):
    """A meeting as answered."""

    a: int
    a_name: str
    b: int
    b_name: str
    round: int
    place: int | None
    interpreter: str | None
    utility: float
    delegate_a: str | None = Field(default=None, description="Who sits there for a; null where none is named")
    delegate_b: str | None = None
    locked: bool = Field(default=False, description="Stays where it is until it is unlocked")


class MeetingRead(NamedTuple):
    """A meeting as pages read it: a thousand of them for one page, so they are not checked again one by one."""

    a: int
    b: int
    round: int
    place: int | None
    interpreter: str | None
    utility: float
    delegate_a: str | None
    delegate_b: str | None
    a_name: str
    b_name: str
    locked: bool


class Late(Shape):
    """Somebody who arrives for a later round."""

    participant: str | int
    round: int = Field(ge=0, le=500, description="First round they are there for")


class Away(Shape):
    """Somebody who misses single rounds."""

    participant: str | int
    rounds: list[int] = Field(max_length=500)


class DayChanges(Shape):
    """What happened on the day. Rounds before `now` are past and stay as they were."""

    now: int = Field(ge=0, le=500, description="The first round that can still be changed")
    absent: list[str | int] = Field(default_factory=list, max_length=5000, description="Gone from now on")
    late: list[Late] = Field(default_factory=list, max_length=5000)
    away: list[Away] = Field(default_factory=list, max_length=5000)
    lost_places: list[int | str] = Field(default_factory=list, max_length=5000, description="Not usable from now on")
    cancelled: list[int] = Field(default_factory=list, max_length=500, description="Rounds that do not take place")
    keep: bool = Field(
        default=True,
        description="True: surviving meetings stay and holes are filled; false: the rest is optimised again",
    )
    time_limit_s: float = Field(default=10, gt=0, le=120)


class EventChanges(DayChanges):
    """What happened at an event; people who came unannounced are registered first, then named here."""

    walk_ins: list[int] = Field(default_factory=list, max_length=500, description="Actor ids")


class ReplanRequest(Shape):
    """A problem, its plan and what happened, all in one body; nothing is stored."""

    problem: dict[str, Any]
    plan: dict[str, Any]
    changes: DayChanges


class MeetingMove(Shape):
    """A meeting of the same two at another time or place."""

    before: dict[str, Any]
    after: dict[str, Any]


class PlanDiff(Shape):
    """From one plan to the next; nobody else's agenda changes."""

    removed: list[dict[str, Any]]
    added: list[dict[str, Any]]
    moved: list[MeetingMove]
    people: list[str] = Field(description="Participants whose agenda changes")


class ReplanAnswer(Shape):
    """The plan for what is left of the day, and how it differs."""

    plan: dict[str, Any]
    diff: PlanDiff
    problem: dict[str, Any] = Field(description="The problem as it is now, to re-plan from once more")


class PlanBrief(Shape):
    """A plan in a list."""

    event_id: int
    number: int
    state: Literal["computing", "draft", "published", "superseded", "failed"]
    progress: dict[str, Any] | None = Field(
        default=None, description="stage, best, bound, gap while computing; else null"
    )
    seed: int
    parent: int | None
    revision: int = Field(description="Rises with every edit; name it when you edit the plan")
    note: str
    edits_done: int = Field(description="Edits made by hand that stand; 0: as computed or as its parent was")
    edits_undone: int = Field(description="Edits that were undone and can be done again")
    created_at: datetime
    published_at: datetime | None
    certificate: dict[str, Any]
    weights: dict[str, float] = Field(
        description="Of the parts of the score by which pairs were valued; empty for plans older than this field"
    )


class PlanPublic(PlanBrief):
    """A plan as answered, with its meetings."""

    meetings: list[MeetingPublic]


class PlanRead(PlanBrief):
    """A plan with its meetings as pages read it."""

    meetings: SkipValidation[list[MeetingRead]]


class ReplanPublic(Shape):
    """A re-planned draft and how it differs from the plan it came from; publish it to apply, the old one to undo."""

    plan: PlanPublic
    diff: PlanDiff


class WhatIfRequest(Shape):
    """What would it take that everybody has so many meetings?"""

    floor: int = Field(ge=0, le=200, description="Meetings everybody should have (or their own cap, if lower)")
    guests: int = Field(default=3, ge=0, le=10, description="How many kinds of guests to propose")
    time_limit_s: float = Field(default=20, gt=0, le=120)


class WhatIfProblem(Shape):
    """The same question about a problem that is not stored."""

    problem: dict[str, Any]
    question: WhatIfRequest


class Short(Shape):
    """A participant who would get fewer meetings, and what stands in the way."""

    participant: str
    name: str | None = None
    cause: Literal["availability", "side", "veto", "capacity", "language"]
    asked: int
    got: int


class GuestProposal(Shape):
    """One more guest like a participant who is there, and what that would bring."""

    like: str
    name: str | None = None
    side: str
    languages: list[str]
    utility_gain: float
    floor: int


class Outlook(Shape):
    """What a floor takes. A number that is null: no number of them is enough, or time was up."""

    floor: int
    reached: int
    rounds: int | None
    places: int | None
    interpreters: int | None
    short: list[Short]
    invite: list[GuestProposal]
