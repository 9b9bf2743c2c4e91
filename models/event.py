"""Events: speed-dating sessions with rounds, places, participants and wishes."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, model_validator
from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Integer, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from models.actor import Language, Name, Shape
from models.base import owner_key, utc_now
from models.moment import Moment


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}: expected an IANA zone, such as Europe/Brussels") from error
    return name


Zone = Annotated[str, AfterValidator(_check_zone)]


class Track(Shape):
    """A theme that runs beside others; participants name the tracks they take part in."""

    id: Name = Field(max_length=60)
    rounds: list[int] | None = Field(default=None, max_length=200, description="Round indices it may use; absent: all")
    places: list[int] | None = Field(default=None, max_length=2000, description="Place indices it may use; absent: all")


class Lock(Shape):
    """A meeting that stands: these two, in this round, at this place if one is named."""

    a: int = Field(description="Actor id")
    b: int = Field(description="Actor id")
    round: int = Field(ge=0, le=200)
    place: int | None = Field(default=None, ge=0, le=2000)


class EventCreate(Shape):
    """A new event."""

    name: Name = Field(max_length=300)
    zone: Zone = "Europe/Brussels"
    place: str | None = Field(default=None, max_length=300, description="Where it happens")
    min_meetings: int = Field(default=0, ge=0, le=200, description="Floor of meetings for every participant")
    max_meetings: int | None = Field(
        default=None, ge=1, le=200, description="Cap for every participant; absent: as many as rounds"
    )
    cross_side_only: bool = True
    require_language: bool = Field(
        default=True, description="A pair needs a common working language or an interpreter; unknown languages fit all"
    )
    raise_floor: bool = Field(
        default=False, description="Give the worst-off as many meetings as can be, before the total score counts"
    )
    avoid_repeats: bool = Field(default=True, description="Pairs that met at another event count half")
    max_consecutive: int | None = Field(default=None, ge=1, le=200, description="Meetings in a row before a rest")
    tracks: list[Track] = Field(default_factory=list, max_length=200)
    programme_id: int | None = Field(default=None, description="The programme whose sides hold for its participants")

    @model_validator(mode="after")
    def _floor_below_cap(self) -> Self:
        if self.max_meetings is not None and self.min_meetings > self.max_meetings:
            raise ValueError(f"min_meetings ({self.min_meetings}) is above max_meetings ({self.max_meetings})")
        return self


class Event(SQLModel, table=True):
    """A speed-dating session."""

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    name: str
    zone: str = "Europe/Brussels"
    place: str | None = None
    min_meetings: int = 0
    max_meetings: int | None = None
    cross_side_only: bool = True
    require_language: bool = True
    raise_floor: bool = False
    avoid_repeats: bool = True
    max_consecutive: int | None = None
    tracks: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    locks: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    weights: dict[str, float] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    programme_id: int | None = Field(
        default=None,
        sa_column=Column(BigInteger, ForeignKey("programme.id", ondelete="SET NULL"), nullable=True, index=True),
    )
    created_at: datetime = Field(default_factory=utc_now)


class EventPublic(EventCreate):
    """An event as answered."""

    id: int
    rounds: int
    places: int
    participants: int
    plans: int


class RoundCreate(Shape):
    """A time slot; its index is its rank by start."""

    starts_at: Moment = Field(description="ISO 8601 with offset")
    minutes: int = Field(default=20, ge=1, le=480)


class Round(SQLModel, table=True):
    """A time slot of an event."""

    event_id: int = owner_key("event")
    ordinal: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    starts_at: datetime
    minutes: int = 20


class RoundPublic(RoundCreate):
    """A round as answered; `index` is what plans speak of."""

    index: int


class PlaceCreate(Shape):
    """A table, booth or video link."""

    label: Name = Field(max_length=100)
    available: list[int] | None = Field(default=None, max_length=200, description="Round indices; absent: all")


class EventPlace(SQLModel, table=True):
    """A table, booth or video link of an event."""

    __tablename__ = "event_place"

    event_id: int = owner_key("event")
    ordinal: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    label: str
    available: list[int] | None = Field(default=None, sa_column=Column(ARRAY(Integer)))


class PlacePublic(PlaceCreate):
    """A place as answered; `index` is what plans speak of."""

    index: int


class InterpreterCreate(Shape):
    """A person who interprets at one place a round."""

    languages: list[Language] = Field(min_length=2, max_length=20)
    available: list[int] | None = Field(default=None, max_length=200, description="Round indices; absent: all")


class EventInterpreter(SQLModel, table=True):
    """An interpreter of an event."""

    __tablename__ = "event_interpreter"

    event_id: int = owner_key("event")
    ordinal: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    languages: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    available: list[int] | None = Field(default=None, sa_column=Column(ARRAY(Integer)))


class InterpreterPublic(InterpreterCreate):
    """An interpreter as answered; `index` is what plans speak of."""

    index: int


class Delegate(Shape):
    """A person who sits at the table for a participant; no name is needed, a role or a number will do."""

    id: Name = Field(max_length=100)
    languages: list[Language] = Field(default_factory=list, max_length=40)
    available: list[int] | None = Field(default=None, max_length=200, description="Round indices; absent: all")


class ParticipantCreate(Shape):
    """Registers an actor for an event."""

    actor_id: int
    side: str | None = Field(default=None, min_length=1, max_length=40, description="Absent: the actor's own")
    available: list[int] | None = Field(default=None, max_length=200, description="Round indices; absent: all")
    min: int | None = Field(default=None, ge=0, le=200, description="Floor; absent: the event's")
    max: int | None = Field(default=None, ge=0, le=200, description="Cap; absent: the event's")
    languages: list[Language] | None = Field(default=None, max_length=40, description="Absent: the actor's own")
    delegates: list[Delegate] = Field(default_factory=list, max_length=50, description="Who shares its meetings")
    parallel: int = Field(default=1, ge=1, le=50, description="Meetings at once; needs as many delegates")
    tracks: list[str] = Field(default_factory=list, max_length=200, description="Absent: every track")
    max_consecutive: int | None = Field(default=None, ge=1, le=200, description="Absent: the event's")

    @model_validator(mode="after")
    def _floor_below_cap(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min ({self.min}) is above max ({self.max})")
        if self.parallel > max(1, len(self.delegates)):
            raise ValueError(
                f"{self.parallel} meetings at once need as many delegates; {len(self.delegates)} are named"
            )
        return self


class Participant(SQLModel, table=True):
    """An actor registered for an event."""

    event_id: int = owner_key("event")
    actor_id: int = owner_key("actor", index=True)
    side: str | None = None
    available: list[int] | None = Field(default=None, sa_column=Column(ARRAY(Integer)))
    min: int | None = None
    max: int | None = None
    languages: list[str] | None = Field(default=None, sa_column=Column(ARRAY(String)))
    delegates: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    parallel: int = 1
    tracks: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String), nullable=False))
    max_consecutive: int | None = None


class ParticipantPublic(ParticipantCreate):
    """A participant as answered."""

    name: str
    pseudonym: str | None = Field(
        default=None, description="As whom other participants meet it while it is anonymous; its name is confidential"
    )
    side: str
    languages: list[str]


class WishCreate(Shape):
    """A word about a pair: a wish adds to its score, a veto forbids it, a must forces it."""

    actor_id: int
    target_id: int
    kind: Literal["wish", "veto", "must"]


class Wish(SQLModel, table=True):
    """A participant's or the organiser's word about a pair."""

    event_id: int = owner_key("event")
    actor_id: int = owner_key("actor")
    target_id: int = owner_key("actor")
    kind: str
