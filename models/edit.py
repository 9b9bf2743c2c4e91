"""Edits of a plan by hand: what is asked, what it would change, which rules it would break."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import model_validator
from sqlmodel import Field

from models.actor import Shape
from models.plan import PlanDiff

Operation = Literal["move", "swap", "add", "remove", "lock", "unlock"]


class PlanEdit(Shape):
    """What is to be done with the meeting of two participants."""

    op: Operation
    revision: int = Field(ge=0, description="The plan's revision that you saw; refused when it has changed since")
    a: int = Field(description="Actor id")
    b: int = Field(description="Actor id")
    round: int | None = Field(default=None, ge=0, le=500, description="Where to: for move and add")
    place: int | None = Field(default=None, ge=0, le=5000, description="Where to; absent: a free one they may use")
    other: tuple[int, int] | None = Field(
        default=None, description="For swap: the pair whose round and place are taken in exchange"
    )
    dry_run: bool = Field(default=False, description="Only say what it would do")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.op in ("move", "add") and self.round is None:
            raise ValueError(f"{self.op} needs a round")
        if self.op == "swap" and self.other is None:
            raise ValueError("swap needs the other pair")
        return self


class Seen(Shape):
    """The revision an editor saw."""

    revision: int = Field(ge=0, description="The plan's revision that you saw; refused when it has changed since")


class PlanNote(Shape):
    """What a version is about, in a few words."""

    note: str = Field(max_length=500)


class RuleBroken(Shape):
    """A hard rule that an edit would break, with what the sentence speaks of."""

    rule: str = Field(description="twice, availability, language, side, track, cap, rest, repeat, veto, must …")
    what: str = Field(description="Which thing does not fit: participant, place, delegate, interpreter, pair …")
    message: str = Field(description="In plain words, with ids")
    people: list[int] = Field(default_factory=list, description="Actor ids: who it is about comes first")
    round: int | None = None
    place: int | None = None
    limit: int | None = None
    side: str | None = None
    interpreter: str | None = None
    delegate: str | None = None


class Served(Shape):
    """A participant whose floor an edit touches."""

    id: int
    asked: int
    before: int
    after: int


class EditEffect(Shape):
    """What an edit changes, before anybody decides."""

    utility_before: float
    utility_after: float
    floor_before: int = Field(description="Everyone has at least so many meetings, or as many as asked")
    floor_after: int
    short: list[Served] = Field(description="Who would have fewer meetings than asked for, and had enough or more")
    relieved: list[Served] = Field(description="Who would come nearer to what was asked for")
    idle_rounds_before: int
    idle_rounds_after: int
    place_changes_before: int
    place_changes_after: int
    diff: PlanDiff
    certificate: dict[str, Any] = Field(
        description="Of the plan after it; bound and gap are null when the proof no longer holds"
    )


class EditAnswer(Shape):
    """What an edit did, or would do."""

    allowed: bool = Field(description="False: a hard rule would break, and nothing was changed")
    made: bool
    a: int = Field(description="Whose meeting it is about")
    b: int
    number: int = Field(description="The plan that holds the edit: a published plan is never changed, a draft is made")
    revision: int = Field(description="Name it in the next edit")
    new_draft: bool = Field(description="The edit made (or would make) a new draft of the plan")
    violations: list[RuleBroken] = Field(default_factory=list)
    effect: EditEffect | None = None


class EditMade(Shape):
    """An edit that stands, as the history of a draft tells it."""

    op: Operation
    a: int
    b: int
    at: datetime
    diff: PlanDiff
    utility_before: float
    utility_after: float
    floor_before: int
    floor_after: int
    short: list[Served]
    relieved: list[Served]


class Asked(Shape):
    """What a plan asked for one participant: at least so many meetings, in so many rounds."""

    id: int
    min: int
    max: int | None
    rounds: int = Field(description="Rounds they are there for")


class Target(Shape):
    """Where a meeting could go: a free place in a round, or that of another meeting (`other`), which takes its own."""

    round: int
    place: int | None
    other: tuple[int, int] | None = None


class Filling(Shape):
    """A pair that could meet in a free cell."""

    a: int
    b: int
    utility: float
    interpreter: str | None
